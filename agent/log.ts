/**
 * The agent's log: one line per event on standard error, as journald and every service manager take it. Fifteen lines
 * instead of pino, because pino alone is 1 MB of the agent's memory and this is all that an agent should write.
 */
import type { Log } from '../shared/log.ts';
import { escaped } from '../shared/safe-text.ts';
import { withoutSecrets } from '../shared/secrets.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;

export function createLog(least: string = process.env.EVENKEEL_LOG ?? 'info'): Log {
  const from = Math.max(0, (levels as readonly string[]).indexOf(least));
  const line = (level: (typeof levels)[number]) => (values: object, text: string) => {
    if (levels.indexOf(level) < from) return;
    const shown = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    process.stderr.write(
      `${new Date().toISOString()} ${level} ${escaped(withoutSecrets([text, ...shown].join(' ')))}\n`,
    );
  };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
