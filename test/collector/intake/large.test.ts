/** Large messages are read by a worker: with the same result, in their order, and at the cost of nobody else. */
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLargeMessages } from '../../../collector/intake/large/large-messages.ts';
import { silentLog } from '../../../shared/log.ts';
import { encode, type Report } from '../../../shared/report.ts';
import type { UpLeaf } from '../../../shared/topics.ts';
import type { Wire } from '../../simulate/wire.ts';
import { poisonsOf } from '../../support/poisons.ts';
import { counted, epochOf, makeReport, openStation, type Station } from '../../support/station.ts';

const id = 'elargelargelarge';
const other = 'eotherotherother';
const epoch = epochOf(7);
const dying = new URL('../../support/dying-worker.ts', import.meta.url);
const test = suite('large messages');

const program = (n: number) => ({
  ...{ name: `package ${n}`, version: '1.2.3', publisher: null, installed: null, lastUsed: null },
});
const section = (seq: number, name: string, data: unknown) =>
  encode({ v: 1, epoch, seq, at: Date.now(), section: name, data });
const software = (seq: number) =>
  section(
    seq,
    'software',
    Array.from({ length: 2000 }, (_, n) => program(n)),
  );
/** 160 KB inflated. */
function largeReport(seq: number, at = Date.now()): Report {
  const metrics = Array.from({ length: 1000 }, (_, n) => ({
    ...{ name: 'disk', tags: { path: `/srv/${n}/${'x'.repeat(60)}` }, fields: { used_percent: n / 10 }, timestamp: at },
  }));
  return makeReport(epoch, seq, at, { metrics });
}

async function join(station: Station, who = id) {
  const wire = station.wire(who);
  assert.is(await wire.connected, 0);
  return wire;
}

const at = Date.now();
const disk = { check: 'disk', status: 'ok', reason: null, at };
const backup = {
  ...{ product: 'restic', job: 'a', protects: [], repository: null, schedule: 'daily', nextRun: null, lastRun: at },
  ...{ lastSuccess: at, result: 'ok', reason: null, bytes: 1, duration: 1, files: 1, lastVerified: null },
  ...{ verifiedOk: null, readable: true, evidence: 'test' },
};
const head = { v: 1, epoch, at };
const messages: [name: string, leaf: UpLeaf, payload: Buffer][] = [
  // Each under an epoch of its own: their numbers are the same.
  ...poisonsOf(epoch).map(
    ([name], n) => [name, 'report', poisonsOf(epochOf(100 + n))[n]?.[1]] as [string, UpLeaf, Buffer],
  ),
  ['poison as inventory', 'inventory', Buffer.from('{')],
  ['poison as presence', 'presence', Buffer.from('{"state":"lost"}')],
  ['no such section', 'inventory', encode({ ...head, seq: 2, section: 'nobody', data: [] })],
  ['a section of another shape', 'inventory', encode({ ...head, seq: 3, section: 'checks', data: [{ check: 1 }] })],
  [
    'a section before its number',
    'inventory',
    Buffer.from(JSON.stringify({ data: {}, section: 'os', ...head, seq: 4 })),
  ],
  ['a report', 'report', encode(makeReport(epoch, 5, at))],
  ['the same again', 'report', encode(makeReport(epoch, 5, at))],
  ['a backlog', 'backlog', encode(makeReport(epoch, 6, at - 60_000))],
  ['a clock ahead', 'report', encode(makeReport(epoch, 7, at + 3_600_000))],
  [
    'losses',
    'report',
    encode(makeReport(epoch, 8, at, { lost: [{ epoch, from: 20, to: 22, reason: 'quota', count: 3 }] })),
  ],
  [
    'unknown metrics',
    'report',
    encode(makeReport(epoch, 9, at, { metrics: [{ name: 'nobody', tags: {}, fields: { knows: 1 }, timestamp: at }] })),
  ],
  ['checks', 'inventory', encode({ ...head, seq: 10, section: 'checks', data: [disk] })],
  ['backups', 'inventory', encode({ ...head, seq: 11, section: 'backups', data: [backup] })],
  [
    'a birth',
    'presence',
    Buffer.from(
      JSON.stringify({
        ...{ state: 'online', session: 'a'.repeat(16), boot_id: 'b', started_at: 1, previous_shutdown: 'clean' },
        version: '1',
      }),
    ),
  ],
];

/** What became of them. */
async function outcome(station: Station) {
  const { state } = station;
  const quarantine = await state
    .selectFrom('quarantine')
    .select(['topic', 'code', 'message', 'size', 'parts'])
    .orderBy('id')
    .execute();
  const untimed = (text: string) => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  return {
    quarantine: quarantine.map(({ message, ...row }) => ({ ...row, message: untimed(message) })),
    losses: await state.selectFrom('losses').select(['from_seq', 'to_seq', 'reason', 'count']).execute(),
    inventory: await state.selectFrom('inventory').select(['section', 'at', 'data']).orderBy('section').execute(),
    runs: await state.selectFrom('backup_runs').selectAll().execute(),
    receipts: [7, ...messages.map((_, n) => 100 + n)].map((n) => station.store.receipt(n > 7 ? other : id, epochOf(n))),
    samples: station.store.stats().samples,
    evaluated: station.evaluated.map(({ report }) => [report.seq, report.metrics.map(({ name }) => name)]),
    presence: station.endpoint(id).state,
  };
}

type Outcome = Awaited<ReturnType<typeof outcome>>;
/** One for each row, so that a difference can be read. */
const linesOf = (value: unknown) => (Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one));

test('what is read by the worker comes to the same as what is read at once', async () => {
  const outcomes: Outcome[] = [];
  for (const smallBytes of [2 ** 30, -1]) {
    await using station = await openStation({ endpoints: [id, other], largeMessages: { smallBytes } });
    const wires = { [id]: await join(station), [other]: await join(station, other) };
    for (const [n, [name, leaf, payload]] of messages.entries()) {
      // Of one endpoint 20 rows at once are put into quarantine.
      const who = n < 14 ? other : id;
      const answered = (wires[who] as Wire).publish(station.topic(who, leaf), payload, { retain: leaf === 'presence' });
      assert.is(await Promise.race([answered.then(() => 'answered'), pause(10_000, 'waits')]), 'answered', name);
    }
    outcomes.push(await outcome(station));
  }
  const [atOnce, byWorker] = outcomes as [Outcome, Outcome];
  assert.ok(atOnce.quarantine.length > 15);
  assert.is(atOnce.inventory.length, 2);
  for (const what of Object.keys(atOnce) as (keyof Outcome)[])
    assert.equal(linesOf(byWorker[what]), linesOf(atOnce[what]), what);
});

test('what comes behind a large message waits for it, and for its own commit only', async () => {
  await using station = await openStation({ endpoints: [id, other] });
  const [wire, neighbour] = [await join(station), await join(station, other)];
  const answered: number[] = [];
  const all = [1, 2, 3, 4, 5, 6, 7, 8].map((seq) =>
    wire
      .publish(station.topic(id, 'report'), encode(seq % 3 === 2 ? largeReport(seq) : makeReport(epoch, seq)))
      .then(() => void answered.push(seq)),
  );
  await neighbour.publish(station.topic(other, 'report'), encode(makeReport(epoch, 1)));
  assert.ok(answered.length < 8, 'the neighbour did not wait for all of them');
  await Promise.all(all);
  const judged = station.evaluated.filter(({ endpoint }) => endpoint === id).map(({ report }) => report.seq);
  assert.equal(judged, [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(answered, judged, 'PUBACKs in order');
  assert.is(station.store.receipt(id, epoch).through, 8);
  assert.is(station.store.stats().samples, 5 * 2 + 3 * 1000 + 2);
});

test('of each endpoint one message is read, then the next endpoint has its turn', async () => {
  const large = createLargeMessages({ log: silentLog });
  const order: string[] = [];
  const read = (who: string, n: number) =>
    large.read(who, 'inventory', software(n)).then(({ content }) => {
      assert.ok(content && 'inventory' in content);
      order.push(`${who}${n}`);
    });
  await Promise.all([read('a', 1), read('a', 2), read('a', 3), read('b', 1), read('c', 1), read('b', 2)]);
  assert.equal(order, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  await large.close();
});

for (const [way, reason] of [
  ['ends', /its thread ended with code 7/],
  ['throws', /it broke/],
  ['fills', /memory/],
  ['hangs', /longer than 3 s/],
] as const) {
  test(`a message whose reading ${way} costs itself alone, and is shown`, async () => {
    const largeMessages = { entry: dying, ms: 3000, memoryMB: 64 };
    await using station = await openStation({ endpoints: [id, other], largeMessages });
    const [wire, neighbour] = [await join(station), await join(station, other)];
    const pad = Array.from({ length: 2000 }, (_, n) => program(n));
    const poison = wire.publish(station.topic(id, 'inventory'), section(1, way, pad));
    const behind = wire.publish(station.topic(id, 'inventory'), software(2));
    const beside = neighbour.publish(station.topic(other, 'inventory'), software(1));
    await Promise.all([poison, behind, beside]);
    const rows = await station.state.selectFrom('quarantine').select(['endpoint', 'code', 'message']).execute();
    assert.equal(
      rows.map(({ endpoint, code }) => [endpoint, code]),
      [[id, 'MESSAGE_UNREADABLE']],
    );
    assert.match(rows[0]?.message ?? '', reason);
    // Its number was found at its beginning: it is declared lost, and never comes again.
    assert.is(station.store.receipt(id, epoch).through, 2);
    const losses = await station.state.selectFrom('losses').select(['from_seq', 'to_seq']).execute();
    assert.equal(
      losses.map((row) => ({ ...row })),
      [{ from_seq: 1, to_seq: 1 }],
    );
    const kept = await station.state.selectFrom('inventory').select('endpoint').orderBy('endpoint').execute();
    assert.equal(
      kept.map(({ endpoint }) => endpoint),
      [id, other],
    );
    assert.is(station.lines.filter(({ text }) => text === 'A large message could not be read').length, 1);
  });
}

test('a stop does not wait for the worker: what it reads is not acknowledged, nor put aside', async () => {
  const station = await openStation({ endpoints: [id], largeMessages: { entry: dying, ms: 60_000 } });
  const wire = await join(station);
  let isAnswered = false;
  const pad = Array.from({ length: 2000 }, (_, n) => program(n));
  for (const [seq, name] of [
    [1, 'hangs'],
    [2, 'software'],
  ] as const)
    void wire.publish(station.topic(id, 'inventory'), section(seq, name, pad)).then(
      () => {
        isAnswered = true;
      },
      () => undefined,
    );
  await pause(500);
  const since = performance.now();
  // A thread that goes on would be found as an open handle at the end of this file.
  await station.intake.close();
  assert.ok(performance.now() - since < 8000);
  assert.is(isAnswered, false);
  assert.is(await counted(station.intake.counters.quarantined), 0);
  await station.stop();
});

test.run();
