/** Verdicts on health, and what the captured outputs do not show. */

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NoData, type RunResult } from '../../../agent/checks/check.ts';
import { judgeAntivirus, parseClamHeader } from '../../../agent/checks/health/antivirus.ts';
import { battery, parseIoregBattery, windowsBattery } from '../../../agent/checks/health/battery.ts';
import { certificates, judgeCertificates } from '../../../agent/checks/health/certificates.ts';
import { readDue } from '../../../agent/checks/health/due.ts';
import {
  encryption,
  parseBitLockerWmi,
  parseFdesetup,
  parseManageBde,
  protectionOfProperty,
} from '../../../agent/checks/health/encryption.ts';
import { judgeMd, parseMdstat } from '../../../agent/checks/health/md.ts';
import {
  judgeUnits,
  judgeWindowsServices,
  parseLaunchctl,
  parseUnits,
  serviceReading,
} from '../../../agent/checks/health/services.ts';
import { judgeSmart, parseSmart, smart } from '../../../agent/checks/health/smart.ts';
import type { HealthSource } from '../../../agent/checks/health/source.ts';
import { parseQuser, parseSystemdSession } from '../../../agent/checks/health/users.ts';
import { parsePhysicalDisks, windows } from '../../../agent/checks/health/windows.ts';
import { judgePool, parseZpoolList, parseZpoolStatus, scrubEnd } from '../../../agent/checks/health/zfs.ts';
import { sections } from '../../../shared/inventory.ts';
import { fieldOf } from '../../../shared/metrics.ts';
import { check } from '../../../shared/report.ts';
import { trialContext } from '../../support/check-context.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const answer = (stdout: string, code: number | null = 0): RunResult => ({
  code,
  signal: null,
  stdout,
  stderr: '',
  ended: null,
  ms: 1,
});

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-health-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const disk = (more: object) => {
  const parsed = parseSmart(
    JSON.stringify({
      smartctl: { exit_status: 0 },
      device: { name: '/dev/sda', protocol: 'ATA' },
      smart_status: { passed: true },
      ...more,
    }),
  );
  assert.ok(parsed);
  return judgeSmart(parsed);
};
const attribute = (id: number, value: number) => ({ ata_smart_attributes: { table: [{ id, raw: { value } }] } });

test('smart: a disk that calls itself well may still need a look', () => {
  assert.is(disk({}).status, 'ok');
  for (const id of [5, 187, 197, 198]) assert.is(disk(attribute(id, 3)).status, 'warning', `attribute ${id}`);
  assert.is(disk(attribute(199, 50)).status, 'ok', 'a cable');
  assert.is(disk({ temperature: { current: 60 } }).status, 'warning');
  assert.is(disk({ nvme_smart_health_information_log: { percentage_used: 92 } }).status, 'warning');
  assert.is(disk({ nvme_smart_health_information_log: { percentage_used: 100 } }).status, 'critical');
  assert.is(
    disk({ nvme_smart_health_information_log: { available_spare: 5, available_spare_threshold: 10 } }).status,
    'critical',
  );
  assert.is(disk({ smartctl: { exit_status: 4 } }).status, 'ok', 'one command failed, the rest is good');
  assert.is(disk({ smartctl: { exit_status: 64 } }).status, 'ok', 'old errors in the log');
  assert.is(disk({ smartctl: { exit_status: 128 } }).status, 'warning');
});

test('smart: a sleeping disk and one without SMART are unknown', () => {
  const sleeping = disk({
    smart_status: undefined,
    smartctl: { exit_status: 0, messages: [{ string: 'Device is in STANDBY mode, exit(0)', severity: 'information' }] },
  });
  assert.is(sleeping.status, 'unknown');
  assert.is(disk({ smart_status: undefined, device: { name: '/dev/sdb', protocol: 'SCSI' } }).status, 'unknown');
});

test('smart: the types that the scan prints are passed on, and nothing is woken', async () => {
  const calls: (readonly string[])[] = [];
  const context = trialContext({
    run: async (_, args) => {
      calls.push(args);
      return args[0] === '--scan'
        ? answer('{"smartctl":{},"devices":[{"name":"/dev/bus/0","type":"megaraid,3"}]}')
        : answer('garbage', 2);
    },
  });
  const reading = await smart.read(context);
  assert.equal(calls[1], ['-n', 'standby,0', '-j', '-a', '-d', 'megaraid,3', '/dev/bus/0']);
  assert.equal([reading.items[0]?.status, reading.metrics.length], ['unknown', 0]);
});

test('md: degraded, inactive, pending and none', () => {
  const judge = (text: string) =>
    parseMdstat(`Personalities : [raid1]\n${text}\nunused devices: <none>\n`)?.map((array) => judgeMd(array).status);
  assert.equal(judge('md0 : active raid1 sdb1[1] sda1[0](F)\n      1 blocks [2/1] [_U]\n'), ['critical']);
  assert.equal(judge('md0 : inactive sda1[0]\n      1 blocks super 1.2\n'), ['critical']);
  assert.equal(judge('md0 : active raid1 sdb1[1] sda1[0]\n      1 blocks [2/2] [UU]\n      \tresync=PENDING\n'), [
    'warning',
  ]);
  assert.equal(
    judge(
      'md0 : active raid1 sdb1[1] sda1[0]\n      1 blocks [2/2] [UU]\n      [=>....]  check =  9.1% (1/2) finish=1.0min speed=1K/sec\n',
    ),
    ['ok'],
  );
  assert.equal(judge(''), []);
  assert.is(parseMdstat(''), null);
});

test('zfs: features that are not enabled are no fault; a checksum error is', () => {
  const status = (cksum: string) =>
    `  pool: tank\n state: ONLINE\nstatus: Some supported and requested features are not enabled on the pool.\n\tThe pool can still be used.\n  scan: scrub repaired 0B in 00:10:12 with 0 errors on Sun Nov  8 00:34:14 2026\nconfig:\n\n\tNAME        STATE     READ WRITE CKSUM\n\ttank        ONLINE       0     0     0\n\t  mirror-0  ONLINE       0     0     0\n\t    sda     ONLINE       0     0     ${cksum}\n\t    sdb     ONLINE       0     0     0\n\tspares\n\t  sdc       AVAIL\n\nerrors: No known data errors\n`;
  const [well] = parseZpoolStatus(status('0')) ?? [];
  const [ill] = parseZpoolStatus(status('1.5K')) ?? [];
  assert.ok(well && ill);
  assert.equal([judgePool(well).status, well.devices.length], ['ok', 4]);
  assert.equal([judgePool(ill).status, ill.devices[1]?.cksum], ['warning', 1536]);
  assert.ok(scrubEnd(well.scan));
  assert.equal(parseZpoolStatus('no pools available\n'), []);
  assert.is(parseZpoolStatus('zpool: command failed'), null);
  assert.equal(parseZpoolList('tank\t1000\t900\t100\t90\tONLINE\n')[0]?.usedPercent, 90);
});

test('services: failed, enabled but dead, and those that may be dead', () => {
  const unit = (more: string) =>
    `Id=x.service\nType=simple\nLoadState=loaded\nActiveState=inactive\nUnitFileState=enabled\nConditionResult=yes\nTriggeredBy=\nRemainAfterExit=no\n${more}`;
  const judge = (text: string) => judgeUnits(parseUnits(text)).map((service) => service.status);
  assert.equal(judge(unit('')), ['warning']);
  assert.equal(judge('Id=y.service\nActiveState=failed\nResult=exit-code\n'), ['critical']);
  for (const more of [
    'ActiveState=active',
    'Type=oneshot',
    'Type=oneshot\nActiveState=inactive\nUnitFileState=enabled',
    // thermald, irqbalance: nothing to do on this machine.
    'Result=success\nExecMainCode=1\nExecMainStatus=0',
    'Type=forking\nResult=success\nExecMainStatus=0',
    // Never started: what it belongs to is not there.
    'Result=success\nExecMainCode=0\nExecMainStatus=0',
    'Type=dbus',
    'Names=x.service dbus-org.example.x.service',
    'TriggeredBy=x.timer',
    'TriggeredBy=x.path',
    'RemainAfterExit=yes',
    'LoadState=not-found\nActiveState=failed',
    'LoadState=masked\nActiveState=failed',
    'UnitFileState=indirect',
    'ConditionResult=no',
    'TriggeredBy=x.socket',
    'UnitFileState=disabled',
    'UnitFileState=static',
  ])
    assert.equal(judge(unit(`${more}\n`)), [], more);
  for (const more of ['Result=success\nExecMainCode=2\nExecMainStatus=15', 'Result=exit-code\nExecMainStatus=1'])
    assert.equal(judge(unit(`${more}\n`)), ['warning'], more);
  assert.equal(
    judgeWindowsServices([
      { Name: 'a', State: 'Stopped', ExitCode: 1067 },
      { Name: 'b', State: 'Stopped', ExitCode: 0 },
      { Name: 'c', State: 'Stopped', ExitCode: 5, Triggered: true },
      { Name: 'delayed, not started yet', State: 'Stopped', ExitCode: 1077 },
      { Name: 'e', State: 'Start Pending', ExitCode: 1053 },
      { Name: 'f', ExitCode: 1067 },
    ]).map((service) => service.name),
    ['a'],
  );
  assert.equal(
    parseLaunchctl(
      'PID\tStatus\tLabel\n-\t78\torg.example.job\n-\t-9\tcom.apple.x\n12\t0\tok\n' +
        // Ended while idle, unloaded, opened by a person.
        '-\t-9\torg.example.idle\n-\t-15\torg.example.unloaded\n-\t1\tapplication.org.example.1.2\n' +
        '-\t-11\torg.example.crashed\n',
    ).map((service) => service.name),
    ['org.example.job', 'org.example.crashed'],
  );
});

test('services: one that runs again is reported once', () => {
  const { metrics, items } = serviceReading([], 12, now, ['x.service']);
  assert.equal(metrics[0]?.fields, { running: 1 });
  assert.is(items[0]?.status, 'ok');
});

test('battery: wear from sysfs, mice left out; macOS', async () => {
  const root = tree({
    'sys/class/power_supply/BAT0/type': 'Battery\n',
    'sys/class/power_supply/BAT0/energy_full': '30000000\n',
    'sys/class/power_supply/BAT0/energy_full_design': '50000000\n',
    'sys/class/power_supply/BAT0/capacity': '80\n',
    'sys/class/power_supply/BAT0/cycle_count': '0\n',
    'sys/class/power_supply/mouse/type': 'Battery\n',
    'sys/class/power_supply/mouse/scope': 'Device\n',
  });
  const { items, metrics } = await battery.read(trialContext({ root, platform: 'linux' }));
  assert.equal(
    items.map(({ name, status }) => [name, status]),
    [['BAT0', 'warning']],
  );
  assert.equal(metrics[0]?.fields, { health_percent: 60, charge_percent: 80 });
  rmSync(root, { recursive: true });
  const mac = parseIoregBattery(
    '"DesignCapacity" = 5000\n"MaxCapacity" = 100\n"AppleRawMaxCapacity" = 4500\n"CycleCount" = 321\n',
  );
  assert.equal([mac?.healthPercent, mac?.cycles], [90, 321]);
  const held = (full: number, charge = 50) =>
    windowsBattery({ FullChargedCapacity: full, DesignedCapacity: 50_000, EstimatedChargeRemaining: charge }, 0);
  assert.equal(
    [
      held(52_300).healthPercent,
      held(5_000_000).healthPercent,
      held(40_000, 102).chargePercent,
      held(1, 255).chargePercent,
    ],
    [100, null, 100, null],
    'new ones hold more than promised; other units are unknown',
  );
});

test('encryption: LUKS below LVM, a plain disk, an unknown one', async () => {
  const root = tree({
    'proc/self/mountinfo':
      '1 0 254:1 / / rw - ext4 /dev/mapper/vg-root rw\n2 1 8:1 / /boot rw - ext4 /dev/sda1 rw\n3 1 8:17 / /data rw - xfs /dev/sdb1 rw\n4 1 0:5 / /proc rw - proc proc rw\n',
    'sys/class/block/dm-1/dm/uuid': 'LVM-abc\n',
    'sys/class/block/dm-1/slaves/dm-0': '',
    'sys/class/block/dm-0/dm/uuid': 'CRYPT-LUKS2-abc\n',
    'sys/class/block/dm-0/slaves/sda2': '',
    'sys/class/block/sdb1/size': '1',
    'sys/dev/block/x': '',
  });
  symlinkSync('../../devices/virtual/block/dm-1', join(root, 'sys/dev/block/254:1'));
  symlinkSync('../../devices/pci/block/sdb/sdb1', join(root, 'sys/dev/block/8:17'));
  const { metrics } = await encryption.read(trialContext({ root, platform: 'linux' }));
  assert.equal(
    metrics.map(({ tags, fields }) => [tags.path, fields.encrypted]),
    [
      ['/', 1],
      ['/data', 0],
    ],
  );
  rmSync(root, { recursive: true });
});

test('encryption: FileVault, BitLocker suspended, manage-bde in German, the shell property', () => {
  assert.equal(
    [
      parseFdesetup('FileVault is On.\nEncryption in progress: Percent completed = 42\n').percent,
      parseFdesetup('').enabled,
    ],
    [42, null],
  );
  const [suspended] = parseBitLockerWmi(
    '[{"DriveLetter":"C:","ProtectionStatus":0,"ConversionStatus":1,"EncryptionMethod":6}]',
  );
  assert.equal([suspended?.protectionOn, suspended?.suspended], [false, true]);
  const german =
    'Volume "C:" [System]\n[Betriebssystemvolume]\n\n    Größe:                      237,00 GB\n    BitLocker-Version:          2.0\n    Konvertierungsstatus:       Vollständig verschlüsselt\n    Verschlüsselt (Prozent):    100,0 %\n    Verschlüsselungsmethode:    XTS-AES 128\n    Schutzstatus:               Der Schutz ist deaktiviert.\n    Sperrungsstatus:            Entsperrt\n    ID-Feld:                    Unbekannt\n';
  const [volume] = parseManageBde(german);
  assert.equal(
    [volume?.drive, volume?.percent, volume?.protectionOn, volume?.locked, volume?.suspended],
    ['C:', 100, false, false, true],
  );
  assert.equal(
    [1, 2, 3, 5, null].map((value) => protectionOfProperty(value).encrypted),
    [true, false, null, false, null],
  );
});

test('antivirus: signatures of ClamAV, off, old, not reported', () => {
  assert.is(parseClamHeader('ClamAV-VDB:21 Nov 2026 08-20 +0100:27000:2:90:X:X:x:1'), Date.UTC(2026, 10, 21, 7, 20));
  const state = (on: boolean | null, signatureAgeDays: number | null) =>
    judgeAntivirus({ name: 'x', on, signatureAgeDays }).status;
  assert.equal(
    [state(true, 1), state(true, 30), state(false, 0), state(null, 1), state(true, null)],
    ['ok', 'warning', 'critical', 'unknown', 'unknown'],
  );
});

test('certificates: days left, expired, unreadable, and only those that are named', async () => {
  if (!existsSync('/usr/bin/openssl')) {
    console.log('\nSKIP openssl: not installed');
    return;
  }
  const root = tree({ 'broken.pem': 'no certificate', 'checks.yaml': '' });
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(root, 'key.pem'), key);
  execFileSync(
    '/usr/bin/openssl',
    [
      'req',
      '-x509',
      '-key',
      join(root, 'key.pem'),
      '-subj',
      '/CN=web.example',
      '-days',
      '10',
      '-out',
      join(root, 'web.pem'),
    ],
    { stdio: 'ignore' },
  );
  writeFileSync(join(root, 'checks.yaml'), `certificates: ["${root}/web.pem", "${root}/broken.pem"]\n`);
  const { items, metrics } = await certificates.read(trialContext({ data: root }));
  assert.equal(
    items.map(({ status }) => status),
    ['warning', 'unknown'],
  );
  assert.ok([9, 10].includes(metrics[0]?.fields.days_left ?? -1));
  assert.is(judgeCertificates([{ subject: 's', issuer: 'i', expires: now - 1 }], now).status, 'critical');
  rmSync(root, { recursive: true });
  try {
    await certificates.read(trialContext());
    assert.unreachable();
  } catch (thrown) {
    assert.instance(thrown, NoData);
  }
});

test('users: a session of systemd, and quser in another language', () => {
  assert.equal(parseSystemdSession('USER=alice\nCLASS=user\nSTATE=active\nREMOTE_HOST=192.0.2.7\nTTY=pts/0\n'), {
    user: 'alice',
    line: 'pts/0',
    from: '192.0.2.7',
  });
  assert.is(parseSystemdSession('USER=gdm\nCLASS=greeter\n'), null);
  assert.equal(
    parseQuser(
      ' BENUTZERNAME SITZUNGSNAME ID STATUS\n>admin         console       1  Aktiv   .   22.11.2026\n bob                         2  Getr.   1   22.11.2026\n',
    ).map(({ user, line }) => [user, line]),
    [
      ['admin', 'console'],
      ['bob', null],
    ],
  );
});

test('windows: one batch, each part on its own', async () => {
  const batch = {
    disks: [{ FriendlyName: 'SSD', HealthStatus: 0, MediaType: 4, BusType: 17, Wear: 95 }],
    volumes: null,
    protection: [
      { Drive: 'C:', Value: 1 },
      { Drive: 'D:', Value: 2 },
    ],
    defender: [{ AntivirusEnabled: true, RealTimeProtectionEnabled: true, AntivirusSignatureAge: 0 }],
    firewall: [{ Name: 'Domain', Enabled: 1 }],
    services: [{ Name: 'Spooler', State: 'Stopped', ExitCode: 1067 }],
    batteries: null,
  };
  const reading = await windows.read(
    trialContext({ platform: 'win32', run: async () => answer(JSON.stringify(batch)) }),
  );
  assert.equal(
    reading.items.map(({ kind, status }) => `${kind} ${status}`),
    ['smart warning', 'encryption ok', 'encryption warning', 'antivirus ok', 'firewall ok', 'service warning'],
  );
  for (const { name, fields } of reading.metrics)
    for (const field of Object.keys(fields)) assert.ok(fieldOf(`${name}.${field}`), `${name}.${field}`);
  assert.equal(
    parsePhysicalDisks('FriendlyName : A\nHealthStatus : Warning\nMediaType : SSD\n').map(({ health, media }) => [
      health,
      media,
    ]),
    [[1, 'SSD']],
  );
});

test('sources are read when due, a failing one turns unknown, an absent one is silent', async () => {
  let reads = 0;
  let broken = false;
  const source = (name: string, read: HealthSource['read']): HealthSource => ({
    name,
    every: 3_600_000,
    reads: '',
    platforms: [process.platform],
    read,
  });
  const good = source('good', async () => {
    reads += 1;
    if (broken) throw new Error('the disk is on fire');
    return { items: [{ kind: 'x', name: 'x', status: 'ok', summary: '', details: {}, at: 1 }], metrics: [] };
  });
  const absent = source('absent', async () => {
    throw new NoData();
  });
  const context = trialContext();
  const statuses = async () =>
    check<{ status: string }[]>(sections.health, (await readDue([good, absent], context)).sections?.health).map(
      (item) => item.status,
    );
  assert.equal(await statuses(), ['ok']);
  assert.equal(await statuses(), ['ok']);
  assert.is(reads, 1, 'not due yet');
  context.shift = 3_600_000;
  broken = true;
  assert.equal(await statuses(), ['unknown']);
  assert.is(reads, 2);
  try {
    await readDue([absent], context);
    assert.unreachable();
  } catch (thrown) {
    assert.instance(thrown, NoData);
  }
});

test('a clock that was set back does not stop the readings', async () => {
  let reads = 0;
  const source: HealthSource = {
    name: 's',
    every: 3_600_000,
    reads: '',
    platforms: [process.platform],
    read: async () => ({
      items: [{ kind: 'x', name: String(reads++), status: 'ok', summary: '', details: {}, at: 1 }],
      metrics: [],
    }),
  };
  const context = trialContext();
  await readDue([source], context);
  context.shift = -86_400_000;
  await readDue([source], context);
  assert.is(reads, 2);
});

test.run();
