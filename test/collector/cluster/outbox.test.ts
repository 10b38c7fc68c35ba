/** Messages while the leader moves, on a real PostgreSQL: the outbox of a collector that stood still, and that of the one that took over. */
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { createHoldings, leaderItem } from '../../../collector/cluster/holdings.ts';
import { createLeases, leaseMs } from '../../../collector/cluster/leases.ts';
import type { Channel } from '../../../collector/notify/channel.ts';
import { createOutbox } from '../../../collector/notify/outbox.ts';
import { postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { postgresServer } from '../../support/postgres.ts';
import { until } from '../../support/processes.ts';
import { notification } from '../notify/receiver.ts';

const server = await postgresServer();
if (typeof server === 'string') console.log(`SKIP PostgreSQL: ${server}`);
else {
  interface Scene {
    place: ReturnType<typeof postgresPlace>;
    admin: State;
    closes: (() => Promise<unknown>)[];
    sent: { by: string; key: string }[];
    /** What a message waits for on its way to the receiver, by sender. */
    gates: Map<string, Promise<void>>;
  }
  const test = suite<Scene>('cluster: outbox', {} as Scene);
  let count = 0;
  const start = Date.UTC(2026, 10, 29);

  test.before.each(async (scene) => {
    scene.place = { ...postgresPlace(server.url(`outbox_${++count}`), null, null), isShared: true };
    scene.admin = await openState(scene.place);
    scene.closes = [() => scene.admin.destroy()];
    scene.sent = [];
    scene.gates = new Map();
  });
  test.after.each(async ({ closes }) => {
    for (const close of closes.reverse()) await close();
  });

  /** A collector that may lead, with the outbox that it would send by. Its clocks stand until they are moved. */
  async function collector(scene: Scene, name: string) {
    const state = await openState(scene.place);
    const me = { name, instance: randomUUID(), address: `${name}:1`, certificate: 'PEM', secret: 's', version: '0' };
    const clock = { ms: 0, now: () => start + clock.ms, monotonic: () => clock.ms };
    const holdings = createHoldings({ leases: createLeases(state, me), me, clock, log: silentLog });
    scene.closes.push(
      () => state.destroy(),
      () => holdings.stop(),
    );
    async function leader() {
      const token = holdings.leader()?.token as number;
      const fenced = await openState({ ...scene.place, fence: { item: leaderItem, holder: me.instance, token } });
      const channel: Pick<Channel, 'send'> = {
        async send({ id }) {
          scene.sent.push({ by: name, key: id });
          await scene.gates.get(name);
        },
      };
      const looks: (() => void)[] = [];
      const outbox = createOutbox({
        ...{ state: fenced, clock, publicUrl: () => 'https://ek.example', log: silentLog, random: () => 0 },
        ...{ changeFeed: createChangeFeed(), mailOf: () => Promise.reject(new Error('no report here')) },
        routes: [{ name: 'ops', channel: channel as Channel }] as never,
        maySend() {
          for (const look of looks) look();
          return holdings.isSure() && holdings.leader()?.token === token;
        },
      });
      scene.closes.push(
        () => fenced.destroy(),
        () => outbox.stop(),
      );
      return { outbox, looks };
    }
    return { me, clock, holdings, leader };
  }
  const silence = ({ admin }: Scene, instance: string) =>
    admin
      .updateTable('collectors')
      .set((eb) => ({ beat_at: eb('beat_at', '-', leaseMs + 1) }))
      .where('instance', '=', instance)
      .execute();
  async function queue({ admin }: Scene, id: string): Promise<void> {
    const facts = JSON.stringify(notification);
    const { id: row } = await admin
      .insertInto('notifications')
      .values({ at: start, event: 'firing', severity: 'critical', alert: id, ticket: null, incident: null, facts })
      .returning('id')
      .executeTakeFirstOrThrow();
    const times = { next_at: start, created_at: start, sent_at: null };
    await admin
      .insertInto('deliveries')
      .values({
        ...{ id, notification: row, channel: 'ops', dedupe_key: id, about: id },
        ...{ state: 'queued', attempts: 0, last_error: null, ...times },
      })
      .execute();
  }
  const rowOf = ({ admin }: Scene) =>
    admin.selectFrom('deliveries').select(['state', 'attempts']).executeTakeFirstOrThrow();
  /** One leads, stands still, and two takes over. */
  async function two(scene: Scene) {
    const [one, other] = [await collector(scene, 'one'), await collector(scene, 'two')];
    await one.holdings.round();
    const before = await one.leader();
    const takeOver = async () => {
      one.clock.ms += leaseMs + 1;
      await silence(scene, one.me.instance);
      await other.holdings.round();
      assert.is(other.holdings.leader()?.isMine, true);
      other.clock.ms += 60_000;
      await other.holdings.round();
      return other.leader();
    };
    return { one, before, takeOver };
  }

  test('one that awakes with a message that it had not begun sends nothing', async (scene) => {
    const { before, takeOver } = await two(scene);
    await queue(scene, 'm1');
    const after = await takeOver();
    await before.outbox.runDue().catch(() => undefined);
    assert.equal(scene.sent, []);
    await after.outbox.runDue();
    assert.equal(scene.sent, [{ by: 'two', key: 'm1' }]);
    await before.outbox.runDue().catch(() => undefined);
    assert.equal(await rowOf(scene), { state: 'sent', attempts: 1 });
  });

  test('one that stood still between its claim and the sending finds that out before it sends', async (scene) => {
    const { one, before, takeOver } = await two(scene);
    await queue(scene, 'm2');
    // As for a process that was stopped there: its claim is committed, its message is made, and its clock has gone on.
    before.looks.push(() => {
      one.clock.ms += leaseMs;
    });
    await before.outbox.runDue();
    assert.equal(scene.sent, []);
    assert.equal(await rowOf(scene), { state: 'queued', attempts: 1 });
    const after = await takeOver();
    await after.outbox.runDue();
    assert.is(scene.sent.length, 1);
  });

  test('one that stood still while it was sending has sent it once, and the next once more: twice at most', async (scene) => {
    const { before, takeOver } = await two(scene);
    await queue(scene, 'm3');
    const gate = Promise.withResolvers<void>();
    scene.gates.set('one', gate.promise);
    const sending = before.outbox.runDue().catch(() => undefined);
    await until(() => scene.sent.length === 1, 5000, 'the first');
    const after = await takeOver();
    await after.outbox.runDue();
    gate.resolve();
    await sending;
    for (let n = 0; n < 3; n++) await before.outbox.runDue().catch(() => undefined);
    await after.outbox.runDue();
    assert.equal(scene.sent, [
      { by: 'one', key: 'm3' },
      { by: 'two', key: 'm3' },
    ]);
    assert.equal(await rowOf(scene), { state: 'sent', attempts: 2 });
  });

  test.run();
}
