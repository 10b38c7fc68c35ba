/** Whoever is told that an alert fires is told once that it ended, and nobody else is: by person, whatever the order of events. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LiveAlert } from '../../../collector/alerts/alert.ts';
import type { Notification } from '../../../collector/notify/channel.ts';
import type { GroupSeverity } from '../../../collector/notify/group.ts';
import { groupDefaults } from '../../../collector/notify/group-settings.ts';
import { createGroups } from '../../../collector/notify/groups.ts';
import type { Receivers } from '../../../collector/notify/receivers.ts';
import { type ChannelRoute, createChannels } from '../../../collector/notify/route.ts';
import { GiB, hour, minute, openScene, type Reading, recorder, second } from '../alerts/scene.ts';
import { loopback, openReceiver } from './receiver.ts';

const policy = {
  name: 'p',
  steps: [
    { targets: ['person:ann'], wait: 5 * minute },
    { targets: ['person:bob'], wait: 5 * minute },
  ],
  repeat: 1,
  fallback: 'channel:boss',
};

/** @param receiverOf by severity */
function open(receiverOf: (severity: string) => string, hourly: number) {
  return createGroups({
    receivers: {
      route: ({ severity }) => [{ receiver: receiverOf(String(severity)), path: 'r', action: 'now', settings: {} }],
      reach: (to) => [
        { channel: 'm', recipient: to, user: to.startsWith('person:') ? to.slice(7) : null, heldUntil: null },
      ],
      policy: () => policy,
      standsIn: () => null,
      whoIs: () => (target) => [target],
    },
    labelsOf: ({ family, rule, endpoint }) => ({ rule: family, severity: rule.severity, site: endpoint }),
    settings: { ...groupDefaults, hourly },
  });
}

/** A generator of numbers that is the same in each run. */
function numbers(seed: number) {
  let last = seed;
  return (below: number) => {
    last = (last * 1103515245 + 12345) & 0x7fffffff;
    return Math.floor((last / 0x7fffffff) * below);
  };
}

function story(run: number): string[] {
  const below = numbers(run * 7919 + 1);
  const first = run % 2 === 0 ? 'policy:p' : 'channel:x';
  const groups = open(
    (severity) => (run % 3 === 0 && severity !== 'critical' ? 'channel:y' : first),
    run % 5 ? 1e9 : 3,
  );
  const told = new Set<string>();
  const faults: string[] = [];
  let at = 0;
  const look = () => {
    for (const { ways, event, firing, resolved } of groups.take(at))
      for (const { recipient } of ways) {
        for (const { key } of firing) told.add(`${recipient} ${key}`);
        for (const { key } of resolved)
          if (!told.delete(`${recipient} ${key}`)) faults.push(`${event}: ${recipient} did not know of ${key}`);
      }
  };
  const alerts = [...'abc'].map((key) => ({
    key,
    n: 0,
    fires: false,
    severity: 'warning' as GroupSeverity,
    hidden: false,
  }));
  const set = ({ key, n, fires, severity }: (typeof alerts)[number], owner: string | null, isChange = false) => {
    // Each of another site: digests of several groups.
    const about = {
      id: `${key}${n}`,
      key,
      family: 'r',
      endpoint: run % 5 ? 'e' : key,
      rule: { severity },
    } as LiveAlert;
    groups.set(key, { about, severity, fires, isUnknown: false, flaps: false, owner, why: null }, at, { isChange });
    if (owner) groups.isAtWork(key, owner, at);
  };
  const end = (alert: (typeof alerts)[number]) => {
    Object.assign(alert, { fires: false, hidden: false });
    set(alert, null);
  };
  for (let i = 0; i < 40; i++) {
    at += below(12 * minute);
    look();
    const alert = alerts[below(3)] as (typeof alerts)[number];
    const what = below(6);
    if (what < 2 && !alert.fires) {
      Object.assign(alert, { n: alert.n + 1, fires: true, severity: below(2) ? 'critical' : 'warning' });
      set(alert, null, true);
    } else if (what === 2 && alert.fires) end(alert);
    else if (what === 3 && alert.fires && !alert.hidden) groups.suppress(alert.key, 'silence', at);
    else if (what === 4 && alert.fires) groups.release(alert.key, 'silence', at, 'wait');
    else if (what === 5 && alert.fires) set(alert, 'ann');
  }
  for (const alert of alerts) {
    at += minute;
    look();
    if (alert.fires) end(alert);
  }
  at += 24 * hour;
  look();
  return [...faults, ...[...told].map((one) => `${one} never ended`)];
}

test('in 600 stories with steps, routes by severity, digests and people at work each end is told once to whoever heard', () => {
  for (let run = 0; run < 600; run++) assert.equal(story(run), [], `run ${run}`);
});

const at = (percent: number, path = '/var'): Reading => [
  'disk',
  { used_percent: percent, free: GiB },
  { path, device: path },
];

/** All goes to Ann and Bob; Ann has the first alert in hands. */
async function working(people: string[]) {
  const sent: Notification[] = [];
  const receivers: Receivers = {
    route: () => [{ receiver: 'team', path: 'root', action: 'now', settings: {} }],
    reach: () => people.map((user) => ({ channel: 'people', recipient: `${user}@x.example`, user, heldUntil: null })),
    policy: () => null,
    standsIn: () => null,
    whoIs: () => (target) => [target],
  };
  const rules = ['disk-space', 'disk-space-critical'].map((id) => ({ id, for_s: 0, clear_for_s: 0 }));
  const notify = { ...groupDefaults, wait: 30 * second };
  const s = await openScene({ rules, notify, receivers, routes: [recorder(sent)] });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', at(91));
  await s.alerts.acknowledge((await s.alertRows())[0]?.id ?? '', { by: 'ann' });
  await s.keepSaying(6 * minute, 'srv', at(91), at(91, '/home'));
  const paths = ({ tags, members }: Notification, which: 'list' | 'resolved') =>
    members ? members[which].map((one) => one.tags.path) : [tags.path];
  /** What one of them heard of `/home`. */
  const heard = (user: string) =>
    sent
      .filter(({ recipient, event, ...one }) => {
        const about = paths(one as Notification, 'list').concat(paths(one as Notification, 'resolved'));
        return recipient === `${user}@x.example` && about.includes('/home');
      })
      .map(({ event }) => event);
  return { s, heard };
}

test('what ends before the digest of whoever is at work is not told to them; others who heard of it are told', async () => {
  const { s, heard } = await working(['ann', 'bob']);
  assert.equal([heard('ann'), heard('bob')], [[], ['update']]);
  await s.keepSaying(4 * minute, 'srv', at(91), at(20, '/home'));
  await s.keepSaying(40 * minute, 'srv', at(20), at(20, '/home'));
  assert.equal([heard('ann'), heard('bob')], [[], ['update', 'resolved']]);
  await s.close();
});

for (const people of [['ann'], ['ann', 'bob']])
  test(`the digest of whoever is at work survives a restart (${people.join(', ')})`, async () => {
    const { s, heard } = await working(people);
    const after = await s.restart();
    await after.presence('srv', 'online');
    await after.keepSaying(12 * minute, 'srv', at(91), at(91, '/home'));
    assert.is(heard('ann').length, 1);
    if (people.includes('bob')) assert.equal(heard('bob'), ['update'], 'and nobody hears of it twice');
    await after.keepSaying(20 * minute, 'srv', at(20), at(20, '/home'));
    for (const user of people) assert.equal([heard(user).length, heard(user).at(-1)], [2, 'resolved']);
    await after.close();
  });

test('beyond the limit of an hour a channel that keeps a state gets one message per group: all that it opened is closed', async () => {
  await using receiver = await openReceiver(() => [202]);
  const settings = { routing_key: 'R0123456789012345678901234567890', url: receiver.url };
  const [duty] = createChannels([{ name: 'duty', kind: 'pagerduty', settings }], loopback);
  const read: Notification[] = [];
  const endpoints = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`s${n}`, 'server' as const]));
  const s = await openScene({
    endpoints,
    sites: new Map(Object.keys(endpoints).map((id) => [id, `site of ${id}`])),
    rules: ['disk-space', 'disk-space-critical'].map((id) => ({ id, for_s: 0, clear_for_s: 0 })),
    notify: { ...groupDefaults, hourly: 2 },
    routes: [duty as ChannelRoute, recorder(read)],
  });
  for (const id of Object.keys(endpoints)) await s.presence(id, 'online');
  for (const percent of [91, 20]) {
    for (const id of Object.keys(endpoints)) {
      await s.say(id, at(percent));
      await s.wait(minute, 10 * second);
    }
    await s.wait(hour, minute);
  }
  await s.wait(2 * hour, minute);
  const calls = receiver.received.map(({ body }) => JSON.parse(body) as { event_action: string; dedup_key: string });
  const of = (action: string) =>
    calls.filter(({ event_action }) => event_action === action).map((one) => one.dedup_key);
  assert.is(new Set(of('trigger')).size, 6);
  assert.equal(of('resolve').sort(), [...new Set(of('trigger'))].sort());
  assert.ok(
    read.some(({ event }) => event === 'digest'),
    'people get one message in their place',
  );
  assert.ok(read.length < calls.length);
  await s.close();
});

test.run();
