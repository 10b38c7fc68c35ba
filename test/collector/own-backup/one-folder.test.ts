/** A folder of backups, and the two who may take it for theirs: a collector, and the one that was restored from it. Root's, too. */
import { chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backupsIn } from '../../../collector/own-backup/make.ts';
import { noteName, readNote } from '../../../collector/own-backup/note.ts';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import { openState } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { clockAt, noon } from '../../contract/series.ts';
import { runCollector, temporaryFolder } from '../../support/processes.ts';

const test = suite('one folder of backups');

async function fill(data: string): Promise<void> {
  await (await openEmbedded({ folder: join(data, 'series'), clock: clockAt(noon), log: silentLog })).close();
  await (await openState(join(data, 'state.db'))).destroy();
}

const run = (...words: string[]) => runCollector(words, { EVENKEEL_STATE: '' }).ended;

test('a collector and the one restored from it: each removes its own alone, and who came later is refused', async () => {
  const folder = temporaryFolder();
  const [data, later, to, file] = ['data', 'later', 'backups', 'evenkeel.yaml'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string, string];
  writeFileSync(file, `backup: { to: ${to}, keep: 2 }\n`);
  await fill(data);
  const backUp = async (whose: string) => {
    const { code, stderr } = await run('backup', '--data', whose, '--config', file);
    return { code, stderr };
  };
  const instances = () =>
    backupsIn(to).map((name) => {
      const { instance = 0 } = readNote(readFileSync(join(to, name, noteName), 'utf8'), name);
      return instance === 0 ? 'first' : 'restored';
    });
  try {
    for (const whose of [data, data]) assert.equal(await backUp(whose), { code: 0, stderr: '' });
    const restored = await run('restore', to, '--data', later, '--config', file);
    assert.is(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, `Its backups go to ${to}, as those of the collector that it was restored from.`);
    // The other may be gone: then this one goes on in its place, and takes nothing away.
    for (const whose of [later, later, later]) assert.equal(await backUp(whose), { code: 0, stderr: '' });
    assert.equal(instances(), ['restored', 'restored', 'first', 'first']);
    // It is not: it keeps what it counts as its own, and nothing is removed of the other.
    writeFileSync(join(to, 'evenkeel-2026-01-01T00-00-00Z.7.partial'), 'of another, on its way');
    for (const whose of [data, data, data]) assert.equal(await backUp(whose), { code: 0, stderr: '' });
    assert.equal(instances().sort(), ['first', 'first', 'restored', 'restored']);
    assert.ok(readdirSync(to).includes('evenkeel-2026-01-01T00-00-00Z.7.partial'));
    const { code, stderr } = await backUp(later);
    assert.is(code, 1);
    assert.match(
      stderr,
      'The collector that this one was restored from goes on making its backups there, the last one',
    );
    assert.match(stderr, 'Set another folder as backup.to of this one');
    assert.is(instances().length, 4);
  } finally {
    folder.remove();
  }
});

test('a collector whose authority is not in its backup is not started without a word', async () => {
  const folder = temporaryFolder();
  const [data, to, later] = ['data', 'backups', 'later'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  try {
    await fill(data);
    assert.is((await run('tls', 'init', '--name', 'keel.example.net', '--data', data)).code, 0);
    assert.is((await run('backup', '--data', data, '--to', to)).code, 0);
    const restored = await run('restore', to, '--data', later);
    assert.is(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /Without data\/tls it shows no certificate .* run `tls init` .* `enroll --again`/);
  } finally {
    folder.remove();
  }
});

const isRoot = process.geteuid?.() === 0;
/** No such user. */
const user = 54_321;

test('what root makes in the folder of another user is that user’s', async () => {
  if (!isRoot) return console.log('SKIP root: only root gives files to another user');
  const folder = temporaryFolder();
  const [data, to, later] = ['data', 'backups', 'later'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  const owners = (path: string): number[] => [
    ...new Set([
      lstatSync(path).uid,
      ...readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => lstatSync(join(path, name)).uid),
    ]),
  ];
  try {
    await fill(data);
    for (const path of [to, later]) {
      mkdirSync(path, { mode: 0o700 });
      chownSync(path, user, user);
    }
    assert.is((await run('backup', '--data', data, '--to', to)).code, 0);
    assert.equal(owners(to), [user]);
    const restored = await run('restore', to, '--data', later);
    assert.is(restored.code, 0, restored.stderr);
    assert.equal(owners(later), [user]);
    // A new folder: that of the one above it.
    chownSync(folder.path, user, user);
    assert.is((await run('restore', to, '--data', join(folder.path, 'new'))).code, 0);
    assert.equal(owners(join(folder.path, 'new')), [user]);
  } finally {
    folder.remove();
  }
});

test.run();
