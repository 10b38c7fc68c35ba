/** Windows only: what its tools print. Property names are not translated; texts are, so no text is matched. */

/** `Key=value` blocks parted by empty lines, as `wmic /value` prints them and as the agent's scripts do. Total. */
export function parseBlocks(text: string): Record<string, string>[] {
  const blocks: Record<string, string>[] = [];
  let block: Record<string, string> = Object.create(null);
  const close = () => {
    if (Object.keys(block).length > 0) blocks.push(block);
    block = Object.create(null);
  };
  for (const raw of text.replace(/^\uFEFF/, '').split(/[\r\n]+/)) {
    const line = raw.trim();
    const at = line.indexOf('=');
    if (at < 1) continue;
    const key = line.slice(0, at);
    // wmic parts the blocks of a list by more line ends than a reader can count on: a repeated key begins the next one.
    if (key in block) close();
    block[key] = line.slice(at + 1);
  }
  close();
  return blocks;
}

export interface LogicalDisk {
  drive: string;
  driveType: number | null;
  fs: string | null;
  sizeBytes: number | null;
  freeBytes: number | null;
  usedPercent: number | null;
  dirty: boolean | null;
  access: number | null;
}

const number = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : null);

/** Win32_LogicalDisk as blocks → fixed disks. DriveType 4 is a network drive and 5 a CD: never touched. Total. */
export function parseLogicalDisks(text: string): LogicalDisk[] {
  return parseBlocks(text)
    .filter((block) => /^[A-Za-z]:$/.test(block.DeviceID ?? '') && (block.DriveType ?? '3') === '3')
    .map((block) => {
      const sizeBytes = number(block.Size);
      const freeBytes = number(block.FreeSpace);
      const known = sizeBytes !== null && freeBytes !== null && sizeBytes > 0;
      return {
        drive: (block.DeviceID as string).toUpperCase(),
        driveType: number(block.DriveType),
        fs: block.FileSystem || null,
        sizeBytes,
        freeBytes,
        usedPercent: known ? ((sizeBytes - freeBytes) / sizeBytes) * 100 : null,
        dirty: /^(true|false)$/i.test(block.VolumeDirty ?? '') ? /^true$/i.test(block.VolumeDirty as string) : null,
        access: number(block.Access),
      };
    });
}

/** PowerShell that prints the same blocks without wmic, which newer systems no longer have. */
export const logicalDiskScript = [
  "Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3' | ForEach-Object { $d = $_;",
  "'DeviceID','DriveType','FileSystem','Size','FreeSpace','VolumeDirty','Access' |",
  'ForEach-Object { "$_=$($d.$_)" }; "" }',
].join(' ');

/**
 * Before every script: without it PowerShell prints in the OEM code page (850, 932), and what is not in that page becomes
 * a question mark. Constrained language mode refuses the setting, and the script goes on.
 */
const preamble = `$ErrorActionPreference='Stop'; $ProgressPreference='SilentlyContinue'
try { [Console]::OutputEncoding=[Text.UTF8Encoding]::new($false) } catch { }
`;

/** Arguments that make powershell.exe read this script and nothing else: the only way in which the agent starts one. */
export function powershellArgs(script: string): string[] {
  const encoded = Buffer.from(preamble + script, 'utf16le').toString('base64');
  return ['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-EncodedCommand', encoded];
}

export interface SystemInfo {
  product: string | null;
  build: string | null;
  role: 'server' | 'domain-controller' | 'workstation' | null;
  hotfixes: string[];
}

/**
 * `systeminfo`, translated in whole: the line whose value begins with a version number of four digits or more in its third
 * place is the version; the name of the product stands before it, the configuration two lines after. Total.
 */
export function parseSystemInfo(text: string): SystemInfo {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const facts = lines.flatMap((line) => /^\S[^:：]*[:：]\s*(\S.*)$/.exec(line)?.[1] ?? []);
  const at = facts.findIndex((fact) => /^\d+\.\d+\.\d{4,}\s/.test(fact));
  const product = facts[at - 1] ?? null;
  return {
    product,
    build: /^\d+\.\d+\.(\d+)/.exec(facts[at] ?? '')?.[1] ?? null,
    role: at < 0 ? null : roleOf(facts[at + 2] ?? '', product ?? ''),
    hotfixes: lines.flatMap((line) => /^\[\d+\]: *(KB\d+)$/.exec(line.trimStart())?.[1] ?? []),
  };
}

/** The names of the products are the same in all languages; the configuration is not. */
function roleOf(configuration: string, product: string): SystemInfo['role'] {
  if (/domain controller/i.test(configuration)) return 'domain-controller';
  if (/workstation/i.test(configuration)) return 'workstation';
  if (/\bserver\b/i.test(`${configuration} ${product}`)) return 'server';
  return /windows (7|8|8\.1|10|11)\b/i.test(product) ? 'workstation' : null;
}
