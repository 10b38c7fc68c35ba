/** What developers run: an option that is none is answered in words, without a stack, before anything is begun. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const top = fileURLToPath(new URL('../../', import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${top}package.json`, 'utf8')) as { scripts: Record<string, string> };
const named = /\w+(?:\|[\w-]+)+/.exec(readFileSync(`${top}test/bench/main.ts`, 'utf8'))?.[0] ?? '';
const benches = named.split('|').map((name) => ['test/bench/main.ts', name]);
const others = ['dev', 'test', 'demo', 'simulate'].map((name) => [(scripts[name] ?? '').replace('node ', '')]);

for (const words of [...others, ...benches])
  test(words.join(' '), () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [...words, '--nonsense'], {
      cwd: top,
      encoding: 'utf8',
    });
    assert.is(status, 2, stderr + stdout);
    assert.match(stderr, /^The command line has an unknown option --nonsense\.\n/);
    assert.not.match(stderr, /\n {4}at |node:internal/);
  });

test('the option that was meant is named', () => {
  const { stderr } = spawnSync(process.execPath, ['test/dev.ts', '--prt', '0'], { cwd: top, encoding: 'utf8' });
  assert.match(stderr, 'did you mean --port?');
});

test.run();
