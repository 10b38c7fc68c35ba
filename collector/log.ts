/** Logs go to stderr: a readable line each, or JSON lines (`logFormat: json`) for programs that collect logs. */
import pino, { type Logger } from 'pino';
import { escaped, quoted } from '../shared/safe-text.ts';
import type { LogFormat, LogLevel } from './settings/settings.ts';

const names: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' };

/**
 * `12:04:05 WARN  The outbox waits queued=3`; of an error its stack in the lines below, unless it passes by itself: a database
 * that is away for a weekend would fill the disk with stacks that say nothing.
 * Whatever came from outside stays within its line, and no terminal obeys it: here, for all that is ever logged.
 * @param brief the time of day only, for who watches; a file that is kept needs the date and the zone
 */
export function readable(line: string, brief: boolean): string {
  const { level, time, msg, err, ...values } = JSON.parse(line) as Record<string, unknown> & {
    err?: { message?: string; stack?: string; retryable?: boolean };
  };
  const at = new Date(Number(time));
  const shown = Object.entries(values).map(([name, value]) => escaped(` ${name}=${JSON.stringify(value)}`));
  const isPassing = err?.retryable === true;
  const trouble = isPassing
    ? ` err=${quoted(String(err.message))}`
    : err
      ? `\n${stackLines(err.stack ?? err.message ?? JSON.stringify(err))}`
      : '';
  const clock = brief ? at.toTimeString().slice(0, 8) : at.toISOString();
  return `${clock} ${names[Number(level)] ?? level} ${escaped(String(msg))}${shown.join('')}${trouble}\n`;
}

/** Of a stack; every other line break is one of the message. */
const betweenFrames = /\n(?= {4}at |caused by: )/;

const stackLines = (stack: string) =>
  stack
    .split(betweenFrames)
    .map((line, n) => (n === 0 ? '' : '    ') + escaped(n === 0 ? line : line.trimStart()))
    .join('\n');

export function createLog(level: LogLevel, format: LogFormat): Logger {
  // Written at once: the last lines before a crash are the ones that matter.
  const stderr = pino.destination({ dest: 2, sync: true });
  const brief = process.stderr.isTTY === true;
  const write = (line: string) =>
    void stderr.write(format === 'json' ? `${escaped(line.trimEnd())}\n` : readable(line, brief));
  return pino({ level, base: null }, { write });
}
