/** The impact of one incident, with the reasons of what is estimated and of hours that are not counted. */
import type { EstimateReason, Impact, Incident, NoHours } from '../../shared/api.ts';
import { businessClock } from '../../shared/calendar.ts';
import { readCalendars } from '../calendars/calendars.ts';
import type { ImpactRead, Impacts } from '../impact/impact.ts';
import { timelineOf } from '../kpi/history.ts';
import type { State } from '../state/open.ts';

type ImpactStory = Awaited<ReturnType<Impacts['of']>>;

/** The history of more endpoints is not read for it. */
const linesRead = 40;

export async function impactOf(
  { state, impacts, nameOf }: { state: State; impacts: Impacts; nameOf: (endpoint: string) => string },
  id: number,
  now: number,
): Promise<Impact> {
  const read = await impacts.of(id);
  const { segments, stated, unknown, versions } = read;
  const named = (ids: readonly string[]) => ids.map((endpoint) => ({ id: endpoint, name: nameOf(endpoint) }));
  const ticket = await state.selectFrom('tickets').select('site').where('id', '=', id).executeTakeFirst();
  const reasons = await reasonsOf(state, read, now);
  return {
    ...{ segments, stated, unknown: named(unknown), versions },
    reasons: reasons.map(({ code, endpoints }) => ({
      ...{ code, endpoints: named(endpoints) },
      site: code === 'site_stopped' || code === 'site_uncounted' ? (ticket?.site ?? null) : null,
    })),
  } as unknown as Impact;
}

/** Of an estimate, with the machines that were up all the time: their agents said so afterwards. */
async function reasonsOf(state: State, { stated, reasons, outages }: ImpactRead, now: number) {
  if (stated !== null) return [];
  const wereUp = new Map<string, boolean>();
  for (const { endpoint, start, end } of outages.slice(0, linesRead)) {
    if (wereUp.get(endpoint) === false) continue;
    const line = end === null ? [] : await timelineOf(state, endpoint, start, end, now);
    wereUp.set(endpoint, line.length > 0 && line.every((part) => part.state === 'up'));
  }
  const endpoints = [...wereUp].filter(([, isUp]) => isUp).map(([endpoint]) => endpoint);
  const lineOnly: { code: EstimateReason; endpoints: string[] } = { code: 'line_only', endpoints };
  return endpoints.length > 0 ? [...reasons, lineOnly] : reasons;
}

interface HoursFacts {
  ticket: { id: number; state: string };
  impact: ImpactStory;
  hours: Incident['hours'];
  /** Of the months that the incident lies in, whether all are closed. */
  isClosed: boolean;
  zone: string;
  now: number;
}

/** Null where hours are counted, be they confirmed or estimated. */
export async function noHoursOf(state: State, facts: HoursFacts): Promise<NoHours | null> {
  const { ticket, impact, hours, isClosed, zone, now } = facts;
  if (hours.some(({ lost, unconfirmed }) => lost + unconfirmed > 0)) return null;
  if (hours.some(({ planned }) => planned > 0)) return 'planned';
  if (ticket.state === 'cancelled') return 'cancelled';
  const hit = impact.segments.flatMap(({ start, end, factor, affected }) =>
    affected
      .filter(({ people }) => people * factor > 0)
      .map(({ site }) => ({ site, start, end: Math.min(end ?? now, now) })),
  );
  if (hit.length === 0) {
    if (impact.stated !== null) return 'nobody_hindered';
    const reasons = await reasonsOf(state, impact, now);
    // That the machine was up says most; that somebody has to enter a number comes before that nobody depends on it.
    const order: EstimateReason[] = ['line_only', 'site_uncounted', 'dependants_unknown'];
    const first = order.find((code) => reasons.some((reason) => reason.code === code));
    return first ?? reasons[0]?.code ?? 'no_outage';
  }
  const sites = await state.selectFrom('sites').select(['id', 'name']).execute();
  const names = new Map(sites.map(({ id, name }) => [id, name]));
  const known = hit.filter(({ site }) => site === null || names.has(site));
  if (known.length === 0) return 'site_removed';
  const calendarOf = await readCalendars(state, zone);
  const isInHours = known.some(({ site, start, end }) => {
    const { calendar } = calendarOf(site === null ? null : (names.get(site) ?? null), 'working');
    return businessClock(calendar).between(start, end) > 0;
  });
  if (!isInHours) return 'outside_working_hours';
  return isClosed ? 'month_closed' : 'other_incident';
}
