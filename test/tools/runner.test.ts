/** The test runner itself, on a folder of small test files. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder, until } from '../support/processes.ts';

const top = fileURLToPath(new URL('../../', import.meta.url));
const tree = temporaryFolder();
const at = (path: string) => join(tree.path, path);

for (const room of ['agent', 'collector', 'shared', 'dashboards', 'test']) mkdirSync(at(room));
cpSync(join(top, 'test/run.ts'), at('test/run.ts'));
cpSync(join(top, 'test/runner'), at('test/runner'), { recursive: true });
// What the runner itself imports.
for (const path of [
  ...[
    'test/support/arguments.ts',
    'shared/needs-node.ts',
    'shared/errors.ts',
    'shared/flag-fault.ts',
    'shared/safe-text.ts',
    'shared/sentence.ts',
  ],
  ...['shared/nearest.ts', 'package.json'],
])
  cpSync(join(top, path), at(path));
symlinkSync(join(top, 'node_modules'), at('node_modules'));
const sum = `export function sum(a: number, b: number): number {\n  return a + b;\n}\n
export function never(): number {\n  return 1;\n}\n`;
writeFileSync(at('shared/sum.ts'), sum);
writeFileSync(at('shared/alone.ts'), 'export const alone = 1;\n');
const file = (body: string) => `import { suite, test } from 'uvu';\nimport * as assert from 'uvu/assert';\n
import { sum } from '../shared/sum.ts';\n${body}\ntest.run();\n`;
writeFileSync(
  at('test/one.test.ts'),
  file(`test('adds two numbers', () => assert.is(sum(1, 2), 3));\ntest('is wrong', () => assert.is(sum(1, 1), 3));`),
);
writeFileSync(
  at('test/two.test.ts'),
  file(`test.before(() => console.log('FIGURE prepared'));\ntest('something else', () => assert.is(sum(0, 0), 0));`),
);
writeFileSync(at('test/no-run.test.ts'), "import { test } from 'uvu';\ntest('forgotten', () => {});\n");
writeFileSync(
  at('test/hangs.test.ts'),
  `import { createServer } from 'node:net';\n${file(
    "test('leaves a server', async () => {\n  await new Promise((done) => createServer().listen(0, '127.0.0.1', done));\n  assert.is(sum(1, 2), 3);\n});",
  )}`,
);

const words = (given: readonly string[]) => ['--disable-warning=ExperimentalWarning', at('test/run.ts'), ...given];
const env = { ...process.env, TEST_GREP: '', CI: '' };
const run = (...given: string[]) => spawnSync(process.execPath, words(given), { encoding: 'utf8', env });

test('a part of a path chooses files; a failing test and a missing run() are failures', () => {
  const one = run('one');
  assert.is(one.status, 1);
  assert.match(one.stdout, /1 passed, 1 failed\n$/);
  assert.not.match(one.stdout, /two\.test/);
  assert.match(run('test/two').stdout, /1 passed, 0 failed\n$/);
  assert.match(run('no-run').stdout, /is `\.run\(\)` missing\?[\s\S]*0 passed, 1 failed\n$/);
  assert.match(run('nowhere').stdout, /No test file matches nowhere\.\n0 passed, 1 failed\n$/);
});

test('a file that does not end after its last test is ended, with what it left open', () => {
  const from = performance.now();
  const result = spawnSync(process.execPath, words(['hangs']), {
    encoding: 'utf8',
    env: { ...env, TEST_END_MS: '1000' },
  });
  assert.ok(performance.now() - from < 60_000, 'long before the time limit of a file');
  assert.is(result.status, 1);
  assert.match(result.stdout, /FAIL hangs\.test\.ts[\s\S]*ended 1000 ms after its last test: the file did not finish/);
  if (process.platform !== 'win32') assert.match(result.stdout, /OPEN HANDLES: Server at 127\.0\.0\.1:\d+\n/);
});

test('--grep takes tests by words in their name, prepares nothing for others, and wants at least one', () => {
  const adds = run('one', 'two', '--grep', 'Adds TWO');
  assert.is(adds.status, 0, adds.stdout);
  assert.match(adds.stdout, /1 passed, 0 failed\n$/);
  assert.not.match(adds.stdout, /prepared/);
  const none = run('one', '--grep', 'no such words');
  assert.is(none.status, 1);
  assert.match(none.stdout, /has a test with "no such words" in its name\.\n0 passed, 1 failed\n$/);
});

test('--coverage names the lines that no test has run', () => {
  const { stdout } = run('two', '--coverage');
  assert.match(stdout, /of the lines of shared\//);
  const lines = readFileSync(at('coverage/lines.txt'), 'utf8');
  assert.match(lines, / 0\.0 % {2}shared[\\/]alone\.ts {2}not run: 1\n/);
  // V8 counts `export` as run: the function begins behind it.
  assert.match(lines, / 66\.7 % {2}shared[\\/]sum\.ts {2}not run: 6-7\n/);
});

test('in a run of all files what fails runs once more, alone, and is named when it passes then', () => {
  const marker = at('second-time');
  writeFileSync(
    at('test/wavers.test.ts'),
    `import { existsSync, writeFileSync } from 'node:fs';\n${file(
      `test('passes the second time', () => {\n  const isSecond = existsSync(${JSON.stringify(marker)});\n  writeFileSync(${JSON.stringify(marker)}, '');\n  assert.is(isSecond ? sum(1, 2) : 0, 3);\n});`,
    )}`,
  );
  const { status, stdout } = spawnSync(process.execPath, words([]), {
    encoding: 'utf8',
    env: { ...env, TEST_END_MS: '1000' },
  });
  assert.is(status, 1);
  assert.match(stdout, /unsteady: wavers\.test\.ts failed beside another file and passed alone\nfailed: /);
  for (const name of ['one', 'no-run', 'hangs']) {
    assert.is(stdout.split(`FAIL ${name}.test.ts`).length, 3, `${name} failed twice`);
    assert.match(stdout, new RegExp(`^failed: ${name}\\.test\\.ts$`, 'm'));
  }
  assert.is(stdout.split('ok   two.test.ts').length, 2, 'what passed is not run again');
});

test('--watch runs again after a change', async () => {
  const child = spawn(process.execPath, words(['two', '--watch']), { stdio: ['ignore', 'pipe', 'inherit'], env });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const runs = () => stdout.split('Waiting for a change').length - 1;
  await until(() => runs() === 1, 20_000, 'the first run');
  writeFileSync(at('shared/sum.ts'), sum.replace('a + b', 'a + b + 1'));
  await until(() => /0 passed, 1 failed/.test(stdout), 20_000, `the second run to fail in:\n${stdout}`);
  child.kill('SIGTERM');
  await ended;
  tree.remove();
});

test.run();
