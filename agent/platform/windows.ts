/** What only Windows says, and how. Property names are not translated; texts are, so no text is matched. */

/** `Key=value` blocks parted by empty lines, as `wmic /value` prints them and as our own scripts do. Total. */
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

export interface Volume {
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
export function parseLogicalDisks(text: string): Volume[] {
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
  role: 'server' | 'workstation' | null;
  hotfixes: string[];
}

/** `systeminfo`, English; on other systems everything that is not recognised is null. Total. */
export function parseSystemInfo(text: string): SystemInfo {
  return {
    product: textAfter(text, 'OS Name'),
    build: /\bBuild (\d+)/.exec(textAfter(text, 'OS Version') ?? '')?.[1] ?? null,
    role: roleOf(text),
    hotfixes: text.split('\n').flatMap((line) => /^\[\d+\]: *(KB\d+)$/.exec(line.trim())?.[1] ?? []),
  };
}

/** What stands behind `key:` on the first line that begins so. */
function textAfter(text: string, key: string): string | null {
  const line = text.split('\n').find((one) => one.startsWith(`${key}:`));
  return line?.slice(key.length + 1).trim() || null;
}

export function roleOf(text: string): SystemInfo['role'] {
  const configuration = textAfter(text, 'OS Configuration') ?? '';
  if (/\bWorkstation\b/i.test(configuration)) return 'workstation';
  return /\b(Server|Domain Controller)\b/i.test(configuration) ? 'server' : null;
}
