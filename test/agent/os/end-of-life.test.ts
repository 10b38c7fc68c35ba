/** The table of ends of life: dated, replaceable by a file, silent where it knows nothing. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dayOf, lifeOf, lookUp, tablesOf } from '../../../agent/checks/os/end-of-life.ts';
import { parseTable, readTable } from '../../../agent/checks/os/end-of-life-file.ts';
import { bundled, releaseOf } from '../../../agent/checks/os/end-of-life-table.ts';
import { readOsState } from '../../../agent/checks/os/state.ts';
import { type OsState, sections } from '../../../shared/inventory.ts';
import { check } from '../../../shared/report.ts';
import { trialContext } from '../../support/check-context.ts';
import { inLog } from '../../support/reasons.ts';
import { answer, removeTrees, tree } from '../../support/tree.ts';

const now = Date.parse('2026-11-26T12:00:00Z');
const later = '2026-10-01';
const table = (asOf: string, rows: string) => parseTable(`asOf: ${asOf}\nreleases:\n${rows}`, 'e.yaml', now);
const fedora45 = '  fedora:\n    - { release: "45", endOfLife: 2027-12-08 }\n';

test('systems of today, by what they say of themselves', () => {
  const end = (id: string, version: string, edition: string | null = null) =>
    releaseOf(id, version, edition)?.endOfLife ?? null;
  assert.equal(
    [
      end('debian', '13'),
      end('ubuntu', '26.04'),
      end('rhel', '9.8'),
      end('almalinux', '10.1'),
      end('rocky', '8.10'),
      end('fedora', '44'),
      end('sles', '16.0'),
      end('opensuse-leap', '16.0'),
      end('alpine', '3.23.2'),
      end('amzn', '2023'),
      end('windows', '26200', 'Professional'),
      end('windows', '26200', 'Education'),
      end('windows', '26100', 'IoTEnterpriseS'),
      end('windows', '26100', 'EnterpriseS'),
      end('windows', '19045', 'Core'),
      end('windows', '28000', 'Core'),
      end('windows-server', '26100', 'ServerDatacenter'),
      end('windows-server', '20348', 'ServerStandard'),
      end('macos', '13.7'),
    ],
    [
      '2028-08-09',
      '2031-05-29',
      '2032-05-31',
      '2035-05-31',
      '2029-05-31',
      '2027-06-02',
      '2027-11-30',
      '2027-10-31',
      '2027-11-01',
      '2029-06-30',
      '2027-10-12',
      '2028-10-10',
      '2034-10-10',
      '2029-10-09',
      '2025-10-14',
      '2028-03-14',
      '2034-11-14',
      '2031-10-14',
      '2025-09-15',
    ],
  );
  for (const [id, version] of [
    ['macos', '26.1'],
    ['debian', '99'],
    ['windows', '99999'],
    ['constructor', '1'],
    ['fedora', '4'],
  ] as const)
    assert.is(end(id, version), null, `${id} ${version}`);
});

test('a rolling system has no end, an unknown one is unknown: the day of the table is reported for both', () => {
  const arch = lifeOf('ID=arch\nBUILD_ID=rolling\n', null, null, now);
  assert.equal([arch.state, arch.endOfLife, arch.source, arch.asOf], ['rolling', null, 'table', bundled.asOf]);
  const tumbleweed = lifeOf('ID="opensuse-tumbleweed"\nVERSION_ID="20261120"\n', null, null, now);
  assert.is(tumbleweed.state, 'rolling');
  const nix = lifeOf('ID=nixos\nVERSION_ID=26.05\n', null, null, now);
  assert.equal([nix.state, nix.endOfLife, nix.source, nix.asOf], ['unknown', null, null, bundled.asOf]);
});

test('the newer table is asked first; what it does not name, the other one tells', () => {
  const newer = tablesOf(table(later, `${fedora45}  debian:\n    - { release: "12", endOfLife: 2026-07-12 }\n`));
  const ask = (tables: typeof newer, id: string, version: string) => {
    const { row, source, asOf } = lookUp(tables, id, version, null);
    return [row?.endOfLife ?? null, source, asOf];
  };
  assert.equal(ask(newer, 'fedora', '45'), ['2027-12-08', 'file', later]);
  assert.equal(ask(newer, 'debian', '12'), ['2026-07-12', 'file', later]);
  assert.equal(ask(newer, 'debian', '13'), ['2028-08-09', 'table', bundled.asOf]);
  const older = tablesOf(table('2020-01-01', `${fedora45}  debian:\n    - { release: "12", endOfLife: 2026-07-12 }\n`));
  assert.equal(ask(older, 'debian', '12'), ['2026-07-11', 'table', bundled.asOf]);
  assert.equal(ask(older, 'fedora', '45'), ['2027-12-08', 'file', '2020-01-01']);
  assert.equal(ask(older, 'fedora', '99'), [null, null, bundled.asOf]);
});

test('a mistake in the file is refused with its place', () => {
  const refused: [string, RegExp][] = [
    ['releases: {}\n', /e\.yaml:1:1: .*asOf/],
    [`asOf: 2026-02-31\nreleases: {}\n`, /e\.yaml:1:7: asOf "2026-02-31" is no day/],
    [`asOf: 2031-01-01\nreleases: {}\n`, /e\.yaml:1:7: asOf "2031-01-01" lies in the future/],
    [`asOf: ${later}\nreleases:\n  a:\n    - { release: 12, endOfLife: 2026-07-11 }\n`, /e\.yaml:4:\d+: .*release/],
    [`asOf: ${later}\nreleases:\n  a:\n    - { release: "1", endOfLife: soon }\n`, /e\.yaml:4:\d+: .*endOfLife/],
    [`asOf: ${later}\nreleases:\n  a:\n    - { release: "1", endOfLife: 2026-13-01 }\n`, /e\.yaml:4:\d+: .*no day/],
    [`asOf: ${later}\nreleases:\n  a:\n    - { release: "1", eol: 2026-12-01 }\n`, /e\.yaml:4:\d+: /],
    [`asOf: [\n`, /e\.yaml:\d+:\d+: /],
    ['[]\n', /e\.yaml:1:1: /],
  ];
  for (const [text, message] of refused) assert.throws(() => parseTable(text, 'e.yaml', now), message, text);
  assert.equal(dayOf('2026-02-31'), null);
});

test('the example in the README is read, as YAML and as JSON', () => {
  const readme = readFileSync(new URL('../../../agent/README.md', import.meta.url), 'utf8');
  const example = /```yaml\n(asOf:[^`]*)```/.exec(readme)?.[1] ?? '';
  const parsed = parseTable(example, 'README.md', Date.parse('2027-03-01'));
  assert.is(releaseOf('windows', '26200', 'Education', parsed)?.endOfLife, '2028-10-10');
  assert.equal(parseTable(JSON.stringify(parsed), 'e.json', Date.parse('2027-03-01')), parsed);
});

const stateOf = async (files: Record<string, string>, data?: string) => {
  const context = trialContext({
    root: tree({ 'proc/sys/kernel/random/boot_id': 'a\n', ...files }),
    platform: 'linux',
    ...(data === undefined ? {} : { data }),
  });
  const findings = await readOsState(context);
  return { note: findings.note, os: check<OsState>(sections.os, findings.sections?.os), metrics: findings.metrics };
};

test('the inventory says the date, its source and its day; a broken file is reported, and does not blind the check', async () => {
  const data = mkdtempSync(join(tmpdir(), 'evenkeel-table-'));
  const fedora = { 'etc/os-release': 'ID=fedora\nVERSION_ID=45\n' };
  const silent = (await stateOf(fedora, data)).os;
  assert.equal([silent.endOfLife, silent.endOfLifeSource, silent.endOfLifeAsOf], [null, null, bundled.asOf]);
  writeFileSync(
    join(data, 'end-of-life.json'),
    `{"asOf":"${later}","releases":{"fedora":[{"release":"45","endOfLife":"2027-12-08"}]}}`,
  );
  const told = await stateOf(fedora, data);
  assert.equal(
    [told.os.endOfLife, told.os.endOfLifeSource, told.os.endOfLifeAsOf, told.note],
    [Date.parse('2027-12-08'), 'file', later, undefined],
  );
  assert.type(told.metrics?.[0]?.fields.end_of_life_days, 'number');
  writeFileSync(join(data, 'end-of-life.json'), '{"asOf":"soon"}');
  const broken = await stateOf({ 'etc/os-release': 'ID=debian\nVERSION_ID=12\n' }, data);
  assert.match(inLog(broken.note), 'end-of-life.json:1:');
  assert.equal([broken.os.endOfLifeSource, broken.os.endOfLifeAsOf], ['table', bundled.asOf]);
  const own = (await stateOf({ 'etc/os-release': 'ID=fedora\nVERSION_ID=44\nSUPPORT_END=2027-05-19\n' }, data)).os;
  assert.equal([own.endOfLifeSource, own.endOfLifeAsOf], ['os-release', null]);
  const quoted = await stateOf({
    'etc/os-release': "ID='debian'\r\nNAME='Debian GNU/Linux'\r\nVERSION_ID='13'\r\nVERSION_CODENAME=trixie\r\n",
    'usr/share/distro-info/debian.csv': 'version,series,eol\n13,trixie,2028-08-10\n',
  });
  assert.equal([quoted.os.name, quoted.os.endOfLife], ['Debian GNU/Linux', Date.parse('2028-08-10')]);
  assert.equal(
    [quoted.os.endOfLifeSource, quoted.os.endOfLifeAsOf],
    ['distro-info', new Date().toISOString().slice(0, 10)],
  );
  const arch = (await stateOf({ 'etc/os-release': 'ID=arch\n' })).os;
  assert.equal([arch.rollingRelease, arch.endOfLife], [true, null]);
  assert.is(await readTable(join(data, 'nowhere'), now), null);
  rmSync(data, { recursive: true });
});

test('Windows without a word on its kind is not taken for a server', async () => {
  const registry = (product: string, more = '') =>
    `\r\n    ProductName    REG_SZ    ${product}\r\n    CurrentBuild    REG_SZ    26100\r\n    CurrentMajorVersionNumber    REG_DWORD    0xa\r\n    EditionID    REG_SZ    Professional\r\n${more}`;
  const ends = async (text: string) => {
    const findings = await readOsState(trialContext({ platform: 'win32', run: async () => answer(text) }));
    return check<OsState>(sections.os, findings.sections?.os).endOfLife;
  };
  assert.is(await ends(registry('Windows 10 Pro')), Date.parse('2026-10-13'));
  assert.is(await ends(registry('Windows Server 2025 Standard')), Date.parse('2034-11-14'));
  assert.is(
    await ends(registry('Windows 10 Pro', '    InstallationType    REG_SZ    Client\r\n')),
    Date.parse('2026-10-13'),
  );
});

test.after(removeTrees);
test.run();
