/**
 * The head of the audit log outside the database: whoever owns that can write a whole new chain, and not what was said before.
 * Hourly to the log of the collector, daily to an address where one is set.
 */
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Outgoing } from '../../shared/outgoing.ts';
import { post } from './http.ts';

interface AuditHeadParts {
  head(): Promise<{ seq: number; hash: string }>;
  /** Null: to the log alone. */
  url: string | null;
  clock: Pick<Clock, 'now'>;
  log: Log;
  outgoing: Outgoing;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const timeoutMs = 10_000;

export function createAuditHead({ head, url, clock, log, outgoing }: AuditHeadParts) {
  let sentAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> = Promise.resolve();

  async function tell(): Promise<void> {
    try {
      const { seq, hash } = await head();
      // Nothing is in it at the first start, and whoever starts has other lines to read.
      if (seq > 0) log.info({ head: `${seq}:${hash}` }, 'Head of the audit log');
      if (url === null || clock.now() - sentAt < dayMs) return;
      const body = JSON.stringify({ head: `${seq}:${hash}`, seq, hash, at: new Date(clock.now()).toISOString() });
      const headers = { 'user-agent': 'evenkeel', 'content-type': 'application/json' };
      await post('audit', outgoing, new URL(url), { headers, body, signal: AbortSignal.timeout(timeoutMs) });
      sentAt = clock.now();
    } catch (thrown) {
      log.warn(
        { reason: reasonOf(thrown) },
        'The head of the audit log could not be kept elsewhere; tried again in an hour',
      );
    }
  }

  const timer = setInterval(() => {
    running = tell();
  }, hourMs).unref();
  running = tell();
  return {
    async stop(): Promise<void> {
      clearInterval(timer);
      await running;
    },
  };
}
