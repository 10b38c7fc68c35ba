import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { runTimeline } from '../../../collector/alerts/timeline.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { booksOf } from '../../../collector/evaluate/merge.ts';

const hot = {
  ...{ id: 'hot', name: 'Hot', for_s: 600, clear_for_s: 60 },
  when: { kind: 'threshold', measurement: 'cpu', all: [{ field: 'usage_active', op: '>', value: 90, clear: 80 }] },
};
const books = booksOf(defaultRules, [hot]);
const run = (...lines: string[]) => runTimeline(['rule hot', ...lines].join('\n'), books);
const told = async (...lines: string[]) =>
  (await run(...lines)).faults.map(({ line, problem }) => `${line}: ${problem}`).join('\n');

test('what happens is wanted: pending, for, hysteresis, the end', async () => {
  const { wants, faults } = await run(
    'at 0 cpu.usage_active 95   # busy',
    'at 20m cpu.usage_active 85',
    'at 25m cpu.usage_active 50',
    'want pending at 5m',
    'want nothing before 10m',
    'want firing between 10m and 26m',
    'want resolved by 30m',
    'want nothing of disk-space before 1h',
  );
  assert.equal([wants, faults], [5, []]);
});

test('a rule of kind baseline, with what is usual given', async () => {
  const odd = {
    ...{ id: 'odd', name: 'Odd', for_s: 1800, notify: true },
    when: { kind: 'baseline', measurement: 'cpu', field: 'usage_active' },
  };
  const lines = ['rule odd', 'at 0 cpu.usage_active 20', 'at 1h cpu.usage_active 90', 'at 3h cpu.usage_active 20'];
  const own = (...more: string[]) => runTimeline([...lines, ...more].join('\n'), booksOf(defaultRules, [odd]));
  const wants = ['want nothing before 90m', 'want firing between 96m and 3h', 'want resolved by 4h'];
  assert.equal((await own('usual cpu.usage_active 10 30', ...wants)).faults, []);
  assert.equal((await own('want nothing before 4h')).faults, [], 'without a range there is no verdict');
  const problem = async (line: string) => (await own(line, 'want nothing before 1h')).faults[0]?.problem ?? '';
  assert.match(await problem('usual cpu.usage_active 30 10'), 'must be followed by the least and the greatest');
  assert.match(await problem('usual cpu.usage_active'), 'must be followed by');
  assert.match(await problem('usual cpu.usage 1 2'), '"cpu.usage" is not measured');
});

const readme = readFileSync(new URL('../../../collector/evaluate/README.md', import.meta.url), 'utf8');

test('entries of logs, as the README shows them: a limit within a window, and a count within a window of the collector', async () => {
  const part = readme.slice(readme.indexOf('Entries of logs that an agent counts'));
  const [, yaml = '', example = ''] = /```yaml\n([\s\S]*?)```\s*```\n([\s\S]*?)```/.exec(part) ?? [];
  const { rules } = parse(yaml) as { rules: unknown[] };
  const own = booksOf(defaultRules, rules);
  const shown = await runTimeline(example, own);
  assert.equal([shown.wants, shown.faults], [3, []]);
  const day = [
    'every 10m',
    'rule disk-errors-day',
    ...Array.from(
      { length: 31 },
      (_, hours) => `at ${hours}h log.total{log=bad-blocks} ${hours < 27 ? 10 : 10 + (hours - 26) * 2}`,
    ),
    'want nothing before 28h',
    'want firing between 30h and 31h',
  ];
  const counted = await runTimeline(day.join('\n'), own);
  assert.equal([counted.wants, counted.faults], [2, []]);
});

test('what is not as wanted: line, wanted and seen', async () => {
  const lines = [
    'at 0 cpu.usage_active 95',
    'want nothing before 20m',
    'want firing between 5m and 11m',
    'want resolved by 30m',
  ];
  assert.is(
    await told(...lines),
    [
      '3: want nothing of hot between 0 and 20m, but it was firing at 10m; seen: pending (hot) at 0, firing (hot) at 10m',
      '4: want firing of hot between 5m and 11m, but it was pending at 5m; seen: pending (hot) at 0, firing (hot) at 10m',
      '5: want resolved of hot by 30m, seen: pending (hot) at 0, firing (hot) at 10m',
    ].join('\n'),
  );
});

test('a machine that goes, and levels and tags of the default rules', async () => {
  const { faults } = await runTimeline(
    [
      'endpoint db-1 server site=Berlin tag=db',
      'rule server-down',
      'at 0 system.uptime 5',
      'at 10m lost',
      'at 40m online',
      'want nothing before 20m',
      'want firing between 22m and 40m',
      'want resolved by 45m',
      'rule disk-space',
      'at 0 disk.used_percent{path=/} 97',
      'at 0 disk.free{path=/} 1000',
      'want firing between 2m and 9m',
    ].join('\n'),
    books,
  );
  assert.equal(faults, []);
});

test('what cannot be read is told with its line and the nearest word', async () => {
  assert.match(await told('wnat firing at 5m'), '2: "wnat" begins no line; did you mean want?');
  assert.match(
    await told('at 0 cpu.usage_activ 95'),
    '"cpu.usage_activ" is not measured; did you mean cpu.usage_active?',
  );
  assert.match(await told('at soon cpu.usage_active 95'), '"soon" is no time; write it like');
  assert.match(await told('want firing between 11m and 10m'), 'there is no time');
  assert.match(await told('want gone at 5m'), '"gone" cannot be wanted; known: nothing, pending, firing, resolved');
  assert.match(await told('rule hoot', 'want firing at 5m'), '"hoot" is no rule that we know; did you mean hot?');
  assert.match(await told('at 0 cpu.usage_active 95'), 'nothing is wanted');
  assert.match(await told('want firing at 9000d'), 'reports are too many');
  assert.match((await runTimeline('want firing at 5m', books)).faults[0]?.problem ?? '', 'of which rule?');
});

test.run();
