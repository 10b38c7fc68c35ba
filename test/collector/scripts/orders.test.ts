/** Orders to run scripts in the collector: what ends one by itself, what comes late, and whose word counts. A machine on the wire, a clock in hand. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scriptLevel } from '../../../shared/agent-level.ts';
import type { ScriptOffers, ScriptRun } from '../../../shared/inventory.ts';
import type { Reason } from '../../../shared/reason.ts';
import type { ScriptOrder } from '../../../shared/report.ts';
import type { ScriptOrderView, ScriptsView } from '../../../shared/script.ts';
import { bucketOf, topicOf } from '../../../shared/topics.ts';
import type { Wire } from '../../simulate/wire.ts';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/until.ts';
import { wired } from '../../support/wired-machine.ts';

const test = suite('orders to run scripts');
const password = 'a sentence of its own';
const minute = 60_000;
let ahead = 0;
const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };

interface Wired {
  id: string;
  wire: Wire;
  orders(): ScriptOrder[];
  report(section: string, data: unknown): Promise<void>;
}
let collector: InProcess;
let one: Wired;
let two: Wired;
const cookies: Record<string, string> = {};

const offer = (name: string, two_persons: boolean) => ({
  ...{ name, title: { en: name }, about: null, sha256: '1'.repeat(64), limit_s: 60, two_persons, parameters: [] },
  problem: null,
});
const offers: ScriptOffers = { token: 'a'.repeat(32), off: null, list: [offer('alone', false), offer('both', true)] };

async function machine(name: string, edit: object, level: number = scriptLevel): Promise<Wired> {
  let orders: ScriptOrder[] = [];
  let seq = 0;
  const { id, wire } = await wired(collector, name, edit, (topic, payload) => {
    if (topic.endsWith('/config') && payload.length > 0)
      orders = (JSON.parse(String(payload)).scripts ?? []) as ScriptOrder[];
  });
  const address = { bucket: bucketOf(id), endpoint: id };
  await wire.subscribe(topicOf(address, 'config'));
  const born = {
    state: 'online',
    session: Buffer.from(id).toString('hex').padEnd(32, '0').slice(0, 32),
    boot_id: 'b',
    version: '0.3.0',
    level,
    started_at: 1,
    previous_shutdown: 'clean',
  };
  await wire.publish(topicOf(address, 'presence'), JSON.stringify(born), { qos: 1, retain: true });
  const epoch = Buffer.from(id.padEnd(16, '0').slice(0, 16)).toString('hex');
  const report = (section: string, data: unknown) =>
    wire.publish(
      topicOf(address, 'inventory'),
      JSON.stringify({ v: 1, epoch, seq: ++seq, at: clock.now(), section, data }),
      { qos: 1 },
    );
  await report('scripts', offers);
  return { id, wire, orders: () => orders, report };
}

const cookieOf = ({ headers }: Answer) => (headers.getSetCookie()[0] ?? '').split(';', 1)[0] as string;
const call = (who: string, method: string, path: string, body?: object) =>
  collector.call(`/api/v1/${path}`, { method, headers: { cookie: cookies[who] as string }, ...(body && { body }) });
const at = ({ id }: Wired) => `endpoints/${id}/scripts`;
const ask = (who: string, of: Wired, script = 'alone', more: object = {}) =>
  call(who, 'POST', `${at(of)}/orders`, { script, sha256: '1'.repeat(64), choices: {}, ...more });
const view = async (of: Wired, who = 'ada') => (await call(who, 'GET', at(of))).body as ScriptsView;
const newest = async (of: Wired) => (await view(of)).orders[0] as ScriptOrderView;
const codeOf = ({ reason }: ScriptOrderView) => (reason as Reason[] | null)?.[0]?.code ?? null;
const becomes = (of: Wired, state: string) =>
  until(async () => (await newest(of)).state === state, 20_000, `the order to be ${state}`);
const run = (id: string, state: ScriptRun['state'] = 'done'): ScriptRun => ({
  ...{
    id,
    script: 'alone',
    state,
    reason: null,
    heard: Date.now(),
    ended: Date.now(),
    code: state === 'done' ? 0 : null,
  },
  ...{ signal: null, output: 'well', cut: false },
});

test.before(async () => {
  collector = await openCollector({
    clock,
    settings: 'scripts: { enabled: true, role: operator, approve_within: 30m }\n',
  });
  const setup = { secret: collector.setupSecret, user: 'ada', password };
  cookies.ada = cookieOf(await collector.call('/api/v1/setup', { method: 'POST', body: setup }));
  one = await machine('files-1', { site: 'North' });
  two = await machine('files-2', { site: 'South' });
  const { items: sites } = (await call('ada', 'GET', 'sites')).body as { items: { id: string; name: string }[] };
  const north = sites.filter(({ name }) => name === 'North').map(({ id }) => id);
  for (const [name, more] of [
    ['mia', {}],
    ['ned', { sites: north }],
  ] as const) {
    const made = await call('ada', 'POST', 'users', { name, password, role: 'operator', ...more });
    assert.is(made.status, 201, made.text);
    cookies[name] = cookieOf(await collector.call('/api/v1/login', { method: 'POST', body: { user: name, password } }));
  }
  for (const each of [one, two]) await until(async () => (await view(each)).list.length === 2, 10_000, 'the offers');
});
test.after(async () => {
  one.wire.cut();
  two.wire.cut();
  await collector.close();
});

test('nobody approves in time: taken back, and never sent', async () => {
  assert.is((await ask('mia', one, 'both')).status, 200);
  ahead += 31 * minute;
  await becomes(one, 'withdrawn');
  assert.is(codeOf(await newest(one)), 'order_unapproved');
  assert.equal(one.orders(), []);
});

test('no answer: given up with words for it; a result that comes days later is recorded all the same', async () => {
  assert.is((await ask('mia', one)).status, 200);
  await until(() => one.orders().length === 1, 10_000, 'the order');
  const [order] = one.orders() as [ScriptOrder];
  assert.ok(order.expires - clock.now() <= 10 * minute);
  ahead += 14 * minute;
  await becomes(one, 'silent');
  assert.is(codeOf(await newest(one)), 'order_unheard');
  await until(() => one.orders().length === 0, 10_000, 'it to leave the settings');
  await one.report('script_runs', [run(order.id)]);
  await becomes(one, 'done');
  assert.equal([(await newest(one)).output, (await newest(one)).code], ['well', 0]);
});

test('taken back too late: what ran is recorded; another machine has no word in it', async () => {
  assert.is((await ask('mia', one)).status, 200);
  await until(() => one.orders().length === 1, 10_000, 'the order');
  const { id } = await newest(one);
  assert.is((await call('ada', 'POST', `${at(one)}/orders/${id}/withdraw`)).status, 200);
  await two.report('script_runs', [run(id)]);
  await until(() => one.orders().length === 0, 10_000, 'it to leave the settings');
  assert.equal([(await newest(one)).state, codeOf(await newest(one))], ['withdrawn', 'order_by_person']);
  await one.report('script_runs', [run(id, 'refused')]);
  await one.report('script_runs', [run(id)]);
  await becomes(one, 'done');
});

test('whoever is limited to a site runs nothing elsewhere, nor what has moved there', async () => {
  assert.is((await ask('ned', two)).status, 404);
  assert.is((await call('ned', 'GET', at(two))).status, 404);
  assert.is((await ask('ned', one, 'both')).status, 200);
  await call('ada', 'PATCH', `endpoints/${one.id}`, { site: 'South' });
  await becomes(one, 'withdrawn');
  assert.equal((await newest(one)).reason, [{ code: 'order_rights', params: { name: 'ned' } }]);
});

test('what is asked survives a start of the collector, and ends with its endpoint', async () => {
  assert.is((await ask('mia', two, 'both')).status, 200);
  const { id } = await newest(two);
  await collector.stop();
  collector = await collector.again();
  assert.equal([(await newest(two)).id, (await newest(two)).state], [id, 'asked']);
  assert.is((await call('ada', 'POST', `${at(two)}/orders/${id}/approve`)).status, 409, 'its machine is not connected');
  assert.is((await collector.call(`/api/v1/endpoints/${two.id}`, { method: 'DELETE', as: 'admin' })).status, 204);
  const row = await collector.state
    .selectFrom('script_orders')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  assert.equal([row.state, row.reason, row.open_key], ['withdrawn', '[{"code":"order_retired"}]', null]);
});

test('an agent that is too old is asked nothing', async () => {
  const old = await machine('old-1', {}, scriptLevel - 1);
  try {
    await until(async () => (await view(old)).list.length === 2, 10_000, 'the offers');
    const answer = await ask('ada', old);
    assert.is(answer.status, 409);
    assert.match(answer.text, /too old to run scripts/);
  } finally {
    old.wire.cut();
  }
});

test.run();
