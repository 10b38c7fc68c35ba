/** The KPIs, in the order of the page. To add one: a file, and a line here. */
import type { Kpi } from '../kpi.ts';
import { serverAvailability, workstationAvailability } from './availability.ts';
import { timeToAcknowledge } from './time-to-acknowledge.ts';

export const kpis: readonly Kpi[] = [serverAvailability, workstationAvailability, timeToAcknowledge];
