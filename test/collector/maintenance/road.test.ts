/** Maintenance on the road from a verdict to people and tickets, on a clock moved by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Report } from '../../../shared/report.ts';
import { full, fuller, hour, minute, openScene, type Reading, roomy, type Scene, second } from '../alerts/scene.ts';

const reason = 'New disk';
const onServer = { of: 'endpoint' as const, target: 'srv' };

async function begun(options: Parameters<typeof openScene>[0] = {}): Promise<Scene> {
  const s = await openScene(options);
  await s.presence('srv', 'online');
  return s;
}

/** Enters a window from now on. */
const enter = (s: Scene, ms: number, scope: { of: 'endpoint' | 'site' | 'tag'; target: string } = onServer) =>
  s.alerts.maintenance.create({ scope, reason, to: s.now() + ms }, 'ana');

const events = (s: Scene) =>
  s.sent.filter(({ rule }) => rule.id.startsWith('disk-space')).map(({ event, severity }) => `${event} ${severity}`);
const codes = async (s: Scene) =>
  (await s.state.selectFrom('alert_events').select('code').orderBy('id').execute()).map(({ code }) => code);

test('what fires in a window is notified to no one; five minutes after its end one message and one ticket, with the true beginning', async () => {
  const s = await begun();
  await enter(s, hour);
  const fired = s.now();
  assert.is(s.alerts.maintenance.quietUntil('srv'), null, 'it runs');
  await s.keepSaying(hour - 10 * second, 'srv', full);
  assert.equal(events(s), []);
  assert.equal(await s.ticketRows(), []);
  const [held] = await s.alertRows();
  assert.is(held?.suppressed, 'maintenance');
  await s.keepSaying(5 * minute, 'srv', full);
  assert.equal(events(s), [], 'not before five minutes after the end');
  assert.is(s.alerts.maintenance.quietUntil('srv'), fired + hour + 5 * minute, 'and people are told until when');
  await s.keepSaying(20 * second, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  assert.is((await s.ticketRows()).length, 1);
  const notice = s.sent.find(({ event }) => event === 'firing');
  assert.ok((notice?.startedAt ?? 0) < fired + 10 * minute, 'since when it really fires');
  await s.keepSaying(hour, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  assert.is((await s.alertRows())[0]?.suppressed, null);
  assert.equal(
    (await codes(s)).filter((code) => code.startsWith('maintenance')),
    ['maintenance', 'maintenance_ended'],
  );
  await s.close();
});

test('what fires and ends inside is notified to no one, and its history shows it', async () => {
  const s = await begun();
  await enter(s, 2 * hour);
  await s.keepSaying(20 * minute, 'srv', full);
  await s.keepSaying(40 * minute, 'srv', roomy);
  await s.keepSaying(2 * hour, 'srv', roomy);
  assert.equal(s.sent, []);
  assert.equal(await s.ticketRows(), []);
  assert.ok((await codes(s)).includes('resolved'));
  await s.close();
});

test('whoever was notified before hears of the end once, also inside', async () => {
  const s = await begun();
  await s.keepSaying(10 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  await enter(s, 2 * hour);
  await s.keepSaying(30 * minute, 'srv', fuller);
  assert.equal(events(s), ['firing warning'], 'that it became critical is not sent inside');
  await s.keepSaying(40 * minute, 'srv', roomy);
  assert.equal(
    events(s).map((text) => text.split(' ')[0]),
    ['firing', 'resolved'],
  );
  await s.keepSaying(2 * hour, 'srv', roomy);
  assert.is(events(s).length, 2);
  await s.close();
});

test('what was notified before and still fires is not sent again, unless it became worse', async () => {
  const s = await begun();
  await s.keepSaying(10 * minute, 'srv', full);
  await enter(s, hour);
  await s.keepSaying(2 * hour, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  await enter(s, hour);
  await s.keepSaying(2 * hour, 'srv', fuller);
  assert.equal(events(s), ['firing warning', 'update critical']);
  assert.is((await s.ticketRows()).length, 1);
  await s.close();
});

test('what ends in the five minutes after the window is sent to no one, what begins in them as usual', async () => {
  const s = await begun();
  await enter(s, 20 * minute);
  await s.keepSaying(15 * minute, 'srv', full);
  await s.keepSaying(8 * minute, 'srv', roomy);
  assert.equal(s.sent, []);
  await s.keepSaying(hour, 'srv', roomy);
  assert.equal(s.sent, []);
  await enter(s, 5 * minute);
  await s.wait(5 * minute);
  await s.keepSaying(3 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  await s.close();
});

test('windows that touch are one: the end of the first is no end', async () => {
  const s = await begun();
  await enter(s, 10 * minute);
  await s.alerts.maintenance.create(
    { scope: onServer, reason, from: s.now() + 10 * minute, to: s.now() + hour },
    'ana',
  );
  await s.keepSaying(50 * minute, 'srv', full);
  assert.equal(events(s), []);
  // A third one begins in the five minutes after the end.
  await s.alerts.maintenance.create(
    { scope: onServer, reason, from: s.now() + 12 * minute, to: s.now() + hour },
    'ana',
  );
  await s.keepSaying(55 * minute, 'srv', full);
  assert.equal(events(s), []);
  await s.keepSaying(12 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  await s.close();
});

test('ended early, it is over five minutes later; extended, it goes on', async () => {
  const s = await begun();
  const id = await enter(s, hour);
  await s.keepSaying(30 * minute, 'srv', full);
  await s.alerts.maintenance.extend(id, s.now() + 2 * hour, 'ana');
  await s.keepSaying(hour, 'srv', full);
  assert.equal(events(s), []);
  await s.alerts.maintenance.end(id, 'ana');
  const ended = s.now();
  await s.keepSaying(6 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  const { row, history, occurrences } = await s.alerts.maintenance.detail(id);
  assert.is(row.state, 'over');
  assert.is(occurrences[0]?.end, ended);
  assert.equal(
    history.map(({ code, by }) => `${code} ${by}`),
    ['ended ana', 'extended ana', 'created ana'],
  );
  await s.close();
});

test('killed inside a window and started again: suppressed, and notified once five minutes after the end', async () => {
  let s = await begun();
  await enter(s, hour);
  await s.keepSaying(20 * minute, 'srv', full);
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(35 * minute, 'srv', full);
  assert.equal(events(s), []);
  assert.equal(await s.ticketRows(), []);
  // And in the five minutes after it.
  await s.keepSaying(6 * minute, 'srv', full);
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.keepSaying(minute, 'srv', full);
  assert.equal(events(s), []);
  await s.keepSaying(4 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  assert.is((await s.ticketRows()).length, 1);
  await s.close();
});

test('a window that begins and ends while no collector runs is stored, and ends at the start', async () => {
  let s = await begun();
  const from = s.now() + hour;
  await s.alerts.maintenance.create({ scope: onServer, reason, from, to: from + hour }, 'ana');
  const running = await enter(s, 30 * minute);
  await s.keepSaying(10 * minute, 'srv', full);
  s.pass(5 * hour);
  s = await s.restart();
  await s.presence('srv', 'online');
  await s.wait(second);
  assert.is((await s.alerts.maintenance.detail(running)).row.state, 'over');
  const members = await s.state.selectFrom('maintenance_members').selectAll().orderBy('from_at').execute();
  assert.equal(
    members.map(({ to_at }) => to_at),
    [from - 30 * minute, from + hour],
  );
  await s.keepSaying(4 * minute, 'srv', full);
  assert.equal(events(s), []);
  await s.keepSaying(2 * minute, 'srv', full);
  assert.equal(events(s), ['firing warning']);
  await s.close();
});

test('changes inside count for no flapping', async () => {
  const s = await begun();
  await enter(s, 5 * hour);
  for (let n = 0; n < 8; n++) {
    await s.keepSaying(6 * minute, 'srv', full);
    await s.keepSaying(6 * minute, 'srv', roomy);
  }
  assert.equal(s.sent, []);
  assert.ok(!(await codes(s)).includes('flapping'));
  await s.close();
});

test('a site: whoever comes to it while the window runs is covered, whoever leaves is not', async () => {
  const s = await openScene({ endpoints: { srv: 'server', other: 'server' }, site: 'Osaka' });
  for (const id of ['srv', 'other']) await s.presence(id, 'online');
  await s.move('other', 'Berlin');
  const id = await enter(s, 2 * hour, { of: 'site', target: 'Osaka' });
  assert.is((await s.alerts.maintenance.row(id)).endpoints, 1);
  await s.move('other', 'Osaka');
  await s.move('srv', null);
  await s.wait(second);
  await s.keepSaying(10 * minute, 'other', full);
  assert.equal(events(s), []);
  await s.keepSaying(10 * minute, 'srv', full);
  assert.equal(
    s.sent.map(({ endpoint }) => endpoint.id),
    ['srv'],
  );
  await s.close();
});

test('a server that is silent in a window is suppressed like any other alert', async () => {
  const s = await begun();
  await enter(s, hour);
  await s.presence('srv', 'lost', 'silent');
  await s.wait(30 * minute, 10 * second);
  assert.equal(s.sent, []);
  await s.presence('srv', 'online');
  await s.wait(2 * hour, 10 * second);
  assert.equal(s.sent, []);
  assert.equal(await s.ticketRows(), []);
  await s.close();
});

test('more than 24 h end after 24 h, unless a second person has approved it', async () => {
  const s = await begun();
  const id = await enter(s, 30 * hour);
  const start = s.now();
  const { row } = await s.alerts.maintenance.detail(id);
  assert.equal(
    row.running.map(({ end, plannedEnd }) => [end, plannedEnd]),
    [[start + 24 * hour, start + 30 * hour]],
  );
  assert.equal(row.warnings, ['long']);
  await refusal(s.alerts.maintenance.approve(id, 'ana'), 'CONFLICT');
  await s.alerts.maintenance.approve(id, 'bob');
  const after = await s.alerts.maintenance.row(id);
  assert.equal(
    after.running.map(({ end }) => end),
    [start + 30 * hour],
  );
  assert.equal(after.warnings, []);
  await s.close();
});

async function refusal(work: Promise<unknown>, code: string): Promise<void> {
  const thrown = await work.then(
    () => null,
    (error) => error,
  );
  assert.is(thrown?.code, code);
}

test('an occurrence, once begun, is data: a change of its rule reaches only those to come', async () => {
  const s = await begun({ startAt: Date.parse('2026-01-05T01:30:00Z') });
  const repeat = { cron: '0 2 * * *', zone: 'UTC', durationMin: 120 };
  const id = await s.alerts.maintenance.create({ scope: onServer, reason, repeat }, 'ana');
  await s.wait(hour, minute);
  await s.alerts.maintenance.change(id, { repeat: { ...repeat, cron: '0 5 * * *', durationMin: 30 } }, 'ana');
  const { running, next } = await s.alerts.maintenance.row(id);
  assert.equal(
    running.map(({ start, end }) => [start, end]),
    [[Date.parse('2026-01-05T02:00Z'), Date.parse('2026-01-05T04:00Z')]],
  );
  assert.is(next[0]?.start, Date.parse('2026-01-05T05:00Z'));
  await s.alerts.maintenance.skip(id, '2026-01-06', 'ana');
  assert.equal(
    (await s.alerts.maintenance.row(id)).next.map(({ start }) => new Date(start).getUTCDate()).slice(0, 2),
    [5, 7],
  );
  await s.wait(4 * hour, minute);
  const { occurrences } = await s.alerts.maintenance.detail(id);
  assert.equal(
    occurrences.map(({ start, end }) => (end - start) / minute),
    [30, 120],
  );
  await s.alerts.maintenance.cancel(id, 'ana');
  assert.is((await s.alerts.maintenance.row(id)).state, 'cancelled');
  await s.close();
});

/** A check that runs every six hours. */
const patches: Reading = ['patches', { oldest_security_age_s: 42 * 86_400, pending_security: 3, pending: 3 }, {}];

test('what only a slow check says is unknown for minutes after an absence, and held no longer than a maintenance', async () => {
  const rules = [{ id: 'security-updates-critical', for_s: 0 }];
  let said: Report | null = null;
  const newest = () => said;
  let s = await openScene({ rules, newest });
  await s.presence('srv', 'online');
  said = s.report(patches);
  await s.say('srv', patches);
  await s.wait(2 * minute);
  assert.equal(
    s.sent.map(({ event, severity }) => `${event} ${severity}`),
    ['firing critical'],
  );
  const ofUpdates = async () =>
    (await s.alertRows())
      .filter(({ rule }) => rule.startsWith('security-updates'))
      .map((row) => `${row.state} ${row.suppressed_by}`.trim());
  // The collector is away for a moment, and only the check that is quick speaks after it.
  await s.presence('srv', 'lost', 'timeout');
  s = await s.restart();
  await s.presence('srv', 'online');
  await enter(s, minute);
  await s.keepSaying(4 * minute, 'srv', roomy);
  assert.equal(await ofUpdates(), ['unknown maintenance']);
  await s.keepSaying(3 * minute, 'srv', roomy);
  assert.equal(await ofUpdates(), ['firing'], 'its last value holds, and the maintenance is over');
  assert.is(s.alerts.held('srv')[0]?.isSuppressed, false);
  await s.close();
});

test('what is unknown when a maintenance ends is not held by it any longer', async () => {
  const s = await openScene({ endpoints: { pc: 'workstation' } });
  await s.presence('pc', 'online');
  await s.keepSaying(3 * minute, 'pc', full);
  await enter(s, 10 * minute, { of: 'endpoint', target: 'pc' });
  await s.presence('pc', 'offline', 'sleep');
  await s.wait(20 * minute, 10 * second);
  const row = async () => (await s.alertRows()).map(({ state, suppressed_by }) => `${state} ${suppressed_by}`.trim());
  assert.equal(await row(), ['unknown']);
  const before = s.sent.length;
  await s.presence('pc', 'online');
  await s.keepSaying(5 * minute, 'pc', full);
  assert.equal([await row(), s.sent.length], [['firing'], before], 'they were told before');
  await s.close();
});

test.run();
