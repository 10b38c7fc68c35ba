import { ticketDeskContract } from '../../contract/ticket-desk.ts';
import { gitlabVendor } from '../../support/desks/gitlab.ts';

ticketDeskContract(() => gitlabVendor());
