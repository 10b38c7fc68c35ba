/** Whether what lies on the disks is encrypted: LUKS, BitLocker, FileVault. Absent means unknown, never "no". */

import type { HealthItem } from '../../../shared/inventory.ts';
import { type Reason, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { fileText, linkOf, namesIn } from '../files.ts';
import { linesOf, numberOf, shareOf, textOf } from '../parse.ts';
import { numbersOf, parseRecords } from '../records.ts';
import { type HealthReading, type HealthSource, type HealthStatus, hour, item, metric } from './source.ts';

export interface FileVault {
  enabled: boolean | null;
  converting: boolean;
  percent: number | null;
}

/** `fdesetup status` */
export function parseFdesetup(text: string): FileVault {
  const word = /^FileVault is (On|Off)\b/m.exec(text)?.[1];
  return {
    enabled: word === undefined ? null : word === 'On',
    converting: /(Encryption|Decryption) in progress/.test(text),
    percent: shareOf(/Percent completed\s?=\s?([\d.]+)/.exec(text)?.[1]),
  };
}

export interface BitLockerVolume {
  drive: string | null;
  /** Null: unknown. False also while suspended, when the key lies open on the disk. */
  protectionOn: boolean | null;
  conversion: (typeof conversions)[number] | null;
  percent: number | null;
  method: number | string | null;
  locked: boolean | null;
  /** Encrypted, but protection is off: common after firmware updates. */
  suspended: boolean;
}

const conversions = [
  'FullyDecrypted',
  'FullyEncrypted',
  'EncryptionInProgress',
  'DecryptionInProgress',
  'EncryptionPaused',
  'DecryptionPaused',
] as const;
const conversionCodes = {
  FullyDecrypted: 'not_encrypted',
  FullyEncrypted: 'encrypted',
  EncryptionInProgress: 'encrypting',
  DecryptionInProgress: 'decrypting',
  EncryptionPaused: 'encryption_paused',
  DecryptionPaused: 'decryption_paused',
} as const;

/** State of a volume, as a reason. */
export const conversionReason = ({ suspended, conversion }: BitLockerVolume): Reason =>
  reason(
    suspended ? 'encryption_suspended' : conversion === null ? 'encryption_not_told' : conversionCodes[conversion],
  );

/** Win32_EncryptableVolume, as JSON or as a list. */
export function parseBitLockerWmi(text: string): BitLockerVolume[] {
  return parseRecords(text).map((record) => {
    const status = numberOf(record.ProtectionStatus);
    const conversion = conversions[numbersOf(record.ConversionStatus)[0] ?? -1] ?? null;
    return {
      drive: textOf(record.DriveLetter),
      protectionOn: status === 1 ? true : status === 0 ? false : null,
      conversion,
      percent: conversion === 'FullyEncrypted' ? 100 : conversion === 'FullyDecrypted' ? 0 : null,
      method: numberOf(record.EncryptionMethod),
      locked: status === 2 ? true : status === null ? null : false,
      suspended: status === 0 && conversion === 'FullyEncrypted',
    };
  });
}

/** "Protection Off", "Der Schutz ist deaktiviert.", "Protection désactivée" … The words for "off" contain those for "on". */
const offWords =
  /\boff\b|deaktiv|d[ée]sactiv|desactiv|desativ|disattiv|inaktiv|avstängd|uitgeschakeld|wyłącz|vypnut|отключ|выключ|オフ|無効|关闭|關閉|꺼짐|해제/i;
const onWords =
  /\bon\b|aktiv|activ|attiv|ativ|påslaget|ingeschakeld|włącz|zapnut|включ|オン|有効|打开|啟用|开启|켜짐|설정/i;
/** In a language that is not known well enough to say "on". */
const negated = /\b(not|nicht|non|no|ikke|inte|ei|niet)\b|nea[kc]t|nieakt/i;
const lockedWords = /^(locked|gesperrt|verrouill|bloquead|bloccat|bloqueado|ロック|vergrendeld|заблок)/i;
const unlockedWords =
  /unlock|entsperrt|nicht gesperrt|d[ée]verrouill|desbloque|sbloccat|ontgrendeld|разблок|解除|アンロック/i;

/** `manage-bde -status`, translated: fields by their position below each volume. */
export function parseManageBde(text: string): BitLockerVolume[] {
  const volumes: { drive: string; values: string[] }[] = [];
  for (const line of linesOf(text)) {
    const drive = /^\S.*?"?\b([A-Z]:)"?/.exec(line)?.[1];
    const value = /^\s{2,}\S[^:：]*[:：]\s*(.*?)\s*$/.exec(line)?.[1];
    if (drive !== undefined && !/^\s/.test(line)) volumes.push({ drive, values: [] });
    else if (value !== undefined) volumes.at(-1)?.values.push(value);
  }
  return volumes.map(({ drive, values }) => {
    const at = values.findIndex((value) => /%/.test(value));
    const [percentText, method, protection, lock] = at < 0 ? values.slice(3, 7) : values.slice(at, at + 4);
    // "100.0%", "100,0 %", and "%100,0" in Turkish.
    const percent = shareOf(/\d+(?:[.,]\d+)?/.exec(percentText ?? '')?.[0].replace(',', '.'));
    const isOn = onWords.test(protection ?? '') && !negated.test(protection ?? '');
    const on = offWords.test(protection ?? '') ? false : isOn ? true : null;
    const locked = unlockedWords.test(lock ?? '') ? false : lockedWords.test(lock ?? '') ? true : null;
    return {
      drive,
      protectionOn: locked === true ? null : on,
      conversion: percent === 100 ? 'FullyEncrypted' : percent === 0 ? 'FullyDecrypted' : null,
      percent,
      method: method === undefined || method === '' ? null : method,
      locked,
      suspended: on === false && percent === 100,
    };
  });
}

/** Shell property System.Volume.BitLockerProtection, the one source without administrator rights. */
export function protectionOfProperty(value: number | null): { encrypted: boolean | null; why: Reason } {
  const codes = [
    null,
    'encrypted',
    'not_encrypted',
    'encrypting',
    'decrypting',
    'encryption_suspended',
    'encryption_locked',
  ] as const;
  const encrypted = value === 1 || value === 6 ? true : value === 2 || value === 4 || value === 5 ? false : null;
  return { encrypted, why: reason(codes[value ?? 0] ?? 'encryption_not_told') };
}

/** One row per volume: the item for people, and the metric where the answer is known. */
export function encryptionReading(
  rows: readonly { path: string; encrypted: boolean | null; why: Reason }[],
  now: number,
): HealthReading {
  const items: HealthItem[] = rows.map(({ path, encrypted, why }) => {
    const status: HealthStatus = encrypted === null ? 'unknown' : encrypted ? 'ok' : 'warning';
    return item('encryption', path, status, why, { encrypted }, now);
  });
  const metrics = rows.flatMap(({ path, encrypted }) =>
    metric('posture', { path }, { encrypted: encrypted === null ? null : Number(encrypted) }, now),
  );
  return { items, metrics };
}

const local = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'jfs', 'reiserfs', 'bcachefs', 'ntfs3']);

export interface MountedDevice {
  path: string;
  device: string;
  source: string;
}

/** Local file systems of /proc/self/mountinfo, one per device, the shortest mount point. */
export function localMounts(mountinfo: string): MountedDevice[] {
  const byDevice = new Map<string, MountedDevice>();
  for (const line of linesOf(mountinfo)) {
    const match = /^\d+ \d+ (\d+:\d+) (\S+) (\S+) .*? - (\S+) (\S+)/.exec(line);
    if (!match || !local.has(match[4] ?? '')) continue;
    const [, device = '', , path = '', , source = ''] = match;
    const known = byDevice.get(source);
    if (!known || path.length < known.path.length)
      byDevice.set(source, { path: path.replace(/\\040/g, ' '), device, source });
  }
  return [...byDevice.values()]
    .filter(({ path }) => !/^\/boot(\/|$)|^\/(snap|var\/lib\/docker)\//.test(path))
    .slice(0, 50);
}

/** Walks from a block device down to its disks: true when every way passes an encrypted layer. */
async function isEncrypted(context: CheckContext, name: string, depth = 0): Promise<boolean | null> {
  if (depth > 8) return null;
  const folder = `/sys/class/block/${name}`;
  const uuid = (await fileText(context, `${folder}/dm/uuid`)) ?? '';
  if (/^CRYPT-/.test(uuid)) return true;
  const below = await namesIn(context, `${folder}/slaves`);
  if (below.length === 0) return (await namesIn(context, folder)).length > 0 ? false : null;
  const answers = await Promise.all(below.map((slave) => isEncrypted(context, slave, depth + 1)));
  if (answers.includes(false)) return false;
  return answers.every((answer) => answer === true) ? true : null;
}

export const encryption: HealthSource = {
  name: 'encryption',
  every: 6 * hour,
  reads: '/proc/self/mountinfo and /sys/class/block; macOS: fdesetup status. No root. Windows: see windows',
  platforms: ['linux', 'darwin'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  if (context.platform === 'darwin') {
    const vault = parseFdesetup((await context.run('/usr/bin/fdesetup', ['status'], { timeoutMs: 15_000 })).stdout);
    const why = vault.converting
      ? reason('encryption_in_progress', { done_percent: vault.percent })
      : vault.enabled === null
        ? reason('encryption_not_told')
        : reason(vault.enabled ? 'encrypted' : 'not_encrypted');
    return encryptionReading([{ path: 'system', encrypted: vault.enabled, why }], now);
  }
  const mounts = localMounts((await fileText(context, '/proc/self/mountinfo')) ?? '');
  if (mounts.length === 0) throw new NoData(reason('no_local_file_system'));
  const rows = await Promise.all(mounts.map((mount) => rowOf(context, mount)));
  return encryptionReading(rows, now);
}

async function rowOf(context: CheckContext, { path, device, source }: MountedDevice) {
  // btrfs has a device number of its own; then the source names the block device.
  const link = (await linkOf(context, `/sys/dev/block/${device}`)) ?? (await linkOf(context, source));
  const name = (link ?? source).split('/').at(-1) ?? '';
  const encrypted = await isEncrypted(context, name);
  const code = encrypted === null ? 'encryption_not_told' : encrypted ? 'encrypted' : 'not_encrypted';
  return { path, encrypted, why: reason(code) };
}
