/** End of life, restarts, shutdowns and clocks, beyond what the captured outputs show. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { daysUntil, lifeOf } from '../../../agent/checks/os/end-of-life.ts';
import { releaseOf, releases } from '../../../agent/checks/os/end-of-life-table.ts';
import {
  compareKernels,
  parseNeedsRestarting,
  parseRpmLastKernel,
  parseWindowsReboot,
} from '../../../agent/checks/os/reboot-text.ts';
import { readOsState } from '../../../agent/checks/os/state.ts';
import {
  parseChronyTracking,
  parseSntp,
  parseTimedatectl,
  parseW32tm,
  readTimeSync,
} from '../../../agent/checks/os/time-sync.ts';
import { endedCleanly, parseUtmp, recordType } from '../../../agent/checks/os/utmp.ts';
import { trialContext } from '../../support/check-context.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const csv =
  'version,codename,series,created,release,eol,eol-lts,eol-elts\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30\n14,Forky,forky,2025-08-09\n';
const ubuntu =
  'version,codename,series,created,release,eol,eol-server,eol-esm\n18.04 LTS,Bionic Beaver,bionic,2017-10-19,2018-04-26,2023-05-31,2023-05-31,2028-04-26\n';

test('the system itself, then distro-info, then the table', () => {
  const fedora = lifeOf('ID=fedora\nVERSION_ID=42\nSUPPORT_END=2026-05-13\n', null, null, now);
  assert.equal([fedora.state, fedora.source], ['eol', 'os-release']);
  const debian = lifeOf('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n', csv, null, now);
  assert.equal([debian.state, debian.source, debian.eolLts], ['lts-only', 'distro-info', '2028-06-30']);
  const bare = lifeOf('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n', null, null, now);
  assert.equal([bare.state, bare.source, bare.endOfSecurity], ['lts-only', 'table', Date.parse('2028-06-30')]);
  const centos = lifeOf('ID="centos"\nVERSION_ID="7"\n', null, null, now);
  assert.equal([centos.state, centos.source], ['eol', 'table']);
});

test('Ubuntu after its time: paid support counts only where it is attached', () => {
  const bionic = 'ID=ubuntu\nVERSION_ID="18.04"\nVERSION_CODENAME=bionic\n';
  assert.is(lifeOf(bionic, ubuntu, false, now).state, 'eol-unless-pro');
  const attached = lifeOf(bionic, ubuntu, true, now);
  assert.equal([attached.state, attached.endOfSecurity], ['esm', Date.parse('2028-04-26')]);
});

test('an unknown release is unknown', () => {
  for (const text of ['', 'ID=nixos\nVERSION_ID=26.05\n', 'ID=debian\nVERSION_CODENAME=forky\n'])
    assert.equal([lifeOf(text, csv, null, now).state, lifeOf(text, csv, null, now).endOfLife], ['unknown', null]);
});

test('the table: dates are dates, point releases find their row, editions theirs', () => {
  for (const rows of Object.values(releases))
    for (const row of rows)
      for (const date of [row.endOfLife, row.endOfSecurity ?? row.endOfLife])
        assert.ok(Number.isFinite(Date.parse(date)), date);
  assert.is(releaseOf('rocky', '9.4')?.endOfLife, '2032-05-31');
  assert.is(releaseOf('alpine', '3.2.1'), null, '3.2 is not 3.20');
  assert.is(releaseOf('windows', '22631', 'Professional')?.endOfLife, '2025-11-11');
  assert.is(releaseOf('windows', '22631', 'Enterprise')?.endOfLife, '2026-11-10');
  assert.is(releaseOf('windows', '19044', 'EnterpriseS')?.endOfLife, '2027-01-12');
  assert.is(releaseOf('windows', '19044', 'IoTEnterpriseS')?.endOfLife, '2032-01-13');
  assert.is(releaseOf('windows', '22621', 'EnterpriseS'), null);
  assert.is(daysUntil(now, Date.parse('2026-11-24T00:00:00Z')), 1);
});

test('needs-restarting of EL 7, EL 8 and dnf 5', () => {
  const seven = parseNeedsRestarting(
    'Core libraries or services have been updated:\n  glibc -> 2.17-326\n  linux-firmware -> 2020\n  glibc -> 2.17-326\n\nReboot is required to ensure that your system benefits from these updates.\n',
    1,
  );
  assert.equal([seven.rebootRequired, seven.packages], [true, ['glibc', 'linux-firmware']]);
  const eight = parseNeedsRestarting(
    'No core libraries or services have been updated since boot-up.\nReboot should not be necessary.\n',
    0,
  );
  assert.equal([eight.known, eight.rebootRequired], [true, false]);
  assert.is(parseNeedsRestarting('Traceback (most recent call last):\n', 1).known, false);
  assert.is(parseNeedsRestarting('', null).known, false);
});

test('kernels: numbers as numbers, flavours apart, nothing to compare is unknown', () => {
  assert.is(compareKernels('6.1.0-9-amd64', ['6.1.0-9-amd64', '6.1.0-13-amd64']).rebootRequired, true);
  assert.is(compareKernels('6.1.0-13-amd64', ['6.1.0-9-amd64', '6.1.0-13-amd64']).rebootRequired, false);
  assert.is(compareKernels('6.1.0-9-amd64', ['6.1.0-13-cloud-amd64']).rebootRequired, null);
  assert.is(compareKernels('6.18.44-own', []).rebootRequired, null);
  const uek = parseRpmLastKernel(
    'kernel-uek-5.4.17-2136.el8uek.x86_64   Mon 1 Jan 2024\nkernel-4.18.0-513.el8.x86_64   Mon 1 Jan 2024\n',
    '4.18.0-513.el8.x86_64',
  );
  assert.equal([uek.newestInstalled, uek.rebootRequired], ['4.18.0-513.el8.x86_64', false]);
  assert.is(parseRpmLastKernel('package kernel-core is not installed\n', '6.1').rebootRequired, null);
});

test('Windows: which key asks for the restart; renames alone are noise', () => {
  assert.equal(parseWindowsReboot({ componentServicing: false, windowsUpdate: true, pendingRenames: true }), {
    rebootRequired: true,
    why: ['windowsUpdate'],
  });
  assert.is(parseWindowsReboot({ componentServicing: false, pendingRenames: true }).rebootRequired, false);
  assert.is(parseWindowsReboot({}).rebootRequired, null);
});

test('clocks', () => {
  assert.equal(
    parseChronyTracking('C0A80001,192.0.2.1,3,1795348875.1,-0.000012,0.0,0.0,1.0,0.0,0.0,0.0,0.0,64.0,Normal\n'),
    { synced: true, offset: -0.000012, source: '192.0.2.1' },
  );
  assert.is(parseTimedatectl('NTP=yes\nNTPSynchronized=yes\n').synced, true);
  assert.is(parseTimedatectl('').synced, null);
  const german =
    'Sprungindikator: 0(keine Warnung)\nStratum: 4\nStammverzögerung: 0.0312500s\nStammabweichung: 7,77s\nQuelle: time.windows.com\nPhasenoffset: -0.0001234s\nTaktrate: 0.0156250s\n';
  assert.equal([parseW32tm(german).synced, parseW32tm(german).offset], [true, -0.0001234]);
  assert.is(parseW32tm('Leap Indicator: 3(not synchronized)\n').synced, false);
  assert.is(parseSntp('+0.002345 +/- 0.012000 time.apple.com 17.253.1.1\n').offset, 0.002345);
});

test('clocks: what systemd-timesyncd has left lying proves nothing', async () => {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-clock-'));
  const mark = join(root, 'run/systemd/timesync/synchronized');
  mkdirSync(join(root, 'run/systemd/timesync'), { recursive: true });
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  writeFileSync(mark, '');
  const stdout = 'NTP=no\nNTPSynchronized=no\n';
  const run = async () => ({ code: 0, signal: null, stdout, stderr: '', ended: null, ms: 1 });
  const context = trialContext({ root, platform: 'linux', run });
  assert.is((await readTimeSync(context)).synced, true);
  const dayAgo = Date.now() / 1000 - 86_400;
  utimesSync(mark, dayAgo, dayAgo);
  assert.is((await readTimeSync(context)).synced, false);
  rmSync(root, { recursive: true });
});

/** One record of glibc's wtmp on x86-64. */
function login(type: number, user: string, seconds: number): Buffer {
  const bytes = Buffer.alloc(384);
  bytes.writeInt16LE(type, 0);
  bytes.write(user, 44, 'utf8');
  bytes.writeInt32LE(seconds, 340);
  return bytes;
}

test('wtmp: whether the machine went down in order', () => {
  const boot = (at: number) => login(recordType.boot, 'reboot', at);
  const shutdown = login(recordType.runLevel, 'shutdown', 150);
  assert.is(endedCleanly(parseUtmp(Buffer.concat([boot(100), shutdown, boot(200)]))), true);
  assert.is(endedCleanly(parseUtmp(Buffer.concat([boot(100), login(7, 'alice', 120), boot(200)]))), false);
  assert.is(endedCleanly(parseUtmp(Buffer.concat([shutdown, boot(200)]))), null);
  assert.equal(parseUtmp(Buffer.from('not a login file')), []);
  assert.is(parseUtmp(login(7, 'alice', 1_795_348_875))[0]?.at, 1_795_348_875_000);
});

test("an unclean end of the machine is counted once, from wtmp or from the agent's own last word", async () => {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-os-'));
  mkdirSync(join(root, 'proc/sys/kernel/random'), { recursive: true });
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
  const context = trialContext({ root, platform: 'linux' });
  const count = async (boot: string, previous?: { boot_id: string; ended: boolean }) => {
    writeFileSync(join(root, 'proc/sys/kernel/random/boot_id'), `${boot}\n`);
    context.memory.set('session', { boot_id: boot, previous });
    return (await readOsState(context)).metrics?.find((metric) => metric.name === 'os')?.fields.unclean_shutdowns;
  };
  assert.is(await count('a'), undefined, 'nothing to judge yet');
  assert.is(await count('b', { boot_id: 'a', ended: true }), 0);
  assert.is(await count('c', { boot_id: 'b', ended: false }), 1);
  assert.is(await count('c', { boot_id: 'b', ended: false }), 1, 'once a boot');
  assert.is(await count('d', { boot_id: 'x', ended: false }), 1, 'another run of the machine');
  rmSync(root, { recursive: true });
});

test.run();
