import { escapedLines } from '../../shared/safe-text.ts';

/** For the terminal, which must not obey what a disk, a service or a collector is called. */
export const print = (...lines: readonly string[]): void =>
  void process.stdout.write(`${escapedLines(lines.join('\n'))}\n`);
