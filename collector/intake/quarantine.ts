/**
 * Keeps messages that can never be stored, with the reason and a sample, for people to see: acknowledged, so that they are
 * not resent for ever, and bounded, so that a flood of them costs nothing.
 */
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { createAllowances } from '../doors/allowance.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { IntakeCounters } from './counters.ts';
import { type PartlyRefused, sampleOf } from './refused-parts.ts';

const rowsKept = 1000;
const rowsKeptPerEndpoint = 100;
const sampleBytes = 4096;
/** Beyond this, rows of one endpoint are counted and not written. */
const rowsPerSecond = 1;
const rowsAtOnce = 20;
const noteAgainMs = 3_600_000;
const notesRemembered = 20_000;

interface RefusedMessagePart {
  endpoint: string;
  topic: string;
  error: unknown;
}
type RefusedMessage = RefusedMessagePart & { bytes: Uint8Array };
/** @param size bytes of the whole message, inflated */
type QuarantinedMessage = RefusedMessagePart & PartlyRefused & { size: number };

export interface Quarantine {
  /** A whole message. Never rejects: what cannot be written is counted and logged. */
  put(message: RefusedMessage): Promise<void>;
  /** Parts of a message whose rest was stored: one row per hour for the same endpoint and cause. Never rejects either. */
  putParts(parts: QuarantinedMessage): Promise<void>;
}

type Content = Pick<Database['quarantine'], 'size' | 'sample' | 'parts'>;

export function createQuarantine(parts: {
  state: State;
  clock: Clock;
  log: Log;
  counters: IntakeCounters;
}): Quarantine {
  const { state, clock, log, counters } = parts;
  const allowances = createAllowances({ perSecond: rowsPerSecond, burst: rowsAtOnce, monotonic: clock.monotonic });

  async function write({ endpoint, topic, error }: RefusedMessagePart, content: Content): Promise<void> {
    const code = error instanceof EvenkeelError ? error.code : 'INTERNAL';
    await state
      .insertInto('quarantine')
      .values({
        endpoint,
        topic,
        received_at: clock.now(),
        code,
        message: reasonOf(error).slice(0, 1000),
        ...content,
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

  async function putAside(refused: RefusedMessagePart, contentOf: () => Content): Promise<void> {
    const { endpoint, error } = refused;
    counters.quarantined.inc({ code: error instanceof EvenkeelError ? error.code : 'INTERNAL' });
    if (allowances.waitFor(endpoint) > 0) return;
    allowances.take(endpoint, 1);
    try {
      await write(refused, contentOf());
    } catch (thrown) {
      log.warn({ err: thrown, endpoint }, 'Could not put a refused message into quarantine');
    }
  }

  const noted = new Map<string, number>();

  return {
    put: ({ bytes, ...refused }) =>
      putAside(refused, () => ({ size: bytes.length, sample: base64Of(bytes.subarray(0, sampleBytes)), parts: null })),
    async putParts({ size, count, parts, ...refused }) {
      const key = `${refused.endpoint} ${causeOf(refused.error)}`;
      const now = clock.monotonic();
      if (now - (noted.get(key) ?? -Infinity) < noteAgainMs) return;
      // Forgetting all costs a repeated row, never memory.
      if (noted.size >= notesRemembered) noted.clear();
      noted.set(key, now);
      await putAside(refused, () => ({ size, sample: base64Of(sampleOf(parts)), parts: count }));
    },
  };
}

const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** The same unknown metric is one cause; the times of a wrong clock differ in every report and are one cause too. */
function causeOf(error: unknown): string {
  if (!(error instanceof EvenkeelError)) return 'INTERNAL';
  return error.code === 'UNKNOWN_METRIC' ? error.message : error.code;
}
