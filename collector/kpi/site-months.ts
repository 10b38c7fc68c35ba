/** A month of each site: availability of its servers and workstations, lost hours, and where the time of each day went. */
import type { Span } from '../../shared/intervals.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { type AvailabilityMinutes, pooled, sharesOf } from './availability.ts';
import type { KpiFacts } from './facts.ts';
import type { LostHours } from './formulas/lost-hours.ts';

const states = ['up', 'down', 'unknown', 'maintenance', 'idle'] as const;
type DayState = (typeof states)[number];

export interface SiteMonth {
  /** Null: endpoints of no site. */
  site: { id: string; name: string } | null;
  endpoints: number;
  /** Percent; null where nothing was up or down. */
  servers: number | null;
  workstations: number | null;
  lost: number;
  unconfirmed: number;
  /** Each local day of the month that has begun: where the monitored minutes of its endpoints went. */
  days: ({ at: number } & Record<DayState, number>)[];
}

type SitePresence = KpiFacts['presence'];

export async function sitesOf(
  state: State,
  presence: SitePresence,
  lost: LostHours,
  window: Span,
  zone: string,
): Promise<SiteMonth[]> {
  const rows = await state.selectFrom('sites').select(['id', 'name']).orderBy('name_key').execute();
  const bySite = Map.groupBy(presence, ({ endpoint }) => endpoint.site);
  const found: SiteMonth[] = [];
  for (const site of [...rows, null]) {
    const own = bySite.get(site?.name ?? null) ?? [];
    const hours = hoursOf(lost, site?.id ?? '');
    if (own.length === 0 && hours.lost + hours.unconfirmed === 0) continue;
    const minutesOf = (kind: 'server' | 'workstation') =>
      own.filter(({ endpoint }) => endpoint.kind === kind).map(({ minutes }): AvailabilityMinutes => minutes);
    found.push({
      ...{ site, endpoints: own.length, ...hours },
      servers: sharesOf(pooled(minutesOf('server'))).availability,
      workstations: sharesOf(pooled(minutesOf('workstation'))).availability,
      days: await daysIn(own, window, zone),
    });
  }
  return found;
}

function hoursOf({ byIncident }: LostHours, group: string): { lost: number; unconfirmed: number } {
  const sum = { lost: 0, unconfirmed: 0 };
  for (const { byGroup } of byIncident) {
    sum.lost += byGroup[group]?.lost ?? 0;
    sum.unconfirmed += byGroup[group]?.unconfirmed ?? 0;
  }
  return sum;
}

/** The beginnings of the local days, of which some have 23 or 25 hours. */
function daysOf(window: Span, zone: string): number[] {
  const starts: number[] = [];
  const first = Temporal.Instant.fromEpochMilliseconds(window.start).toZonedDateTimeISO(zone).toPlainDate();
  for (let day = first; ; day = day.add({ days: 1 })) {
    const at = day.toZonedDateTime(zone).epochMilliseconds;
    if (at >= window.end) return starts;
    starts.push(at);
  }
}

/** Minutes of each local day of the window, of all endpoints together. */
export async function daysIn(
  presence: readonly { stretches: readonly (Span & { state: string })[] }[],
  window: Span,
  zone: string,
): Promise<SiteMonth['days']> {
  const { end } = window;
  const starts = daysOf(window, zone);
  const days = starts.map((at) => ({ at, up: 0, down: 0, unknown: 0, maintenance: 0, idle: 0 }));
  for (const { stretches } of presence) {
    let day = 0;
    for (const { start, end: until, state } of stretches) {
      const into = states.find((one) => one === state);
      while (day + 1 < starts.length && (starts[day + 1] as number) <= start) day++;
      for (let n = day; into && n < starts.length && (starts[n] as number) < until; n++) {
        const [from, to] = [Math.max(start, starts[n] as number), Math.min(until, starts[n + 1] ?? end)];
        if (to > from) (days[n] as SiteMonth['days'][number])[into] += (to - from) / 60_000;
      }
    }
    await breathe();
  }
  return days;
}
