import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  lineLabel,
  otherMetrics,
  panels,
  panelsOf,
  withoutCommon,
} from '../../dashboards/web/pages/endpoint/panels.ts';
import {
  align,
  gapLength,
  gaps,
  largest,
  moved,
  percentTop,
  stack,
  summary,
  withoutSlivers,
} from '../../dashboards/web/time/points.ts';
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
  assert.equal(gaps(align([[]]), 0, 1000, 25), [{ from: 0, to: 1000 }]);
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
  assert.equal([3, 24, 51, 100, 100.02, 140].map(percentTop), [10, 25, 100, 100, 100, 200]);
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
  assert.equal(spanAround({ pendingAt: 7_200_000, resolvedAt: null }, 9_000_000), { from: 5_400_000, to: 9_000_000 });
});

test('own checks have a chart of their own with their limit, and what is not drawn can be chosen', () => {
  const latest = [
    { metric: 'custom.value', tags: { check: 'disk', label: '/' }, at: 1, value: 80 },
    { metric: 'custom.warn', tags: { check: 'disk', label: '/' }, at: 1, value: 90 },
    { metric: 'custom.value', tags: { check: 'load', label: 'load1' }, at: 1, value: 1 },
    { metric: 'patches.pending', tags: { manager: 'apt' }, at: 1, value: 3 },
    { metric: 'mem.total', tags: {}, at: 1, value: 8e9 },
  ];
  const shown = panelsOf(latest);
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
  assert.equal(otherMetrics(latest, shown), ['custom.warn', 'mem.total']);
});

test.run();
