/**
 * Messages that can never be stored are put aside where people see them, with what is wrong and a sample: acknowledged,
 * so that they do not come back for ever, and bounded, so that a flood of them costs nothing.
 */
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { State } from '../state/open.ts';
import { createAllowances } from './allowance.ts';
import type { IntakeCounters } from './counters.ts';

const rowsKept = 1000;
const rowsKeptPerEndpoint = 100;
const sampleBytes = 4096;
/** More than this of one endpoint is counted, not written. */
const rowsPerSecond = 1;
const rowsAtOnce = 20;
const noteAgainMs = 3_600_000;
const notesRemembered = 20_000;

export interface Found {
  endpoint: string;
  topic: string;
  error: unknown;
  bytes: Uint8Array;
}

export interface Quarantine {
  /** A whole message. Never rejects: what cannot be written is counted and logged. */
  put(found: Found): Promise<void>;
  /** A part of a message whose rest was stored: written once an hour for the same endpoint and cause. */
  note(found: Found): Promise<void>;
}

export function createQuarantine(parts: {
  state: State;
  clock: Clock;
  log: Log;
  counters: IntakeCounters;
}): Quarantine {
  const { state, clock, log, counters } = parts;
  const allowances = createAllowances({ perSecond: rowsPerSecond, burst: rowsAtOnce, monotonic: clock.monotonic });

  async function write(endpoint: string, topic: string, error: unknown, bytes: Uint8Array): Promise<void> {
    const code = error instanceof EvenkeelError ? error.code : 'INTERNAL';
    await state
      .insertInto('quarantine')
      .values({
        endpoint,
        topic,
        received_at: clock.now(),
        code,
        message: reasonOf(error).slice(0, 1000),
        size: bytes.length,
        sample: Buffer.from(bytes.subarray(0, sampleBytes)).toString('base64'),
      })
      .execute();
    await trim(endpoint, rowsKeptPerEndpoint);
    await trim(null, rowsKept);
  }

  /** Deletes all but the newest rows, of one endpoint or of all. */
  async function trim(endpoint: string | null, keep: number): Promise<void> {
    let oldest = state.selectFrom('quarantine').select('id').orderBy('id', 'desc').offset(keep).limit(1);
    if (endpoint !== null) oldest = oldest.where('endpoint', '=', endpoint);
    const row = await oldest.executeTakeFirst();
    if (!row) return;
    let surplus = state.deleteFrom('quarantine').where('id', '<=', row.id);
    if (endpoint !== null) surplus = surplus.where('endpoint', '=', endpoint);
    await surplus.execute();
  }

  async function put({ endpoint, topic, error, bytes }: Found): Promise<void> {
    counters.quarantined.inc({ code: error instanceof EvenkeelError ? error.code : 'INTERNAL' });
    if (allowances.waitFor(endpoint) > 0) return;
    allowances.take(endpoint, 1);
    try {
      await write(endpoint, topic, error, bytes);
    } catch (thrown) {
      log.warn({ err: thrown, endpoint }, 'a message was refused and could not be put into quarantine');
    }
  }

  const noted = new Map<string, number>();

  return {
    put,
    async note(found) {
      const cause = causeOf(found.error);
      const key = `${found.endpoint} ${cause}`;
      const now = clock.monotonic();
      if (now - (noted.get(key) ?? -Infinity) < noteAgainMs) return;
      // Forgetting all costs a repeated row, never memory.
      if (noted.size >= notesRemembered) noted.clear();
      noted.set(key, now);
      await put(found);
    },
  };
}

/** The same unknown metric is one cause; the times of a wrong clock differ in every report and are one cause too. */
function causeOf(error: unknown): string {
  if (!(error instanceof EvenkeelError)) return 'INTERNAL';
  return error.code === 'UNKNOWN_METRIC' ? error.message : error.code;
}
