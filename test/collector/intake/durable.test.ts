/** Store, then acknowledge: what a held commit holds back, and what it must not hold back. */
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SeriesStore } from '../../../collector/series/series.ts';
import { type Ack, encode } from '../../../shared/report.ts';
import { counted, epochOf, makeReport, openStation, until } from '../../support/station.ts';

const id = 'edurabledurable1';
const epoch = epochOf(5);

/** The real store behind a gate: what is accepted waits until the gate opens, as it does while a disk is full. */
function gated() {
  let held: (() => void)[] | null = [];
  const wrap = (store: SeriesStore): SeriesStore => ({
    ...store,
    accept(arrival, settled) {
      if (!held) return store.accept(arrival, settled);
      held.push(() => void store.accept(arrival, settled));
      return 'new';
    },
  });
  const open = () => {
    for (const go of held ?? []) go();
    held = null;
  };
  return { wrap, open };
}

const test = suite('durable');

test('a held commit: no PUBACK and no ack; pings are answered, rules evaluated; then all of it in order', async () => {
  const gate = gated();
  await using station = await openStation({ endpoints: [id], wrapStore: gate.wrap });
  const acks: Ack[] = [];
  const wire = station.wire(id, { onMessage: (_topic, payload) => acks.push(JSON.parse(payload.toString())) });
  await wire.connected;
  await wire.subscribe(station.topic(id, 'ack'));
  const order: number[] = [];
  // One chunk with several publications: left to itself, aedes would read no further until all of them are done.
  const sent = [1, 2, 3].map((seq) =>
    wire.publish(station.topic(id, 'report'), encode(makeReport(epoch, seq))).then(() => order.push(seq)),
  );
  await pause(300);
  assert.equal(order, []);
  assert.is(station.store.receipt(id, epoch).through, 0);
  // The endpoint is seen and judged at once.
  assert.is(station.endpoint(id).state, 'online');
  assert.is(station.evaluated.length, 3);
  await wire.ping();
  sent.push(wire.publish(station.topic(id, 'report'), encode(makeReport(epoch, 4))).then(() => order.push(4)));
  await until('a later report is read and evaluated', () => station.evaluated.length === 4);
  assert.equal([order, acks], [[], []]);
  gate.open();
  await Promise.all(sent);
  assert.equal(order, [1, 2, 3, 4]);
  await until('the ack', () => acks.at(-1)?.through === 4);
  const { at = 0, ...ack } = acks.at(-1) ?? {};
  assert.equal(ack, { epoch, through: 4, also: [] });
  assert.ok(Math.abs(Date.now() - at) < 60_000, 'with the time of the collector');
  assert.is(station.evaluated.length, 4, 'nothing is evaluated twice');
});

test('too much waits: it is evaluated, not kept, and comes again when there is room', async () => {
  const gate = gated();
  await using station = await openStation({ endpoints: [id], wrapStore: gate.wrap, limits: { waitingBytes: 3000 } });
  const wire = station.wire(id);
  await wire.connected;
  const acked: number[] = [];
  const metrics = Array.from({ length: 1000 }, () => makeReport(epoch, 7).metrics).flat();
  const large = { ...makeReport(epoch, 7), metrics };
  for (let seq = 1; seq <= 6; seq++)
    wire.publish(station.topic(id, 'report'), encode(makeReport(epoch, seq))).then(
      () => acked.push(seq),
      () => undefined,
    );
  wire.publish(station.topic(id, 'report'), encode(large)).catch(() => undefined);
  await until('all but the large one are evaluated', () => station.evaluated.length === 6, 6000);
  gate.open();
  await wire.closed;
  await until('nothing counts as waiting', async () => (await counted(station.intake.counters.waiting)) === 0);
  assert.equal(acked, [1, 2, 3]);
  assert.is(station.store.receipt(id, epoch).through, 3);
  const again = station.wire(id);
  await again.connected;
  for (let seq = 4; seq <= 6; seq++) await again.publish(station.topic(id, 'report'), encode(makeReport(epoch, seq)));
  assert.is(station.store.receipt(id, epoch).through, 6);
});

test('a report that comes twice is stored once, evaluated once and acknowledged twice', async () => {
  await using station = await openStation({ endpoints: [id] });
  const wire = station.wire(id);
  await wire.connected;
  const payload = encode(makeReport(epoch, 1));
  await Promise.all([1, 2].map(() => wire.publish(station.topic(id, 'report'), payload)));
  assert.is(station.evaluated.length, 1);
  assert.is(station.store.stats().samples, 2);
});

test('a backlog raises no alert, and proves that the endpoint lived', async () => {
  await using station = await openStation({ endpoints: [id] });
  const wire = station.wire(id);
  await wire.connected;
  await wire.subscribe(station.topic(id, 'ack'));
  const now = Date.now();
  for (let seq = 1; seq <= 5; seq++)
    await wire.publish(station.topic(id, 'backlog'), encode(makeReport(epoch, seq, now - 3_600_000 + seq * 10_000)));
  await wire.publish(station.topic(id, 'backlog'), encode(makeReport(epoch, 6, now - 600_000)));
  const rows = () =>
    station.state.selectFrom('signals').selectAll().where('kind', '=', 'backlog').orderBy('at').execute();
  await until('two spans', async () => (await rows()).length === 2);
  assert.equal(
    (await rows()).map(({ last_seen, at }) => [last_seen, at]),
    [
      [now - 3_590_000, now - 3_550_000],
      [now - 600_000, now - 600_000],
    ],
  );
  assert.equal(station.evaluated, []);
  assert.is(station.endpoint(id).state, 'never', 'a backlog says nothing about now');
});

test('what an agent declares lost is shown, once, and its inventory has a place in the same sequence', async () => {
  await using station = await openStation({ endpoints: [id] });
  const wire = station.wire(id);
  await wire.connected;
  const lost = [{ epoch, from: 1, to: 40, reason: 'quota' as const, count: 40 }];
  const bearer = encode(makeReport(epoch, 41, Date.now(), { lost }));
  for (let n = 0; n < 2; n++) await wire.publish(station.topic(id, 'report'), bearer);
  const os = { v: 1, epoch, seq: 42, at: Date.now(), section: 'os', data: { name: 'x' } };
  await wire.publish(station.topic(id, 'inventory'), encode(os));
  const section = { ...os, seq: 43, section: 'checks', data: [{ check: 'cpu', status: 'ok', reason: null, at: 1 }] };
  await wire.publish(station.topic(id, 'inventory'), encode(section));
  assert.equal(
    (await station.state.selectFrom('losses').select(['from_seq', 'to_seq', 'reason', 'count']).execute()).map(
      (row) => ({
        ...row,
      }),
    ),
    [
      { from_seq: 1, to_seq: 40, reason: 'quota', count: 40 },
      { from_seq: 42, to_seq: 42, reason: 'refused', count: 1 },
    ],
  );
  // The section that does not fit its schema was put aside, and its number counts as received all the same.
  assert.equal(station.store.receipt(id, epoch), { epoch, through: 43, also: [] });
  assert.equal(
    (await station.state.selectFrom('inventory').select('section').execute()).map((row) => row.section),
    ['checks'],
  );
  assert.equal(
    (await station.state.selectFrom('quarantine').select('code').execute()).map((row) => row.code),
    ['BAD_SHAPE'],
  );
});

test('settings reach an endpoint when it listens, retained as the wire says', async () => {
  await using station = await openStation({ endpoints: [id], configOf: () => ({ v: 1, interval_s: 7 }) });
  const got: [string, boolean][] = [];
  const wire = station.wire(id, { onMessage: (_topic, payload, retain) => got.push([payload.toString(), retain]) });
  await wire.connected;
  await wire.subscribe(station.topic(id, 'config'));
  await until('the settings', () => got.length > 0);
  assert.equal(got, [['{"v":1,"interval_s":7}', true]]);
});

test.run();
