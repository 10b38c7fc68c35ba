/** `npm run demo` as a person runs it: a short history, the set-up link, a fleet that reports, and nothing left at the end. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildWeb } from '../support/browser.ts';
import { temporaryFolder } from '../support/processes.ts';
import { until } from '../support/until.ts';

const test = suite('npm run demo');
const main = fileURLToPath(new URL('demo.ts', import.meta.url));

test('fills, starts, goes on, and removes its folder', async () => {
  // Its own build would empty the folder that tests beside this one serve.
  await buildWeb();
  const folder = temporaryFolder();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, '--days', '1', '--http-port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: folder.path },
    },
  );
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    await until(() => /endpoints at 3 sites/.test(out) || child.exitCode !== null, 240_000, 'the fleet to go on');
    assert.match(out, /^day 1 of \d+, \d+ outages, \d+ alerts, \d+ tickets$/m);
    const link = /Set-up +(\S+\/setup#\S+)/.exec(out)?.[1];
    assert.ok(link, out);
    const page = await fetch(link);
    assert.match(await page.text(), /<html/);
  } finally {
    child.kill('SIGTERM');
  }
  assert.is(await ended, 0);
  assert.equal(
    readdirSync(folder.path).filter((name) => name.startsWith('evenkeel-')),
    [],
  );
  folder.remove();
});

test('an option that it does not know is answered in words, with those that it knows', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, '--frob'], {
    encoding: 'utf8',
  });
  assert.is(status, 2);
  assert.match(stderr, /--frob[\s\S]*--http-port N/);
  assert.not.match(stderr, /^ +at /m);
});

test.run();
