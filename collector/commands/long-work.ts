/** What commands that take long have in common: a line that says how far, and an orderly end on Ctrl+C. */
import { readFileSync } from 'node:fs';
import { fail, reasonOf } from '../../shared/errors.ts';
import { leastPassphrase } from '../settings/own-backup.ts';

/** On a terminal it stands in one line; in a file there is one line per second at most. */
export function progressLine() {
  const { stderr } = process;
  // What is done at once says nothing.
  let saidAt = performance.now();
  let isOpen = false;
  return {
    say(phase: string, done: number, total: number): void {
      const now = performance.now();
      if (now - saidAt < (stderr.isTTY ? 100 : 1000)) return;
      saidAt = now;
      const far = total === 0 ? '' : ` ${Math.floor((100 * done) / total)} %`;
      stderr.write(stderr.isTTY ? `\r\u001b[K${phase}${far}` : `${phase}${far}\n`);
      isOpen = Boolean(stderr.isTTY);
    },
    end(): void {
      if (isOpen) stderr.write('\r\u001b[K');
      isOpen = false;
    },
  };
}

/** `orderly`: what can be gone on with says so, when it ends before its end. */
export function untilInterrupted(): {
  signal: AbortSignal;
  over(): void;
  orderly<T>(work: Promise<T>): Promise<T>;
} {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  return {
    signal: ending.signal,
    over() {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
    },
    orderly: (work) =>
      work.catch((thrown: unknown) => {
        throw ending.signal.aborted && (thrown as Error).name === 'AbortError'
          ? fail('COPY_ENDED', {}, thrown)
          : thrown;
      }),
  };
}

/** @throws EvenkeelError BAD_FLAG */
export function readPassphrase(values: Readonly<Record<string, unknown>>): string | null {
  const file = values['passphrase-file'];
  if (typeof file !== 'string') return null;
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (thrown) {
    throw fail('BAD_FLAG', { problem: `--passphrase-file, which cannot be read: ${reasonOf(thrown)}` }, thrown);
  }
  if (text.length < leastPassphrase)
    throw fail('BAD_FLAG', {
      problem: `--passphrase-file with a passphrase of ${text.length} characters; it has at least ${leastPassphrase}`,
    });
  return text;
}
