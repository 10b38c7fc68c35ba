/** Two periods of a KPI: whether they differ, and what makes the difference. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { changeOf } from '../../../../collector/kpi/formulas/change.ts';
import { type Addend, addendsOf, groupedBy } from '../../../../collector/kpi/formulas/difference.ts';
import { type Figure, figureOf, type Kpi, sumOf } from '../../../../collector/kpi/kpi.ts';
import { kpis } from '../../../../collector/kpi/kpis/index.ts';
import { someFacts } from '../../../contract/kpi.ts';
import { createRandom } from '../../../simulate/random.ts';

const test = suite('two periods of a KPI');
const period = { start: Date.parse('2026-11-01T00:00:00Z'), end: Date.parse('2026-12-01T00:00:00Z') };
const close = (a: number, b: number, what: string) =>
  assert.ok(Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(b)), `${what}: ${a}, expected ${b}`);
const sum = (addends: readonly Addend[]) => addends.reduce((all, { amount }) => all + amount, 0);
const by = (lines: readonly { before: number; after: number }[]) =>
  lines.reduce((all, { before, after }) => all + after - before, 0);

test('why: what the lines add sums to the difference, for each KPI, however they are put together', () => {
  const random = createRandom(11);
  let decomposed = 0;
  for (let n = 0; n < 12; n++)
    for (const kpi of kpis) {
      const [before, after] = [0, 1].map(() => {
        const facts = someFacts(
          1 + Math.floor(random() * 80),
          1 + Math.floor(random() * 90),
          1 + Math.floor(random() * 1e6),
        );
        return kpi.compute(facts, period);
      }) as [Figure, Figure];
      const addends = addendsOf(kpi, before, after);
      if (before.value === null || after.value === null) {
        assert.is(addends, null);
        continue;
      }
      if (!addends) throw new Error(kpi.id);
      const difference = after.value - before.value;
      close(sum(addends.after) - sum(addends.before), difference, kpi.id);
      // By subject, by two halves of which the one is known in part, and by nothing.
      const keyed = groupedBy(addends, ({ endpoint, ticket }) => [{ key: `${endpoint} ${ticket}`, share: 1 }]);
      const shared = groupedBy(addends, ({ ticket = 0 }) =>
        Array.from({ length: ticket % 4 }, (_, k) => ({ key: `k${k}`, share: 0.25 })),
      );
      for (const lines of [keyed, shared, groupedBy(addends, () => [])]) close(by(lines), difference, kpi.id);
      assert.is(groupedBy(addends, () => []).length, addends.before.length + addends.after.length > 0 ? 1 : 0);
      decomposed++;
    }
  assert.ok(decomposed > 100, String(decomposed));
});

test('why: the other way round it is the same with the other sign', () => {
  for (const kpi of kpis) {
    const [one, other] = [someFacts(40, 50, 3), someFacts(60, 30, 4)].map((facts) => kpi.compute(facts, period)) as [
      Figure,
      Figure,
    ];
    const keys = ({ endpoint, ticket }: Addend) => [{ key: `${endpoint} ${ticket}`, share: 1 }];
    const [there, back] = [addendsOf(kpi, one, other), addendsOf(kpi, other, one)];
    if (!there || !back) throw new Error(kpi.id);
    const turned = new Map(groupedBy(back, keys).map((line) => [line.key, line]));
    for (const { key, before, after } of groupedBy(there, keys)) {
      const line = turned.get(key);
      close((line?.after ?? 0) - (line?.before ?? 0), before - after, `${kpi.id} ${key}`);
    }
  }
});

const share: Pick<Kpi, 'unit' | 'total' | 'worst'> = { unit: 'percent', worst: 'lowest' };
const items = (good: number, n: number) =>
  figureOf(
    'percent',
    Array.from({ length: n }, (_, k) => ({ ticket: k, part: k < good ? 1 : 0, whole: 1 })),
  );

test('shares of items: the interval of Newcombe, from a printed example', () => {
  const change = changeOf(share, items(48, 80), items(56, 70));
  close(change?.difference ?? 0, 20, 'difference');
  assert.ok(
    Math.abs((change?.low ?? 0) - 5.24) < 0.01 && Math.abs((change?.high ?? 0) - 33.39) < 0.01,
    JSON.stringify(change),
  );
  assert.is(change?.verdict, 'better');
  assert.is(changeOf({ ...share, worst: 'highest' }, items(48, 80), items(56, 70))?.verdict, 'worse');
  assert.is(changeOf(share, items(8, 10), items(6, 10))?.verdict, 'unclear');
  assert.is(changeOf(share, items(4, 4), items(40, 80)), null, 'too few for one number');
});

const minutes = (down: readonly number[]) =>
  figureOf(
    'percent',
    down.map((one, k) => ({ endpoint: `e${k}`, part: 43_200 - one, whole: 43_200 })),
  );

test('time: a single outage of one machine is no trend, the same on all of them is', () => {
  const quiet = Array.from({ length: 30 }, (_, k) => (k % 5) + 1);
  const one = changeOf(share, minutes(quiet), minutes(quiet.map((own, k) => (k === 0 ? 3000 : own))));
  assert.ok((one?.difference ?? 0) < -0.2);
  assert.is(one?.verdict, 'unclear');
  assert.is(changeOf(share, minutes(quiet), minutes(quiet.map((own) => own + 100)))?.verdict, 'worse');
  assert.is(changeOf(share, minutes(quiet), minutes(quiet))?.verdict, 'unclear');
});

test('time: one cause that stopped half of the machines is no trend either', () => {
  const down = Array.from({ length: 30 }, (_, k) => (k % 2 === 0 ? 300 : 0));
  const [before, after] = [minutes(down.map(() => 0)), minutes(down)];
  const loss = before.value === null || after.value === null ? 0 : before.value - after.value;
  assert.is(changeOf(share, before, after, [[], [loss]])?.verdict, 'unclear');
  assert.is(changeOf(share, before, after, [[], Array.from({ length: 30 }, () => loss / 30)])?.verdict, 'worse');
});

test('durations are compared by their medians, counts by their rates, hours by what each incident cost', () => {
  const mean = { unit: 'seconds', worst: 'highest' } as const;
  const lasting = (of: readonly number[]) =>
    figureOf(
      'seconds',
      of.map((part, k) => ({ ticket: k, part, whole: 1 })),
    );
  const day = Array.from({ length: 20 }, (_, k) => 3600 + k * 60);
  // One ticket that took months moves the mean and not the median.
  const long = changeOf(mean, lasting(day), lasting([...day, 1e7]));
  assert.equal([long?.of, long?.verdict], ['median', 'unclear']);
  assert.is(changeOf(mean, lasting(day), lasting(day.map((one) => one * 3)))?.verdict, 'worse');
  assert.is(changeOf(mean, lasting(day.slice(0, 5)), lasting(day))?.low, null, 'fewer than six have no interval');

  const count = { unit: 'count', total: 'sum', worst: 'highest' } as const;
  const many = (n: number, part = 1) =>
    sumOf(
      Array.from({ length: n }, (_, k) => ({ ticket: k, part, whole: 1 })),
      true,
    );
  assert.is(changeOf(count, many(9), many(90))?.verdict, 'unclear', 'below ten there is no interval');
  assert.is(changeOf(count, many(20), many(60))?.verdict, 'worse');
  // Twice the incidents of twice the machines.
  assert.is(changeOf(count, many(20, 2), many(40, 1))?.verdict, 'unclear');
  assert.is(changeOf(count, many(0), many(40))?.low, null);

  const hours = { unit: 'hours', total: 'sum', worst: 'highest' } as const;
  const costly = sumOf(
    [...Array.from({ length: 12 }, (_, k) => ({ ticket: k, part: 1, whole: 1 })), { ticket: 99, part: 400, whole: 1 }],
    true,
  );
  assert.is(changeOf(hours, many(12), costly)?.verdict, 'unclear', 'one incident is no trend');
  assert.is(changeOf(hours, many(12), many(60))?.verdict, 'worse');
});

test.run();
