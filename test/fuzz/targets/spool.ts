/** The agent's outbox as a crash, a full disk or another program left it: it opens, says what was lost, and goes on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSpool, type Spool } from '../../../agent/spool.ts';
import { silentLog } from '../../../shared/log.ts';
import type { Target } from '../target.ts';

/** A spool that is opened thousands of times would wait for the disk nearly all of the time. */
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const report = (text: string) => (identity: object) => ({ v: 1, ...identity, at: 1_000, text, metrics: [] });

/** Whole files of SQLite that are no spool of ours, or hold what no agent has written. */
const strange = [
  'DROP TABLE epochs',
  'DROP TABLE outbox; CREATE TABLE outbox (era TEXT)',
  'ALTER TABLE losses RENAME COLUMN epoch TO other',
  'CREATE TRIGGER t BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, "no"); END',
  'CREATE VIEW other AS SELECT * FROM outbox; PRAGMA user_version = 99',
  'UPDATE epochs SET seq = 9223372036854775807',
  'UPDATE epochs SET seq = -5, era = 9007199254740993',
  'UPDATE outbox SET seq = seq + 9007199254740993',
  `UPDATE outbox SET body = x'1f8b0800', kind = 'other', at = -9e15`,
  `UPDATE outbox SET body = x'', at = 9007199254740993`,
  `UPDATE epochs SET epoch = 'no epoch'`,
  `UPDATE facts SET value = ''`,
  `DELETE FROM epochs; DELETE FROM facts`,
  `INSERT INTO losses (epoch, first, last, reason, count) VALUES ('x', 5, 1, 'other', -1), ('', 9223372036854775807, 0, '', 0)`,
];

export function openSpoolFile(): Target {
  const folder = mkdtempSync(join(inMemory, 'evenkeel-fuzz-'));
  const path = join(folder, 'spool.db');
  const mark = `${path}.mark`;
  const files = ['', '-wal', '-shm', '.mark'].map((suffix) => path + suffix);
  const open = () => openSpool({ path, bootId: 'boot', log: silentLog, quotaBytes: 256 * 1024 });

  /** What a spool of some entries and one loss looks like on disk, with and without its write-ahead log. */
  function made(entries: number): Buffer {
    const spool = open();
    for (let i = 0; i < entries; i++) spool.put('report', 1_000 + i, report('x'.repeat((i * 97) % 1_400)));
    spool.renumber(spool.state().epoch);
    spool.close();
    return readFileSync(path);
  }
  const samples = [1, 12, 40].map((entries) => {
    remove();
    return made(entries);
  });
  const honestMark = readFileSync(mark);
  for (const sql of strange) {
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE');
    db.close();
    samples.push(readFileSync(path));
    remove();
    made(3);
  }

  function remove(): void {
    for (const file of files) rmSync(file, { force: true });
  }

  function goesOn(spool: Spool): void {
    spool.after(null, 100);
    spool.newest();
    const { epoch, seq } = spool.put('report', 2_000, report('new'));
    spool.ack({ epoch, through: 0, also: [] });
    const state = spool.state();
    if (state.inMemory > 0) throw new Error('what is measured is kept in memory only');
    const kept = spool.after(null, 10_000).some((entry) => entry.epoch === epoch && entry.seq === seq);
    if (!kept) throw new Error(`what was put under ${epoch} ${seq} is not there`);
    spool.redate({ era: 1e9, seq: 1e9 }, () => null, 1_000);
    spool.close();
  }

  return {
    ...{ samples, longest: 256 * 1024, cpuMs: 3_000 },
    take(input) {
      remove();
      // Every other input is the note beside the file.
      const isMark = input.length < 400;
      writeFileSync(path, isMark ? Buffer.from('damaged') : input);
      writeFileSync(mark, isMark ? input : honestMark);
      goesOn(open());
      goesOn(open());
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
