/** The history of an alert, line by line, and what rules say about values that do not come. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createMemory } from '../../../collector/evaluate/evaluate.ts';
import { missing } from '../../../collector/evaluate/kinds/missing.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { full, fuller, hour, minute, openScene, roomy, type Scene, second } from './scene.ts';

const history = async (s: Scene, from: number) =>
  (await s.state.selectFrom('alert_events').selectAll().orderBy('id').execute()).map(
    ({ at, code, severity, actor, params }) =>
      [(at - from) / second, code, severity, actor, ...Object.entries(JSON.parse(params)).map(String)].join(' '),
  );

test('each thing that happens to an alert is one line with its time, level, actor and reason', async () => {
  const s = await openScene({ endpoints: { pc: 'workstation' } });
  const from = s.now();
  await s.presence('pc', 'online');
  await s.say('pc', full);
  await s.keepSaying(2 * minute, 'pc', full);
  const id = s.alerts.held('pc')[0]?.id ?? '';
  await s.alerts.acknowledge(id, { by: 'ada', note: 'on it', until: s.now() + hour });
  await s.alerts.handOver(id, 'ada', 'bob');
  await s.alerts.acknowledge(id, { by: 'bob', until: s.now() + hour });
  await s.keepSaying(2 * minute, 'pc', fuller);
  await s.alerts.acknowledge(id, { by: 'bob', until: s.now() + minute });
  await s.keepSaying(2 * minute, 'pc', ['disk', { used_percent: 91, free: 1 }, full[2] ?? {}]);
  await s.presence('pc', 'offline', 'sleep');
  await s.wait(minute);
  await s.presence('pc', 'online');
  await s.keepSaying(2 * minute, 'pc', roomy);
  assert.equal(await history(s, from), [
    '0 pending warning monitor',
    '60 firing warning monitor',
    `120 acknowledged warning ada note,on it until,${from + 120 * second + hour} sticky,false`,
    '120 handed_over warning ada to,bob',
    `120 acknowledged warning bob note, until,${from + 120 * second + hour} sticky,false`,
    '190 acknowledgement_ended critical monitor why,worse',
    '190 worse critical monitor reason,worse',
    `240 acknowledged critical bob note, until,${from + 300 * second} sticky,false`,
    '300 acknowledgement_ended critical monitor why,expired',
    '310 eased warning monitor reason,eased',
    '360 unknown warning monitor reason,endpoint_gone',
    '430 back warning monitor reason,back',
    '490 resolved warning monitor',
  ]);
  const [row, ...others] = await s.alertRows();
  assert.equal(others, []);
  assert.is(row?.id, id);
  assert.is(row?.first_acknowledged_at, from + 120 * second, 'what mean time to acknowledge counts');
  assert.is(row?.fired_at, from + 60 * second, 'one fire, whatever happened since');
  await s.close();
});

test('what was only pending leaves no line and no row', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await s.say('srv', full);
  assert.equal(await history(s, s.now()), ['0 pending warning monitor']);
  await s.keepSaying(20 * second, 'srv', roomy);
  assert.equal([await history(s, 0), await s.alertRows()], [[], []]);
  await s.close();
});

test('an endpoint that is retired, an alert that a person ends: the line says why and who', async () => {
  const s = await openScene({ endpoints: { a: 'server', b: 'server' } });
  const from = s.now();
  for (const id of ['a', 'b']) {
    await s.presence(id, 'online');
    await s.say(id, full);
  }
  s.pass(minute);
  for (const id of ['a', 'b']) await s.say(id, full);
  await s.alerts.retired('a');
  await s.alerts.end(s.alerts.held('b')[0]?.id ?? '', 'ada');
  assert.equal((await history(s, from)).slice(-2), [
    '60 resolved warning monitor reason,retired',
    '60 resolved warning ada reason,ended_by_person',
  ]);
  await s.close();
});

const noData = (no_data: string, more: object = {}) =>
  ['disk-space', 'disk-space-critical'].map((id) => ({ id, no_data, stale_after_s: 30, ...more }));

test('no_data keep: values stop, the alert stays as it is', async () => {
  const s = await openScene({ rules: noData('keep') });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  await s.wait(25 * hour, minute);
  assert.is((await s.alertRows())[0]?.state, 'firing');
  await s.close();
});

test('no_data ignore: values stop, and the alert ends after its clear time, with that reason; a pending one at once', async () => {
  const s = await openScene({ rules: noData('ignore') });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  const last = s.now();
  await s.wait(89 * second);
  assert.is((await s.alertRows())[0]?.state, 'firing');
  await s.wait(2 * second);
  const [row] = await s.alertRows();
  assert.equal([row?.state, row?.resolved_why, row?.resolved_at], ['resolved', 'no_data', last + 90 * second]);
  await s.wait(second);
  assert.equal(
    s.sent.map(({ event, why }) => [event, why]),
    [
      ['firing', null],
      ['resolved', 'no_data'],
    ],
  );
  await s.say('srv', full);
  assert.is(s.alerts.held('srv')[0]?.state, 'pending');
  await s.wait(31 * second);
  assert.equal(s.alerts.held('srv'), []);
  await s.close();
});

test('no_data alert: values stop, and that is a breach of the mildest level, after its time; a good value ends it', async () => {
  const s = await openScene({ rules: noData('alert') });
  const from = s.now();
  await s.presence('srv', 'online');
  await s.say('srv', roomy);
  await s.wait(29 * second);
  assert.equal(await s.alertRows(), []);
  await s.wait(minute + 2 * second);
  const [row] = await s.alertRows();
  assert.equal([row?.state, row?.severity, row?.value], ['firing', 'warning', null]);
  assert.equal(await history(s, from), [
    '30 pending warning monitor reason,no_data',
    '90 firing warning monitor reason,no_data',
  ]);
  await s.keepSaying(2 * minute, 'srv', roomy);
  assert.is((await s.alertRows())[0]?.state, 'resolved');
  assert.equal(
    s.sent.map(({ event }) => event),
    ['firing', 'resolved'],
  );
  await s.close();
});

test('no_data alert, but the endpoint is away: that is what its own rule is for', async () => {
  const s = await openScene({ endpoints: { pc: 'workstation' }, rules: noData('alert') });
  await s.presence('pc', 'online');
  await s.say('pc', roomy);
  await s.presence('pc', 'offline', 'sleep');
  await s.wait(10 * minute, 10 * second);
  assert.equal(await s.alertRows(), []);
  await s.close();
});

test('a collector that was away does not take its own absence for missing values', async () => {
  let s = await openScene({ rules: noData('ignore') });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  s = await s.restart({ startAt: s.now() + hour });
  await s.presence('srv', 'online');
  await s.wait(20 * second);
  assert.is((await s.alertRows())[0]?.state, 'firing', 'it counts from its return');
  await s.wait(80 * second);
  assert.is((await s.alertRows())[0]?.resolved_why, 'no_data');
  await s.close();
});

test('missing: counted from when it last came, or from when this collector began to look', () => {
  const rule = { id: 'x', when: { kind: 'missing' as const, measurement: 'backup', field: 'result', after_s: 7200 } };
  const judged = (seenAt: number | null, minutes: number, of: Partial<Endpoint> = {}) => {
    const memory = createMemory(0);
    if (seenAt !== null) memory.seen.set('x', seenAt * minute);
    const endpoint = { state: 'online', stateSince: 0, ...of } as Endpoint;
    const { status, dueAt } = missing.judgeEndpoint(rule, endpoint, memory, minutes * minute);
    return [status, dueAt === null ? null : dueAt / minute];
  };
  assert.equal(judged(null, 119), ['none', 120], 'never seen: neither good nor bad yet');
  assert.equal(judged(null, 120), ['breach', null]);
  assert.equal(judged(60, 179), ['clear', 180]);
  assert.equal(judged(60, 180), ['breach', null]);
  assert.equal(judged(60, 240, { stateSince: 230 * minute }), ['clear', 290], 'just back: it gets an hour');
  for (const state of ['offline', 'lost', 'unknown', 'never'] as const)
    assert.equal(judged(60, 999, { state }), ['none', null], state);
});

test('a service that runs again ends its alert, though that is reported once only', async () => {
  const s = await openScene({});
  await s.presence('srv', 'online');
  for (let n = 0; n < 4; n++) {
    await s.wait(5 * minute, minute);
    await s.say('srv', ['service', { running: 0 }, { unit: 'cron.service' }]);
  }
  assert.is((await s.alertRows()).at(-1)?.state, 'firing');
  await s.wait(5 * minute, minute);
  await s.say('srv', ['service', { running: 1 }, { unit: 'cron.service' }]);
  await s.wait(10 * minute, minute);
  assert.is((await s.alertRows()).at(-1)?.state, 'resolved');
  await s.close();
});

test.run();
