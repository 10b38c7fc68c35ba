/** The page of limits says what the code does: numbers, settings and their defaults, words of refusals; its tables are computed. */
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { alertsAtMost } from '../../collector/alerts/judge.ts';
import { leaseMs } from '../../collector/cluster/leases.ts';
import { limits } from '../../collector/doors/limits.ts';
import { lossesAtMost } from '../../collector/intake/losses.ts';
import { errors } from '../../shared/errors.ts';
import { maxWireBytes } from '../../shared/wire.ts';
import { inputsText, measuredTable, needsOf, paperTable } from '../bench/paper.ts';

const test = suite('limits page');
const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const page = read('collector/LIMITS.md');
const settingsTable = read('collector/README.md');

test('the numbers are those of the code', () => {
  const figures: [string, string][] = [
    ['connections of agents', limits.mqtt.gate.connections.toLocaleString('en-US')],
    ['connections from one network before they log in', String(limits.mqtt.gate.perAddress)],
    ['connections of browsers and programs', limits.http.gate.connections.toLocaleString('en-US')],
    ['one message, compressed', `${maxWireBytes / 1024} KiB`],
    ['alerts of one endpoint at a time', String(alertsAtMost)],
    ['losses of one endpoint', `${lossesAtMost.toLocaleString('en-US')} rows`],
    ['a collector without a sign of life', `${leaseMs / 1000} s`],
  ];
  for (const [what, figure] of figures) assert.ok(page.includes(`| ${what} | ${figure} |`), `${what}: ${figure}`);
  // Those that are no constants with a name.
  const places: [string, RegExp, string][] = [
    ['series of one endpoint | 2,000', /maxSeriesPerEndpoint \?\? 2000/, 'collector/open-intake.ts'],
    ['waits for a mirror | 256 MB', /keep_mb: keep = 256/, 'collector/settings/mirrors.ts'],
    ['room on the disk | 64 MB', /reserveBytes \?\? 64 \* 1024 \* 1024/, 'collector/series/store.ts'],
    ['wait for the disk | 256 MB', /maxWaitingBytes: 256 \* megabyte/, 'collector/series/embedded/embedded.ts'],
    ['14d, 90d, 1095d', /`14d`, `90d`, `1095d`/, 'collector/README.md'],
    ['(65,536)', /^LimitNOFILE=65536$/m, 'collector/package/linux/evenkeel-collector.service'],
    ['above 3 GB', /^MemoryHigh=3G$/m, 'collector/package/linux/evenkeel-collector.service'],
  ];
  for (const [words, there, file] of places) {
    assert.ok(page.includes(words), words);
    assert.match(read(file), there, file);
  }
});

test('each setting is one, by its name in the table of settings', () => {
  const cells = page.split('\n').flatMap((line) => (line.startsWith('| ') ? [line.split('|').at(-2) as string] : []));
  const names = cells.flatMap((cell) =>
    [...cell.matchAll(/`([a-z]\w*(?:\.\w+)*)`/g)].map(([, name]) => name as string),
  );
  assert.ok(names.length > 10);
  for (const name of names) {
    const [section = '', key] = name.split('.');
    const rows = settingsTable.split('\n').filter((line) => line.startsWith('| `'));
    const isIn = (line: string) =>
      line.includes(`\`${name}\``) ||
      line.startsWith(`| \`${name}.`) ||
      (line.startsWith(`| \`${section}.`) && line.includes(`\`.${key}\``));
    assert.ok(rows.some(isIn), name);
  }
});

test('codes of refusals are in the table of errors, and say what the page quotes', () => {
  const quoted = [...page.matchAll(/`([A-Z_]{5,})`(?:: "([^"]+)")?/g)];
  assert.ok(quoted.length > 5);
  for (const [, code = '', words] of quoted) {
    const known = (errors as Record<string, { message: string }>)[code];
    assert.ok(known, code);
    const said = known.message.replaceAll(/\{\w+\}/g, '…');
    assert.ok(words === undefined || said.startsWith(words.replace(/…$/, '')), `${code}: ${said}`);
  }
});

test('counters that it names are counted somewhere', () => {
  const sources = readdirSync(new URL('collector/', root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => read(`collector/${path}`))
    .join('\n');
  const [counter = ''] = /evenkeel_\w+/.exec(page) ?? [];
  for (const name of [counter, 'too_many_connections']) assert.ok(sources.includes(name), name);
});

test('the tables are what npm run bench -- paper prints', () => {
  const between = (name: string) => new RegExp(`<!-- ${name} -->\n(.*?)\n<!-- /${name} -->`, 's').exec(page)?.[1];
  assert.is(between('measured'), measuredTable());
  assert.is(between('paper'), `${paperTable()}\n\n${inputsText()}`);
});

test('on paper ten times as many endpoints need more', () => {
  const [small, large] = [needsOf(10_000, 60), needsOf(100_000, 60)];
  assert.ok(large.used > small.used && large.memoryGB > small.memoryGB && large.installations > small.installations);
});

test.run();
