/** Disks are followed by serial number, through other letters, silence and absence. */

import { rmSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NoData, type RunResult } from '../../../agent/checks/check.ts';
import { diskio } from '../../../agent/checks/diskio.ts';
import { readDue } from '../../../agent/checks/health/due.ts';
import { parseSmart, smart } from '../../../agent/checks/health/smart.ts';
import { windows } from '../../../agent/checks/health/windows.ts';
import { diskLabel, serialOf } from '../../../agent/platform/disks.ts';
import { reasonsIn } from '../../../shared/reason.ts';
import { trialContext } from '../../support/check-context.ts';
import { addFiles, tree } from '../../support/tree.ts';

const answer = (value: unknown, code = 0): RunResult => ({
  ...{ code, signal: null, stderr: '', ended: null, ms: 1 },
  stdout: typeof value === 'string' ? value : JSON.stringify(value),
});

const healthy = (serial: string, more: object = {}) => ({
  smartctl: { exit_status: 0 },
  device: { protocol: 'ATA' },
  model_name: 'WDC WD40EFRX',
  serial_number: serial,
  smart_status: { passed: true },
  ...more,
});
const failing = (serial: string) => healthy(serial, { smart_status: { passed: false } });
const silent = (string: string, exit_status = 2) => ({
  smartctl: { exit_status, messages: [{ string, severity: 'error' }] },
});
const dead = silent('Smartctl open device: /dev/sda failed: No such device');
const asleep = silent('Device is in STANDBY mode, exit(0)', 0);

/** A machine whose smartctl gives these answers, by device; `null`: there is no smartctl any more. */
function machine(files: Record<string, string> = {}) {
  const root = tree(files);
  let disks: Record<string, unknown> | null = {};
  const context = trialContext({
    root,
    platform: 'linux',
    run: async (_, args) => {
      if (disks === null) throw new NoData();
      if (args[0] !== '--scan') return answer(disks[args.at(-1) as string]);
      return answer({ smartctl: {}, devices: Object.keys(disks).map((name) => ({ name, type: 'sat' })) });
    },
  });
  const read = async (now: Record<string, unknown>) => {
    disks = now;
    const { items, metrics } = await smart.read(context);
    return Object.fromEntries(
      items.map(({ name, status, details, summary }) => {
        const severity = metrics.find(({ tags }) => tags.name === name)?.fields.severity ?? null;
        return [
          String(details.serial ?? name),
          { name, status, severity, codes: reasonsIn(summary).map(({ code }) => code) },
        ];
      }),
    );
  };
  const names = async (now: Record<string, unknown>) => {
    disks = now;
    return (await smart.read(context)).metrics.map(({ tags }) => tags.name);
  };
  const due = async (now: Record<string, unknown> | null) => {
    disks = now;
    context.shift += 6 * 3_600_000;
    const { metrics = [], sections } = await readDue([{ ...smart, platforms: [process.platform] }], context);
    return { metrics, items: sections?.health as { status: string }[] };
  };
  return { root, read, names, due, end: () => rmSync(root, { recursive: true }) };
}

test('two disks that swap their letters stay themselves: series, alert and name', async () => {
  const { read, end } = machine();
  const before = await read({ '/dev/sda': failing('WD-A1'), '/dev/sdb': healthy('WD-B2') });
  const after = await read({ '/dev/sda': healthy('WD-B2'), '/dev/sdb': failing('WD-A1') });
  assert.equal(after, before);
  assert.is(before['WD-A1']?.severity, 2);
  assert.not.match(before['WD-A1']?.name ?? '', /WD-A1|sd[ab]/, 'neither the number nor the letter is in the tag');
  end();
});

test('a disk that was there and can no longer be opened raises an alert, and keeps a worse one', async () => {
  const { read, end } = machine();
  const { A, B } = await read({ '/dev/sda': healthy('A'), '/dev/sdb': failing('B') });
  const after = await read({ '/dev/sda': dead, '/dev/sdb': dead });
  assert.equal(after[A?.name ?? ''], {
    name: A?.name,
    status: 'warning',
    severity: 1,
    codes: ['disk_unreadable', 'said', 'last_read_well'],
  });
  assert.equal(after[B?.name ?? ''], {
    name: B?.name,
    status: 'critical',
    severity: 2,
    codes: ['disk_unreadable', 'said', 'last_read', 'disk_says_failing'],
  });
  const again = await read({ '/dev/sda': healthy('A'), '/dev/sdb': healthy('B') });
  assert.equal([again.A?.severity, again.B?.severity], [0, 0]);
  end();
});

test('no right to look, and a disk that never told anything, are no fault of the disk', async () => {
  const { read, end } = machine();
  const denied = silent('Smartctl open device: /dev/sda failed: Permission denied');
  assert.is((await read({ '/dev/sda': dead }))['/dev/sda']?.severity, null);
  const { A } = await read({ '/dev/sda': healthy('A') });
  assert.is((await read({ '/dev/sda': denied }))[A?.name ?? '']?.severity, null);
  await read({ '/dev/sda': failing('A') });
  assert.is((await read({ '/dev/sda': denied }))[A?.name ?? '']?.severity, 2, 'it is still failing');
  end();
});

test('a failing disk that sleeps is still failing; its letter is another one since', async () => {
  const wwid = (a: string, b: string) => ({ 'sys/block/sda/device/wwid': a, 'sys/block/sdb/device/wwid': b });
  const { read, root, end } = machine(wwid('naa.1', 'naa.2'));
  const { A, B } = await read({ '/dev/sda': failing('A'), '/dev/sdb': healthy('B') });
  addFiles(root, wwid('naa.2', 'naa.1'));
  const after = await read({ '/dev/sda': asleep, '/dev/sdb': asleep });
  assert.equal(
    [after[A?.name ?? '']?.severity, after[A?.name ?? '']?.codes, after[B?.name ?? '']?.severity],
    [2, ['disk_asleep', 'last_read', 'disk_says_failing'], null],
  );
  end();
});

test('a disk that is listed no more is missing; a stick, a virtual disk and one that was exchanged are not', async () => {
  const { read, end } = machine({
    'sys/block/sdb': '-> ../devices/pci0000:00/usb2/2-1/host9/block/sdb',
  });
  const qemu = healthy('Q', { model_name: 'QEMU HARDDISK' });
  const all = { '/dev/sda': healthy('A'), '/dev/sdb': healthy('STICK'), '/dev/sdc': qemu, '/dev/sdd': failing('D') };
  const { A, D } = await read(all);
  const after = await read({});
  assert.equal(Object.values(after), [
    { name: A?.name, status: 'warning', severity: 1, codes: ['disk_gone', 'last_read_well'] },
    { name: D?.name, status: 'critical', severity: 2, codes: ['disk_gone', 'last_read', 'disk_says_failing'] },
  ]);
  const exchanged = await read({ '/dev/sda': healthy('NEW1'), '/dev/sdd': healthy('NEW2') });
  assert.equal(Object.keys(exchanged).sort(), ['NEW1', 'NEW2']);
  end();
});

test('cheap disks share a serial number and stay two; two paths to one disk are one', async () => {
  const { names, end } = machine();
  const twins = await names({ '/dev/sda': failing('0042'), '/dev/sdb': healthy('0042') });
  assert.is(new Set(twins).size, 2);
  const other = machine();
  const wwn = { wwn: { naa: 5, oui: 3152, id: 7 } };
  const paths = await other.names({ '/dev/sda': healthy('P', wwn), '/dev/sdb': healthy('P', wwn) });
  assert.is(paths.length, 1);
  for (const each of [end, other.end]) each();
});

test('without the tool, or with a scan that is not understood, trouble stands', async () => {
  const { due, end } = machine();
  const severities = async (now: Record<string, unknown> | null) =>
    (await due(now)).metrics.map(({ fields }) => fields.severity);
  assert.equal(await severities({ '/dev/sda': failing('A') }), [2]);
  assert.equal(await severities(null), [2]);
  assert.equal(await severities(null), [2], 'as long as it lasts');
  assert.equal((await due(null)).items.map(({ status }) => status).sort(), ['critical', 'unknown']);
  assert.equal(await severities({ '/dev/sda': healthy('A') }), [0]);
  end();
});

test('wear is read by the name of the attribute', () => {
  const wear = (...rows: [number, string, number, number][]) =>
    parseSmart(
      JSON.stringify(
        healthy('S', {
          rotation_rate: 0,
          ata_smart_attributes: {
            table: rows.map(([id, name, value, raw]) => ({ id, name, value, raw: { value: raw } })),
          },
        }),
      ),
    )?.wear;
  assert.is(wear([233, 'NAND_GB_Written_TLC', 100, 5120]), null);
  assert.is(wear([231, 'SSD_Life_Left', 100, 74]), 26);
  assert.is(wear([231, 'SSD_Life_Left', 74, 74]), 26);
  assert.is(wear([231, 'Temperature_Celsius', 74, 26]), null);
  assert.is(wear([169, 'Remaining_Lifetime_Perc', 100, 96]), 4);
  assert.is(wear([202, 'Percent_Lifetime_Remain', 91, 9]), 9);
  assert.is(wear([202, 'Percent_Lifetime_Used', 91, 9]), 9);
  assert.is(wear([202, 'Data_Address_Mark_Errs', 100, 0]), null);
  assert.is(wear([177, 'Wear_Leveling_Count', 96, 74]), 4);
  assert.is(wear([233, 'Media_Wearout_Indicator', 99, 0]), 1);
  assert.is(wear([230, 'Media_Wearout_Indicator', 1, 47_250_997_300]), null);
  assert.is(wear([231, 'SSD_Life_Left', 100, 0]), null, 'full, or wholly worn: nobody knows');
  assert.is(wear([233, 'NAND_GB_Written_TLC', 100, 5120], [231, 'SSD_Life_Left', 100, 74]), 26);
});

test('a number that a maker uses for something else is no count of bad sectors', () => {
  const ata = (name: string) =>
    parseSmart(
      JSON.stringify(healthy('S', { ata_smart_attributes: { table: [{ id: 198, name, raw: { value: 77 } }] } })),
    )?.ata?.offlineUncorrectable;
  assert.equal([ata('Host_Reads_GiB'), ata('Offline_Uncorrectable'), ata('Unknown_Attribute')], [null, 77, 77]);
});

test('a number that says nothing is none', () => {
  assert.equal(['', '  ', '0000000000', 'To be filled by O.E.M.', 'N/A'].map(serialOf), [null, null, null, null, null]);
  assert.is.not(diskLabel('A', 'serial1'), diskLabel('A', 'serial2'));
});

test('Windows: two disks of one model are two, an internal one that is gone is missing, a USB one is not', async () => {
  let disks: object[] | null = [];
  const context = trialContext({ platform: 'win32', run: async () => answer({ disks }) });
  const read = async (now: object[] | null) => {
    disks = now;
    return (await windows.read(context)).metrics.map(({ fields }) => fields.severity);
  };
  const disk = (SerialNumber: string, HealthStatus: number, BusType = 11) => ({
    ...{ FriendlyName: 'Samsung SSD 870', SerialNumber, HealthStatus, BusType },
  });
  const three = [disk('A', 0), disk('B', 2), disk('U', 0, 7)];
  assert.equal(await read(three), [0, 2, 0]);
  assert.equal(await read([disk('B', 2)]), [2, 1]);
  assert.equal(await read(null), [2], 'a refused question takes nothing away');
});

test('traffic follows the disk to another letter, and a name that another disk takes over', async () => {
  const line = (name: string, reads: number) => `   8 0 ${name} ${reads} 0 800 10 5 0 40 10 0 20 20\n`;
  const disk = (name: string, model: string, wwid: string) => ({
    [`sys/block/${name}/device/model`]: model,
    [`sys/block/${name}/device/wwid`]: wwid,
  });
  const root = tree({
    'proc/diskstats': line('sda', 100) + line('sdb', 200),
    ...disk('sda', 'ST4', 'naa.1'),
    ...disk('sdb', 'WD4', 'naa.2'),
  });
  const names = async (check = diskio()) =>
    (await check.run(trialContext({ root, platform: 'linux' }))).metrics?.map(({ tags, fields }) => [
      tags.name,
      fields.reads,
    ]);
  const check = diskio();
  const before = (await names(check)) ?? [];
  addFiles(root, {
    'proc/diskstats': line('sda', 3) + line('sdb', 4),
    ...disk('sda', 'WD4', 'naa.2'),
    ...disk('sdb', 'ST4', 'naa.1'),
  });
  const after = await names(check);
  assert.equal(after, [
    [before[1]?.[0], 3],
    [before[0]?.[0], 4],
  ]);
  rmSync(root, { recursive: true });
});

test.run();
