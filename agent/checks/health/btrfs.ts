/** btrfs device errors from sysfs: no process, no root. */
import { type CheckContext, NoData } from '../check.ts';
import { fileText, namesIn } from '../files.ts';
import { looseJson, numberOf, objectOf, objectsOf, textOf } from '../loose.ts';
import { type HealthReading, type HealthSource, item, metric, minute, type Status, severityOf } from './source.ts';

export interface BtrfsErrors {
  writeErrs: number | null;
  readErrs: number | null;
  flushErrs: number | null;
  corruptionErrs: number | null;
  generationErrs: number | null;
}

const kinds = {
  writeErrs: 'write',
  readErrs: 'read',
  flushErrs: 'flush',
  corruptionErrs: 'corruption',
  generationErrs: 'generation',
} as const;

/** /sys/fs/btrfs/UUID/devinfo/N/error_stats */
export function parseErrorStats(text: string): BtrfsErrors {
  const count = (word: string) => numberOf(new RegExp(`^${word}_errs\\s+(\\d+)\\s*$`, 'm').exec(text)?.[1] ?? null);
  return {
    writeErrs: count('write'),
    readErrs: count('read'),
    flushErrs: count('flush'),
    corruptionErrs: count('corruption'),
    generationErrs: count('generation'),
  };
}

/** /sys/fs/btrfs/UUID/devinfo/N/missing: 0 or 1; null for anything else. */
export function parseMissing(text: string | null): boolean | null {
  return /^[01]\s*$/.test(text ?? '') ? (text ?? '').startsWith('1') : null;
}

export type BtrfsDevice = BtrfsErrors & { device: string };

/** `btrfs device stats`, as text or with `--format json`, whose numbers are text. */
export function parseDeviceStats(text: string): BtrfsDevice[] {
  const json = objectOf(looseJson(text));
  const rows = objectsOf(json['device-stats'] ?? []);
  if (rows.length > 0)
    return rows.map((row) => ({
      device: textOf(row.device) ?? '',
      writeErrs: numberOf(row.write_io_errs),
      readErrs: numberOf(row.read_io_errs),
      flushErrs: numberOf(row.flush_io_errs),
      corruptionErrs: numberOf(row.corruption_errs),
      generationErrs: numberOf(row.generation_errs),
    }));
  const devices = [...new Set([...text.matchAll(/^\[([^\]]+)\]\./gm)].map((match) => match[1] ?? ''))];
  return devices.map((device) => {
    const own = text.split(/\r?\n/).filter((line) => line.startsWith(`[${device}].`));
    const plain = own.map((line) => line.slice(device.length + 3).replace('_io_errs', '_errs')).join('\n');
    return { device, ...parseErrorStats(plain) };
  });
}

/** Write and flush errors mean lost data; the others are found, and perhaps repaired. */
export function judgeBtrfs(errors: BtrfsErrors, missing: boolean | null): { status: Status; reason: string } {
  const found = Object.entries(kinds).flatMap(([key, word]) => {
    const count = errors[key as keyof BtrfsErrors];
    return count ? [`${count} ${word} errors`] : [];
  });
  if (missing === true) return { status: 'critical', reason: 'the device is missing' };
  if (errors.writeErrs || errors.flushErrs) return { status: 'critical', reason: found.join(', ') };
  if (found.length > 0) return { status: 'warning', reason: found.join(', ') };
  const known = Object.values(errors).every((count) => count !== null);
  return known
    ? { status: 'ok', reason: 'no errors' }
    : { status: 'unknown', reason: 'the error counts cannot be read' };
}

export const btrfs: HealthSource = {
  name: 'btrfs',
  every: 5 * minute,
  reads: '/sys/fs/btrfs/*/devinfo; no root',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const base = '/sys/fs/btrfs';
  const now = context.clock.now();
  const reading: HealthReading = { items: [], metrics: [] };
  for (const uuid of (await namesIn(context, base)).filter((name) => /^[0-9a-f-]{36}$/.test(name))) {
    const label = (await fileText(context, `${base}/${uuid}/label`))?.trim() || uuid.slice(0, 8);
    for (const id of await namesIn(context, `${base}/${uuid}/devinfo`)) {
      const folder = `${base}/${uuid}/devinfo/${id}`;
      const stats = await fileText(context, `${folder}/error_stats`);
      const missing = parseMissing(await fileText(context, `${folder}/missing`));
      const errors = parseErrorStats(stats ?? '');
      add(reading, `${label} device ${id}`, errors, missing, now);
    }
  }
  if (reading.items.length === 0) await askTool(context, reading, now);
  if (reading.items.length === 0) throw new NoData('this machine has no btrfs');
  return reading;
}

/** Kernels before 5.14 keep the counts out of sysfs; then root may ask the tool. */
async function askTool(context: CheckContext, reading: HealthReading, now: number): Promise<void> {
  const mountinfo = (await fileText(context, '/proc/self/mountinfo')) ?? '';
  const mount = / (\S+) \S+ (?:\S+ )*- btrfs /.exec(mountinfo)?.[1];
  if (mount === undefined) return;
  const answer = await context.run('btrfs', ['device', 'stats', mount], { timeoutMs: 15_000 });
  for (const { device, ...errors } of parseDeviceStats(answer.stdout)) add(reading, device, errors, null, now);
}

function add(reading: HealthReading, name: string, errors: BtrfsErrors, missing: boolean | null, now: number): void {
  const { status, reason } = judgeBtrfs(errors, missing);
  reading.items.push(item('btrfs', name, status, reason, { ...errors, missing }, now));
  const counts = Object.values(errors);
  const total = counts.includes(null) ? null : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const devices_missing = missing === null ? null : Number(missing);
  const fields = { severity: severityOf(status), errors: total, devices_missing };
  reading.metrics.push(...metric('array', { name, kind: 'btrfs' }, fields, now));
}
