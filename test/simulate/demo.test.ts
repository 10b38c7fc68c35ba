/** `npm run demo` as a person runs it: a short history, the set-up link, a fleet that reports, and nothing left at the end. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KpiDetail, Kpis } from '../../shared/api.ts';
import type { OnCallAnswer } from '../../shared/on-call.ts';
import { buildWeb } from '../support/browser.ts';
import { temporaryFolder } from '../support/processes.ts';
import { until } from '../support/until.ts';

const test = suite('npm run demo');
const main = fileURLToPath(new URL('demo.ts', import.meta.url));

const daysMs = 86_400_000;

/** The demo in a folder of its own for temporary files. */
function startDemo(words: readonly string[]) {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], {
    env: { ...process.env, TMPDIR: folder.path },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const says = (words: RegExp) => until(() => words.test(said.out) || child.exitCode !== null, 480_000, `${words}`);
  const left = () => {
    const places = existsSync('/dev/shm') ? [folder.path, '/dev/shm'] : [folder.path];
    const own = (name: string) => name.startsWith('evenkeel-demo-') || name.includes(`history-${child.pid}-`);
    return places.flatMap((place) => readdirSync(place).filter(own));
  };
  return { child, said, ended, says, left, folder };
}

/** Days until today, the last whole month included. */
function daysOfLastMonth(): { days: number; month: string } {
  const today = Temporal.Now.zonedDateTimeISO().startOfDay();
  const first = today.with({ day: 1 }).subtract({ months: 1 });
  const days = Math.ceil((today.epochMilliseconds - first.epochMilliseconds) / daysMs) + 2;
  return { days, month: first.toPlainDate().toString().slice(0, 7) };
}

/** Makes the first admin, as the link of the set-up does. @returns the cookie */
async function setUp(base: string, secret: string): Promise<string> {
  const body = JSON.stringify({ secret, user: 'ada', password: 'a sentence that nobody guesses' });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${base}/api/v1/setup`, { method: 'POST', headers, body });
  assert.is(response.status, 201, await response.clone().text());
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

test('fills, starts, goes on, and removes its folder; every number of the last month has a value and its list', async () => {
  // Its own build would empty the folder that tests beside this one serve.
  await buildWeb();
  const { days, month } = daysOfLastMonth();
  const { child, said, ended, says, left, folder } = startDemo(['--days', `${days}`, '--http-port', '0']);
  try {
    await says(/endpoints at 3 sites/);
    assert.match(said.out, /^day 1 of \d+, \d+ outages, \d+ alerts, \d+ tickets$/m);
    const [, link = '', base = '', secret = ''] = /Set-up +((\S+)\/setup#(\S+))/.exec(said.out) ?? [];
    assert.ok(link, said.out + said.err);
    const page = await fetch(link);
    assert.match(await page.text(), /<html/);
    const cookie = await setUp(base, secret);
    const get = async <T>(path: string) =>
      (await (await fetch(`${base}/api/v1/${path}`, { headers: { cookie } })).json()) as T;
    const { items: kpis } = await get<Kpis>(`kpis?period=${month}`);
    assert.ok(kpis.length > 15, `${kpis.length} numbers`);
    assert.equal(
      kpis.filter(({ state }) => state === 'no_data').map(({ id }) => id),
      [],
      'numbers without a value',
    );
    // Alerting is made once there is an admin, and sends nothing away from this machine.
    const count = async (path: string) => (await get<{ items: unknown[] }>(path)).items.length;
    await until(async () => (await count('silences')) === 1, 60_000, 'alerting');
    assert.ok((await count('maintenance')) > 0);
    const made = await Promise.all(['on-call/policies', 'channels', 'targets', 'services'].map(count));
    assert.equal(made, [1, 1, 2, 1]);
    const { schedules } = await get<OnCallAnswer>('on-call');
    assert.equal(
      schedules.map(({ now }) => now.isReached),
      [true, true],
    );
    for (const { id } of kpis) {
      const { evidence } = await get<KpiDetail>(`kpis/${id}?period=${month}`);
      assert.ok(evidence.length > 0, `${id} has its list`);
    }
  } finally {
    child.kill('SIGTERM');
  }
  assert.is(await ended, 0, said.err);
  assert.equal(left(), []);
  folder.remove();
});

test('Ctrl+C while the history is made ends it in words, and leaves nothing', async () => {
  const { child, said, ended, says, left, folder } = startDemo(['--days', '60', '--http-port', '0']);
  await says(/^day 1 of/m);
  child.kill('SIGINT');
  assert.is(await ended, 130);
  assert.is(said.err, 'Stops …\nStopped: nothing is left of it; npm run demo begins anew.\n');
  assert.equal(left(), []);
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
