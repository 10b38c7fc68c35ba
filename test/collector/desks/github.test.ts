import { ticketDeskContract } from '../../contract/ticket-desk.ts';
import { githubVendor } from '../../support/desks/github.ts';

ticketDeskContract(() => githubVendor());
