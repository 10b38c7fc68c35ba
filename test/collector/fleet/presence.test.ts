/** Births, goodbyes, wills and silence, along a time-line with a clock that is handed in. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createFleet } from '../../../collector/fleet/endpoints.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { createPresence } from '../../../collector/fleet/presence.ts';
import { graceAfterStart, judgePresence, silenceLimit } from '../../../collector/fleet/presence-rules.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import type { Presence } from '../../../shared/presence.ts';
import { freshPlace } from '../../support/state.ts';
import { addEndpoint } from '../../support/station.ts';

const server = 'eserverserver001';
const laptop = 'elaptoplaptop001';
const sessionA = 'a'.repeat(16);
const sessionB = 'b'.repeat(16);
const start = Date.UTC(2026, 10, 2, 9);

const test = suite('presence');

function tickingClock() {
  let passed = 0;
  return {
    now: () => start + passed,
    monotonic: () => passed,
    pass(ms: number) {
      passed += ms;
    },
  };
}

const opened: State[] = [];

async function openRoom(given: { state?: State; clock?: ReturnType<typeof tickingClock>; graceMs?: number } = {}) {
  const clock = given.clock ?? tickingClock();
  let state = given.state;
  if (!state) {
    state = await openState(freshPlace());
    opened.push(state);
    await addEndpoint(state, server);
    await addEndpoint(state, laptop, 'workstation');
  }
  const fleet = await createFleet({ state, clock });
  const changes: string[] = [];
  const presence = await createPresence({
    state,
    fleet,
    clock,
    log: silentLog,
    graceMs: given.graceMs ?? 60_000,
    onChange: async ({ id, state: now, stateReason }) => void changes.push(`${id.slice(0, 7)} ${now} ${stateReason}`),
  });
  const of = (id: string) => fleet.get(id) as Endpoint;
  return {
    state,
    clock,
    fleet,
    presence,
    changes,
    of,
    say: (id: string, said: Presence) => presence.receive(of(id), said),
    /** Time goes by in ticks, as it does; `reports` come from those endpoints once a second. */
    async pass(seconds: number, ...reports: string[]) {
      for (let n = 0; n < seconds; n++) {
        clock.pass(1000);
        for (const id of reports) {
          fleet.seen(id, clock.now(), 0, 10_000);
          await presence.reported(of(id));
        }
        await presence.tick();
      }
    },
    signals: async (id: string) =>
      (await state.selectFrom('signals').selectAll().where('endpoint', '=', id).orderBy('id').execute()).map(
        ({ kind, reason }) => `${kind} ${reason}`,
      ),
    async close() {
      await presence.close();
      await fleet.close();
    },
  };
}

const birth = (session: string): Presence => ({
  state: 'online',
  session,
  boot_id: 'boot',
  started_at: start,
  previous_shutdown: 'clean',
  version: '1.0',
});

test('a birth is online; a will of that session is lost; the next birth is online again', async () => {
  const room = await openRoom();
  await room.say(server, birth(sessionA));
  await room.say(server, { state: 'lost', session: sessionA });
  await room.say(server, birth(sessionB));
  assert.equal(room.changes, ['eserver online null', 'eserver lost will', 'eserver online null']);
  assert.equal(await room.signals(server), ['online clean', 'lost null', 'online clean']);
  const row = await room.state.selectFrom('endpoints').selectAll().where('id', '=', server).executeTakeFirstOrThrow();
  assert.equal([row.state, row.session, row.boot_id, row.version], ['online', sessionB, 'boot', '1.0']);
  await room.close();
});

test('a will or a goodbye of another session changes nothing, and neither does a will after a goodbye', async () => {
  const room = await openRoom();
  await room.say(laptop, birth(sessionB));
  await room.say(laptop, { state: 'lost', session: sessionA });
  await room.say(laptop, { state: 'offline', session: sessionA, reason: 'stop' });
  assert.is(room.of(laptop).state, 'online');
  await room.say(laptop, { state: 'offline', session: sessionB, reason: 'sleep' });
  await room.say(laptop, { state: 'lost', session: sessionB });
  assert.equal([room.of(laptop).state, room.of(laptop).stateReason], ['offline', 'sleep']);
  await room.pass(300);
  assert.is(room.of(laptop).state, 'offline', 'who said goodbye is not missed');
  assert.equal(await room.signals(laptop), ['online clean', 'offline sleep']);
  await room.close();
});

test('silence of three intervals is lost, later for workstations; a report brings it back', async () => {
  const room = await openRoom();
  await room.say(server, birth(sessionA));
  await room.say(laptop, birth(sessionA));
  await room.pass(60, server, laptop);
  await room.pass(30);
  assert.equal([room.of(server).state, room.of(laptop).state], ['online', 'online']);
  await room.pass(2);
  assert.equal([room.of(server).state, room.of(server).stateReason], ['lost', 'silent']);
  assert.is(room.of(laptop).state, 'online');
  await room.pass(30);
  assert.is(room.of(laptop).state, 'lost');
  await room.pass(1, server);
  assert.is(room.of(server).state, 'online');
  assert.equal(await room.signals(server), ['online clean', 'silent null', 'online reports']);
  await room.close();
});

test('after a restart no one is missed until the grace is over, and the state is shown as unknown', async () => {
  const clock = tickingClock();
  const first = await openRoom({ clock });
  await first.say(server, birth(sessionA));
  await first.say(laptop, { ...birth(sessionA) });
  await first.pass(5, server, laptop);
  await first.close();
  clock.pass(40_000);
  const second = await openRoom({ state: first.state, clock, graceMs: 60_000 });
  assert.equal([second.of(server).state, second.of(server).stateReason], ['unknown', 'collector_restarted']);
  assert.ok((second.presence.graceUntil() ?? 0) > clock.now());
  await second.pass(59, laptop);
  assert.equal([second.of(server).state, second.of(laptop).state], ['unknown', 'online']);
  await second.pass(3, laptop);
  assert.equal([second.of(server).state, second.of(laptop).state], ['lost', 'online']);
  assert.is(second.presence.graceUntil(), null);
  const watches = await first.state.selectFrom('watches').selectAll().orderBy('id').execute();
  assert.equal(
    watches.map(({ from_at, to_at, clean }) => [from_at - start, to_at - start, clean]),
    [
      [0, 5000, 1],
      [45_000, 45_000, 0],
    ],
  );
  await second.close();
});

test('a birth after a long silence is proof of life until the first report is due', async () => {
  const room = await openRoom({ graceMs: 10_000 });
  await room.say(server, birth(sessionA));
  await room.pass(20, server);
  await room.say(server, { state: 'offline', session: sessionA, reason: 'shutdown' });
  await room.pass(600);
  await room.say(server, birth(sessionB));
  await room.pass(29);
  assert.is(room.of(server).state, 'online', 'its first report is not due yet');
  await room.pass(3);
  assert.is(room.of(server).state, 'lost');
  const silent = await room.state.selectFrom('signals').selectAll().where('kind', '=', 'silent').execute();
  assert.equal(
    silent.map(({ last_seen }) => ((last_seen ?? 0) - start) / 1000),
    [620],
    'gone since its birth, not since it was seen the time before',
  );
  await room.close();
});

test('when the collector itself stood still, no one is blamed for it', async () => {
  const room = await openRoom();
  await room.pass(70, server);
  room.clock.pass(600_000);
  await room.pass(10);
  assert.is(room.of(server).state, 'online');
  await room.pass(25);
  assert.is(room.of(server).state, 'lost');
  await room.close();
});

test('time in which the collector stood still was not watched, and reports made in it are late', async () => {
  const room = await openRoom();
  await room.say(server, birth(sessionA));
  await room.pass(70, server);
  room.clock.pass(600_000);
  const now = room.clock.now();
  assert.is(room.presence.isLate(room.of(server), now - 300_000), true, 'read before the first tick');
  await room.pass(5, server);
  assert.is(room.presence.isLate(room.of(server), now - 300_000), true);
  assert.is(room.presence.isLate(room.of(server), room.clock.now() - 2000), false);
  await room.close();
  const watches = await room.state.selectFrom('watches').selectAll().orderBy('id').execute();
  assert.equal(
    watches.map(({ from_at, to_at, clean }) => [(from_at - start) / 1000, (to_at - start) / 1000, clean]),
    [
      [0, 70, 0],
      [671, 675, 1],
    ],
  );
});

test('a birth keeps what tells one absence from another, and nothing else; the same boot blames the agent', async () => {
  const room = await openRoom();
  const said = Object.assign(birth(sessionA), { previous_shutdown: 'unclean', uptime_s: 50, newer: 'x' }) as Presence;
  await room.say(server, said);
  await room.pass(20, server);
  await room.say(server, { ...said, session: sessionB } as Presence);
  const rows = await room.state
    .selectFrom('signals')
    .selectAll()
    .where('endpoint', '=', server)
    .orderBy('id')
    .execute();
  assert.equal(
    rows.map(({ reason, birth: kept, last_seen }) => [reason, Object.keys(JSON.parse(kept ?? '{}')).join(), last_seen]),
    [
      ['unclean', 'started_at,previous_shutdown,uptime_s', null],
      ['agent_ended', 'started_at,previous_shutdown,uptime_s', start + 20_000],
    ],
  );
  await room.close();
});

test('the rules at their limits', () => {
  assert.is(silenceLimit({ kind: 'server', intervalMs: 1000 }), 10_000);
  assert.is(silenceLimit({ kind: 'server', intervalMs: 60_000 }), 180_000);
  assert.is(silenceLimit({ kind: 'workstation', intervalMs: null }), 60_000);
  assert.equal([null, 0, 100_000, 1e9].map(graceAfterStart), [60_000, 60_000, 130_000, 330_000]);
  const never = { state: 'never', session: null } as Endpoint;
  assert.is(judgePresence(never, { state: 'lost', session: sessionA }), null, 'a retained will changes nothing');
});

test.after(async () => {
  for (const state of opened) await state.destroy();
});
test.run();
