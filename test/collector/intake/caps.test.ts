/** What stays of an endpoint has an end: series, alerts at a time, rows of losses. The excess is refused or added up, and told. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAcks } from '../../../collector/intake/acks.ts';
import { createLosses, lossesAtMost } from '../../../collector/intake/losses.ts';
import { createSeriesCap, maxSeriesText } from '../../../collector/intake/series-cap.ts';
import { Recent } from '../../../collector/recent.ts';
import { maxRanges } from '../../../collector/series/journal/receipt.ts';
import { type Ack, encode, type Loss } from '../../../shared/report.ts';
import { epochOf, makeReport, openStation, until } from '../../support/station.ts';

const test = suite('caps of an endpoint');
const day = 86_400_000;

test('series: a day of change is free up to the limit, and what does not come any more makes room', () => {
  let now = 0;
  const cap = createSeriesCap(3, () => now);
  const of = (path: string) => cap.allows('e', { name: 'disk', tags: { path }, fields: { used_percent: 1 } });
  assert.equal(['a', 'b', 'c', 'd', 'a'].map(of), [true, true, true, false, true]);
  now += day / 2;
  assert.equal(of('d'), false, 'half a day is not enough to change its names');
  now += day;
  assert.equal(['d', 'a', 'e', 'f'].map(of), [true, true, true, false]);
  assert.equal(['b', 'c'].map(of), [true, true], 'what came a day ago goes on');
  now += 3 * day;
  assert.equal(['f', 'g', 'h'].map(of), [true, true, true]);
});

test('series: long names count, for each of their fields', () => {
  const cap = createSeriesCap(2000, () => 0);
  const fields = Object.fromEntries(Array.from({ length: 10 }, (_, k) => [`f${k}`, 1]));
  let taken = 0;
  while (cap.allows('e', { name: 'disk', tags: { path: `${taken}`.padStart(250) }, fields })) taken++;
  assert.ok(taken > 500 && taken < 1000, `${taken} taken`);
  assert.ok(taken * 2500 <= maxSeriesText);
  assert.ok(cap.allows('other', { name: 'disk', tags: { path: '/' }, fields }), 'its neighbour has its own');
});

test('a map that forgets: what comes stays, what does not goes within two days', () => {
  const map = new Recent<number>(0);
  map.set('comes', 1);
  map.set('goes', 1);
  for (let hour = 1; hour <= 48; hour++) {
    map.turn((hour * day) / 24);
    map.set('comes', (map.get('comes') as number) + 1);
  }
  assert.is(map.get('comes'), 49);
  assert.is(map.get('goes'), undefined);
  assert.is(map.size, 2, 'in this generation and in the one before');
});

test('losses: rows end, their sum does not', async () => {
  await using station = await openStation({ endpoints: ['ebadbadbadbadbad', 'egoodgoodgoodgoo'] });
  const { state } = station;
  const losses = createLosses({ state, patience: (work) => work(), counters: station.intake.counters });
  const one = (n: number, reason: Loss['reason'] = 'quota'): Loss => ({
    ...{ epoch: epochOf(n), from: 1, to: 3, reason, count: 3 },
  });
  const declare = (endpoint: string, list: Loss[]) => losses.declared(endpoint, list, 1);
  for (let n = 0; n < lossesAtMost; n += 100)
    await declare(
      'ebadbadbadbadbad',
      Array.from({ length: 100 }, (_, k) => one(n + k)),
    );
  await declare('ebadbadbadbadbad', [one(lossesAtMost + 1), one(lossesAtMost + 2), one(lossesAtMost + 3, 'corrupt')]);
  await losses.refused('ebadbadbadbadbad', { epoch: epochOf(lossesAtMost + 4), seq: 1 }, 2);
  await declare('ebadbadbadbadbad', [{ ...one(lossesAtMost + 5), count: Number.MAX_SAFE_INTEGER }]);
  await declare('egoodgoodgoodgoo', [one(1)]);
  const rows = await state.selectFrom('losses').selectAll().orderBy('id').execute();
  const of = (id: string) => rows.filter(({ endpoint }) => endpoint === id);
  assert.is(of('ebadbadbadbadbad').length, lossesAtMost + 3);
  assert.is(of('egoodgoodgoodgoo').length, 1);
  const sums = of('ebadbadbadbadbad').filter(({ from_seq }) => from_seq === 0);
  assert.equal(
    sums.map(({ reason, count }) => [reason, count]),
    [
      ['quota', 6],
      ['corrupt', 3],
      ['refused', 1],
    ],
  );
});

test('gaps: what begins one too many is refused in words, kept by its agent, and comes in under another epoch', async () => {
  const id = 'egapsgapsgapsgap';
  await using station = await openStation({ endpoints: [id] });
  const received = { endpoint: id, receivedAt: Date.now(), digest: 7 };
  const nothing = () => undefined;
  for (let n = 1; n < maxRanges; n++)
    station.store.accept({ ...received, report: makeReport(epochOf(1), 3 * n) }, nothing);
  await station.store.append({ ...received, report: makeReport(epochOf(1), 3 * maxRanges) });
  const acks: Ack[] = [];
  const wire = station.wire(id, { onMessage: (_topic, payload) => acks.push(JSON.parse(payload.toString())) });
  await wire.connected;
  await wire.subscribe(station.topic(id, 'ack'));
  const refused = makeReport(epochOf(1), 3 * maxRanges + 10);
  wire.publish(station.topic(id, 'report'), encode(refused)).catch(nothing);
  await until('the ack that says so', () => acks.some(({ conflict }) => conflict === 'content'));
  assert.ok(acks.every(({ also }) => also.every(([from, to]) => refused.seq < from || refused.seq > to)));
  const shown = () => station.state.selectFrom('quarantine').select(['code', 'message']).execute();
  await until('the row', async () => (await shown()).length === 1);
  assert.equal(
    [(await shown())[0]?.code, /more than 10000 gaps/.test((await shown())[0]?.message ?? '')],
    ['TOO_MANY_GAPS', true],
  );
  assert.is((await station.state.selectFrom('losses').selectAll().execute()).length, 0, 'nothing is lost');
  wire.cut();
  const again = station.wire(id);
  await again.connected;
  await again.publish(station.topic(id, 'report'), encode({ ...refused, epoch: epochOf(2), seq: 1 }));
  assert.is(station.store.receipt(id, epochOf(2)).through, 1);
});

test('acknowledgements cost the endpoint that has them made, and few epochs are acknowledged at a time', async () => {
  let now = 0;
  const sent: string[] = [];
  const charged: number[] = [];
  const acks = createAcks({
    log: { debug() {}, info() {}, warn() {}, error() {} },
    before: async () => undefined,
    isShared: () => false,
    monotonic: () => now,
    receipt: (_endpoint, epoch) => {
      now += 2;
      return { epoch, through: 1, also: [] };
    },
    send: (endpoint, { epoch }) => void sent.push(`${endpoint} ${epoch}`),
    charge: (endpoint, ms) => endpoint === 'many' && charged.push(ms),
  });
  for (let n = 0; n < 30; n++) acks.due('many', epochOf(n));
  acks.due('one', epochOf(1));
  await acks.flush();
  assert.ok(sent.includes(`one ${epochOf(1)}`), 'nobody waits for the other');
  assert.is(sent.length, 9);
  for (let round = 0; round < 3; round++) await acks.flush();
  assert.is(new Set(sent).size, 31, 'in the end each has its own');
  assert.equal(charged, [16, 16, 16, 12]);
  await acks.close();
});

test.run();
