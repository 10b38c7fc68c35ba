import { ticketDeskContract } from '../../contract/ticket-desk.ts';
import { servicenowVendor } from '../../support/desks/servicenow.ts';

ticketDeskContract(() => servicenowVendor());
