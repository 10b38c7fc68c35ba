import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { readRouting } from '../../../collector/routing/file.ts';
import { createRouting, type OpenRouting } from '../../../collector/routing/open.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { silentLog } from '../../../shared/log.ts';
import type { RoutesContent, ScheduleContent } from '../../../shared/on-call.ts';

const test = suite('routing');
const day = 86_400_000;
/** A Monday, 10:00 in Berlin. */
const start = Date.parse('2026-03-02T09:00:00Z');
const channels = [
  { name: 'ops', severities: ['warning', 'critical'] },
  { name: 'mail', severities: ['info', 'warning', 'critical'] },
];
const primary: ScheduleContent = {
  zone: 'Europe/Berlin',
  layers: [{ name: 'main', users: ['ann', 'bob'], rotation: { unit: 'week', every: 1, start: '2026-03-02T09:00' } }],
};
const how = { by: 'ada', reason: 'as agreed' };

interface Scene extends OpenRouting {
  state: State;
  /** `step`: ms that pass between two looks at it. */
  clock: { at: number; step: number };
  reopen(): Promise<OpenRouting>;
}

async function scene(file: object = {}): Promise<Scene> {
  const state = await openState(':memory:');
  for (const [i, name] of ['ada', 'ann', 'bob', 'cat'].entries())
    await state
      .insertInto('users')
      .values({ id: `u${i}`, name, password_hash: '', role: 'operator', created_at: 0, disabled_at: null })
      .execute();
  const clock = { at: start, step: 0 };
  const { documents, faults } = readRouting(file);
  assert.equal(faults, []);
  const parts = {
    ...{ state, file: documents, channels: () => channels, now: () => (clock.at += clock.step) },
    ...{ changeFeed: createChangeFeed(), log: silentLog, onChange: () => undefined },
  };
  return { ...(await createRouting(parts)), state, clock, reopen: () => createRouting(parts) };
}

const ways = (channel: string, address?: string) => ({ ways: [{ channel, ...(address ? { address } : {}) }] });
async function withPeople(made: Scene): Promise<Scene> {
  await made.onCall.savePerson('ann', ways('mail', 'ann@example.org'), how);
  await made.onCall.savePerson('bob', { ways: [...ways('ops').ways, ...ways('mail', 'bob@example.org').ways] }, how);
  await made.onCall.saveSchedule('primary', primary, { ...how, from: null });
  return made;
}
const receivers = ({ routing }: OpenRouting, labels: Record<string, string>, at = start) =>
  routing.route(labels, at).map(({ receiver, path }) => `${receiver} ${path}`);

async function refused(work: Promise<unknown>, words: RegExp, code = 'BAD_ENTRY'): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    assert.instance(thrown, EvenkeelError);
    const { message, code: was } = thrown as EvenkeelError;
    assert.match(message, words);
    assert.is(was, code);
    return;
  }
  assert.unreachable('it was not refused');
}

test('without routes every channel hears of the severities that it takes', async () => {
  const made = await scene();
  assert.equal(receivers(made, { severity: 'critical' }), ['channel:ops root', 'channel:mail root']);
  assert.equal(receivers(made, { severity: 'info' }), ['channel:mail root']);
  assert.is(made.onCall.routes().owner, 'default');
});

test('a schedule reaches whoever is on call, by their own ways in their order', async () => {
  const { routing } = await withPeople(await scene());
  assert.equal(routing.reach('schedule:primary', 'critical', start), [
    { user: 'ann', channel: 'mail', recipient: 'ann@example.org', heldUntil: null },
  ]);
  const next = routing.reach('schedule:primary', 'critical', start + 7 * day);
  assert.equal(
    next.map(({ user, channel, recipient }) => [user, channel, recipient]),
    [
      ['bob', 'ops', null],
      ['bob', 'mail', 'bob@example.org'],
    ],
  );
});

test('somebody who is disabled while in a rotation is nobody: an empty step, a warning, and no start fails', async () => {
  const made = await withPeople(await scene());
  assert.equal(made.onCall.firstGaps(start + 7 * day), [{ name: 'primary', gapAt: null }]);
  await made.state.updateTable('users').set({ disabled_at: 1 }).where('name', '=', 'ann').execute();
  await made.usersChanged();
  assert.equal(made.routing.whoIs('critical')('schedule:primary', start), []);
  assert.equal(made.routing.reach('schedule:primary', 'critical', start), []);
  assert.equal(made.onCall.firstGaps(start + 1), [{ name: 'primary', gapAt: start }]);
  const { routing } = await made.reopen();
  assert.equal(routing.whoIs('critical')('schedule:primary', start + 7 * day), ['person:bob']);
});

test('where all that the routes name is gone every channel hears of it', async () => {
  const made = await withPeople(await scene());
  await made.onCall.saveRoutes({ receivers: ['person:ann'] }, how);
  assert.equal(receivers(made, { severity: 'critical' }), ['person:ann root']);
  await made.state.updateTable('users').set({ disabled_at: 1 }).where('name', '=', 'ann').execute();
  await made.usersChanged();
  assert.equal(receivers(made, { severity: 'critical' }), ['channel:ops root', 'channel:mail root']);
});

test('quiet hours hold a person back, and an escalation does not count on them', async () => {
  const made = await withPeople(await scene());
  const quiet = { zone: 'Europe/Berlin', start: '09:30', end: '11:00' };
  await made.onCall.savePerson('ann', { ...ways('mail', 'ann@example.org'), quiet }, how);
  const until = Date.parse('2026-03-02T10:00:00Z');
  assert.is(made.routing.reach('schedule:primary', 'warning', start)[0]?.heldUntil, until);
  assert.is(made.routing.reach('schedule:primary', 'critical', start)[0]?.heldUntil, null);
  assert.equal(made.routing.whoIs('warning')('schedule:primary', start), []);
  assert.equal(made.routing.whoIs('critical')('schedule:primary', start), ['person:ann']);
});

test('an edit of a schedule counts from the next hand-over, and the past answers as it was', async () => {
  const made = await withPeople(await scene());
  made.clock.at = start + day;
  const changed = { ...primary, layers: [{ ...(primary.layers[0] as (typeof primary.layers)[0]), users: ['cat'] }] };
  const row = await made.onCall.saveSchedule('primary', changed, { ...how, from: null });
  const handOver = Date.parse('2026-03-09T08:00:00Z');
  assert.is(row.changesAt, handOver);
  assert.equal(
    row.shifts.map(({ start: at, user }) => [at, user]),
    [
      [made.clock.at, 'ann'],
      [handOver, 'cat'],
    ],
  );
  const { routing } = await made.reopen();
  assert.is(routing.onCall('primary', start).user, 'ann');
  assert.is(routing.onCall('primary', handOver).user, 'cat');
  // A later edit that counts at once wins over the one that was planned.
  await made.onCall.saveSchedule('primary', primary, { ...how, from: made.clock.at });
  assert.is(made.routing.onCall('primary', handOver).user, 'bob');
  await refused(made.onCall.saveSchedule('primary', primary, { ...how, from: start }), /is past/);
});

test('an override takes a time; one that overlaps is refused unless it is to win; removing one that runs ends it', async () => {
  const made = await withPeople(await scene());
  const span = { from: start + day, to: start + 2 * day };
  const first = await made.onCall.addOverride('primary', { ...span, user: 'bob' }, 'ann', false);
  assert.is(made.routing.onCall('primary', span.from).user, 'bob');
  await refused(
    made.onCall.addOverride('primary', { ...span, user: 'cat' }, 'ann', false),
    /"bob" has an override from 2026-03-03 10:00 \(Europe\/Berlin\)/,
    'CONFLICT',
  );
  const second = await made.onCall.addOverride('primary', { ...span, user: 'cat' }, 'ann', true);
  assert.is(made.routing.onCall('primary', span.from).user, 'cat');
  await made.onCall.removeOverride(second.id, 'ann');
  assert.is(made.routing.onCall('primary', span.from).user, 'bob');
  made.clock.at = span.from + 3_600_000;
  await made.onCall.removeOverride(first.id, 'ann');
  assert.is(made.routing.onCall('primary', span.from).user, 'bob');
  assert.is(made.routing.onCall('primary', made.clock.at).user, 'ann');
  await refused(made.onCall.addOverride('primary', { ...span, to: start, user: 'cat' }, 'ann', false), /not after/);
  const past = { from: start, to: start + day, user: 'cat' };
  await refused(made.onCall.addOverride('primary', past, 'ann', false), /is past/);
  await refused(
    made.onCall.addOverride('primary', { ...span, to: span.to + day, user: 'kat' }, 'ann', true),
    /No user "kat".*cat/,
  );
});

test('what is wrong is said with its place and the name that was meant, and nothing is changed', async () => {
  const made = await withPeople(await scene());
  const layer = primary.layers[0] as (typeof primary.layers)[0];
  const saved = (content: ScheduleContent) => made.onCall.saveSchedule('second', content, { ...how, from: null });
  await refused(saved({ ...primary, layers: [{ ...layer, users: [] }] }), /layer "main" has nobody/);
  await refused(
    saved({ ...primary, layers: [{ ...layer, users: ['anne'] }] }),
    /No user "anne" can log in; did you mean "ann"\? There are: /,
  );
  await refused(saved({ ...primary, zone: 'Europe/Berlinn' }), /Europe\/Berlin/);
  await refused(saved({ ...primary, layers: [layer, layer] }), /"main" is given twice/);
  await refused(saved({ ...primary, layers: [{ ...layer, name: 'gap' }] }), /cannot be called gap/);
  await refused(saved({ ...primary, fallback: 'channel:opps' }), /no channel "opps"; did you mean "ops"\? There are: /);
  await refused(saved({ ...primary, fallback: 'schedule:second' }), /in a circle: second → second/);
  const hours = [{ days: ['mon' as const], from: '09:00', to: '09:00' }];
  await refused(saved({ ...primary, layers: [{ ...layer, hours }] }), /From 09:00 to the same time/);
  await refused(saved({ ...primary, layers: [{ ...layer, holidays: ['2026-02-30'] }] }), /"2026-02-30" is not a date/);
  const rotation = { ...layer.rotation, start: '2026-03-02 09:00' };
  await refused(saved({ ...primary, layers: [{ ...layer, rotation }] }), /is not a local date and time/);
  assert.is(made.onCall.firstGaps(start).length, 1);
  const routed = (content: RoutesContent) => made.onCall.saveRoutes(content, how);
  await refused(routed({}), /no receivers at their root/);
  await refused(routed({ receivers: ['chanel:ops'] }), /did you mean channel:/);
  await refused(routed({ receivers: ['policy:none'] }), /no escalation policy "none"/);
  await refused(
    routed({ receivers: ['channel:ops'], children: [{ name: 'x', match: ['site=~"("'] }] }),
    /pattern of site/,
  );
  await refused(routed({ receivers: ['channel:ops'], wait: '6m' }), /"6m" is not a duration from .* to 5m/);
  let deep: RoutesContent['children'] = [];
  for (let i = 0; i < 9; i++) deep = [{ name: `n${i}`, children: deep }];
  await refused(routed({ receivers: ['channel:ops'], children: deep }), /at most 8 levels/);
  const many = Array.from({ length: 501 }, (_, i) => ({ name: `n${i}` }));
  await refused(
    routed({ receivers: ['channel:ops'], children: [{ name: 'x', children: many.slice(1) }] }),
    /501 nodes; at most 500/,
  );
  await routed({ receivers: ['channel:ops'], children: [{ name: 'x', children: many.slice(1, 500) }] });
});

test('what is to be new never takes the place of what has its name', async () => {
  const made = await withPeople(await scene());
  const asNew = { ...how, isNew: true };
  const content = { steps: [{ targets: ['channel:ops'] }] };
  await made.onCall.savePolicy('servers', content, asNew);
  await refused(made.onCall.savePolicy('servers', content, asNew), /here is "servers" already/, 'CONFLICT');
  await made.onCall.savePolicy('servers', content, how);
  const schedule = made.onCall.saveSchedule('primary', primary, { ...asNew, from: null });
  await refused(schedule, /here is "primary" already/, 'CONFLICT');
  await made.onCall.remove('policy', 'servers', how);
  await made.onCall.savePolicy('servers', content, asNew);
});

test('what is named cannot be removed', async () => {
  const made = await withPeople(await scene());
  await made.onCall.savePolicy('servers', { steps: [{ targets: ['schedule:primary'] }] }, how);
  await made.onCall.saveRoutes(
    { receivers: ['channel:ops'], children: [{ name: 'x', receivers: ['policy:servers'] }] },
    how,
  );
  await refused(made.onCall.remove('schedule', 'primary', how), /named by policy:servers/, 'CONFLICT');
  await refused(made.onCall.remove('policy', 'servers', how), /named by root\/x/, 'CONFLICT');
  await made.onCall.saveRoutes({ receivers: ['channel:ops'] }, how);
  await made.onCall.remove('policy', 'servers', how);
  await made.onCall.remove('schedule', 'primary', how);
  assert.equal(made.onCall.policies(), []);
  await refused(made.onCall.remove('policy', 'servers', how), /servers/, 'NOT_FOUND');
});

test('the trace names each step of a policy while nobody reacts, and the schedule behind a person', async () => {
  const made = await withPeople(await scene());
  const steps = [
    { targets: ['schedule:primary'], wait: '5m' },
    { targets: ['person:cat', 'channel:ops'], wait: '10m' },
  ];
  await made.onCall.savePolicy('servers', { steps, fallback: 'channel:mail' }, how);
  await made.onCall.saveRoutes({ receivers: ['policy:servers'] }, how);
  const { heard } = made.onCall.trace({ severity: 'critical' }, start);
  assert.is(heard.length, 1);
  assert.equal(
    heard[0]?.steps.map(({ after, event, reached, unreached }) => [
      after,
      event,
      ...reached.map(({ receiver, via }) => `${receiver} ${via}`),
      ...unreached.map(({ receiver, why }) => `${receiver} ${why}`),
    ]),
    [
      [0, 'notify', 'person:ann primary'],
      [300, 'notify', 'channel:ops null', 'person:cat no_way'],
      [900, 'exhausted', 'channel:mail null'],
    ],
  );
});

test('what evenkeel.yaml has counts, and pages cannot change it', async () => {
  const made = await scene({
    schedules: [
      { name: 'primary', ...primary, overrides: [{ from: '2026-03-03T09:00', to: '2026-03-03T17:00', user: 'cat' }] },
    ],
    policies: [{ name: 'servers', steps: [{ targets: ['schedule:primary'] }] }],
    people: [{ name: 'ann', ways: [{ channel: 'mail', address: 'ann@example.org' }] }],
    routes: { receivers: ['policy:servers'], repeat: { critical: '1h' } },
  });
  assert.equal(receivers(made, { severity: 'critical' }), ['policy:servers root']);
  assert.is(made.routing.onCall('primary', Date.parse('2026-03-03T08:00:00Z')).user, 'cat');
  assert.is(made.routing.onCall('primary', Date.parse('2026-03-03T16:00:00Z')).user, 'ann');
  assert.is(made.routing.policy('servers')?.steps[0]?.wait, 300_000);
  await refused(made.onCall.saveSchedule('primary', primary, { ...how, from: null }), /evenkeel\.yaml/, 'CONFLICT');
  await refused(made.onCall.saveRoutes({ receivers: ['channel:ops'] }, how), /evenkeel\.yaml/, 'CONFLICT');
  await refused(made.onCall.savePerson('ann', ways('ops'), how), /evenkeel\.yaml/, 'CONFLICT');
  assert.is(made.onCall.routes().owner, 'file');
});

test('a link to the own shifts works until it is revoked, or another one is made', async () => {
  const made = await withPeople(await scene());
  const first = await made.onCall.feeds.create('ann');
  assert.match((await made.onCall.feedText(first)) ?? '', /BEGIN:VEVENT/);
  const second = await made.onCall.feeds.create('ann');
  assert.is(await made.onCall.feedText(first), null);
  await made.onCall.feeds.revoke('ann');
  assert.is(await made.onCall.feedText(second), null);
  const third = await made.onCall.feeds.create('ann');
  await made.state.updateTable('users').set({ disabled_at: 1 }).where('name', '=', 'ann').execute();
  await made.usersChanged();
  assert.is(await made.onCall.feedText(third), null);
});

test('events of the link are the same at each reading, one without an end as well, and their ids hold no name', async () => {
  const made = await withPeople(await scene());
  const alone = { ...primary, layers: [{ ...primary.layers[0], name: 'alone', users: ['ann'] }] } as ScheduleContent;
  await made.onCall.saveSchedule('<b>always</b>', alone, { ...how, from: null });
  const link = await made.onCall.feeds.create('ann');
  const events = async () =>
    ((await made.onCall.feedText(link)) ?? '')
      .split('\r\n')
      .filter((line) => /^(UID|DTSTART|DTEND|SUMMARY)/.test(line));
  const first = await events();
  const ids = first.filter((line) => line.startsWith('UID:'));
  assert.ok(ids.length > 8, String(ids.length));
  assert.is(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^UID:[0-9a-f]{32}@evenkeel$/);
  for (const later of [3 * 3_600_000, 9 * day]) {
    made.clock.at = start + later;
    assert.equal(await events(), first, `${later} ms later`);
  }
});

test('the overview says who is on call, until when, who is next, and when it is one’s own turn', async () => {
  const made = await withPeople(await scene());
  const { schedules, me } = await made.onCall.overview('bob', start, start + 28 * day);
  const [row] = schedules;
  const handOver = Date.parse('2026-03-09T08:00:00Z');
  assert.equal(row?.now, { user: 'ann', by: 'main', until: handOver, next: 'bob', isReached: true });
  assert.equal(me.now, []);
  assert.is(me.next?.start, handOver);
  assert.is(row?.shifts.length, 5);
  assert.equal(row?.gaps, []);
});

test('whoever is on call for good has no end of it, however slow the answer is', async () => {
  const made = await withPeople(await scene());
  const alone = { ...primary, layers: primary.layers.map((layer) => ({ ...layer, users: ['ann'] })) };
  await made.onCall.saveSchedule('primary', alone, { ...how, from: start });
  made.clock.step = 1;
  assert.equal(made.onCall.ownTurn('ann'), { schedules: ['primary'], until: null });
  assert.equal(made.onCall.ownTurn('bob'), { schedules: [], until: null });
});

test.run();
