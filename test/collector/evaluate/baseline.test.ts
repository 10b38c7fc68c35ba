/** Rules of kind baseline, report by report, over a range that is given. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultsOfRule } from '../../../collector/evaluate/check.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { type BaselineWhen, baseline } from '../../../collector/evaluate/kinds/baseline.ts';
import { createMemory, type RuleMemory, type UsualBounds } from '../../../collector/evaluate/kinds/kind.ts';
import type { Metric } from '../../../shared/report.ts';

const minute = 60_000;
const start = Date.parse('2026-11-23T10:00:00Z');
const cpu = { kind: 'baseline', measurement: 'cpu', field: 'usage_active' } as const satisfies BaselineWhen;
const known: UsualBounds = { low: 10, high: 30, since: null };

const memoryWith = (usual: (metric: string, at: number) => UsualBounds | undefined): RuleMemory =>
  createMemory(start, {
    ...{ endpoint: () => ({}), inventory: () => ({}), latest: () => undefined },
    usual: (metric, _tags, at) => usual(metric, at),
  });

/** A report a minute. @returns the status after each */
function run(
  memory: RuleMemory,
  values: readonly number[],
  { when = cpu as BaselineWhen, from = start, notify = true, id = 'r', every = minute } = {},
) {
  return values.map((value, n) => {
    const now = from + n * every;
    const metric: Metric = { name: when.measurement, tags: {}, fields: { [when.field]: value }, timestamp: now };
    const report = { v: 1 as const, epoch: '', seq: 1, at: now, metrics: [metric] };
    const status = baseline.judge({ id, when, notify }, metric, report, memory, now);
    const { value: shown, threshold } = baseline.shown({ id, when, notify }, metric, report, memory);
    return { status, shown, threshold };
  });
}
const statuses = (of: ReturnType<typeof run>) => of.map(({ status }) => status);
const times = <T>(count: number, one: T): T[] => new Array<T>(count).fill(one);

test('the mean of each five minutes is judged when it is complete, and holds for the next five', () => {
  const found = run(
    memoryWith(() => known),
    [...times(5, 20), ...times(4, 20), 120, ...times(6, 20)],
  );
  // 20 20 20 20 120: 40 on average.
  assert.equal(statuses(found), [...times(5, 'none'), ...times(5, 'clear'), ...times(5, 'breach'), 'clear']);
  assert.equal(found[10], { status: 'breach', shown: 40, threshold: 30 });
});

test('below the range is outside, too, unless only what is above counts', () => {
  const low = times(6, 5);
  assert.equal(
    run(
      memoryWith(() => known),
      low,
    ).at(-1),
    { status: 'breach', shown: 5, threshold: 10 },
  );
  assert.is(
    run(
      memoryWith(() => known),
      low,
      { when: { ...cpu, side: 'above' } },
    ).at(-1)?.status,
    'clear',
  );
  assert.is(
    run(
      memoryWith(() => known),
      low,
      { when: { ...cpu, side: 'below' } },
    ).at(-1)?.status,
    'breach',
  );
});

test('the range of the hour in which the five minutes were', () => {
  const asked: number[] = [];
  const memory = memoryWith((_, at) => {
    asked.push(at);
    return known;
  });
  run(memory, times(12, 20), { from: start + 55 * minute });
  assert.equal(asked, [start + 55 * minute, start + 60 * minute]);
});

test('of a counter its rate is judged, over a restart as well', () => {
  const when: BaselineWhen = { kind: 'baseline', measurement: 'net', field: 'bytes_recv' };
  const bounds = { low: 0, high: 99, since: null };
  // 100 a second.
  const rising = times(6, 0).map((_, n) => n * 6000);
  assert.equal(
    run(
      memoryWith(() => bounds),
      rising,
      { when },
    ).at(-1),
    { status: 'breach', shown: 100, threshold: 99 },
  );
  const restarted = [50_000, 56_000, 0, 6000, 12_000, 18_000];
  assert.is(
    run(
      memoryWith(() => bounds),
      restarted,
      { when },
    ).at(-1)?.shown,
    80,
  );
});

test('nothing is known yet, too little is known, or it is the new normal: no verdict, or the end', () => {
  const six = times(6, 90);
  assert.is(
    run(
      memoryWith(() => undefined),
      six,
    ).at(-1)?.status,
    'none',
  );
  const short = { low: Number.NaN, high: Number.NaN, since: null };
  assert.is(
    run(
      memoryWith(() => short),
      six,
    ).at(-1)?.status,
    'none',
  );
  assert.is(
    run(
      memoryWith(() => ({ ...short, since: start })),
      six,
    ).at(-1)?.status,
    'reset',
  );
  assert.is(run(createMemory(start), six).at(-1)?.status, 'none', 'a test of rules without a range');
});

test('after an hour without values it begins again', () => {
  const memory = memoryWith(() => known);
  run(memory, times(11, 90));
  assert.is(run(memory, [90], { from: start + 90 * minute })[0]?.status, 'none');
});

test('a rule that only explains has no verdict of its own, and ends what it had said', () => {
  assert.equal(
    statuses(
      run(
        memoryWith(() => known),
        times(7, 90),
        { notify: false },
      ),
    ),
    times(7, 'clear'),
  );
});

const other = { id: 'other', when: { ...cpu, field: 'usage_user' } as BaselineWhen };

test('one alert per endpoint and day: what was outside first is said, what follows is not', () => {
  const memory = memoryWith(() => known);
  assert.is(run(memory, times(41, 90)).at(-1)?.status, 'breach');
  const later = { ...other, from: start + 10 * minute };
  assert.is(run(memory, times(31, 90), later).at(-1)?.status, 'hold', 'it began while the first was outside');
  // The first is inside again after 40 minutes; on the same day nothing else begins, on the next it may.
  run(memory, times(6, 20), { from: start + 41 * minute });
  assert.is(run(memory, times(6, 90), { from: start + 60 * minute }).at(-1)?.status, 'hold');
  const next = start + 24 * 60 * minute;
  assert.is(run(memory, times(11, 90), { ...other, from: next }).at(-1)?.status, 'breach');
});

test('a stretch of less than half an hour keeps no other from being said', () => {
  const memory = memoryWith(() => known);
  run(memory, [...times(20, 90), ...times(6, 20)]);
  assert.is(run(memory, times(11, 90), { ...other, from: start + 30 * minute }).at(-1)?.status, 'breach');
});

test('only rules that explain may say whether they notify', () => {
  const rule = (when: object, notify: unknown) => ({ ...defaultRules[0], name: 'x', when, notify });
  const faults = (when: object, notify: unknown) =>
    faultsOfRule(rule(when, notify)).map(({ path, problem }) => `${path.join('.')} ${problem}`);
  assert.equal(faults(cpu, true), []);
  assert.equal(faults({ kind: 'forecast', within_days: 3 }, false), [
    'notify belongs to rules of kind baseline; a rule of kind forecast always alerts; set enabled: false to switch this one off',
  ]);
  assert.match(faults(cpu, 'yes')[0] ?? '', 'notify "yes" must be');
  assert.match(faults({ ...cpu, field: 'usage' }, true)[0] ?? '', 'when.field "usage" is not a field of cpu');
  assert.match(faults({ ...cpu, side: 'up' }, true)[0] ?? '', 'when.side "up" must be one of above, below');
});

test('the default ones explain only, are known metrics, and open no tickets', () => {
  const own = defaultRules.filter(({ when }) => when.kind === 'baseline');
  assert.is(own.length, 7);
  for (const rule of own) {
    assert.equal([rule.notify, rule.severity, rule.ticket, rule.for_s], [false, 'info', 'off', 1800]);
    assert.equal(faultsOfRule(rule), []);
  }
});

test.run();
