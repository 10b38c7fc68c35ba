import { ticketDeskContract } from '../../contract/ticket-desk.ts';
import { zammadVendor } from '../../support/desks/zammad.ts';

ticketDeskContract(() => zammadVendor());
