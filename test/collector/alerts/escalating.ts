/** A fleet with people, a schedule and a policy: who hears what when nobody reacts, on a clock moved by hand. */
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import type { Notification } from '../../../collector/notify/channel.ts';
import type { ChannelRoute } from '../../../collector/notify/route.ts';
import { readRouting } from '../../../collector/routing/file.ts';
import { createRouting } from '../../../collector/routing/open.ts';
import { openState } from '../../../collector/state/open.ts';
import { fail } from '../../../shared/errors.ts';
import { silentLog } from '../../../shared/log.ts';
import { freshPlace } from '../../support/state.ts';
import { insertEndpoint, minute, openScene, type Reading, type SceneOptions, second } from './scene.ts';

export const users = ['ann', 'bob', 'cat', 'dan'];
/** Ann has the day, Bob the night, which begins at 00:10, ten minutes after the scene. */
export const schedules = [
  {
    name: 'primary',
    zone: 'UTC',
    layers: [
      { name: 'all', users: ['ann'], rotation: { unit: 'day', every: 1, start: '2026-01-01T00:00' } },
      {
        name: 'later',
        users: ['bob'],
        rotation: { unit: 'day', every: 1, start: '2026-01-01T00:00' },
        hours: [{ days: ['mon'], from: '00:10', to: '23:00' }],
      },
    ],
  },
];
export const policies = [
  {
    name: 'servers',
    steps: [
      { targets: ['person:cat'], wait: '5m' },
      { targets: ['schedule:primary'], wait: '5m' },
    ],
    fallback: 'channel:chat',
  },
];
export const person = (name: string, more: object = {}) => ({
  name,
  ways: [{ channel: 'mail', address: `${name}@example.org` }],
  ...more,
});

export interface Heard {
  at: number;
  who: string;
  channel: string;
  event: string;
  notification: Notification;
}

export interface SceneFile {
  receivers?: string[];
  people?: object[];
  policies?: object[];
  schedules?: object[];
  routes?: object;
  notify?: object;
  rules?: SceneOptions['rules'];
  links?: true;
  /** Real ones beside those that record. */
  routed?: ChannelRoute[];
  endpoints?: string[];
  /** Channels beside `mail` and `chat`. */
  channels?: string[];
  /** Why a channel does not take a message now: it fails, or refuses it for good. */
  problemOf?: (channel: string, who: string, event: string) => 'fails' | 'refuses' | null;
}

/** A fleet with people, a schedule and a policy; `heard` is all that arrived, by whom. */
export async function escalating(file: SceneFile = {}) {
  const state = await openState(freshPlace());
  for (const [i, name] of users.entries())
    await state
      .insertInto('users')
      .values({ id: `u${i}`, name, password_hash: '', role: 'operator', created_at: 0, disabled_at: null })
      .execute();
  const { endpoints = ['srv'] } = file;
  for (const id of endpoints) await insertEndpoint(state, id, 'server', 'Berlin');
  const heard: Heard[] = [];
  const zero = Date.parse('2026-01-05T00:00:00Z');
  const channel = (name: string): ChannelRoute => ({
    name,
    severities: ['warning', 'critical'],
    channel: {
      kind: 'recorder',
      async send(notification) {
        const who = notification.recipient?.split('@')[0] ?? name;
        const problem = file.problemOf?.(name, who, notification.event) ?? null;
        const reason = 'as the test wants it';
        if (problem !== null)
          throw fail(problem === 'fails' ? 'CHANNEL_FAILED' : 'CHANNEL_REFUSED', { channel: name, reason });
        heard.push({ at: s.now() - zero, who, channel: name, event: notification.event, notification });
      },
    },
  });
  const routes = ['mail', 'chat', ...(file.channels ?? [])].map(channel);
  routes.push(...(file.routed ?? []));
  const { documents, faults } = readRouting({
    schedules: file.schedules ?? schedules,
    policies: file.policies ?? policies,
    people: file.people ?? users.map((name) => person(name)),
    routes: { receivers: file.receivers ?? ['policy:servers'], ...file.routes },
  });
  assert.equal(faults, []);
  const { routing, usersChanged } = await createRouting({
    ...{ state, file: documents, channels: () => routes, now: () => 0 },
    ...{ changeFeed: createChangeFeed(), log: silentLog, onChange: () => undefined },
  });
  let s = await openScene({
    ...{
      state,
      routes,
      receivers: routing,
      ...(file.rules ? { rules: file.rules } : {}),
      ...(file.links ? { links: file.links } : {}),
    },
    startAt: zero,
    notify: { wait: 0, interval: 5 * minute, ...file.notify },
  });
  for (const id of endpoints) await s.presence(id, 'online');
  return {
    heard,
    usersChanged,
    get s() {
      return s;
    },
    async restart(deadFor = 0) {
      s.pass(deadFor);
      s = await s.restart();
      for (const id of endpoints) await s.presence(id, 'online');
    },
    /** Who has heard what, and how many minutes after the alert fired. */
    story: () => heard.map(({ at, who, event }) => `${(at - 70 * second) / minute} ${who} ${event}`),
    async keep(ms: number, ...readings: Reading[]) {
      for (const end = s.now() + ms; s.now() < end; ) {
        await s.wait(10 * second, 10 * second);
        for (const id of endpoints) await s.say(id, ...readings);
      }
    },
    /** Its history, as codes with what they say. */
    history: async (code: string) =>
      (await s.state.selectFrom('alert_events').selectAll().where('code', '=', code).orderBy('id').execute()).map(
        ({ params }) => JSON.parse(params) as Record<string, unknown>,
      ),
    alert: async () => (await s.alertRows()).at(-1)?.id ?? '',
    /** Nothing is said twice, and whoever heard that it fires hears once that it ended. */
    isBalanced() {
      const hearing = new Set<string>();
      for (const { who, event } of heard)
        if (event !== 'resolved') hearing.add(who);
        else assert.ok(hearing.delete(who), `${who} hears of an end without a begin`);
      assert.equal([...hearing], [], 'nobody is left without the end');
    },
    close: () => s.close(),
  };
}

export const firesFor = (ms: number) => 70 * second + ms;
