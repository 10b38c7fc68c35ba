import { ticketDeskContract } from '../../contract/ticket-desk.ts';
import { glpiVendor } from '../../support/desks/glpi.ts';

ticketDeskContract(() => glpiVendor());
