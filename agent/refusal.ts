/**
 * The broker refuses the log-in. Of the collector's own broker that is final; one of somebody else may only lack this machine among its
 * users, or have its secret of before. So the collector is asked, by a process of its own, and not often.
 */
import { spawn } from 'node:child_process';
import type { Log } from '../shared/log.ts';
import { agentCommand } from './lean.ts';

/**
 * How the broker's users are kept: the collector has told it now; it asks the collector; by hand; it is the collector's own. Or the
 * collector refuses the credential, too; or it did not say.
 */
const verdicts = ['told', 'asks', 'by_hand', 'own', 'refused', 'unknown'] as const;
export type RefusalVerdict = (typeof verdicts)[number];
export const isVerdict = (value: unknown): value is RefusalVerdict => (verdicts as readonly unknown[]).includes(value);

const taken = 'The broker refuses the log-in of this machine, although the collector takes its credential';
/** Where it is not the collector that refuses. */
export const refusalWords: Readonly<Partial<Record<RefusalVerdict, string>>> = {
  told: `${taken}. The collector has told the broker of it just now, and it is tried again; where that does not help, look in the log of the collector for "Users of the broker"`,
  asks: `${taken}: the broker does not ask the collector, or does not get its answer. Look at its settings of authentication; \`npm run collector -- broker-config emqx\` prints right ones`,
  by_hand: `${taken}: the users of this broker are kept by hand. At the collector run \`npm run collector -- broker-config mosquitto --out DIR\`, and bring its files to the broker`,
};
export const askingWords =
  'The broker refuses the log-in of this machine; the collector is asked whether it takes the credential. What is measured is kept';

const limitMs = 60_000;
const firstWaitMs = 60_000;
const longestWaitMs = 3_600_000;
const outputAtMost = 2000;

export interface RefusedLogIns {
  /** Once more. */
  happened(): void;
  stop(): void;
}

export function createRefusedLogIns(parts: {
  data: string;
  log: Log;
  monotonic(): number;
  onVerdict(verdict: RefusalVerdict): void;
}): RefusedLogIns {
  const { data, log, monotonic } = parts;
  let child: ReturnType<typeof spawn> | null = null;
  let next = Number.NEGATIVE_INFINITY;
  let waitMs = firstWaitMs;

  return {
    happened() {
      const now = monotonic();
      if (child || now < next) return;
      // A long time after the last one it is another trouble.
      if (now - next > longestWaitMs) waitMs = firstWaitMs;
      next = now + waitMs;
      waitMs = Math.min(longestWaitMs, waitMs * 2);
      const { file, args } = agentCommand(['refused', '--data', data]);
      let [said, why] = ['', ''];
      const own = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true, timeout: limitMs });
      child = own;
      own.stdout.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-outputAtMost);
      });
      own.stderr.setEncoding('utf8').on('data', (text: string) => {
        why = (why + text).slice(-outputAtMost);
      });
      own.on('error', (error) => {
        why = error.message;
      });
      own.on('close', (code) => {
        if (child !== own) return;
        child = null;
        const verdict = said.trim();
        if (code === 0 && isVerdict(verdict)) parts.onVerdict(verdict);
        else log.warn({ code, reason: why.trim() }, 'Could not ask the collector why its broker refuses the log-in');
      });
    },
    stop() {
      const own = child;
      child = null;
      own?.kill('SIGTERM');
    },
  };
}
