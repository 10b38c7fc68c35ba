/** What a machine is distinguished by: read where it stands, hashed, and silent where the maker filled nothing in. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunLimits } from '../../agent/checks/check.ts';
import { type FingerprintParts, fingerprintOf, readParts, usableId } from '../../agent/fingerprint.ts';
import { compare } from '../../collector/fleet/fingerprint.ts';
import { answer, removeTrees, tree } from '../support/tree.ts';

const test = suite('fingerprint');
test.after(removeTrees);

const none = async () => Promise.reject(new Error('nothing is started on Linux'));
const machine = { '/proc/self/ns/pid': '-> pid:[4026531836]' };
const firmware = {
  '/sys/class/dmi/id/product_uuid': '4C4C4544-0047-3510-8052-B4C04F4E3332\n',
  '/sys/class/dmi/id/product_serial': 'G5R2N32\n',
  '/sys/class/dmi/id/board_serial': '/G5R2N32/CNCMC0006700D1/\n',
};
const system = {
  '/etc/machine-id': 'b08dfa6083e7567a1921a715000001fb\n',
  '/sys/class/net/eno1/address': '18:66:da:0a:0b:0c\n',
  '/sys/class/net/eno1/device': '-> ../../devices/pci0000:00/0000:00:1f.6',
  '/sys/class/net/docker0/address': '02:42:ac:11:00:01\n',
  '/sys/class/net/lo/address': '00:00:00:00:00:00\n',
};
const linux = (files: Record<string, string>) => readParts('linux', tree({ ...machine, ...files }), none);

test('Linux: firmware where it may be read, the system id, and cards that are real', async () => {
  const parts = await linux({ ...firmware, ...system });
  assert.equal(parts, {
    uuid: '4C4C4544-0047-3510-8052-B4C04F4E3332',
    serial: 'g5r2n32',
    board: '/G5R2N32/CNCMC0006700D1/',
    machine: 'b08dfa6083e7567a1921a715000001fb',
    macs: ['18:66:da:0a:0b:0c'],
  });
  const print = fingerprintOf(parts);
  assert.equal(Object.keys(print).sort(), ['board', 'machine', 'macs', 'serial', 'uuid']);
  for (const value of [print.uuid, print.serial, print.board, print.machine, ...(print.macs ?? [])])
    assert.match(String(value), /^[0-9a-f]{16}$/);
  assert.not.match(JSON.stringify(print), /g5r2n32|b08dfa60|18:66/i);
});

test('the same machine installed anew, with root and without; a clone of it; and a container, which is nothing', async () => {
  const first = fingerprintOf(await linux({ ...firmware, ...system }));
  const other = { '/etc/machine-id': 'ffffeeeeddddccccbbbbaaaa99998888\n' };
  const anew = fingerprintOf(await linux({ ...firmware, ...system, ...other }));
  assert.is(compare(first, anew), 'same');
  assert.is(compare(first, fingerprintOf(await linux({ ...system, ...other }))), 'perhaps');
  const elsewhere = {
    '/sys/class/dmi/id/product_uuid': '4C4C4544-0000-1111-8052-B4C04F4E3332\n',
    '/sys/class/dmi/id/product_serial': 'H6S3P43\n',
    '/sys/class/net/eno1/address': '18:66:da:aa:bb:cc\n',
  };
  assert.is(compare(first, fingerprintOf(await linux({ ...firmware, ...system, ...elsewhere }))), 'copy');
  const inside = { ...firmware, ...system, '/proc/self/ns/pid': '-> pid:[4026532701]', '/.dockerenv': '' };
  assert.equal(fingerprintOf(await linux(inside)), {});
  assert.equal(fingerprintOf(await linux({})), {});
});

test('a board without firmware tables tells its serial number by the device tree', async () => {
  const parts = await linux({ '/proc/device-tree/serial-number': '10000000abcdef01\0' });
  assert.is(parts.serial, '10000000abcdef01');
  assert.ok(fingerprintOf(parts).serial);
});

test('macOS and Windows', async () => {
  const asked: string[] = [];
  const said = (stdout: string) => async (file: string, _args: readonly string[], _limits: RunLimits) => {
    asked.push(file);
    return answer(stdout);
  };
  const ioreg = `+-o Macmini9,1  <class IOPlatformExpertDevice, id 0x100000220, registered, matched, active>
    {
      "IOPlatformSerialNumber" = "C07XX0XXXXXX"
      "IOPlatformUUID" = "0F6E5A1D-1B2C-5D3E-8F4A-9B0C1D2E3F4A"
      "manufacturer" = <"Apple Inc.">
    }
`;
  const mac = await readParts('darwin', '', said(ioreg));
  assert.equal([mac.uuid, mac.serial, mac.machine], ['0F6E5A1D-1B2C-5D3E-8F4A-9B0C1D2E3F4A', 'C07XX0XXXXXX', null]);
  const json =
    '{"macs":["00:15:5D:01:02:03","00:15:5D:01:02:04"],"machine":"d9f1c1f0-1111-4222-8333-444455556666","uuid":"EC2E5C1A-0000-1111-2222-333344445555","serial":"VMware-42 1a","board":"None"}\r\n';
  const windows = await readParts('win32', '', said(json));
  assert.is(windows.machine, 'd9f1c1f0-1111-4222-8333-444455556666');
  assert.equal(Object.keys(fingerprintOf(windows)).sort(), ['machine', 'macs', 'serial', 'uuid']);
  const one = await readParts('win32', '', said('{"macs":"00:15:5D:01:02:03","machine":null,"uuid":"","serial":""}'));
  assert.equal(one.macs, ['00:15:5D:01:02:03'], 'a list of one is no list in PowerShell 5');
  assert.equal(asked, ['/usr/sbin/ioreg', 'powershell.exe', 'powershell.exe']);
});

test('a tool that is missing, forbidden or talks nonsense is no reason not to enrol', async () => {
  const refuse = async () => Promise.reject(new Error('forbidden'));
  for (const platform of ['darwin', 'win32', 'freebsd'] as const)
    assert.equal(fingerprintOf(await readParts(platform, '', refuse)), {});
  const nonsense = async () => answer('["uuid"');
  for (const platform of ['darwin', 'win32'] as const) {
    const { macs: _, ...rest } = fingerprintOf(await readParts(platform, '', nonsense));
    assert.equal(rest, {});
  }
});

test('what makers leave in tells no one apart', () => {
  const empty = [
    ...['', ' ', '0', '00000000', '00000000-0000-0000-0000-000000000000', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'],
    ...['To be filled by O.E.M.', 'To Be Filled By O.E.M', 'Default string', 'System Serial Number', 'None', 'N/A'],
    ...['Not Specified', 'Not Applicable', '03000200-0400-0500-0006-000700080009', 'XXXXXXXX', '..............'],
    ...['0123456789', '00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', 'uninitialized', 'Base Board Serial Number', '-'],
  ];
  for (const text of empty) assert.is(usableId(text), null, text);
  assert.is(usableId('  PF0ABCDE '), 'pf0abcde');
  const parts: FingerprintParts = {
    uuid: empty[3] as string,
    serial: 'Default string',
    board: null,
    machine: '',
    macs: ['0'],
  };
  assert.equal(fingerprintOf(parts), {});
});

test.run();
