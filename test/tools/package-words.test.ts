/** What `npm run package` refuses before it builds anything, and with which words. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkRoom } from '../../.package/room.ts';
import { temporaryFolder } from '../support/processes.ts';

const test = suite('package words');
const builder = fileURLToPath(new URL('../../.package/main.ts', import.meta.url));
const folder = temporaryFolder();
test.after(() => folder.remove());

const cases: readonly (readonly [words: string[], said: RegExp])[] = [
  [
    ['--target', 'linux-riscv'],
    /^--target "linux-riscv" is not known\. There are: linux-x64, linux-arm64, win-x64, macos-arm64, macos-x64\n$/,
  ],
  [['--form', 'apk'], /^--form "apk" is not known\. There are: deb, rpm, tar\.gz, msi, zip\n$/],
  [['--program', 'agent'], /^--program "agent" is not known\. There are: evenkeel-agent, evenkeel-collector\n$/],
  [
    ['--program', 'evenkeel-collector', '--target', 'win-x64'],
    /the collector is built for Linux only: elsewhere it runs from source \(npm start\)/,
  ],
  [['--target', 'linux-x64', '--form', 'msi'], /^Nothing fits all of these\. msi and zip are for Windows/],
  [['--nonsense'], /an unknown option --nonsense[\s\S]*What it takes: npm run package -- --help\n$/],
];

for (const [words, said] of cases)
  test(words.join(' '), () => {
    const out = join(folder.path, 'out');
    const done = spawnSync(process.execPath, [builder, ...words, '--out', out], { encoding: 'utf8' });
    assert.is(done.status, 2, done.stderr);
    assert.match(done.stderr, said);
    assert.is(existsSync(out), false);
  });

test('too little room: how much is there, how much is needed, and what to do', () => {
  assert.throws(
    () => checkRoom(folder.path, 1e18, 'name another folder with --out.'),
    /evenkeel-test-\w+ has \d+\.\d GB of room, and building takes up to 1000000000\.0 GB there\. Make room, or name another folder with --out\.$/,
  );
  checkRoom(folder.path, 1, '');
});

test.run();
