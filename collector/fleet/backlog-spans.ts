/**
 * Reports delivered late prove that the machine was up while it was disconnected. Their times are kept as spans, one row
 * of kind `backlog` per span, so that an outage becomes "disconnected, not down".
 */
import type { State } from '../state/open.ts';

interface BacklogSpan {
  endpoint: string;
  from: number;
  to: number;
  /** Id of its row in `signals`; undefined before the first save. */
  row?: number;
  /** When it last grew, by the monotonic clock: old spans are forgotten, their rows stay. */
  touched: number;
}

const forgetAfterMs = 60_000;
/** Two reports belong to one span when at most this many intervals lie between them. */
const gapIntervals = 3;

export interface BacklogSpans {
  /** A backlog report of the endpoint, made at `at` (ms UTC, corrected). */
  add(endpoint: string, at: number, intervalMs: number): void;
  /** Saves what has grown. A backlog is acknowledged after this, so that no crash can lose the proof. */
  save(): Promise<void>;
}

export function createBacklogSpans(parts: { state: State; monotonic: () => number }): BacklogSpans {
  const { state, monotonic } = parts;
  const open = new Map<string, BacklogSpan>();
  const grown = new Set<BacklogSpan>();

  /** @returns the id of the span's row */
  async function write(db: Pick<State, 'insertInto' | 'updateTable'>, span: BacklogSpan): Promise<number> {
    const times = { at: span.to, last_seen: span.from };
    if (span.row !== undefined) {
      await db.updateTable('signals').set(times).where('id', '=', span.row).execute();
      return span.row;
    }
    const { id } = await db
      .insertInto('signals')
      .values({ endpoint: span.endpoint, kind: 'backlog', session: null, boot_id: null, reason: null, ...times })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /** A span may grow again while it is written: it counts as grown anew, and a failed write leaves it as it was. */
  async function writeAll(batch: readonly BacklogSpan[]): Promise<void> {
    for (const span of batch) grown.delete(span);
    try {
      const ids = await state.transaction().execute(async (db) => {
        const rows: number[] = [];
        for (const span of batch) rows.push(await write(db, span));
        return rows;
      });
      batch.forEach((span, n) => {
        span.row = ids[n] as number;
      });
    } catch (thrown) {
      for (const span of batch) grown.add(span);
      throw thrown;
    }
  }

  return {
    add(endpoint, at, intervalMs) {
      const reach = gapIntervals * intervalMs;
      let span = open.get(endpoint);
      // The backlog may come newest first or oldest first: a span grows at both ends.
      if (!span || at < span.from - reach || at > span.to + reach) {
        span = { endpoint, from: at, to: at, touched: 0 };
        open.set(endpoint, span);
        grown.add(span);
      } else if (at < span.from || at > span.to) {
        span.from = Math.min(span.from, at);
        span.to = Math.max(span.to, at);
        grown.add(span);
      }
      span.touched = monotonic();
    },
    async save() {
      if (grown.size > 0) await writeAll([...grown]);
      for (const [endpoint, span] of open)
        if (!grown.has(span) && monotonic() - span.touched > forgetAfterMs) open.delete(endpoint);
    },
  };
}
