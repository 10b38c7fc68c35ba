/** Logs go to stderr: JSON lines for machines, one readable line each where a person watches. */
import pino, { type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from './settings.ts';

const names: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' };

/** `12:04:05 WARN  The outbox waits {"queued":3}`; of an error its message, and its stack below. */
function readable(line: string): string {
  const { level, time, msg, err, ...values } = JSON.parse(line) as Record<string, unknown> & {
    err?: { message?: string; stack?: string };
  };
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const rest = Object.keys(values).length === 0 ? '' : ` ${JSON.stringify(values)}`;
  const trouble = err ? `\n${err.stack ?? err.message ?? JSON.stringify(err)}` : '';
  return `${clock} ${names[Number(level)] ?? level} ${String(msg)}${rest}${trouble}\n`;
}

export function createLog(level: LogLevel): Logger {
  // Written at once: the last lines before a crash are the ones that matter.
  const stderr = pino.destination({ dest: 2, sync: true });
  const person: DestinationStream = { write: (line) => void process.stderr.write(readable(line)) };
  return pino({ level, base: null }, process.stderr.isTTY ? person : stderr);
}
