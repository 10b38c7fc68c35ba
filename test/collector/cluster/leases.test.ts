/** Leases on a real PostgreSQL: collectors of one process, each with a connection and a clock of its own. */
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHoldings, type Holdings, leaderItem } from '../../../collector/cluster/holdings.ts';
import { createLeases, type Leases, leaseMs } from '../../../collector/cluster/leases.ts';
import { postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { postgresServer } from '../../support/postgres.ts';

const server = await postgresServer();
if (typeof server === 'string') console.log(`SKIP PostgreSQL: ${server}`);
else {
  interface Scene {
    place: ReturnType<typeof postgresPlace>;
    admin: State;
    opened: State[];
    made: Holdings[];
  }
  const test = suite<Scene>('cluster: leases', {} as Scene);
  let count = 0;

  test.before.each(async (scene) => {
    scene.place = { ...postgresPlace(server.url(`leases_${++count}`), null, null), isShared: true };
    scene.admin = await openState(scene.place);
    [scene.opened, scene.made] = [[scene.admin], []];
  });
  test.after.each(async ({ opened, made }) => {
    for (const one of made) await one.stop();
    for (const state of opened) await state.destroy();
  });

  const memberOf = (name: string, instance: string = randomUUID()) => ({
    ...{ name, instance, address: `${name}:7462`, certificate: 'PEM', secret: 's', version: '0' },
  });
  /** @param at monotonic ms of it; its wall clock is off by `offMs` */
  async function collector(scene: Scene, name: string, { at = { ms: 0 }, offMs = 0 } = {}) {
    const state = await openState(scene.place);
    scene.opened.push(state);
    const me = memberOf(name);
    const leases = createLeases(state, me);
    const clock = { now: () => Date.now() + offMs, monotonic: () => at.ms };
    const holdings = createHoldings({ leases, me, clock, log: silentLog });
    scene.made.push(holdings);
    return { me, leases, holdings, at, state };
  }
  /** As if it had been silent for longer than its leases hold. */
  const silence = ({ admin }: Scene, instance: string) =>
    admin
      .updateTable('collectors')
      .set((eb) => ({ beat_at: eb('beat_at', '-', leaseMs + 1) }))
      .where('instance', '=', instance)
      .execute();
  const rounds = async (...all: { holdings: Holdings }[]) => {
    for (let n = 0; n < 3; n++) for (const { holdings } of all) await holdings.round();
  };
  const counts = (...all: { holdings: Holdings }[]) => all.map(({ holdings }) => holdings.all().length);

  test('one alone has all; who comes gets a share, and who goes leaves it to the others', async (scene) => {
    const one = await collector(scene, 'keel-1');
    await rounds(one);
    assert.equal(counts(one), [256]);
    assert.is(one.holdings.leader()?.isMine, true);
    const two = await collector(scene, 'keel-2');
    const three = await collector(scene, 'keel-3');
    await rounds(one, two, three);
    const [a, b, c] = counts(one, two, three) as [number, number, number];
    assert.is(a + b + c, 256);
    assert.ok(Math.max(a, b, c) <= 86);
    assert.is(new Set([one, two, three].flatMap(({ holdings }) => holdings.all())).size, 256);
    assert.is(two.holdings.leader()?.member.name, 'keel-1');
    await one.holdings.stop();
    await rounds(two, three);
    assert.is(
      counts(two, three).reduce((sum, n) => sum + n),
      256,
    );
    assert.is([two, three].filter(({ holdings }) => holdings.leader()?.isMine).length, 1);
  });

  test('who is silent loses all of it, and finds that out when it comes back', async (scene) => {
    const [one, two] = [await collector(scene, 'keel-1'), await collector(scene, 'keel-2')];
    await rounds(one, two);
    const token = one.holdings.leader()?.token as number;
    const lost: string[] = [];
    one.holdings.onChange((change) => void lost.push(...change.lost));
    await silence(scene, one.me.instance);
    await two.holdings.round();
    assert.equal(counts(two), [256]);
    assert.ok((two.holdings.leader()?.token as number) > token);
    one.at.ms += leaseMs;
    assert.is(one.holdings.isSure(), false);
    const had = one.holdings.all().length;
    await one.holdings.round();
    assert.is(lost.length, had);
    assert.is(one.holdings.leader()?.isMine, false);
    await rounds(two, one);
    assert.equal(
      counts(one, two).reduce((sum, n) => sum + n),
      256,
    );
  });

  test('nothing is changed under a lease that another has', async (scene) => {
    const [one, two] = [await collector(scene, 'keel-1'), await collector(scene, 'keel-2')];
    await one.holdings.round();
    const { token } = one.holdings.leader() ?? { token: 0 };
    const fence = { item: leaderItem, holder: one.me.instance, token };
    const fenced = await openState({ ...scene.place, fence });
    scene.opened.push(fenced);
    const write = (value: string) =>
      fenced
        .insertInto('settings')
        .values({ key: 'fenced', value })
        .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
        .execute();
    await write('mine');
    await silence(scene, one.me.instance);
    // A transaction under way is not overtaken.
    const { promise, resolve } = Promise.withResolvers<void>();
    const under = Promise.withResolvers<void>();
    const working = fenced.transaction().execute(async (db) => {
      await db.updateTable('settings').set({ value: 'last' }).where('key', '=', 'fenced').execute();
      under.resolve();
      await promise;
    });
    await under.promise;
    await two.holdings.round();
    assert.is(two.holdings.leader()?.isMine ?? false, false);
    resolve();
    await working;
    await silence(scene, one.me.instance);
    await two.holdings.round();
    assert.is(two.holdings.leader()?.isMine, true);
    const refused = await write('late').then(
      () => null,
      (thrown) => thrown,
    );
    assert.is(refused?.code, 'STATE_UNAVAILABLE');
    assert.match(refused.cause?.message, /another collector has taken over/);
    const row = await scene.admin.selectFrom('settings').select('value').where('key', '=', 'fenced').executeTakeFirst();
    assert.is(row?.value, 'last');
  });

  test('a table that somebody has emptied is filled again, and no bucket has two collectors', async (scene) => {
    const [one, two] = [await collector(scene, 'keel-1'), await collector(scene, 'keel-2')];
    await rounds(one, two);
    const token = one.holdings.leader()?.token as number;
    await scene.admin.deleteFrom('leases').execute();
    await scene.admin.deleteFrom('collectors').execute();
    await rounds(one, two);
    assert.is(
      counts(one, two).reduce((sum, n) => sum + n),
      256,
    );
    assert.is(new Set([one, two].flatMap(({ holdings }) => holdings.all())).size, 256);
    const now = [one, two].map(({ holdings }) => holdings.leader()).find((leader) => leader?.isMine);
    assert.ok((now?.token as number) > token, 'tokens rise although the table was emptied');
  });

  test('a second collector of a name is refused while the first runs, and takes its place afterwards', async (scene) => {
    const one = await collector(scene, 'keel-1');
    await one.holdings.round();
    const twin = await collector(scene, 'keel-1');
    const refused = await twin.holdings.round().then(
      () => null,
      (thrown) => thrown,
    );
    assert.is(refused?.code, 'CLUSTER_NAME_TAKEN');
    await silence(scene, one.me.instance);
    await twin.holdings.round();
    assert.equal(counts(twin), [256]);
  });

  test('clocks that are five minutes apart change nothing, and each knows how far it is off', async (scene) => {
    const one = await collector(scene, 'keel-1', { offMs: 300_000 });
    const two = await collector(scene, 'keel-2', { offMs: -300_000 });
    await rounds(one, two);
    assert.equal(counts(one, two), [128, 128]);
    assert.ok(Math.abs(one.holdings.aheadMs() + 300_000) < 5000, String(one.holdings.aheadMs()));
    assert.ok(Math.abs(two.holdings.aheadMs() - 300_000) < 5000, String(two.holdings.aheadMs()));
  });

  test('when many start at once each bucket has one of them', async (scene) => {
    const all: { holdings: Holdings; leases: Leases }[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) all.push(await collector(scene, name));
    await Promise.all(all.map(({ holdings }) => holdings.round()));
    await rounds(...all);
    assert.is(
      counts(...all).reduce((sum, n) => sum + n),
      256,
    );
    assert.is(new Set(all.flatMap(({ holdings }) => holdings.all())).size, 256);
    assert.is(all.filter(({ holdings }) => holdings.leader()?.isMine).length, 1);
  });

  test.run();
}
