/** Whether a restart is due: kernels of many distributions, and which of several witnesses decides. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NoData, type RunResult } from '../../../agent/checks/check.ts';
import { decided, readReboot } from '../../../agent/checks/os/reboot.ts';
import {
  compareKernels,
  kernelFlavour,
  parseNeedrestart,
  parseNeedsRestarting,
  parseRpmLastKernel,
} from '../../../agent/checks/os/reboot-text.ts';
import { trialContext } from '../../support/check-context.ts';
import { inLog } from '../../support/reasons.ts';
import { answer, removeTrees, tree } from '../../support/tree.ts';

/** Running, installed and newer, of one flavour. */
const newer: [string, string][] = [
  ['5.14.0-611.54.1.el9_7.x86_64', '5.14.0-687.44.1.el9_8.x86_64'],
  ['5.14.0-687.44.1.el9_8.x86_64', '6.12.0-55.9.1.el10_0.x86_64'],
  ['5.14.0-570.12.1.el9_6.aarch64+64k', '5.14.0-611.5.1.el9_7.aarch64+64k'],
  ['4.18.0-553.el8_10.x86_64', '4.18.0-553.8.1.el8_10.x86_64'],
  ['5.15.0-209.161.7.el9uek.x86_64', '5.15.0-300.163.18.el9uek.x86_64'],
  ['6.1.0-40-amd64', '6.12.48+deb13-amd64'],
  ['6.12.43+deb13-cloud-amd64', '6.12.48+deb13-cloud-amd64'],
  ['6.1.0-9-amd64', '6.1.0-40-amd64'],
  ['6.1.0-31-amd64', '6.12.9+bpo-amd64'],
  ['5.10.0-8-686-pae', '5.10.0-32-686-pae'],
  ['6.8.11-200.fc39', '6.9.4-200.fc40'],
  ['6.8.11-200.fc39.x86_64', '6.9.4-200.fc40.x86_64'],
  ['6.8.0-45-generic', '6.8.0-100-generic'],
  ['5.15.0-118-generic', '6.8.0-45-generic'],
  ['6.8.0-1012-aws', '6.14.0-1003-aws'],
  ['6.9.7-arch1-1', '6.10.2-arch1-2'],
  ['6.6.36-1-lts', '6.6.40-1-lts'],
  ['6.9.7-zen1-1-zen', '6.9.10-zen1-1-zen'],
  ['5.14.21-150500.55.65-default', '6.4.0-150600.23.14-default'],
  ['6.6.34-0-lts', '6.12.11-1-lts'],
  ['6.6.34-0-virt', '6.6.40-0-virt'],
  ['6.8.12-4-pve', '6.11.0-1-pve'],
  ['6.1.90-99.173.amzn2023.x86_64', '6.1.102-111.182.amzn2023.x86_64'],
  ['6.6.20+rpt-rpi-v8', '6.6.31+rpt-rpi-v8'],
  ['6.6.28-desktop-1.mga9', '6.6.37-desktop-1.mga9'],
];
/** Two that do not replace each other. */
const apart: [string, string][] = [
  ['6.1.0-9-amd64', '6.1.0-13-cloud-amd64'],
  ['6.1.0-9-amd64', '6.1.0-13-rt-amd64'],
  ['6.8.0-45-generic', '6.8.0-48-lowlatency'],
  ['6.9.7-arch1-1', '6.9.9-1-lts'],
  ['4.18.0-513.el8.x86_64', '5.4.17-2136.el8uek.x86_64'],
  ['5.14.0-611.5.1.el9_7.aarch64', '5.14.0-687.1.1.el9_8.aarch64+64k'],
  ['5.14.0-611.5.1.el9_7.x86_64', '5.14.0-687.1.1.el9_8.x86_64+rt'],
  ['6.6.34-0-virt', '6.6.40-0-lts'],
  ['5.14.21-150500.55.65-default', '5.14.21-150500.60.1-azure'],
  ['6.6.31+rpt-rpi-v8', '6.6.40+rpt-rpi-2712'],
];

test('kernels of one flavour are compared across releases of the distribution', () => {
  for (const [running, installed] of newer) {
    const all = [running, installed];
    assert.is(kernelFlavour(running), kernelFlavour(installed), all.join(' '));
    assert.is(compareKernels(running, all).rebootRequired, true, all.join(' '));
    assert.is(compareKernels(running, [...all].reverse()).rebootRequired, true, all.join(' '));
    assert.is(compareKernels(installed, all).rebootRequired, false, all.join(' '));
  }
  for (const [running, installed] of apart) {
    assert.is(compareKernels(running, [installed]).rebootRequired, null, `${running} ${installed}`);
    assert.is(compareKernels(running, [running, installed]).rebootRequired, false, `${running} ${installed}`);
  }
});

test('a running kernel that is no longer installed was replaced', () => {
  assert.is(compareKernels('6.9.7-arch1-1', ['6.9.6-arch1-1']).rebootRequired, true);
  // Its modules are there, only its image is where we do not look.
  assert.is(
    compareKernels('6.9.7-arch1-1', ['6.9.6-arch1-1'], ['6.9.6-arch1-1', '6.9.7-arch1-1']).rebootRequired,
    false,
  );
  assert.is(compareKernels('6.18.44-own', ['6.1.0-40-amd64']).rebootRequired, null, 'booted from outside');
});

test('rpm: the version decides, not the order of installation; variants', () => {
  const read = (names: string, running: string) => {
    const { newestInstalled, rebootRequired } = parseRpmLastKernel(names, running);
    return [newestInstalled, rebootRequired];
  };
  const nine =
    'kernel-core-5.14.0-687.44.1.el9_8.x86_64  Mon 1 Jan 2026\nkernel-core-5.14.0-611.54.1.el9_7.x86_64  Mon\n';
  assert.equal(read(nine, '5.14.0-611.54.1.el9_7.x86_64'), ['5.14.0-687.44.1.el9_8.x86_64', true]);
  assert.equal(read(nine, '5.14.0-687.44.1.el9_8.x86_64'), ['5.14.0-687.44.1.el9_8.x86_64', false]);
  const again = nine.split('\n').reverse().join('\n');
  assert.equal(read(again, '5.14.0-687.44.1.el9_8.x86_64'), ['5.14.0-687.44.1.el9_8.x86_64', false]);
  const variant = 'kernel-64k-core-5.14.0-611.5.1.el9_7.aarch64  Mon 1 Jan 2026\n';
  assert.equal(read(variant, '5.14.0-611.5.1.el9_7.aarch64+64k'), ['5.14.0-611.5.1.el9_7.aarch64+64k', false]);
  assert.equal(read(variant, '5.14.0-611.5.1.el9_7.aarch64'), [null, null]);
});

test('needs-restarting: words and code must agree', () => {
  const yes = 'Core libraries or services have been updated since boot-up:\n  * kernel-core\n\nReboot is required to\n';
  const no = 'No core libraries or services have been updated since boot-up.\nReboot should not be necessary.\n';
  assert.equal([parseNeedsRestarting(yes, 1).known, parseNeedsRestarting(yes, 1).rebootRequired], [true, true]);
  assert.equal([parseNeedsRestarting(no, 0).known, parseNeedsRestarting(no, 0).rebootRequired], [true, false]);
  for (const [text, code] of [
    ['', 0],
    [yes, 0],
    ['', 1],
    ['No such command: needs-restarting.', 1],
    [no, 2],
  ] as const)
    assert.is(parseNeedsRestarting(text, code).known, false, `${code} ${text}`);
});

const old = '5.14.0-611.54.1.el9_7.x86_64';
const fresh = '5.14.0-687.44.1.el9_8.x86_64';
const kernel = (release: string) => ({ [`lib/modules/${release}/modules.dep`]: '', [`boot/vmlinuz-${release}`]: '' });
const running = (release: string) => ({ 'proc/sys/kernel/osrelease': `${release}\n` });
const noReboot = 'No core libraries or services have been updated since boot-up.\nReboot should not be necessary.\n';
const reboot = 'Core libraries or services have been updated:\n  * glibc\n\nReboot is required.\n';

/** @param programs answers by the start of the command line */
function machine(files: Record<string, string>, programs: Record<string, RunResult> = {}) {
  const asked: string[] = [];
  const installed = Object.keys(programs).map((line) => [line.split(' ')[0]?.slice(1) ?? '', ''] as const);
  const context = trialContext({
    root: tree({ ...files, ...Object.fromEntries(installed) }),
    platform: 'linux',
    run: async (file, args) => {
      const line = [file, ...args].join(' ');
      asked.push(line);
      const found = Object.entries(programs).find(([start]) => line.startsWith(start))?.[1];
      if (!found) throw new NoData();
      return found;
    },
  });
  return { context, asked };
}

test('the kernel of the next minor release asks for a restart, with files alone', async () => {
  const { required, why } = await readReboot(machine({ ...running(old), ...kernel(old), ...kernel(fresh) }).context);
  assert.is(required, true);
  assert.is(inLog(why), `in_part (name: installed kernels), kernel_newer (installed: ${fresh}, running: ${old})`);
});

test('a "no" of the files ends nothing: needs-restarting is asked, and decides', async () => {
  const files = { ...running(fresh), ...kernel(fresh) };
  const { context, asked } = machine(files, { '/usr/bin/needs-restarting': answer(reboot, 1) });
  const { required, why } = await readReboot(context);
  assert.is(required, true);
  assert.is(
    inLog(why),
    'in_part (name: needs-restarting), restart_for (packages: glibc), otherwise (names: installed kernels)',
  );
  assert.equal(asked, ['/usr/bin/needs-restarting -r']);
  await readReboot(context);
  assert.is(asked.length, 1, 'a program is asked again only when what it judges has changed');
});

test('needs-restarting as a command of dnf, and one that fails ends nothing', async () => {
  const files = { ...running(fresh), ...kernel(fresh) };
  const five = machine(files, { '/usr/bin/dnf5 -C needs-restarting': answer(reboot, 1) });
  assert.is((await readReboot(five.context)).required, true);
  const broken = machine(
    { ...running(old), ...kernel(old), ...kernel(fresh) },
    { '/usr/bin/needs-restarting': answer('Traceback (most recent call last):\n', 1) },
  );
  assert.is((await readReboot(broken.context)).required, true);
});

test('Oracle: needs-restarting does not watch its own kernel', async () => {
  const uek = ['5.15.0-209.161.7.el9uek.x86_64', '5.15.0-300.163.18.el9uek.x86_64'] as const;
  const files = { ...running(uek[0]), ...kernel(uek[0]), ...kernel(uek[1]) };
  const { context } = machine(files, { '/usr/bin/needs-restarting': answer(noReboot, 0) });
  assert.is((await readReboot(context)).required, true);
});

test('the flag of Debian and SUSE, zypper, needrestart, and an unknown that is no "no"', async () => {
  const six = { ...running('6.1.0-40-amd64'), ...kernel('6.1.0-40-amd64') };
  const flag = await readReboot(
    machine({ ...six, 'run/reboot-required': '', 'run/reboot-required.pkgs': 'libc6\n' }).context,
  );
  assert.is(flag.required, true);
  assert.is(
    inLog(flag.why),
    'in_part (name: reboot-required), restart_for (packages: libc6), otherwise (names: installed kernels)',
  );
  assert.ok(flag.since);
  const suse = machine(six, { '/usr/bin/zypper': answer('', 102) });
  assert.is((await readReboot(suse.context)).required, true);
  const unsure = machine(
    { ...running('6.1.0-40-amd64') },
    { '/usr/sbin/needrestart': answer('NEEDRESTART-VER: 3.6\nNEEDRESTART-KSTA: 0\n') },
  );
  assert.equal(await readReboot(unsure.context), { required: null, since: null, why: null });
  const calm = await readReboot(machine(six).context);
  assert.equal([calm.required, inLog(calm.why)], [false, 'in_part (name: installed kernels), no_restart_needed']);
});

test('Alpine, Arch, a live patch', async () => {
  const alpine = await readReboot(
    machine({ ...running('6.6.34-0-lts'), 'lib/modules/6.12.11-1-lts/modules.dep': '', 'boot/vmlinuz-lts': '' })
      .context,
  );
  assert.is(alpine.required, true);
  const arch = await readReboot(
    machine({
      ...running('6.9.7-arch1-1'),
      'usr/lib/modules/6.10.2-arch1-2/modules.dep': '',
      'usr/lib/modules/6.10.2-arch1-2/vmlinuz': '',
    }).context,
  );
  assert.is(arch.required, true);
  const live = await readReboot(
    machine({ ...running(old), ...kernel(old), ...kernel(fresh), 'sys/kernel/livepatch/kpatch_1/enabled': '1\n' })
      .context,
  );
  assert.equal([live.required, inLog(live.why)], [false, 'in_part (name: installed kernels), kernel_patched_live']);
});

test('the strongest that knows decides, and who disagrees is named', () => {
  const said = (name: string, required: boolean | null) => ({ name, answer: { required, since: null, why: null } });
  assert.is(decided([said('a', null), said('b', false), said('c', true)]).required, false);
  assert.is(
    inLog(decided([said('a', null), said('b', false), said('c', true)]).why),
    'in_part (name: b), no_restart_needed, otherwise (names: c)',
  );
  assert.is(decided([said('a', true), said('b', false)]).required, true);
  assert.equal(decided([said('a', null)]), { required: null, since: null, why: null });
});

test('needrestart: what stands behind the key, whatever the blanks', () => {
  const read = parseNeedrestart('NEEDRESTART-VER: 3.6\nNEEDRESTART-KCUR:  a \nNEEDRESTART-KSTA: 3\nNEEDRESTART-SVC:\n');
  assert.equal([read.kernelCurrent, read.rebootRequired, read.services], ['a', true, []]);
});

test.after(removeTrees);
test.run();
