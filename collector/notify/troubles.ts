/** Channels that fail, in the log: once for each cause, then hourly with how many more there were. The ticket shows each. */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';

const loggedEveryMs = 3_600_000;
const causesAtMost = 20;

interface Failure {
  channel: string;
  delivery: string;
  attempts: number;
  reason: string;
}

export interface Troubles {
  /** @param said what it means for the notification */
  note(said: string, failure: Failure): void;
  /** The channel has taken one. */
  over(channel: string): void;
}

export function createTroubles({ clock, log }: { clock: Clock; log: Log }): Troubles {
  /** By channel and cause: when that was logged, and how often it came since. */
  const troubles = new Map<string, Map<string, { at: number; more: number }>>();

  return {
    note(said, failure) {
      const causes = troubles.get(failure.channel) ?? new Map<string, { at: number; more: number }>();
      troubles.set(failure.channel, causes);
      const cause = `${said}: ${failure.reason}`;
      const now = clock.now();
      const known = causes.get(cause);
      if (known && now - known.at < loggedEveryMs) {
        known.more++;
        return;
      }
      // What a receiver says may be another thing each time.
      if (causes.size >= causesAtMost) causes.clear();
      causes.set(cause, { at: now, more: 0 });
      log.warn({ ...failure, ...(known?.more ? { further: known.more } : {}) }, said);
    },
    over(channel) {
      const causes = troubles.get(channel);
      if (!causes) return;
      const failed = [...causes.values()].reduce((sum, { more }) => sum + more + 1, 0);
      log.info({ channel, failed }, 'A channel works again');
      troubles.delete(channel);
    },
  };
}
