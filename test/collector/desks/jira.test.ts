import { ticketDeskContract } from '../../contract/ticket-desk.ts';
import { jiraVendor } from '../../support/desks/jira.ts';

ticketDeskContract(() => jiraVendor());
