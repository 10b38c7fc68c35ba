/**
 * The real tools of a Debian machine: apt as it is and with a broken source (in a root of its own, the machine is not
 * changed), smartctl, needrestart, monitoring plugins, and own checks that misbehave.
 */

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { custom } from '../../agent/checks/custom.ts';
import { parseSmartScan } from '../../agent/checks/health/smart.ts';
import { parseNeedrestart } from '../../agent/checks/os/reboot-text.ts';
import { apt } from '../../agent/checks/patches/apt.ts';
import { patches } from '../../agent/checks/patches.ts';
import { run } from '../../agent/run.ts';
import { type PatchState, sections } from '../../shared/inventory.ts';
import { quotation, type Reasons } from '../../shared/reason.ts';
import { check } from '../../shared/report.ts';
import { trialContext } from '../support/check-context.ts';
import { inLog } from '../support/reasons.ts';

const test = suite('real tools');
const temporary: string[] = [];
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'evenkeel-patches-'));
  temporary.push(path);
  return path;
};

const hasApt = existsSync('/usr/bin/apt-get') && existsSync('/var/lib/dpkg/status');
const hasLists = hasApt && readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('Release'));
const plugins = ['/usr/lib/nagios/plugins', '/usr/lib64/nagios/plugins'].find((path) =>
  existsSync(`${path}/check_dummy`),
);

/** A root that apt can work in: the machine's own package state, sources and lists of our making. */
function aptRoot(sources: string, withLists: boolean): string {
  const root = folder();
  for (const path of [
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
    'etc/apt/sources.list.d',
    'var/lib/dpkg',
    'var/lib/apt/lists/partial',
    'var/cache/apt/archives/partial',
    'usr/bin',
  ])
    mkdirSync(join(root, path), { recursive: true });
  cpSync('/var/lib/dpkg/status', join(root, 'var/lib/dpkg/status'));
  writeFileSync(join(root, 'etc/os-release'), readFileSync('/etc/os-release'));
  writeFileSync(join(root, 'usr/bin/apt-get'), '');
  writeFileSync(join(root, 'etc/apt/sources.list'), sources);
  if (withLists)
    for (const name of readdirSync('/var/lib/apt/lists'))
      if (/Release$|Packages/.test(name))
        symlinkSync(join('/var/lib/apt/lists', name), join(root, 'var/lib/apt/lists', name));
  return root;
}

const changed = (root: string) =>
  execFileSync('find', [root, '-newer', join(root, 'etc/apt/sources.list'), '-type', 'f'], { encoding: 'utf8' });

if (hasLists) {
  test('the apt of this machine is read', async () => {
    const context = trialContext();
    const findings = await patches.run(context);
    const [state] = check<PatchState[]>(sections.patches, findings.sections?.patches);
    assert.is(state?.manager, 'apt');
    const told = JSON.stringify({ ...state, list: [] });
    // A machine with a source that was never fetched says so, and claims at most a lower bound.
    if (state?.scan !== 'ok') assert.match(inLog(state?.reason), 'apt_no_lists', told);
    else assert.is(state.pending, state.list.length, told);
    assert.is.not(state?.scan === 'ok' ? 1 : state?.pending, 0, told);
    for (const update of state?.list ?? [])
      if (update.security) assert.ok(update.sinceAtLeast && (update.since ?? 0) <= Date.now(), update.name);
    console.log(`\nFIGURE apt of this machine: ${state?.pending} pending`);
  });

  test('a second reading costs no process while nothing has changed', async () => {
    let started = 0;
    const context = trialContext({
      run: (...call) => {
        started += 1;
        return run(...call);
      },
    });
    const first = await apt.read(context);
    if (first.scan !== 'ok') return console.log('SKIP apt: a source of this machine was never fetched');
    const cost = started;
    context.shift = 3_600_000;
    const second = await apt.read(context);
    assert.ok(cost >= 1);
    assert.is(started, cost);
    assert.is(second.scannedAt, first.scannedAt, 'an old answer keeps its time');
    assert.is(second.pending, first.pending);
    assert.ok((second.metadataAge ?? 0) >= (first.metadataAge ?? 0) + 3500);
  });

  test('lists that are old turn the answer into unknown', async () => {
    const root = aptRoot(readSources(), true);
    const old = Date.now() / 1000 - 30 * 86_400;
    utimesSync(join(root, 'var/lib/apt/lists/partial'), old, old);
    const state = await apt.read(trialContext({ root }));
    assert.is.not(state.scan, 'ok');
    assert.is(state.pending, null);
    assert.ok(state.reason);
  });
} else console.log('SKIP apt: this machine has no apt with lists');

function readSources(): string {
  const names = readdirSync('/etc/apt/sources.list.d').filter((name) => name.endsWith('.list'));
  const lists = ['/etc/apt/sources.list', ...names.map((name) => `/etc/apt/sources.list.d/${name}`)].filter((path) =>
    existsSync(path),
  );
  const plain = lists.map((path) => readFileSync(path, 'utf8')).join('\n');
  return /^\s*deb /m.test(plain) ? plain : 'deb http://deb.debian.org/debian bookworm main\n';
}

if (hasApt) {
  const broken: [string, string, string][] = [
    ['a source that was never fetched', 'deb http://127.0.0.1:9/debian bookworm main\n', 'apt_no_lists'],
    ['a security source that was never fetched', 'deb http://127.0.0.1:9/x bookworm-security main\n', 'apt_no_lists'],
    ['a malformed source', 'deb htp broken\n', 'Malformed'],
    ['no source at all', '', 'no_package_source'],
  ];
  for (const [what, sources, reason] of broken)
    test(`${what} is not "up to date"`, async () => {
      const root = aptRoot(sources, false);
      const state = await apt.read(trialContext({ root }));
      assert.is(state.scan, 'failed');
      assert.is(state.pending, null);
      assert.is(state.pendingSecurity, null);
      assert.match(inLog(state.reason), reason);
      assert.is(changed(root).includes('lists/'), false, 'reading fetches nothing');
    });

  test('a source that is edited in place is noticed at once', async () => {
    const root = aptRoot('', true);
    const file = join(root, 'etc/apt/sources.list.d/debian.list');
    writeFileSync(file, readSources());
    const context = trialContext({ root });
    await apt.read(context);
    // Apart by whole seconds: some file systems keep no more.
    writeFileSync(file, 'deb htp broken\n');
    utimesSync(file, Date.now() / 1000 + 5, Date.now() / 1000 + 5);
    assert.is((await apt.read(context)).scan, 'failed');
  });

  test('after a broken scan the dates of security updates stay', async () => {
    const context = trialContext({ root: aptRoot('', false) });
    context.remembered.set('patches.seen', { apt: { openssl: 1_000_000 } });
    const findings = await patches.run(context);
    const [state] = (findings.sections?.patches ?? []) as { oldestSecuritySince: number | null }[];
    assert.is(state?.oldestSecuritySince, 1_000_000);
    const fields = findings.metrics?.[0]?.fields ?? {};
    assert.is(fields.scan_ok, 0);
    assert.is(fields.pending, undefined, 'unknown is left out, not 0');
  });
} else console.log('SKIP apt-get: not installed');

if (existsSync('/usr/sbin/smartctl'))
  test('the real smartctl lists devices', async () => {
    const answer = await run('/usr/sbin/smartctl', ['--scan', '-j'], { timeoutMs: 20_000 });
    assert.ok(Array.isArray(parseSmartScan(answer.stdout)));
  });
else console.log('SKIP smartctl: not installed');

if (existsSync('/usr/sbin/needrestart'))
  test('the real needrestart answers, and an unknown kernel is not "fine"', async () => {
    const answer = await run('/usr/sbin/needrestart', ['-b', '-r', 'l', '-k'], { timeoutMs: 60_000 });
    const read = parseNeedrestart(answer.stdout);
    assert.ok(read.version, answer.stderr);
    if (read.kernelStatus === 'unknown') assert.is(read.rebootRequired, null);
    else assert.type(read.rebootRequired, 'boolean');
  });
else console.log('SKIP needrestart: not installed');

interface Item {
  name: string;
  status: string;
  summary: Reasons;
}

/** Runs the own checks of a settings file until each has answered. */
async function ownChecks(yaml: string, wanted: number) {
  const data = folder();
  writeFileSync(join(data, 'checks.yaml'), yaml);
  const context = trialContext({ data });
  const own = custom();
  const metrics = [];
  let items: Item[] = [];
  for (let turn = 0; turn < 40 && items.length < wanted; turn += 1) {
    if (turn > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    const findings = await own.run(context);
    metrics.push(...(findings.metrics ?? []));
    items = check<Item[]>(sections.health, findings.sections?.health);
  }
  return { metrics, item: (name: string) => items.find((entry) => entry.name === name) };
}

if (plugins)
  test('real monitoring plugins are read', async () => {
    const { item, metrics } = await ownChecks(
      `custom:
  - { name: warn, command: ["${plugins}/check_dummy", "1", "a bit | q=5;3;9"] }
  - { name: crit, command: ["${plugins}/check_dummy", "2", "bad"] }
  - { name: load, command: ["${plugins}/check_load", "-w", "1000", "-c", "2000"] }
  - { name: disk, command: ["${plugins}/check_disk", "-w", "1%", "-c", "0%", "-p", "/"] }
`,
      4,
    );
    assert.is(item('warn')?.status, 'warning');
    assert.match(inLog(item('warn')?.summary), 'a bit');
    assert.is(item('crit')?.status, 'critical');
    assert.is(item('load')?.status, 'ok');
    const value = metrics.find((metric) => metric.tags.check === 'warn' && metric.tags.label === 'q');
    assert.equal(value?.fields, { value: 5, warn: 3, crit: 9 });
    const used = metrics.find((metric) => metric.tags.check === 'disk' && metric.tags.label === '/');
    assert.ok((used?.fields.value ?? 0) > 1e6, 'megabytes are turned into bytes');
  });
else console.log('SKIP monitoring-plugins-basic: not installed');

test('own checks that hang, flood, fork or cannot start are ended and reported', async () => {
  const mark = join(folder(), 'child');
  const started = performance.now();
  const { item } = await ownChecks(
    `custom:
  - { name: hangs, command: [sleep, "300"], timeout: 500ms }
  - { name: floods, command: [yes], timeout: 20s }
  - { name: forks, command: [sh, -c, "sleep 300 & echo $! > ${mark}; echo fine; exit 0"], timeout: 5s }
  - { name: dies, command: [sh, -c, "kill -9 $$"] }
  - { name: missing, command: [/no/such/program] }
  - { name: words, command: [echo, "$(id); rm -rf / | x=1"] }
`,
    6,
  );
  assert.is(item('hangs')?.status, 'unknown');
  assert.match(inLog(item('hangs')?.summary), 'check_too_slow (limit_s: 0.5)');
  assert.is(item('floods')?.status, 'unknown');
  assert.match(inLog(item('floods')?.summary), 'check_too_loud');
  assert.is(item('dies')?.status, 'unknown');
  assert.match(inLog(item('dies')?.summary), 'SIGKILL');
  assert.is(item('missing')?.status, 'unknown');
  assert.match(inLog(item('missing')?.summary), 'check_not_started, not_installed');
  assert.equal(item('words')?.summary, quotation('$(id); rm -rf /'), 'no shell sees the arguments');
  assert.is(item('forks')?.status, 'ok');
  const child = Number(readFileSync(mark, 'utf8'));
  for (let turn = 0; turn < 50 && isAlive(child); turn += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(!isAlive(child), 'what it left behind is ended');
  assert.ok(performance.now() - started < 20_000);
});

/** A killed orphan may wait for its new parent as a zombie: that is ended too. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // No such process any more.
    return false;
  }
}

test('a mistake in checks.yaml is reported with line and column', async () => {
  const data = folder();
  writeFileSync(join(data, 'checks.yaml'), 'custom:\n  - name: a\n    comand: [true]\n');
  try {
    await custom().run(trialContext({ data }));
    assert.unreachable();
  } catch (thrown) {
    assert.match((thrown as Error).message, /checks\.yaml:\d+:\d+/);
  }
});

test.after(() => {
  for (const path of temporary) rmSync(path, { recursive: true, force: true });
});

test.run();
