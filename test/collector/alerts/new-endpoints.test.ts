/** People are told of new endpoints, where they want it: once, together, not of the first, and the message says who made the code. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, NewEnrollment } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/processes.ts';

const test = suite('new endpoints');
const minute = 60_000;
let collector: InProcess;
let ahead = 0;
const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };
const on = 'agents: { announce_new: true }\n';

test.before(async () => {
  collector = await openCollector({ clock, settings: on });
});
test.after(() => collector.close());

const post = async (path: string, body: object) =>
  (await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body })).body;

async function enrol(names: readonly string[], label = ''): Promise<void> {
  const { code } = (await post('enrollments', { label, maxUses: names.length })) as NewEnrollment;
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  for (const hostname of names) {
    const fingerprint = { machine: hostname.replace(/[^a-f]/g, '').padEnd(16, '0') };
    await post('enroll', { code: decodeJoinCode(code).secret, ...about, hostname, fingerprint });
  }
}

async function told(state = 'firing'): Promise<Alert[]> {
  const { items } = (await collector.call(`/api/v1/alerts?state=${state}`, { as: 'viewer' })).body as {
    items: Alert[];
  };
  return items.filter(({ rule }) => rule.id === 'new-endpoints');
}
const unknown = async () =>
  (await collector.state.selectFrom('endpoints').select('id').where('announced_at', 'is', null).execute()).length;

test('the first endpoint is no news', async () => {
  await enrol(['mine']);
  ahead += minute;
  await until(async () => (await unknown()) === 0, 30_000, 'the look');
  assert.equal(await told(), []);
});

test('many that come together are one alert, with the code, its author and who looks alike', async () => {
  const names = Array.from({ length: 40 }, (_, n) => `till-${n}`);
  await enrol(names, 'tills of the north');
  assert.equal(await told(), [], 'others may come yet');
  ahead += minute;
  await until(async () => (await told()).length > 0, 30_000, 'the alert');
  const [alert, ...more] = await told();
  assert.is(more.length, 0);
  const { endpoints = '', count, join_code, made_by } = alert?.tags ?? {};
  assert.match(endpoints, /^till-0, till-1, till-2, till-3, till-4 … \(40\)$/);
  assert.equal([count, join_code, made_by, alert?.severity], ['40', 'tills of the north', 'a admin', 'info']);
});

test('each is told once; the alert ends by itself after a day', async () => {
  await collector.stop();
  collector = await collector.again();
  ahead += 2 * minute;
  await enrol(['faced', 'caffed']);
  ahead += minute;
  await until(async () => (await told()).length === 2, 30_000, 'the second alert');
  const second = (await told()).find(({ tags }) => tags.count === '2');
  assert.is(second?.tags.endpoints, 'faced, caffed');
  ahead += 25 * 60 * minute;
  await until(async () => (await told()).length === 0, 60_000, 'both to end');
});

test('switched off, nobody is told, then or later', async () => {
  await collector.stop();
  collector = await collector.again('agents: { announce_new: false }\n');
  await enrol(['quiet']);
  await until(async () => (await unknown()) === 0, 30_000, 'the look');
  await collector.stop();
  collector = await collector.again(on);
  ahead += 2 * minute;
  await new Promise((resolve) => setTimeout(resolve, 7_000));
  assert.equal(await told(), []);
});

test.run();
