import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  lineLabel,
  otherMetrics,
  panels,
  panelsOf,
  withoutCommon,
} from '../../dashboards/web/pages/endpoint/panels.ts';
import { sizeOf, topOf } from '../../dashboards/web/time/full.ts';
import {
  align,
  gapLength,
  gaps,
  isolated,
  largest,
  moved,
  nearest,
  percentTop,
  pointRows,
  shifted,
  stack,
  summary,
  withoutSlivers,
} from '../../dashboards/web/time/points.ts';
import { busiest, stretchAround } from '../../dashboards/web/time/processes.ts';
import { chosenSpan, defaultRange, freshness, rangeLength } from '../../dashboards/web/time/ranges.ts';
import { spanAround, storyOf } from '../../dashboards/web/time/story.ts';
import type { TicketDetail } from '../../shared/api.ts';
import { fieldOf } from '../../shared/metrics.ts';

const test = suite('points');

test('lines of different times share one axis; what is missing is null', () => {
  const { times, columns } = align([
    [
      [0, 1],
      [20, 2],
    ],
    [
      [10, 5],
      [20, null],
    ],
  ]);
  assert.equal(times, [0, 10, 20]);
  assert.equal(columns, [
    [1, null, 2],
    [null, 5, null],
  ]);
});

test('a stack adds what is there, and is unknown where nothing is', () => {
  assert.equal(
    stack([
      [1, null, null],
      [2, 3, null],
    ]),
    [
      [1, null, null],
      [3, 3, null],
    ],
  );
});

test('parts too thin to be seen become one', () => {
  const part = (label: string, value: number) => ({ label, points: [[0, value] as const] });
  const shown = withoutSlivers([part('user', 40), part('irq', 0.2), part('steal', 0.3)], 1, 'Other');
  assert.equal(
    shown.map(({ label, points }) => [label, points[0]?.[1]]),
    [
      ['user', 40],
      ['Other', 0.5],
    ],
  );
});

test('a check of each minute in steps of 10 s has no gaps; ten silent minutes are one', () => {
  const line: [number, number | null][] = [];
  for (let at = 0; at < 3_600_000; at += 10_000) {
    const silent = at >= 1_800_000 && at < 2_400_000;
    line.push([at, at % 60_000 === 0 && !silent ? 1 : null]);
  }
  const aligned = align([line]);
  const least = gapLength(aligned, 10_000);
  assert.equal(gaps(aligned, 0, 3_600_000, least), [{ from: 1_740_000, to: 2_400_000 }]);
});

test('time before the first and after the last value is a gap too', () => {
  const aligned = align([
    [
      [500, 1],
      [510, 1],
      [520, 1],
    ],
  ]);
  assert.equal(gaps(aligned, 0, 1000, gapLength(aligned, 10)), [
    { from: 0, to: 500 },
    { from: 520, to: 1000 },
  ]);
  assert.equal(
    gaps(align([[]]), 0, 1000, () => 25),
    [{ from: 0, to: 1000 }],
  );
});

test('what came each quarter of an hour and comes each ten seconds now has no gap before the change', () => {
  const minute = 60_000;
  const slow = Array.from({ length: 8 }, (_, n) => [n * 15 * minute, 1] as const);
  const fast = Array.from({ length: 100 }, (_, n) => [120 * minute + n * 10_000, 1] as const);
  const end = 120 * minute + 1_000_000;
  const aligned = align([[...slow, ...fast]]);
  assert.equal(gaps(aligned, 0, end, gapLength(aligned, 10_000)), []);
  const cut = align([[...slow.toSpliced(3, 2), ...fast.toSpliced(40, 10)]]);
  assert.equal(gaps(cut, 0, end, gapLength(cut, 10_000)), [
    { from: 30 * minute, to: 75 * minute },
    { from: 120 * minute + 390_000, to: 120 * minute + 500_000 },
  ]);
});

test('one value of a check that runs each six hours leaves nothing unknown within them', () => {
  const hour = 3_600_000;
  const one = align([[[hour, 1]]]);
  assert.equal(gaps(one, 0, 2 * hour, gapLength(one, 24_000, 6 * hour)), []);
  assert.equal(gaps(one, 0, 30 * hour, gapLength(one, 24_000, 6 * hour)), [{ from: hour, to: 30 * hour }]);
  // It ran again when its agent started.
  const twice = align([
    [
      [hour, 1],
      [hour + 60_000, 1],
    ],
  ]);
  assert.equal(gaps(twice, 0, 2 * hour, gapLength(twice, 24_000, 6 * hour)), []);
});

test('a summary of nothing is unknown', () => {
  assert.equal(summary([null, null]), { last: null, min: null, max: null, mean: null, n: 0 });
  assert.is(summary([1, null, 3]).mean, 2);
});

test('the largest lines by their mean', () => {
  const line = (label: string, value: number | null) => ({ label, points: [[0, value] as const] });
  const top = largest([line('a', 1), line('b', null), line('c', 9)], 2);
  assert.equal(
    top.map(({ label }) => label),
    ['c', 'a'],
  );
});

test('the scale of percent fits small and large values', () => {
  assert.equal([3, 24, 51, 100, 100.02, 140].map(percentTop), [100, 100, 100, 100, 100, 200]);
});

test('a span never ends in the future and is never shorter than a minute', () => {
  const now = 10_000_000;
  assert.equal(moved({ from: now - 100_000, to: now }, 'later', now), { from: now - 100_000, to: now });
  const near = moved({ from: now - 100_000, to: now }, 'closer', now);
  assert.is(near.to - near.from, 60_000);
  const wide = moved({ from: now - 400_000, to: now - 200_000 }, 'wider', now);
  assert.is(wide.to - wide.from, 400_000);
  assert.ok(wide.to <= now);
});

test('what all labels begin with is left out, in both languages', () => {
  assert.equal(withoutCommon(['CPU, user', 'CPU, system']), ['User', 'System']);
  assert.equal(withoutCommon(['負荷 1 分', '負荷 5 分']), ['1 分', '5 分']);
  assert.equal(withoutCommon(['Processes', 'Processes, running']), ['Processes', 'Processes, running']);
  assert.equal(withoutCommon(['Load, 1 min']), ['Load, 1 min']);
});

test('every metric of a panel is in the catalogue, and a tag names its lines', () => {
  for (const panel of panels) for (const metric of panel.metrics) assert.ok(fieldOf(metric), metric);
  const disk = { name: 'disks', metrics: ['disk.used_percent'], tag: 'path' };
  assert.is(lineLabel(disk, 'Disk in use', { path: '/var' }, true), '/var');
});

test('the story of a ticket is in the order of what happened', () => {
  const detail = {
    alert: { pendingAt: 10, firedAt: 20, acknowledgedAt: null, acknowledgedBy: null, resolvedAt: 90 },
    events: [
      { id: 1, at: 20, kind: 'opened' },
      { id: 2, at: 21, kind: 'notice' },
      { id: 3, at: 50, kind: 'comment' },
    ],
    quoted: [],
    notifications: [{ createdAt: 20, sentAt: 22 }],
  } as unknown as TicketDetail;
  const told = storyOf(detail).map((moment) => [
    moment.at,
    moment.kind === 'alert' ? moment.step : moment.kind === 'event' ? moment.event.kind : 'sent',
  ]);
  assert.equal(told, [
    [10, 'pending'],
    [20, 'firing'],
    [20, 'opened'],
    [22, 'sent'],
    [50, 'comment'],
    [90, 'resolved'],
  ]);
  assert.equal(spanAround({ pendingAt: 7_200_000, resolvedAt: null }, 9_000_000), { from: 3_600_000, to: 9_000_000 });
});

test('own checks have a chart of their own with their limit, and what is not drawn can be chosen', () => {
  const latest = [
    { metric: 'custom.value', tags: { check: 'disk', label: '/' }, at: 1, value: 80 },
    { metric: 'custom.warn', tags: { check: 'disk', label: '/' }, at: 1, value: 90 },
    { metric: 'custom.value', tags: { check: 'load', label: 'load1' }, at: 1, value: 1 },
    { metric: 'patches.pending', tags: { manager: 'apt' }, at: 1, value: 3 },
    { metric: 'mem.total', tags: {}, at: 1, value: 8e9 },
  ];
  const { drawn: shown, never } = panelsOf(latest);
  const own = shown.filter((panel) => panel.name.startsWith('own:'));
  assert.equal(
    own.map((panel) => [panel.title, panel.limit]),
    [
      ['disk: /', 90],
      ['load: load1', null],
    ],
  );
  assert.ok(shown.some((panel) => panel.name === 'updates'));
  assert.not.ok(
    shown.some((panel) => panel.name === 'backupSize'),
    'no backup, no chart of its size',
  );
  assert.ok(
    never.some(({ name }) => name === 'pressure'),
    'the page says that it has none',
  );
  assert.not.ok(never.some(({ name }) => name === 'backupSize'));
  assert.equal(otherMetrics(latest, shown), ['custom.warn', 'mem.total']);
});

test('a value with a gap on both sides is alone; one that a line leads to is not', () => {
  const times = [0, 10, 20, 100, 200, 210];
  assert.equal(
    isolated(times, [1, 2, 3, 4, null, 5], () => 25),
    [3, 5],
  );
  assert.equal(
    isolated(times, [null, null, null, null, 1, 2], () => 25),
    [],
  );
  assert.equal(
    isolated([0], [7], () => 25),
    [0],
    'the first value of a machine',
  );
  assert.equal(
    isolated([], [], () => 25),
    [],
  );
});

test('the nearest time, or none where all are too far', () => {
  const times = [0, 10, 20, 100];
  assert.equal(
    [-3, 4, 6, 15, 59, 61, 500].map((at) => nearest(times, at, 50)),
    [0, 0, 1, 1, 2, 3, null],
  );
  assert.is(nearest([], 5, 1000), null);
});

test('the rows of a table are the newest first, without empty ones; a week before comes to the times of now', () => {
  const aligned = align([
    [
      [1, 5],
      [2, null],
    ],
    [[3, 7]],
  ]);
  assert.equal(pointRows(aligned), [
    { at: 3, values: [null, 7] },
    { at: 1, values: [5, null] },
  ]);
  assert.equal(shifted([[1, 5]], 100), [[101, 5]]);
});

test('slivers of a week before are added up with those of now', () => {
  const part = (label: string, value: number) => ({
    ...{ label, points: [[0, value] as const] },
    before: [[0, value * 2] as const],
  });
  const [, rest] = withoutSlivers([part('user', 40), part('irq', 0.2), part('steal', 0.3)], 1, 'Other');
  assert.equal(rest?.before, [[0, 1]]);
});

test('full is 100 for a share of a whole, and the size that the endpoint reports for what has one', () => {
  const GiB = 1024 ** 3;
  const latest = [
    { metric: 'mem.total', tags: {}, value: 32 * GiB },
    { metric: 'disk.total', tags: { path: '/', device: 'sda1' }, value: 100 * GiB },
    { metric: 'disk.total', tags: { path: '/var', device: 'sdb1' }, value: 50 * GiB },
  ];
  const mem = (field: string) => ({ metric: `mem.${field}`, tags: {} });
  const disk = (path: string, field = 'used_percent') => ({ metric: `disk.${field}`, tags: { path } });
  assert.is(topOf([mem('used_percent'), disk('/')], latest), 100);
  assert.is(topOf([mem('used')], latest), 32 * GiB);
  assert.is(topOf([disk('/', 'used'), disk('/var', 'used')], latest), null, 'of two sizes there is no common end');
  assert.is(topOf([{ metric: 'procstat.cpu_usage', tags: {} }], latest), null, 'of one core, so several are more');
  assert.is(topOf([], latest), null);
  assert.is(sizeOf(disk('/var'), latest), 50 * GiB);
  assert.is(sizeOf(mem('available_percent'), latest), null);
  assert.is(sizeOf(mem('used'), []), null, 'not reported is not known');
});

test('the range that fits: a day when it is half filled, else all there is', () => {
  const hour = 3_600_000;
  const now = 1000 * hour;
  assert.is(defaultRange(now - 13 * hour, now), 'day');
  assert.is(defaultRange(now - 2 * hour, now), 'all');
  assert.is(defaultRange(null, now), 'day');
  assert.is(rangeLength('all', now - 2 * hour, now), 2 * hour);
  assert.is(rangeLength('all', now - 1000, now), hour / 6);
  assert.is(rangeLength('week', now, now), 168 * hour);
  assert.equal([hour, 24 * hour, 9000 * hour].map(freshness), [10_000, 60_000, hour / 4]);
  assert.equal(chosenSpan('?from=5&to=9'), { from: 5, to: 9 });
  for (const query of ['', '?from=9&to=5', '?from=x&to=9', '?to=9']) assert.is(chosenSpan(query), null, query);
});

test('the busiest processes of a minute, by the value that is nearest', () => {
  const line = (metric: string, name: string, ...points: [number, number | null][]) => ({
    ...{ metric, tags: { process_name: name }, agg: 'mean', unit: 'percent', points },
  });
  const found = busiest(
    [
      line('procstat.cpu_usage', 'idle', [0, 1]),
      line('procstat.cpu_usage', 'busy', [0, 1], [60, 90], [120, null]),
      line('procstat.memory_rss', 'busy', [60, 5]),
      line('procstat.memory_rss', 'large', [60, 900]),
    ],
    70,
  );
  assert.equal(found, [
    { name: 'busy', cpu: 90, memory: 5 },
    { name: 'idle', cpu: 1, memory: null },
    { name: 'large', cpu: null, memory: 900 },
  ]);
  const day = 86_400_000;
  const widths = [0, 20, 200].map((days) => stretchAround(1000 * day - days * day, 1000 * day));
  assert.equal(
    widths.map(({ from, to }) => Math.round((to - from) / 60_000)),
    [2, 20, 180],
  );
});

test.run();
