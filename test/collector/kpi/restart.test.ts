/**
 * The collector is killed and comes back while endpoints go on: what their buffers prove is up, what no one can know is
 * unknown, and nothing of it is down. With the real presence, signals and formula, on a clock that is handed in.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createFleet } from '../../../collector/fleet/endpoints.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { createPresence } from '../../../collector/fleet/presence.ts';
import { timelineOf } from '../../../collector/kpi/history.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { encode } from '../../../shared/report.ts';
import { freshPlace } from '../../support/state.ts';
import { addEndpoint, epochOf, makeReport, openStation } from '../../support/station.ts';

const id = 'eserverserver001';
const start = Date.UTC(2026, 10, 2, 9);
const intervalS = 10;
const test = suite('availability over a restart');

function createScene(state: State) {
  let passed = 0;
  const clock = { now: () => start + passed, monotonic: () => passed };
  let parts: { fleet: Awaited<ReturnType<typeof createFleet>>; presence: Awaited<ReturnType<typeof createPresence>> };

  async function open() {
    const fleet = await createFleet({ state, clock });
    const presence = await createPresence({ state, fleet, clock, log: silentLog, onChange: async () => undefined });
    parts = { fleet, presence };
  }
  const endpoint = () => parts.fleet.get(id) as Endpoint;
  /** The watch writes its row by a real timer; here time is ours. */
  async function beat(at: number) {
    const newest = await state.selectFrom('watches').select('id').orderBy('id', 'desc').executeTakeFirstOrThrow();
    await state.updateTable('watches').set({ to_at: at, clean: 0 }).where('id', '=', newest.id).execute();
  }
  return {
    clock,
    open,
    /** As `kill -9` leaves it: what the row of the watch said at its last beat, and no goodbye. */
    async kill(lastBeatMsAgo: number) {
      await parts.presence.close();
      await parts.fleet.close();
      await beat(clock.now() - lastBeatMsAgo);
    },
    async birth() {
      const said = {
        state: 'online',
        boot_id: 'b',
        started_at: start,
        previous_shutdown: 'clean',
        version: '1',
      } as const;
      await parts.presence.receive(endpoint(), { ...said, session: 'a'.repeat(16) });
    },
    /** Seconds go by; `reports`: one each interval. */
    async pass(seconds: number, reports: boolean) {
      for (let n = 1; n <= seconds; n++) {
        passed += 1000;
        if (reports && n % intervalS === 0) {
          parts.fleet.seen(id, clock.now(), 0, intervalS * 1000);
          await parts.presence.reported(endpoint());
        }
        await parts.presence.tick();
      }
    },
    /** Nobody watches. */
    dark: (seconds: number) => {
      passed += seconds * 1000;
    },
    /** What was kept at the endpoint, from..to in seconds before now. */
    async deliver(from: number, to: number) {
      for (let ago = from; ago >= to; ago -= intervalS)
        parts.presence.backlog.add(id, clock.now() - ago * 1000, intervalS * 1000);
      await parts.presence.backlog.save();
    },
    timeline: async () => {
      await beat(clock.now());
      const line = await timelineOf(state, id, start, clock.now(), clock.now());
      return line.map((part) => [part.state, (part.from - start) / 1000, (part.to - start) / 1000]);
    },
    close: async () => {
      await parts.presence.close();
      await parts.fleet.close();
      await state.destroy();
    },
  };
}

async function restarted(darkS: number, backAfterS: number) {
  const state = await openState(freshPlace());
  await addEndpoint(state, id);
  const scene = createScene(state);
  await scene.open();
  await scene.birth();
  await scene.pass(100, true);
  await scene.kill(9000);
  scene.dark(darkS);
  await scene.open();
  await scene.pass(backAfterS, false);
  await scene.birth();
  await scene.pass(20, true);
  return { scene, goneS: darkS + backAfterS + 20 };
}

for (const [name, darkS, backAfterS] of [
  ['a minute', 60, 5],
  ['ten minutes, and the endpoint came back late but within the grace', 600, 200],
  ['two minutes, and the endpoint came back after the grace was over', 120, 290],
] as const) {
  test(`gone for ${name}: the buffer proves all of it`, async () => {
    const { scene, goneS } = await restarted(darkS, backAfterS);
    // The two newest reports of the gap go as live ones; the rest is backlog.
    await scene.deliver(goneS - 10, 40);
    const end = (scene.clock.now() - start) / 1000;
    assert.equal(await scene.timeline(), [['up', 0, end]]);
    await scene.close();
  });
}

test('without a buffer the time without a collector is unknown, and the rest is not down', async () => {
  const { scene } = await restarted(60, 5);
  const end = (scene.clock.now() - start) / 1000;
  assert.equal(await scene.timeline(), [
    ['up', 0, 91],
    ['unknown', 91, 160],
    ['up', 160, end],
  ]);
  await scene.close();
});

test('a buffer with a hole in it leaves the hole unknown', async () => {
  const { scene, goneS } = await restarted(600, 5);
  await scene.deliver(goneS - 10, 500);
  await scene.deliver(300, 40);
  const end = (scene.clock.now() - start) / 1000;
  assert.equal(await scene.timeline(), [
    ['up', 0, 220],
    ['unknown', 220, 425],
    ['up', 425, end],
  ]);
  await scene.close();
});

/** A minute without a collector, then a birth and these reports, told through the real intake; age in seconds. */
async function told(reports: readonly (readonly ['backlog' | 'report', age: number])[]) {
  const station = await openStation({ endpoints: [id] });
  try {
    const now = Date.now();
    const before = { from_at: now - 3_600_000, to_at: now - 60_000, clean: 0 } as const;
    await station.state.insertInto('watches').values(before).execute();
    const first = {
      endpoint: id,
      at: now - 3_600_000,
      kind: 'online',
      session: null,
      boot_id: 'b',
      reason: 'clean',
    } as const;
    await station.state
      .insertInto('signals')
      .values({ ...first, last_seen: null })
      .execute();
    const wire = station.wire(id);
    assert.is(await wire.connected, 0);
    const birth = { state: 'online', session: 'a'.repeat(16), boot_id: 'b', started_at: now - 3_600_000 } as const;
    const said = { ...birth, previous_shutdown: 'clean', version: '1' };
    await wire.publish(station.topic(id, 'presence'), JSON.stringify(said), { retain: true });
    for (const [n, [leaf, age]] of reports.entries())
      await wire.publish(station.topic(id, leaf), encode(makeReport(epochOf(1), n + 1, now - age * 1000)));
    await station.intake.presence.backlog.save();
    const line = await timelineOf(station.state, id, now - 120_000, Date.now(), Date.now());
    return line.map(({ state, from, to }) => [state, Math.round((from - now) / 1000), Math.round((to - now) / 1000)]);
  } finally {
    await station.stop();
  }
}

test('the two newest reports of the gap come in the live lane, and prove their time as well', async () => {
  const line = await told([
    ['report', 5],
    ['backlog', 55],
    ['backlog', 45],
    ['backlog', 35],
    ['report', 15],
    ['report', 0],
  ]);
  assert.equal(
    line.map(([state]) => state),
    ['up'],
    JSON.stringify(line),
  );
});

test('one late report alone proves as much time as each of many; what was lost after it stays unknown', async () => {
  const line = await told([
    ['report', 0],
    ['backlog', 50],
  ]);
  assert.equal(line.slice(0, 2), [
    ['up', -120, -50],
    ['unknown', -50, 0],
  ]);
});

test.run();
