/** Section `host`: what the machine is. */
import { arch, hostname, release } from 'node:os';
import type { Host } from '../../shared/inventory.ts';
import { readBootId } from '../platform/boot.ts';
import { readContainer } from '../platform/container.ts';
import { guessKind, readSigns } from '../platform/kind.ts';
import { parseSwVers } from '../platform/macos.ts';
import { firstLine, readText } from '../platform/read.ts';
import { parseSystemInfo } from '../platform/windows.ts';
import { version } from '../version.ts';
import type { Check, CheckContext } from './check.ts';

/** `/etc/os-release`: shell-like assignments, with or without quotes. Total. */
export function parseOsRelease(text: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  for (const line of text.split('\n')) {
    const match = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim());
    if (match)
      values[match[1] as string] = (match[2] as string).replace(/^(['"])(.*)\1$/, '$2').replace(/\\(["$`\\])/g, '$1');
  }
  return values;
}

type Os = Pick<Host['os'], 'name' | 'version' | 'build'>;
const nothing: Os = { name: null, version: null, build: null };

async function readOs(context: CheckContext): Promise<Os> {
  const { root, platform } = context;
  if (platform === 'linux') {
    const values = parseOsRelease(readText(root, '/etc/os-release') ?? readText(root, '/usr/lib/os-release') ?? '');
    const name = values.NAME ?? values.ID ?? null;
    // Debian's own file stops at the major number.
    const debian = values.ID === 'debian' ? firstLine(root, '/etc/debian_version') : null;
    return { name, version: debian ?? values.VERSION_ID ?? null, build: values.BUILD_ID ?? null };
  }
  if (platform === 'darwin') {
    const parsed = parseSwVers((await context.run('/usr/bin/sw_vers', [], { timeoutMs: 5000 })).stdout);
    return { name: parsed.product, version: parsed.version, build: parsed.build };
  }
  return platform === 'win32' ? readWindows(context) : nothing;
}

/** The registry is cheap and not translated; `systeminfo` takes seconds and is, so it is asked second. */
async function readWindows(context: CheckContext): Promise<Os> {
  const key = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
  const { stdout } = await context.run('reg', ['query', key], { timeoutMs: 10_000 });
  const rows = stdout.split('\n').map((line) => line.trim());
  const value = (name: string) => {
    const row = rows.find((line) => line.startsWith(`${name} `));
    return /^\S+ +REG_\w+ +(\S.*)$/.exec(row ?? '')?.[1] ?? null;
  };
  const [name, build, ubr] = [value('ProductName'), value('CurrentBuildNumber'), value('UBR')];
  if (name === null || build === null) {
    const parsed = parseSystemInfo((await context.run('systeminfo', [], { timeoutMs: 60_000 })).stdout);
    return { name: parsed.product, version: null, build: parsed.build };
  }
  const patch = ubr === null ? '' : `.${Number(ubr)}`;
  // Microsoft kept the name "Windows 10" in the registry of Windows 11, which begins at build 22000.
  const shown = Number(build) >= 22_000 ? name.replace('Windows 10', 'Windows 11') : name;
  return { name: shown, version: value('DisplayVersion') ?? value('ReleaseId'), build: `${build}${patch}` };
}

/** A virtual machine or container, in one word; null when there is no sign of either. */
function readVirtual(root: string): string | null {
  const container = readContainer(root);
  if (container) return container.name;
  const vendor = `${firstLine(root, '/sys/class/dmi/id/sys_vendor') ?? ''} ${firstLine(root, '/sys/class/dmi/id/product_name') ?? ''}`;
  const known: [RegExp, string][] = [
    [/QEMU|KVM/i, 'kvm'],
    [/VMware/i, 'vmware'],
    [/VirtualBox|innotek/i, 'virtualbox'],
    [/Microsoft.*Virtual/i, 'hyper-v'],
    [/Xen/i, 'xen'],
    [/Amazon EC2/i, 'ec2'],
    [/Google/i, 'gce'],
    [/Parallels/i, 'parallels'],
  ];
  const hit = known.find(([pattern]) => pattern.test(vendor));
  if (hit) return hit[1];
  return /^flags\s*:.*\bhypervisor\b/m.test(readText(root, '/proc/cpuinfo') ?? '') ? 'vm' : null;
}

export function host(): Check {
  return {
    name: 'host',
    every: 24 * 3_600_000,
    reads: '/etc/os-release, /sys/class/dmi (Linux), sw_vers (macOS), the registry (Windows); no rights needed',
    async run(context) {
      const guess = guessKind(await readSigns(context.platform, context.root, context.run));
      const section: Host = {
        hostname: hostname(),
        os: { platform: context.platform, ...(await readOs(context)), kernel: release(), arch: arch() },
        kind: guess.kind,
        kind_why: [guess.why],
        agent_version: version,
        boot_id: readBootId(context.root),
        virtual: context.platform === 'linux' ? readVirtual(context.root) : null,
      };
      return { sections: { host: section } };
    },
  };
}
