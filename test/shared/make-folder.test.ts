/** Folders that people name are made or refused, and never tried for ever. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeFolder } from '../../shared/make-folder.ts';
import { temporaryFolder } from '../support/processes.ts';

const test = suite('make folder');
const folder = temporaryFolder();
test.after(() => folder.remove());
const at = (...names: string[]) => join(folder.path, ...names);

const codeOf = (path: string) => {
  try {
    makeFolder(path);
    return 'made';
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code;
  }
};

test('with all that are missing above it, each with the mode; again is no fault', () => {
  for (const _ of [1, 2]) makeFolder(at('a', 'b', 'c'), 0o700);
  for (const path of [at('a'), at('a', 'b'), at('a', 'b', 'c')]) {
    assert.ok(statSync(path).isDirectory());
    if (process.platform !== 'win32') assert.is(statSync(path).mode & 0o777, 0o700);
  }
  mkdirSync(at('real'));
  symlinkSync(at('real'), at('link'));
  assert.is(codeOf(at('link', 'new')), 'made');
  assert.ok(statSync(at('real', 'new')).isDirectory(), 'through a link that leads somewhere');
});

test('what has the name and is no folder is an error', () => {
  writeFileSync(at('file'), '');
  symlinkSync(at('nowhere'), at('dangling'));
  assert.is(codeOf(at('file')), 'EEXIST');
  assert.is(codeOf(at('file', 'x')), 'EEXIST');
  assert.is(codeOf(at('dangling')), 'EEXIST');
  assert.is(codeOf(at('dangling', 'x')), 'EEXIST');
});

/** In a process of its own: one that never returns is deaf to everything but its end. */
function inChild(file: string, work: string): string {
  const url = new URL(`../../${file}`, import.meta.url).href;
  const code = `import * as part from ${JSON.stringify(url)};
    try { await (${work}); console.log('done'); }
    catch (thrown) { console.log(thrown.code, thrown.message, thrown.hint ?? ''); }`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code];
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  assert.is(signal, null, `${file}: it never returned`);
  assert.is(stderr, '');
  return stdout;
}

test('a folder that exists and takes none is an error at once, wherever a person can name it', () => {
  if (process.platform !== 'linux') return;
  const data = JSON.stringify(at('data'));
  const mayNotOrCannot = /No folder can be made there|may not write there/;
  for (const path of ['/proc/x', '/proc/x/y']) {
    const named = JSON.stringify(path);
    assert.match(inChild('shared/make-folder.ts', `part.makeFolder(${named})`), /^(ENOENT|EACCES) /);
    for (const name of ['preparePlace', 'checkPlace'])
      assert.match(inChild('collector/own-backup/place.ts', `part.${name}(${named}, ${data})`), mayNotOrCannot);
    assert.match(inChild('agent/safe-write.ts', `part.makePrivate(${named})`), /^(ENOENT|EACCES|UNTRUSTED_PATH) /);
    assert.match(inChild('collector/data/folder.ts', `part.prepareFolder(${named})`), /^DATA_NOT_WRITABLE /);
  }
});

test.run();
