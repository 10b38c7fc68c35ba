/** `kill -9` at every step of a backup and of a restore: what was there before is as it was, and the next run goes through. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faultsOfBackup, findBackup } from '../../collector/own-backup/check.ts';
import { backupsIn } from '../../collector/own-backup/make.ts';
import { openEmbedded } from '../../collector/series/embedded/embedded.ts';
import { openState } from '../../collector/state/open.ts';
import { silentLog } from '../../shared/log.ts';
import { arrival, clockAt, hour, metric, noon } from '../contract/series.ts';
import { runCollector, temporaryFolder } from '../support/processes.ts';

const test = suite('kill -9 in a backup and in a restore');
const killer = fileURLToPath(new URL('../support/kill-at-file.ts', import.meta.url));
const watch = { signal: new AbortController().signal, moved() {} };
/** How many kills of each kind, spread over all steps; the last steps, which give the name, are all tried. */
const [spread, last] = [5, 4];

const run = (words: string[], env: Record<string, string>) =>
  runCollector(words, { ...env, NODE_OPTIONS: `--import ${killer}`, EVENKEEL_STATE: '' }).ended;

/** A data folder with some segments and a state. */
async function fill(data: string): Promise<void> {
  const store = await openEmbedded({ folder: join(data, 'series'), clock: clockAt(noon), log: silentLog });
  for (let day = 2; day >= 0; day--) {
    for (let seq = 1; seq <= 20; seq++)
      await store.append(
        arrival('one', day * 20 + seq, [metric('mem', { used: seq }, noon - day * 24 * hour - seq * 1000)]),
      );
    if (day > 0) await store.compact();
  }
  await store.close();
  await (await openState(join(data, 'state.db'))).destroy();
}

/** Content of every file below, by its path. */
function contents(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      found[path.slice(folder.length)] = createHash('sha256').update(readFileSync(path)).digest('hex');
    }
  return found;
}

/** Steps of a whole run, and those at which it is killed. */
async function pointsOf(words: string[], place: string): Promise<{ all: number; points: number[] }> {
  const count = join(place, 'count');
  const { code, stderr } = await run(words, { COUNT_FILES_TO: count });
  assert.is(code, 0, stderr);
  const all = Number(readFileSync(count, 'utf8'));
  const some = Array.from({ length: spread }, (_, n) => 1 + Math.floor((n * (all - last)) / spread));
  return { all, points: [...new Set([...some, ...Array.from({ length: last }, (_, n) => all - n)])] };
}

test('a backup: those before are whole, there is no half one, and the next one is whole', async () => {
  const folder = temporaryFolder();
  const [data, to] = [join(folder.path, 'data'), join(folder.path, 'backups')];
  await fill(data);
  const words = ['backup', '--data', data, '--to', to];
  // Of one that has another before it, whose files it shares.
  assert.is((await run(words, {})).code, 0);
  const { all, points } = await pointsOf(words, folder.path);
  assert.ok(all > 20, `${all} steps`);
  for (const point of points) {
    const before = backupsIn(to);
    const old = Object.fromEntries(before.map((name) => [name, contents(join(to, name))]));
    const { signal } = await run(words, { KILL_AT_FILE: String(point) });
    assert.is(signal, 'SIGKILL', `step ${point} of ${all}`);
    for (const name of before) assert.equal(contents(join(to, name)), old[name], `step ${point}: ${name}`);
    for (const name of backupsIn(to))
      assert.equal(await faultsOfBackup(findBackup(join(to, name)), watch), [], `step ${point}: ${name}`);
    assert.ok(backupsIn(to).length <= before.length + 1);
  }
  assert.is((await run(words, {})).code, 0);
  assert.equal(
    readdirSync(to).filter((name) => name.endsWith('.partial')),
    [],
  );
  assert.equal(await faultsOfBackup(findBackup(to), watch), []);
  console.log(
    `\nFIGURE kill: a backup killed at ${points.length} of ${all} steps, 0 half ones, 0 earlier ones changed`,
  );
  folder.remove();
});

test('a restore: there is nothing, or all of it; the backup is as it was, and the next restore goes through', async () => {
  const folder = temporaryFolder();
  const [data, to] = [join(folder.path, 'data'), join(folder.path, 'backups')];
  await fill(data);
  assert.is((await run(['backup', '--data', data, '--to', to], {})).code, 0);
  const backup = contents(to);
  const { all, points } = await pointsOf(['restore', to, '--data', join(folder.path, 'first')], folder.path);
  const whole = Object.keys(contents(join(folder.path, 'first')));
  const fresh = join(folder.path, 'new');
  for (const point of points) {
    const { signal } = await run(['restore', to, '--data', fresh], { KILL_AT_FILE: String(point) });
    assert.is(signal, 'SIGKILL', `step ${point} of ${all}`);
    assert.equal(contents(to), backup, `step ${point}`);
    if (!existsSync(fresh)) continue;
    // Killed after the name was given: all of it is there.
    assert.equal(Object.keys(contents(fresh)).sort(), whole.sort(), `step ${point}`);
    break;
  }
  const target = existsSync(fresh) ? join(folder.path, 'other') : fresh;
  const { code, stderr } = await run(['restore', to, '--data', target], {});
  assert.is(code, 0, stderr);
  assert.equal(Object.keys(contents(target)).sort(), whole.sort());
  assert.equal(
    readdirSync(folder.path).filter((name) => name.startsWith('other.restoring')),
    [],
  );
  console.log(`\nFIGURE kill: a restore killed at ${points.length} of ${all} steps, nothing or all was there`);
  folder.remove();
});

test.run();
