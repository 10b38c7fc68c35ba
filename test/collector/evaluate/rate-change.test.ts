import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultsOfRule } from '../../../collector/evaluate/check.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { change } from '../../../collector/evaluate/kinds/change.ts';
import { createMemory } from '../../../collector/evaluate/kinds/kind.ts';
import { rate } from '../../../collector/evaluate/kinds/rate.ts';
import type { Metric, Report } from '../../../shared/report.ts';

const noon = Date.parse('2026-11-28T12:00:00Z');
const second = 1000;
const minute = 60 * second;

type Kind = { judge: (typeof rate | typeof change)['judge'] };

/** Each sample with its verdict. */
function run(kind: Kind, when: object, name: string, samples: readonly (readonly [at: number, value: number])[]) {
  const memory = createMemory(noon);
  return samples.map(([at, value]) => {
    const [measurement = '', field = ''] = name.split('.');
    const metric: Metric = { name: measurement, tags: {}, fields: { [field]: value }, timestamp: noon + at };
    const report: Report = { v: 1, epoch: '', seq: 1, at: noon + at, metrics: [metric] };
    const rule = { id: 'r', when: { measurement, field, ...when } };
    return kind.judge(rule as never, metric, report, memory, noon + at);
  });
}

const every = (step: number, to: number, value: (n: number) => number): [number, number][] =>
  Array.from({ length: to / step + 1 }, (_, n) => [n * step, value(n)]);

test('rate: of a counter, per second, over the whole window', () => {
  const when = { kind: 'rate', op: '>', value: 100, clear: 80, over_s: 60 };
  const verdicts = run(
    rate,
    when,
    'net.bytes_recv',
    every(10 * second, 2 * minute, (n) => n * 2000),
  );
  assert.equal(verdicts.slice(0, 6), Array(6).fill('none'), 'nothing before nine tenths of the window');
  assert.equal(verdicts.slice(6), Array(7).fill('breach'), '200 bytes/s');
});

test('rate: a restarted counter has counted what it shows, and never goes backwards', () => {
  const samples = every(10 * second, 2 * minute, (n) => (n < 7 ? 1e9 + n * 500 : (n - 7) * 500));
  const verdicts = run(rate, { kind: 'rate', op: '>', value: 60, over_s: 60 }, 'net.bytes_recv', samples);
  assert.equal(verdicts.filter((one) => one === 'breach').length, 0);
  assert.is(verdicts.at(-1), 'clear');
});

test('rate: a value that falls, per hour; one odd sample does not decide; a gap starts anew', () => {
  const when = { kind: 'rate', op: '<', value: -10, per_s: 3600, over_s: 600 };
  const falls = every(minute, 20 * minute, (n) => 100 - n);
  assert.is(run(rate, when, 'temp.temp', falls).at(-1), 'breach', '60 degrees per hour');
  const odd = every(minute, 20 * minute, (n) => (n === 15 ? 5 : 50));
  assert.not.ok(run(rate, when, 'temp.temp', odd).slice(16).includes('breach'));
  assert.is(run(rate, when, 'temp.temp', [...falls, [60 * minute, 10]]).at(-1), 'none');
});

test('rate: what can never be, or always is, is refused', () => {
  const faults = (when: object) =>
    faultsOfRule({
      ...(defaultRules[0] as object),
      id: 'mine',
      name: 'x',
      when: { kind: 'rate', measurement: 'net', field: 'bytes_recv', ...when },
    }).map(({ path, problem }) => `${path.join('.')} ${problem}`);
  assert.match(faults({ op: '<', value: -1 }).join(), 'when.value -1 can never be reached: a counter only grows');
  assert.match(faults({ op: '=', value: 1 }).join(), 'when.op "=" is no comparison for a rate');
  assert.match(faults({ op: '>', value: 5, clear: 9 }).join(), 'when.clear 9 is on the wrong side of the limit 5');
  assert.equal(faults({ op: '>', value: 5, clear: 3 }), []);
});

test('change: an alert for a while after the last change, either way or one way', () => {
  const when = { kind: 'change', hold_s: 600 };
  const samples = every(5 * minute, 60 * minute, (n) => (n < 6 ? 32 : 16));
  const verdicts = run(change, when, 'mem.total', samples);
  assert.equal(verdicts.slice(0, 9), ['none', 'none', 'clear', 'clear', 'clear', 'clear', 'breach', 'breach', 'clear']);
  assert.not.ok(run(change, { ...when, to: 'more' }, 'mem.total', samples).includes('breach'));
  assert.not.ok(run(change, { ...when, by: 20 }, 'mem.total', samples).includes('breach'));
});

test.run();
