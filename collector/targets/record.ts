/** How a target or a service was: this month, twelve months, ninety days, each outage with its alert. */
import type { Clock } from '../../shared/clock.ts';
import type { Finding } from '../../shared/finding.ts';
import { intersect, length, type Span, union } from '../../shared/intervals.ts';
import type { WatchedOutage, WatchedRecord, WatchedShare } from '../../shared/watched.ts';
import { timelineOf } from '../kpi/history.ts';
import { maintenanceOf } from '../maintenance/spans.ts';
import type { State } from '../state/open.ts';
import { outagesIn, plannedOf, shareOf, spansIn, stretchesOf, type WatchedPast } from './availability.ts';
import { watchedChanges } from './store.ts';

/** The newest row of a running collector is moved every ten seconds. */
const blinkMs = 30_000;
const monthsShown = 12;
const daysShown = 90;
const outagesShown = 200;

/** What is asked of: a service has parts, of which so many must work. */
export interface WatchedSubject {
  id: string;
  parts?: readonly string[];
  need?: number | null;
}

export interface RecordParts {
  state: State;
  clock: Clock;
  /** Report zone, IANA. */
  zone: string;
}

async function pastOf({ state }: RecordParts, { id, parts = [], need = null }: WatchedSubject, span: Span) {
  const rows = await state
    .selectFrom('watches')
    .select(['from_at', 'to_at'])
    .where('to_at', '>', span.start)
    .where('from_at', '<', span.end)
    .execute();
  const watched = union(
    rows.map((one) => ({ start: one.from_at, end: span.end - one.to_at < blinkMs ? span.end : one.to_at })),
  );
  const planned = await maintenanceOf(state, [id, ...parts], span);
  // What was entered late counts only once a second person has approved it.
  const spans = (one: string): Span[] =>
    (planned.get(one) ?? []).filter(({ late, approval }) => !late || approval !== null);
  const maintenance = plannedOf(spans(id), parts.map(spans), need);
  return { changes: await watchedChanges(state, id, span.start, span.end), watched, maintenance };
}

const startOfMonth = (now: number, zone: string, back = 0): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .with({ day: 1 })
    .subtract({ months: back })
    .toZonedDateTime(zone);

const countOf = (past: WatchedPast, span: Span) => outagesIn(past, span).filter(({ downMs }) => downMs > 0).length;

/** This month in the report zone, until now. */
export async function monthOf(parts: RecordParts, subject: WatchedSubject): Promise<WatchedShare> {
  const end = parts.clock.now();
  const span = { start: startOfMonth(end, parts.zone).epochMilliseconds, end };
  const past = await pastOf(parts, subject, span);
  return shareOf(stretchesOf(past, span), countOf(past, span), span);
}

export async function recordOf(parts: RecordParts, subject: WatchedSubject): Promise<WatchedRecord> {
  const { clock, zone } = parts;
  const now = clock.now();
  const starts = Array.from({ length: monthsShown }, (_, n) => startOfMonth(now, zone, monthsShown - 1 - n));
  const daysFrom = Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .subtract({ days: daysShown - 1 })
    .toZonedDateTime(zone).epochMilliseconds;
  const year = { start: starts[0]?.epochMilliseconds ?? now, end: now };
  const past = await pastOf(parts, subject, year);
  const stretches = stretchesOf(past, year);
  const shareIn = (span: Span) => shareOf(stretches, countOf(past, span), span);
  const months = starts.map((start, n) => {
    const span = { start: start.epochMilliseconds, end: starts[n + 1]?.epochMilliseconds ?? now };
    return { name: start.toPlainDate().toString().slice(0, 7), ...shareIn(span) };
  });
  const { name: _, ...month } = months.at(-1) ?? { name: '', ...shareIn(year) };
  return {
    ...{ asOf: now, since: stretches[0]?.start ?? null, zone, month, months, year: shareIn(year) },
    intervals: stretches.flatMap(({ start, end, state }) =>
      end <= daysFrom ? [] : [{ from: Math.max(start, daysFrom), to: end, state, cause: null }],
    ),
    outages: await outagesOf(parts.state, subject.id, past, year),
  };
}

async function outagesOf(state: State, id: string, past: WatchedPast, span: Span): Promise<WatchedOutage[]> {
  const found = outagesIn(past, span).slice(-outagesShown).reverse();
  const first = found.at(-1)?.from;
  if (first === undefined) return [];
  const seen = await state
    .selectFrom('watched_states')
    .select(['at', 'seen'])
    .where('subject', '=', id)
    .where('state', '=', 'down')
    .where('at', '>=', first)
    .execute();
  const alerts = await state
    .selectFrom('alerts')
    .select(['id', 'ticket', 'pending_at', 'resolved_at'])
    .where('endpoint', '=', id)
    .where('metric', 'in', ['target.down', 'target.service_down'])
    .where((is) => is.or([is('resolved_at', 'is', null), is('resolved_at', '>=', first)]))
    .orderBy('pending_at')
    .execute();
  return found.map((one): WatchedOutage => {
    // It is told to the rules when it begins; it ends with the first good result after it.
    const alert = alerts.find(
      ({ pending_at: at, resolved_at: until }) =>
        at >= one.from - aboutMs && (one.to === null || at < one.to) && (until === null || until >= one.from),
    );
    const json = seen.find(({ at }) => at === one.from)?.seen;
    const finding = json == null ? null : (JSON.parse(json) as Finding);
    return { ...one, finding, alert: alert?.id ?? null, ticket: alert?.ticket ?? null };
  });
}

/** A rule that fires by a report of the same moment has its time, which is not the very same. */
const aboutMs = 10_000;

/** Down time of the parts of a service while it was down itself, in the days of its record; the longest first. */
export async function partsDownIn(
  { state, clock }: Pick<RecordParts, 'state' | 'clock'>,
  { parts = [] }: WatchedSubject,
  { intervals }: Pick<WatchedRecord, 'intervals'>,
): Promise<{ id: string; downMs: number }[]> {
  const down = intervals.flatMap(({ from, to, state: was }) => (was === 'down' ? [{ start: from, end: to }] : []));
  const [first, last] = [down[0]?.start, down.at(-1)?.end];
  if (first === undefined || last === undefined) return [];
  const found: { id: string; downMs: number }[] = [];
  for (const id of new Set(parts)) {
    const changes = await watchedChanges(state, id, first, last);
    const own =
      changes.length > 0
        ? union(spansIn(changes, { start: first, end: last }).filter((one) => one.state === 'down'))
        : await machineDown(state, id, { start: first, end: last }, clock.now());
    const downMs = length(intersect(down, own));
    if (downMs > 0) found.push({ id, downMs });
  }
  return found.sort((a, b) => b.downMs - a.downMs);
}

/** One that was shut down in order does not serve either. */
async function machineDown(state: State, id: string, { start, end }: Span, now: number): Promise<Span[]> {
  const line = await timelineOf(state, id, start, end, now);
  return union(
    line.flatMap(({ from, to, state: was }) => (was === 'down' || was === 'idle' ? [{ start: from, end: to }] : [])),
  );
}
