/** The KPIs, in the order of the page. To add one: a file, and a line here. */
import type { Kpi } from '../kpi.ts';
import { serverAvailability, workstationAvailability } from './availability.ts';
import { openTickets } from './backlog.ts';
import { changeSuccess } from './change-success.ts';
import { costPerTicket } from './cost-per-ticket.ts';
import { satisfaction } from './csat.ts';
import { backupCoverage, patchCompliance, verifiedRestores } from './endpoint-days.ts';
import { firstContact } from './first-contact.ts';
import { foundBeforeReported, incidentRate, repeatIncidents } from './incidents.ts';
import { lostHours } from './lost-hours.ts';
import { majorIncidents } from './major-incidents.ts';
import { softwareUtilisation } from './software.ts';
import { resolutionInTarget, responseInTarget } from './targets.ts';
import { volume } from './ticket-volume.ts';
import { timeToAcknowledge } from './time-to-acknowledge.ts';
import { timeToResolve } from './time-to-resolve.ts';

export const kpis: readonly Kpi[] = [
  serverAvailability,
  workstationAvailability,
  lostHours,
  majorIncidents,
  timeToAcknowledge,
  responseInTarget,
  timeToResolve,
  resolutionInTarget,
  openTickets,
  volume,
  firstContact,
  satisfaction,
  foundBeforeReported,
  repeatIncidents,
  incidentRate,
  backupCoverage,
  verifiedRestores,
  patchCompliance,
  costPerTicket,
  changeSuccess,
  softwareUtilisation,
];
