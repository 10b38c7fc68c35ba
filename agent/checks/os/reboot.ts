/** Asks this machine whether it waits for a restart. Nothing is restarted, nothing installed. */

import { reasonOf } from '../../../shared/errors.ts';
import { joinReasons, type Reason, reason, reasonsIn } from '../../../shared/reason.ts';
import { readBootId } from '../../platform/boot.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import { numberOf, objectOf } from '../parse.ts';
import { powershell } from '../powershell.ts';
import {
  compareKernels,
  kernelFlavour,
  type LastKernel,
  parseNeedrestart,
  parseNeedsRestarting,
  parseRebootRequired,
  parseRpmLastKernel,
  parseWindowsReboot,
} from './reboot-text.ts';

export interface Reboot {
  required: boolean | null;
  since: number | null;
  why: Reason[] | null;
}

interface Witness {
  name: string;
  /** A program: asked again only when what it judges has changed. */
  program?: boolean;
  ask(context: CheckContext): Promise<Reboot>;
}

const unknown: Reboot = { required: null, since: null, why: null };

/**
 * The strongest source first: the package manager covers libraries and firmware too, needrestart and rpm know kernels
 * and how they are ordered, files of kernels are only a comparison of names.
 */
const witnesses: readonly Witness[] = [
  { name: 'reboot-required', ask: flagFile },
  { name: 'needs-restarting', program: true, ask: needsRestarting },
  { name: 'zypper needs-rebooting', program: true, ask: zypper },
  { name: 'needrestart', program: true, ask: needrestart },
  { name: 'rpm', program: true, ask: rpmKernels },
  { name: 'installed kernels', ask: kernelFiles },
];

export async function readReboot(context: CheckContext): Promise<Reboot> {
  if (context.platform === 'win32') return windows(context);
  if (context.platform !== 'linux') return unknown;
  const remembered = await rememberedAnswers(context);
  const answers: { name: string; answer: Reboot }[] = [];
  for (const { name, program, ask } of witnesses) {
    const before = program ? remembered.answers[name] : undefined;
    const answer = before ?? (await willing(ask, context));
    if (program && answer.required !== null) remembered.answers[name] = answer;
    answers.push({ name, answer });
  }
  context.memory.set('os.reboot_answers', remembered);
  return decided(answers);
}

/**
 * The strongest source with an answer decides. Its name is reported, also for a "no", and so are sources that disagree.
 */
export function decided(answers: readonly { name: string; answer: Reboot }[]): Reboot {
  const known = answers.filter(({ answer }) => answer.required !== null);
  const [first] = known;
  if (first === undefined) return unknown;
  const others = known.filter(({ answer }) => answer.required !== first.answer.required).map(({ name }) => name);
  const { required, since } = first.answer;
  // Agents before 0.2 remembered a sentence.
  const reasons = joinReasons(reasonsIn(first.answer.why)) ?? [
    reason(required ? 'restart_needed' : 'no_restart_needed'),
  ];
  const otherwise = others.length === 0 ? null : reason('otherwise', { names: others.join(', ') });
  return { required, since, why: joinReasons(reason('in_part', { name: first.name }), reasons, otherwise) };
}

const dayMs = 86_400_000;

interface RememberedReboot {
  cause: string;
  at: number;
  answers: Record<string, Reboot>;
}

/** What programs have answered for the same kernel, the same boot and the same packages; a day at most. */
async function rememberedAnswers(context: CheckContext): Promise<RememberedReboot> {
  const paths = ['/boot', '/lib/modules', '/var/lib/dpkg/status', '/var/lib/rpm/rpmdb.sqlite', '/var/lib/rpm/Packages'];
  const times = await Promise.all(
    [...paths, '/usr/lib/sysimage/rpm/rpmdb.sqlite', '/usr/lib/sysimage/rpm/Packages.db'].map((path) =>
      changedAt(context, path),
    ),
  );
  const cause = [await runningKernel(context), readBootId(context.root), ...times].join(' ');
  const now = context.clock.now();
  const before = objectOf(context.memory.get('os.reboot_answers'));
  const age = now - (numberOf(before.at) ?? Number.NEGATIVE_INFINITY);
  const fresh = before.cause === cause && age >= 0 && age < dayMs;
  return fresh ? (before as unknown as RememberedReboot) : { cause, at: now, answers: {} };
}

/** One source that fails must not hide the others. */
async function willing(ask: Witness['ask'], context: CheckContext): Promise<Reboot> {
  try {
    return await ask(context);
  } catch (thrown) {
    if (!(thrown instanceof NoData))
      context.log.warn({ reason: reasonOf(thrown) }, 'Could not find out whether a restart is required');
    return unknown;
  }
}

const restartFor = (packages: readonly string[]) => reason('restart_for', { packages: packages.join(', ') });

/** Presence is a yes. Absence is no answer: plain Debian never writes the file. */
async function flagFile(context: CheckContext): Promise<Reboot> {
  for (const path of ['/run/reboot-required', '/run/reboot-needed']) {
    const since = await changedAt(context, path);
    if (since === null) continue;
    const { packages } = parseRebootRequired('', await fileText(context, `${path}.pkgs`));
    return {
      required: true,
      since,
      why: [packages.length === 0 ? reason('file_there', { path }) : restartFor(packages)],
    };
  }
  return unknown;
}

async function runningKernel(context: CheckContext): Promise<string | null> {
  return (await fileText(context, '/proc/sys/kernel/osrelease'))?.trim() || null;
}

/** Where distributions keep the image of a kernel; Alpine's has the flavour for a name, and no version. */
const imagesOf = (release: string, folder: string) => [
  ...['vmlinuz', 'vmlinux', 'kernel', 'Image', 'image'].map((name) => `/boot/${name}-${release}`),
  ...['vmlinuz', 'vmlinux', 'Image', 'image'].map((name) => `${folder}/${release}/${name}`),
  `/boot/vmlinuz-${release.split('-').at(-1)}`,
];

/** A kernel can be booted when both its modules and its image are there. */
async function kernelFiles(context: CheckContext): Promise<Reboot> {
  const bootable: string[] = [];
  const present: string[] = [];
  for (const folder of ['/lib/modules', '/usr/lib/modules'])
    for (const release of await namesIn(context, folder)) {
      present.push(release);
      if (!(await exists(context, `${folder}/${release}/modules.dep`))) continue;
      const images = await Promise.all(imagesOf(release, folder).map((path) => exists(context, path)));
      if (images.some(Boolean)) bootable.push(release);
    }
  const kernels = compareKernels(await runningKernel(context), bootable, present);
  const answer = ofKernels(kernels);
  if (answer.required !== true) return answer;
  if (await livePatched(context)) return { ...unknown, required: false, why: [reason('kernel_patched_live')] };
  return { ...answer, since: await changedAt(context, `/boot/vmlinuz-${kernels.newestInstalled}`) };
}

function ofKernels({ rebootRequired, newestInstalled, running }: LastKernel): Reboot {
  const why = rebootRequired ? [reason('kernel_newer', { installed: newestInstalled, running })] : null;
  return { required: rebootRequired, since: null, why };
}

/** An old kernel whose holes are patched while it runs does not wait for a restart. */
async function livePatched(context: CheckContext): Promise<boolean> {
  for (const name of await namesIn(context, '/sys/kernel/livepatch'))
    if ((await fileText(context, `/sys/kernel/livepatch/${name}/enabled`))?.trim() === '1') return true;
  return false;
}

const limits = { timeoutMs: 60_000 };

/** A program of its own where the tools of yum are installed, else a command of dnf, if that has the plugin. */
async function needsRestarting(context: CheckContext): Promise<Reboot> {
  const programs = [
    ['/usr/bin/needs-restarting', '-r'],
    ['/usr/bin/dnf5', '-C', 'needs-restarting', '-r'],
    ['/usr/bin/dnf', '-C', 'needs-restarting', '-r'],
  ];
  for (const [program = '', ...args] of programs) {
    if (!(await exists(context, program))) continue;
    const answer = await context.run(program, args, limits);
    const read = parseNeedsRestarting(answer.stdout, answer.code ?? 2);
    if (!read.known) continue;
    // It watches the packages of the distribution's own kernel: for other kernels its "no" means nothing.
    const own = !/uek|elrepo/.test(kernelFlavour((await runningKernel(context)) ?? ''));
    if (read.rebootRequired || own)
      return {
        ...{ required: read.rebootRequired, since: null },
        why: read.packages.length === 0 ? null : [restartFor(read.packages)],
      };
  }
  return unknown;
}

async function zypper(context: CheckContext): Promise<Reboot> {
  if (!(await exists(context, '/usr/bin/zypper'))) return unknown;
  const { code } = await context.run('/usr/bin/zypper', ['--non-interactive', 'needs-rebooting'], limits);
  return { ...unknown, required: code === 102 ? true : code === 0 ? false : null };
}

async function rpmKernels(context: CheckContext): Promise<Reboot> {
  if (!(await exists(context, '/usr/bin/rpm')) || !(await exists(context, '/lib/modules'))) return unknown;
  const running = await runningKernel(context);
  // In the order in which a kernel's own package is the finest: `kernel` alone may be without an image.
  const packages = running?.includes('uek')
    ? ['kernel-uek-core', 'kernel-uek']
    : ['kernel-core', 'kernel', 'kernel-64k-core', 'kernel-rt-core'];
  for (const name of packages) {
    const answer = await context.run('/usr/bin/rpm', ['-q', '--last', name], limits);
    const kernel = ofKernels(parseRpmLastKernel(answer.stdout, running));
    if (kernel.required !== null) return kernel;
  }
  return unknown;
}

async function needrestart(context: CheckContext): Promise<Reboot> {
  if (!(await exists(context, '/usr/sbin/needrestart'))) return unknown;
  const run = await context.run('/usr/sbin/needrestart', ['-b', '-r', 'l', '-k'], limits);
  const read = parseNeedrestart(run.stdout);
  if (run.ended !== null || read.version === null) return unknown;
  const { rebootRequired, kernelExpected, kernelCurrent } = read;
  return ofKernels({ rebootRequired, newestInstalled: kernelExpected, running: kernelCurrent });
}

const windowsCodes = {
  componentServicing: 'restart_component_servicing',
  rebootInProgress: 'restart_in_progress',
  windowsUpdate: 'restart_windows_update',
  computerName: 'restart_computer_name',
} as const;

const script = `
$cbs='HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing'
$wu='HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update'
$cn='HKLM:\\SYSTEM\\CurrentControlSet\\Control\\ComputerName'
$sm=Get-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Session Manager'
[ordered]@{componentServicing=(Test-Path "$cbs\\RebootPending");rebootInProgress=(Test-Path "$cbs\\RebootInProgress");windowsUpdate=(Test-Path "$wu\\RebootRequired");
computerName=((Get-ItemProperty "$cn\\ActiveComputerName").ComputerName -ne (Get-ItemProperty "$cn\\ComputerName").ComputerName);pendingRenames=($null -ne $sm.PendingFileRenameOperations)}|ConvertTo-Json -Compress
`;

async function windows(context: CheckContext): Promise<Reboot> {
  const { value } = await powershell(context, script, 60_000);
  const { rebootRequired, why } = parseWindowsReboot(objectOf(value));
  return { required: rebootRequired, since: null, why: joinReasons(why.map((key) => reason(windowsCodes[key]))) };
}
