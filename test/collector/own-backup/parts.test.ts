/** The parts of a backup that decide something: when, where, what is believed, what opens. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dueAt, isTooOld } from '../../../collector/own-backup/due.ts';
import { readLedger, refuseForeign, writeLedger } from '../../../collector/own-backup/ledger.ts';
import { leftOutReason, leftOutText } from '../../../collector/own-backup/left-out.ts';
import { isInside, readNote } from '../../../collector/own-backup/note.ts';
import { isWithin, preparePlace } from '../../../collector/own-backup/place.ts';
import { openSecrets, sealSecrets } from '../../../collector/own-backup/secrets.ts';
import type { EvenkeelError } from '../../../shared/errors.ts';
import { reason } from '../../../shared/reason.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';
import { temporaryFolder } from '../../support/processes.ts';

const test = suite('parts of a backup of the collector');
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const hour = 3_600_000;

const refusalOf = (work: () => unknown): EvenkeelError => {
  try {
    work();
  } catch (thrown) {
    return thrown as EvenkeelError;
  }
  throw new Error('nothing was refused');
};

test('the next one is due at its time of day in the zone, also over a change of clocks', () => {
  const daily = { when: { at: '02:30' } };
  const next = (made: string) => new Date(dueAt(daily, 'Europe/Berlin', at(made), null)).toISOString();
  assert.is(next('2026-11-10T00:00:00Z'), '2026-11-10T01:30:00.000Z');
  assert.is(next('2026-11-10T01:30:00Z'), '2026-11-11T01:30:00.000Z');
  assert.is(next('2026-03-28T12:00:00Z'), '2026-03-29T01:30:00.000Z', '02:30 does not exist that night');
  assert.is(next('2026-10-24T12:00:00Z'), '2026-10-25T00:30:00.000Z', '02:30 comes twice: the first');
  assert.is(dueAt(daily, 'Europe/Berlin', null, null), 0, 'the first one at once');
  assert.is(dueAt({ when: { everyMs: 6 * hour } }, 'UTC', 1000, null), 6 * hour + 1000);
});

test('what failed is tried again after half an hour, and 26 h after the last one it is too old', () => {
  assert.is(dueAt({ when: { everyMs: hour } }, 'UTC', null, 5000), 5000 + hour / 2);
  assert.not(isTooOld(0, 0, 26 * hour));
  assert.ok(isTooOld(0, 0, 26 * hour + 1));
  assert.ok(isTooOld(null, 0, 27 * hour), 'never made since it was set up');
  assert.not(isTooOld(null, 25 * hour, 27 * hour));
});

test('only the same passphrase opens, and a changed byte is found', async () => {
  const files = { 'data/secrets.key': Buffer.from([0, 1, 255]), 'settings/keel.key': Buffer.from('ключ') };
  const sealed = await sealSecrets(files, 'correct horse battery');
  assert.not(sealed.includes('ключ'));
  const opened = await openSecrets(sealed, 'correct horse battery');
  assert.equal(
    opened && Object.fromEntries(Object.entries(opened).map(([name, one]) => [name, Buffer.from(one)])),
    files,
  );
  assert.is(await openSecrets(sealed, 'correct horse batterx'), null);
  for (const place of [3, sealed.indexOf('\n') + 2, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[place] = (changed[place] as number) ^ 1;
    assert.is(await openSecrets(changed, 'correct horse battery'), null, `byte ${place}`);
  }
  assert.is(await openSecrets(Buffer.from('short'), 'correct horse battery'), null);
});

test('a note that leads elsewhere, is of a newer format or is none is refused with what to do', () => {
  for (const path of ['../x', '/etc/passwd', 'a/../b', 'a//b', 'C:/x', 'a\\b', 'a/./b', ''])
    assert.not(isInside(path), path);
  assert.ok(isInside('series/segments/raw-1-2.parquet'));
  const note = {
    ...{ format: 1, version: '1', at: 1, took: 1, by: 'x', state: { kind: 'sqlite', schema: '' }, counts: {} },
    ...{ series: { name: '', isWhole: true, segments: 0 }, settings: null, leftOut: [] },
    files: [{ path: 'state.db', bytes: 1, sha256: 'a'.repeat(64) }],
  };
  assert.is(readNote(JSON.stringify(note), 'x').files.length, 1);
  const refused = (change: object) => refusalOf(() => readNote(JSON.stringify({ ...note, ...change }), '/b'));
  assert.match(refused({ format: 2 }).message, /a newer version made it \(format 2/);
  assert.match(refused({ format: 2 }).hint, /the version that made it/);
  assert.match(refused({ files: [{ ...note.files[0], path: '../../etc/passwd' }] }).message, /names a file outside/);
  assert.match(refused({ at: 'now' }).message, /not as it was written: \/at/);
  assert.match(refusalOf(() => readNote('{', '/b')).message, /is no JSON/);
});

test('what a backup does not hold is a sentence in its note, and a code for readers of every language', () => {
  const secrets = reason('own_backup_without_secrets', { files: 'data/secrets.key, data/tls/authority.key' });
  const series = reason('own_backup_without_series', { store: 'PostgreSQL at db.example.net' });
  for (const why of [secrets, series]) {
    assert.equal(leftOutReason(leftOutText(why)), why);
    assert.match(formatReasons('ja', [why]), /[ぁ-ん]/);
  }
  assert.equal(
    leftOutReason(
      'Files with secrets, as there is no passphrase for them: data/secrets.key. Keep copies of them elsewhere, or set backup.passphrase_file.',
    ),
    reason('own_backup_without_secrets', { files: 'data/secrets.key' }),
    'of a note from before there were codes',
  );
  assert.is(formatReasons('en', [leftOutReason('Something else.')]), 'Something else.');
});

test('folders that a backup would not survive in, or that are none, are refused', () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  mkdirSync(data);
  const why = (to: string) => refusalOf(() => preparePlace(to, data)).message;
  assert.match(why(join(data, 'backups')), /lies in the data folder/);
  symlinkSync(data, join(folder.path, 'link'));
  assert.match(why(join(folder.path, 'link', 'b')), /lies in the data folder/, 'through a link');
  writeFileSync(join(folder.path, 'file'), '');
  assert.match(why(join(folder.path, 'file')), /It is no folder/);
  const { why: codes } = refusalOf(() => preparePlace(join(folder.path, 'file'), data));
  assert.equal(
    codes.map(({ code }) => code),
    ['own_backup_no_folder', 'own_backup_free_name'],
    'for readers of every language',
  );
  symlinkSync(join(folder.path, 'nowhere'), join(folder.path, 'dangling'));
  assert.match(why(join(folder.path, 'dangling')), /no folder|is not there/);
  mkdirSync(join(folder.path, 'open'), { mode: 0o777 });
  assert.ok(isWithin(join(folder.path, 'data'), folder.path));
  assert.not(isWithin(join(folder.path, 'data-2'), data), 'a name that begins alike');
  assert.ok(existsSync(preparePlace(join(folder.path, 'new', 'deep'), data)));
  folder.remove();
});

test('the list of erased endpoints only grows, is of one collector, and a damaged one is not taken for none', async () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'erased.json');
  assert.is(readLedger(file), null);
  await writeLedger(folder.path, 'one', ['b']);
  await writeLedger(folder.path, 'one', ['a', 'b']);
  assert.equal(readLedger(file), { of: 'one', erased: ['a', 'b'] });
  assert.match(refusalOf(() => refuseForeign(folder.path, 'two')).message, /Another collector keeps its backups there/);
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
  assert.match(refusalOf(() => readLedger(file)).hint, /would come back/);
  folder.remove();
});

test.run();
