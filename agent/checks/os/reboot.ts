/** Asks this machine whether it waits for a restart, cheapest witness first. Nothing is restarted, nothing installed. */
import { readBootId } from '../../platform/boot.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import { numberOf, objectOf } from '../loose.ts';
import { powershell } from '../powershell.ts';
import {
  compareKernels,
  parseNeedrestart,
  parseNeedsRestarting,
  parseRebootRequired,
  parseRpmLastKernel,
  parseWindowsReboot,
} from './reboot-text.ts';

export interface Reboot {
  required: boolean | null;
  since: number | null;
  why: string | null;
}

const unknown: Reboot = { required: null, since: null, why: null };

export async function readReboot(context: CheckContext): Promise<Reboot> {
  if (context.platform === 'win32') return windows(context);
  if (context.platform !== 'linux') return unknown;
  for (const witness of [flagFile, kernelFiles, needsRestarting, zypper, rpmKernels, needrestart]) {
    const answer = await willing(witness, context);
    // The first "yes" is enough; a "no" of one witness is kept while the next is asked.
    if (answer.required === true) return answer;
    if (answer.required === false) return answer;
  }
  return unknown;
}

async function willing(witness: (context: CheckContext) => Promise<Reboot>, context: CheckContext): Promise<Reboot> {
  try {
    return await witness(context);
  } catch (thrown) {
    if (thrown instanceof NoData) return unknown;
    throw thrown;
  }
}

/** Presence is a yes. Absence is no answer: plain Debian never writes the file. */
async function flagFile(context: CheckContext): Promise<Reboot> {
  for (const path of ['/run/reboot-required', '/run/reboot-needed']) {
    const since = await changedAt(context, path);
    if (since === null) continue;
    const { packages } = parseRebootRequired('', await fileText(context, `${path}.pkgs`));
    return { required: true, since, why: packages.join(', ') || path };
  }
  return unknown;
}

async function runningKernel(context: CheckContext): Promise<string | null> {
  return (await fileText(context, '/proc/sys/kernel/osrelease'))?.trim() ?? null;
}

/** A kernel can be booted when both its modules and its image are there. */
async function kernelFiles(context: CheckContext): Promise<Reboot> {
  const bootable: string[] = [];
  for (const folder of ['/lib/modules', '/usr/lib/modules'])
    for (const release of await namesIn(context, folder)) {
      const modules = await exists(context, `${folder}/${release}/modules.dep`);
      const image =
        (await exists(context, `/boot/vmlinuz-${release}`)) || (await exists(context, `${folder}/${release}/vmlinuz`));
      if (modules && image) bootable.push(release);
    }
  const kernels = compareKernels(await runningKernel(context), bootable);
  if (kernels.rebootRequired !== true) return { ...unknown, required: kernels.rebootRequired };
  if (await livePatched(context)) return { ...unknown, required: false };
  const since = await changedAt(context, `/boot/vmlinuz-${kernels.newestInstalled}`);
  return { required: true, since, why: `kernel ${kernels.newestInstalled} is installed, ${kernels.running} runs` };
}

/** An old kernel whose holes are patched while it runs does not wait for a restart. */
async function livePatched(context: CheckContext): Promise<boolean> {
  for (const name of await namesIn(context, '/sys/kernel/livepatch'))
    if ((await fileText(context, `/sys/kernel/livepatch/${name}/enabled`))?.trim() === '1') return true;
  return false;
}

const limits = { timeoutMs: 60_000 };

async function needsRestarting(context: CheckContext): Promise<Reboot> {
  if (!(await exists(context, '/usr/bin/needs-restarting'))) return unknown;
  const answer = await context.run('/usr/bin/needs-restarting', ['-r'], limits);
  const read = parseNeedsRestarting(answer.stdout, answer.code ?? 2);
  return read.known ? { required: read.rebootRequired, since: null, why: read.packages.join(', ') || null } : unknown;
}

async function zypper(context: CheckContext): Promise<Reboot> {
  if (!(await exists(context, '/usr/bin/zypper'))) return unknown;
  const { code } = await context.run('/usr/bin/zypper', ['--non-interactive', 'needs-rebooting'], limits);
  return code === 102
    ? { ...unknown, required: true, why: 'zypper needs-rebooting' }
    : { ...unknown, required: code === 0 ? false : null };
}

async function rpmKernels(context: CheckContext): Promise<Reboot> {
  if (!(await exists(context, '/usr/bin/rpm')) || !(await exists(context, '/lib/modules'))) return unknown;
  const running = await runningKernel(context);
  const packages = running?.includes('uek')
    ? ['kernel-uek', 'kernel-uek-core']
    : ['kernel-core', 'kernel', 'kernel-default'];
  for (const name of packages) {
    const answer = await context.run('/usr/bin/rpm', ['-q', '--last', name], limits);
    const kernel = parseRpmLastKernel(answer.stdout, running);
    if (kernel.rebootRequired !== null)
      return {
        required: kernel.rebootRequired,
        since: null,
        why: kernel.rebootRequired ? `kernel ${kernel.newestInstalled} is installed, ${running} runs` : null,
      };
  }
  return unknown;
}

const dayMs = 86_400_000;

/** Where needrestart looks for kernels, and which one runs: with these unchanged its answer is the same. */
async function kernelCause(context: CheckContext): Promise<string> {
  const folders = await Promise.all(['/boot', '/lib/modules'].map((path) => changedAt(context, path)));
  return [await runningKernel(context), readBootId(context.root), ...folders].join(' ');
}

/** Half of what this check costs on a machine whose kernels cannot be told otherwise, so it is asked when a cause changed. */
async function needrestart(context: CheckContext): Promise<Reboot> {
  if (!(await exists(context, '/usr/sbin/needrestart'))) return unknown;
  const cause = await kernelCause(context);
  const before = objectOf(context.memory.get('os.needrestart'));
  const age = context.clock.now() - (numberOf(before.at) ?? Number.NEGATIVE_INFINITY);
  if (before.cause === cause && age >= 0 && age < dayMs) return before.answer as Reboot;
  const run = await context.run('/usr/sbin/needrestart', ['-b', '-r', 'l', '-k'], limits);
  const read = parseNeedrestart(run.stdout);
  const answer: Reboot = {
    required: read.rebootRequired,
    since: null,
    why: read.rebootRequired ? `kernel ${read.kernelExpected} is installed, ${read.kernelCurrent} runs` : null,
  };
  // What was ended or printed nothing is no answer to keep.
  if (run.ended === null && read.version)
    context.memory.set('os.needrestart', { cause, at: context.clock.now(), answer });
  return answer;
}

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
  return { required: rebootRequired, since: null, why: why.join(', ') || null };
}
