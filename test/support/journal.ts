/** A real journal in a folder of its own, written by systemd's own program and read by journalctl. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const writer = ['/usr/lib/systemd/systemd-journal-remote', '/lib/systemd/systemd-journal-remote'].find((path) =>
  existsSync(path),
);
const reader = ['/usr/bin/journalctl', '/bin/journalctl'].find((path) => existsSync(path));

/** Why none can be made here; null: one can. */
export const journalMissing: string | null =
  writer === undefined || reader === undefined ? 'no systemd-journal-remote or no journalctl' : null;

export interface Line {
  /** ms */
  at: number;
  message: string;
  unit?: string;
  identifier?: string;
  priority?: number;
  messageId?: string;
}

export interface WrittenJournal {
  directory: string;
  /** Appends, in the order of time. */
  write(...lines: readonly Line[]): void;
  /** As journald when it needs the room: what was written before is deleted, and a new file begins. */
  vacuum(): void;
}

/** The export format: `KEY=value` lines, an empty one after each entry. */
function exported(
  { at, message, unit, identifier = 'test', priority = 6, messageId }: Line,
  monotonic: number,
): string {
  const fields = [
    `__REALTIME_TIMESTAMP=${Math.round(at * 1000)}`,
    `__MONOTONIC_TIMESTAMP=${monotonic}`,
    '_BOOT_ID=0123456789abcdef0123456789abcdef',
    '_HOSTNAME=web-1',
    `PRIORITY=${priority}`,
    `SYSLOG_IDENTIFIER=${identifier}`,
    ...(unit === undefined ? [] : [`_SYSTEMD_UNIT=${unit}`]),
    ...(messageId === undefined ? [] : [`MESSAGE_ID=${messageId}`]),
    `MESSAGE=${message}`,
  ];
  return `${fields.join('\n')}\n\n`;
}

export function makeJournal(directory: string): WrittenJournal {
  mkdirSync(directory, { recursive: true });
  let files = 1;
  let written = 0;
  const next = () => {
    written += 1;
    return written * 1000;
  };
  return {
    directory,
    write(...lines) {
      const input = join(directory, 'lines.export');
      writeFileSync(input, lines.map((line) => exported(line, next())).join(''));
      const made = spawnSync(writer ?? '', ['-o', join(directory, `log-${files}.journal`), input], {
        encoding: 'utf8',
      });
      rmSync(input);
      if (made.status !== 0) throw new Error(`systemd-journal-remote: ${made.stderr}`);
    },
    vacuum() {
      for (const name of readdirSync(directory)) rmSync(join(directory, name));
      files += 1;
    },
  };
}
