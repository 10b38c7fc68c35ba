/** An endpoint beyond its budget waits alone: its acknowledgements are late, nothing is lost, and people see it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BudgetRules, budgetRules, createBudgets, type Meter } from '../../../collector/intake/budgets.ts';
import { watchFloods } from '../../../collector/intake/floods.ts';
import { encode } from '../../../shared/report.ts';
import { counted, epochOf, makeReport, openStation, type Station, until } from '../../support/station.ts';

const test = suite('floods');

const bad = 'ebadbadbadbadbad';
const good = 'egoodgoodgoodgoo';
const hex = (n: number) => n.toString(16).padStart(16, '0');

/** All meters as they are, but for one. */
const only = (meter: Meter, burst: number, perHour = 360_000): BudgetRules => ({
  ...budgetRules,
  [meter]: { perHour, burst },
});

async function join(station: Station, id: string) {
  const wire = station.wire(id);
  assert.is(await wire.connected, 0);
  return wire;
}

const birth = (n: number) =>
  JSON.stringify({
    ...{ state: 'online', session: hex(n), boot_id: 'b', started_at: 1, previous_shutdown: 'clean', version: '1' },
  });

const job = (name: string) => ({
  ...{ product: 'restic', job: name, protects: [], repository: null, schedule: 'daily', nextRun: null, lastRun: 1 },
  ...{ lastSuccess: 1, result: 'ok', reason: null, bytes: 1, duration: 1, files: 1, lastVerified: null },
  ...{ verifiedOk: null, readable: true, evidence: 'test' },
});

interface Case {
  name: string;
  meter: Meter;
  leaf: 'report' | 'presence' | 'inventory';
  payload(n: number): string | Buffer;
}

const inventory = (n: number, section: string, data: unknown) =>
  encode({ v: 1, epoch: epochOf(1), seq: n, at: Date.now(), section, data });

const cases: Case[] = [
  { name: 'time', meter: 'cpu', leaf: 'report', payload: (n) => encode(makeReport(epochOf(1), n)) },
  { name: 'new epochs', meter: 'epochs', leaf: 'report', payload: (n) => encode(makeReport(epochOf(n), 1)) },
  {
    name: 'time of large messages',
    meter: 'cpu',
    leaf: 'report',
    payload: (n) =>
      encode(
        makeReport(epochOf(1), n, Date.now(), {
          metrics: Array.from({ length: 1000 }, (_, k) => ({
            ...{ name: 'disk', tags: { path: `/${k}/${'x'.repeat(60)}` }, fields: { used_percent: 1 } },
            timestamp: Date.now(),
          })),
        }),
      ),
  },
  {
    name: 'losses of new epochs',
    meter: 'epochs',
    leaf: 'report',
    payload: (n) =>
      encode(
        makeReport(epochOf(1), n, Date.now(), {
          lost: [{ epoch: epochOf(1000 + n), from: 1, to: 1, reason: 'quota', count: 1 }],
        }),
      ),
  },
  { name: 'births', meter: 'rows', leaf: 'presence', payload: birth },
  {
    name: 'new backup jobs',
    meter: 'rows',
    leaf: 'inventory',
    payload: (n) => inventory(n, 'backups', [job(`${n} a`), job(`${n} b`)]),
  },
  { name: 'bytes of inventory', meter: 'inventory', leaf: 'inventory', payload: (n) => inventory(n, 'software', []) },
];

for (const { name, meter, leaf, payload } of cases) {
  test(`beyond its budget of ${name} an endpoint waits, the others do not`, async () => {
    // A debt of any size is waited for as long as one may last.
    const budgets = only(meter, 1.001, 1);
    await using station = await openStation({
      endpoints: [bad, good],
      budgets,
      longestHoldMs: leaf === 'inventory' ? 200 : 1000,
    });
    const [wire, neighbour] = [await join(station, bad), await join(station, good)];
    const answered: number[] = [];
    const last = 4;
    const all = Array.from({ length: last }, (_, k) =>
      wire
        .publish(station.topic(bad, leaf), payload(k + 1), { retain: leaf === 'presence' })
        .then(() => void answered.push(k + 1)),
    );
    // Both are in the same state: the neighbour is as new, and within its budget with what it sends.
    await until('the first is taken', () => answered.length > 0);
    await neighbour.publish(station.topic(good, 'report'), encode({ ...makeReport(epochOf(1), 1), metrics: [] }));
    assert.ok(answered.length < last, `all of ${answered} came at once`);
    // Sections of inventory wait beside its reports, which prove that it lives.
    if (leaf !== 'inventory') assert.ok((station.fleet.silentFor(bad) ?? Infinity) < 5000, 'who waits is not silent');
    await Promise.all(all);
    assert.equal(answered, [1, 2, 3, 4], 'all, and in order');
    assert.ok(wire.isOpen);
  });
}

test('budgets: what real agents need is free, a debt is waited for, and only so long', () => {
  let now = 0;
  const budgets = createBudgets(() => now);
  budgets.charge('a', 'cpu', 900);
  assert.is(budgets.waitFor('a'), 0);
  budgets.charge('a', 'cpu', 200);
  assert.ok(budgets.waitFor('a') > 1900 && budgets.waitFor('a') <= 2100, `${budgets.waitFor('a')} ms`);
  assert.is(budgets.waitFor('b'), 0);
  budgets.charge('b', 'epochs', 100_000);
  assert.is(budgets.waitFor('b'), 5000);
  now += 1000;
  assert.equal(
    budgets.takeHeld().sort((a, b) => a.endpoint.localeCompare(b.endpoint)),
    [
      { endpoint: 'a', meter: 'cpu', ms: 1000 },
      { endpoint: 'b', meter: 'epochs', ms: 1000 },
    ],
  );
  now += 5000;
  assert.is(budgets.waitFor('a'), 0);
  assert.is(budgets.waitFor('b'), 0);
  const rest = budgets.takeHeld();
  assert.is(rest.find(({ endpoint }) => endpoint === 'b')?.ms, 4000);
  assert.equal(budgets.takeHeld(), []);
});

test('beyond its rate of messages or packets an endpoint is held, and shown', async () => {
  let now = 0;
  const budgets = createBudgets(() => now);
  budgets.hold('a', 'messages', 700);
  assert.is(budgets.waitFor('a'), 700);
  now += 300;
  // The later end counts, and no time twice.
  budgets.hold('a', 'messages', 600);
  now += 2000;
  assert.equal(budgets.takeHeld(), [{ endpoint: 'a', meter: 'messages', ms: 900 }]);
});

test('an endpoint that floods is a metric, a counter and a line of the log, and so is the end of it', async () => {
  const of = (meter: Meter, ms: number) => ({ endpoint: bad, meter, ms });
  const held = [[of('cpu', 9000)], [of('cpu', 3000), of('rows', 4000)], [of('epochs', 8000)], [], []];
  await using station = await openStation({ endpoints: [bad] });
  const seen: unknown[] = [];
  const lines: unknown[] = [];
  const published: unknown[] = [];
  const { counters } = station.intake;
  const note = (values: object) => void lines.push(values);
  const watch = watchFloods({
    budgets: { takeHeld: () => held.shift() ?? [] },
    fleet: station.fleet,
    evaluation: { evaluate: ({ id }, { metrics }) => void seen.push([id, metrics[0]?.tags, metrics[0]?.fields]) },
    changeFeed: { publish: ({ kind }) => void published.push(kind) },
    counters,
    now: () => 20_000,
    log: { debug: note, info: note, warn: note, error: note },
  });
  assert.is(watch.of(bad), null);
  for (let n = 0; n < 5; n++) watch.look();
  const metric = (held_percent: number) => [bad, {}, { held_percent }];
  // One instance whatever the mix: whoever changes the kind of flood is over one limit or the other all the time.
  assert.equal(seen, [metric(90), metric(70), metric(80), metric(0)]);
  assert.equal(
    lines,
    ['cpu', 'rows', 'epochs'].map((budget) => ({ endpoint: bad, budget })),
  );
  assert.is(await counted(counters.held, { budget: 'cpu' }), 12);
  const budgets = [
    ...[
      { budget: 'cpu', seconds: 12 },
      { budget: 'epochs', seconds: 8 },
      { budget: 'rows', seconds: 4 },
    ],
  ];
  assert.equal(watch.of(bad), { since: 11_000, percent: 0, budgets }, 'it stays readable while its alert is open');
  assert.is(published.length, 4);
  for (let n = 0; n < 27; n++) watch.look();
  assert.is.not(watch.of(bad), null);
  watch.look();
  assert.is(watch.of(bad), null);
  assert.is(published.length, 5);
  watch.close();
});

test('what waited for its connection is not processed when that has ended', async () => {
  await using station = await openStation({ endpoints: [bad], budgets: only('cpu', 0.001, 1), longestHoldMs: 1000 });
  const wire = await join(station, bad);
  const all = Array.from({ length: 20 }, (_, k) =>
    wire.publish(station.topic(bad, 'report'), encode(makeReport(epochOf(1), k + 1))).catch(() => undefined),
  );
  await until('the first is evaluated', () => station.evaluated.length > 0);
  wire.cut();
  await Promise.all(all);
  await until('nothing waits', () => station.intake.connected() === 0);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.ok(station.evaluated.length < 10, `${station.evaluated.length} evaluated`);
});

test('an endpoint that connects too often is told to wait, its neighbour is not', async () => {
  await using station = await openStation({
    endpoints: [bad, good],
    limits: { connectsPerSecond: 0.001, connectsAtOnce: 3 },
  });
  const codes: number[] = [];
  for (let n = 0; n < 5; n++) {
    const wire = station.wire(bad);
    codes.push(await wire.connected);
    wire.cut();
  }
  assert.equal(codes, [0, 0, 0, 3, 3]);
  await join(station, good);
  assert.is(await counted(station.intake.counters.refused, { reason: 'connects' }), 2);
});

test('refused connections cost nothing: whoever tried a hundred times too often is let in at the rate', async () => {
  await using station = await openStation({ endpoints: [bad], limits: { connectsPerSecond: 2, connectsAtOnce: 3 } });
  const connect = async () => {
    const wire = station.wire(bad);
    const code = await wire.connected;
    wire.cut();
    return code;
  };
  let refused = 0;
  while (refused < 100) if ((await connect()) === 3) refused++;
  await until('it is let in', async () => (await connect()) === 0, 5000);
});

test('pings without end cost the connection', async () => {
  await using station = await openStation({
    endpoints: [bad],
    limits: { messagesPerSecond: 1, messagesAtOnce: 50 },
  });
  const wire = await join(station, bad);
  for (let n = 0; n < 200; n++) wire.socket.write(Buffer.from([0xc0, 0]));
  await wire.closed;
  assert.ok((await counted(station.intake.counters.refused, { reason: 'packets' })) > 0);
});

test.run();
