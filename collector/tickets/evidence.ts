/**
 * The evidence of a ticket: what was measured an hour before and after its alert began and ended, kept while the series have
 * it. A look takes what there is by then, and comes back once the hour after has passed.
 */
import type { KeptEvidence } from '../../shared/api.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import { fieldOf } from '../../shared/metrics.ts';
import { silence } from '../../shared/words/names.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { createDueQueue } from '../due.ts';
import type { SeriesStore } from '../series/series.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { insertRows } from '../state/rows.ts';

interface EvidenceParts {
  state: State;
  clock: Clock;
  log: Log;
  changeFeed: ChangeFeed;
  series: Pick<SeriesStore, 'query'>;
}

type KeptMoment = Database['ticket_evidence'];
interface KeptLine {
  tags: Record<string, string>;
  /** ms UTC of the first value. */
  from: number;
  values: (number | null)[];
}

const hour = 3_600_000;
/** What was measured in the last minute may be on its way. */
const settleMs = 60_000;
const againMs = 600_000;
const tickMs = 5000;
/** After a start all may wait: pages and reports go on between. */
const looksPerTick = 10;
/** As many as a chart shows. */
const linesAtMost = 3;
const digits = 6;

export interface TicketEvidence {
  start(): Promise<void>;
  /** Looks at what is due; called every five seconds by itself. */
  tick(now: number): Promise<void>;
  stop(): Promise<void>;
}

export function createEvidence({ state, clock, log, changeFeed, series }: EvidenceParts): TicketEvidence {
  const due = createDueQueue();
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: (() => void) | undefined;
  let running: Promise<void> = Promise.resolve();

  /** @returns when it is to be looked at again */
  async function look(ticket: number, now: number): Promise<number | null> {
    const of = await withSeries(state).where('t.id', '=', ticket).executeTakeFirst();
    if (!of || fieldOf(of.metric) === undefined) return null;
    const all = state.selectFrom('ticket_evidence').selectAll().where('ticket', '=', ticket);
    const kept = (await all.execute()).filter(({ alert }) => alert === of.alert);
    const next: number[] = of.resolved_at === null ? [now + hour] : [];
    for (const wanted of momentsOf(of)) {
      const old = kept.find(({ moment }) => moment === wanted.moment);
      const wholeAt = wanted.to + settleMs;
      if (old && (old.kept_at >= wholeAt || now < wholeAt)) {
        if (old.kept_at < wholeAt) next.push(wholeAt);
        continue;
      }
      const found = await measured(of, wanted, now);
      // Looked at late, the series may have less than was kept.
      const better = old && countOf(old.lines) > countOf(found.lines) ? { step: old.step, lines: old.lines } : found;
      const { alert, metric } = of;
      const row = { ticket, moment: wanted.moment, alert, metric, from_at: wanted.from, to_at: wanted.to, ...better };
      await keep({ ...row, kept_at: now });
      if (now < wholeAt) next.push(wholeAt);
    }
    return next.length === 0 ? null : Math.min(...next);
  }

  async function measured(of: AlertOfTicket, { from, to }: WantedMoment, now: number) {
    if (from >= Math.min(now, to)) return { step: 0, lines: '[]' };
    const { endpoint, metric } = of;
    const found = await series.query({ endpoint, metrics: [metric], from, to: Math.min(now, to) });
    const wanted = Object.entries(JSON.parse(of.tags) as Record<string, string>);
    const lines = found.series
      // An alert may name tags that its series do not have.
      .filter(({ tags }) => wanted.every(([name, value]) => tags[name] === undefined || tags[name] === value))
      .filter(({ points }) => points.some(([, value]) => value !== null))
      .slice(0, linesAtMost)
      .map(({ tags, points }): KeptLine => {
        const values = points.map(([, value]) => (value === null ? null : Number(value.toPrecision(digits))));
        return { tags, from: points[0]?.[0] ?? from, values };
      });
    return { step: found.step, lines: JSON.stringify(lines) };
  }

  const keep = (row: KeptMoment) =>
    state.transaction().execute(async (db) => {
      // The ticket fires again by another alert: of that one nothing has ended.
      await db.deleteFrom('ticket_evidence').where('ticket', '=', row.ticket).where('alert', '<>', row.alert).execute();
      const columns = ['from_at', 'to_at', 'step', 'kept_at', 'lines'].map((name) => `${name} = excluded.${name}`);
      await insertRows(
        db,
        'ticket_evidence',
        [row],
        `on conflict (ticket, moment) do update set ${columns.join(', ')}`,
      );
    });

  async function tick(now: number): Promise<void> {
    for (let n = 0; n < looksPerTick; n++) {
      const entry = due.take(now);
      if (!entry) return;
      try {
        due.set(entry.key, await look(Number(entry.key), now));
      } catch (thrown) {
        due.set(entry.key, now + againMs);
        log.warn({ err: thrown, ticket: entry.key }, 'Could not keep the evidence of a ticket yet; tried again');
      }
    }
  }

  return {
    async start() {
      unsubscribe = changeFeed.subscribe((change) => {
        if (change.kind === 'ticket') due.set(String(change.ticket), clock.now());
      });
      const rows = await withSeries(state)
        .where(({ or, eb, not, exists, selectFrom }) => {
          const kept = selectFrom('ticket_evidence as e').select('e.ticket').whereRef('e.ticket', '=', 't.id');
          return or([
            eb('a.resolved_at', 'is', null),
            not(exists(kept.where('e.moment', '=', 'began'))),
            exists(kept.whereRef('e.kept_at', '<', 'e.to_at')),
            not(exists(kept.where('e.moment', '=', 'ended'))),
          ]);
        })
        .execute();
      for (const { ticket } of rows) due.set(String(ticket), clock.now());
      timer = setInterval(() => {
        running = running.then(() => tick(clock.now()));
      }, tickMs);
      timer.unref();
    },
    tick,
    async stop() {
      clearInterval(timer);
      unsubscribe?.();
      await running;
    },
  };
}

/** Keeps evidence from now on. @param onStop takes what ends it */
export async function openEvidence(parts: EvidenceParts, onStop: (close: () => Promise<void>) => void): Promise<void> {
  const evidence = createEvidence(parts);
  await evidence.start();
  onStop(() => evidence.stop());
}

type AlertOfTicket = Awaited<ReturnType<ReturnType<typeof withSeries>['executeTakeFirstOrThrow']>>;

/** Of the others nothing is measured: how long a machine is silent is in its state, a service follows from its parts. */
const withSeries = (state: State) =>
  state
    .selectFrom('tickets as t')
    .innerJoin('alerts as a', 'a.id', 't.alert')
    .select(['t.id as ticket', 'a.id as alert', 'a.endpoint', 'a.metric', 'a.tags', 'a.pending_at', 'a.resolved_at'])
    .where('a.metric', 'not in', [silence, 'target.service_down'])
    .where('a.endpoint', '<>', 'collector')
    // Newest first: what is asked for soonest.
    .orderBy('t.id', 'desc');

interface WantedMoment {
  moment: KeptMoment['moment'];
  from: number;
  to: number;
}

/** The second begins where the first one ends, where they meet. */
function momentsOf({
  pending_at: at,
  resolved_at: end,
}: Pick<AlertOfTicket, 'pending_at' | 'resolved_at'>): WantedMoment[] {
  const began: WantedMoment = { moment: 'began', from: at - hour, to: at + hour };
  if (end === null) return [began];
  const from = Math.max(began.to, end - hour);
  return [began, { moment: 'ended', from, to: Math.max(from, end + hour) }];
}

const linesIn = (text: string) => JSON.parse(text) as KeptLine[];
const countOf = (text: string) => linesIn(text).flatMap(({ values }) => values.filter((one) => one !== null)).length;

/** As one chart: both moments behind each other, with a gap where nothing was kept between them. Null: nothing was kept. */
export async function readEvidence(state: State, ticket: number): Promise<KeptEvidence | null> {
  const all = state.selectFrom('ticket_evidence').selectAll().where('ticket', '=', ticket);
  const rows = (await all.orderBy('from_at').execute()).filter(({ lines }) => countOf(lines) > 0);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return null;
  const { alert, metric } = first;
  const lines = new Map<string, { tags: Record<string, string>; points: [number, number | null][] }>();
  for (const { step, lines: kept } of rows)
    for (const { tags, from, values } of linesIn(kept)) {
      const key = JSON.stringify(tags);
      const line = lines.get(key) ?? { tags, points: [] };
      lines.set(key, line);
      const end = line.points.at(-1)?.[0];
      if (end !== undefined && from > end + step) line.points.push([end + step, null]);
      line.points.push(...values.map((value, n): [number, number | null] => [from + n * step, value]));
    }
  const unit = fieldOf(metric)?.unit ?? 'number';
  return {
    ...{ alert, metric, unit, from: first.from_at, to: last.to_at, step: Math.max(...rows.map(({ step }) => step)) },
    asOf: Math.max(...rows.map(({ kept_at: at }) => at)),
    series: [...lines.values()],
  };
}
