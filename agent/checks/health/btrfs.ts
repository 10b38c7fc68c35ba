/** btrfs device errors from sysfs: no process, no root. */
import { reason } from '../../../shared/reason.ts';
import { readBootId } from '../../platform/boot.ts';
import { type CheckContext, NoData } from '../check.ts';
import { fileText, namesIn } from '../files.ts';
import { countOf, looseJson, numberOf, objectOf, objectsOf, textOf } from '../parse.ts';
import { type DeviceVerdict, follow, knownOf, type Sighting } from './follow.ts';
import { type HealthReading, type HealthSource, minute } from './source.ts';

export interface BtrfsErrors {
  writeErrs: number | null;
  readErrs: number | null;
  flushErrs: number | null;
  corruptionErrs: number | null;
  generationErrs: number | null;
}

const kinds = {
  writeErrs: 'write_errors',
  readErrs: 'read_errors',
  flushErrs: 'flush_errors',
  corruptionErrs: 'corruption_errors',
  generationErrs: 'generation_errors',
} as const;

/** /sys/fs/btrfs/UUID/devinfo/N/error_stats */
export function parseErrorStats(text: string): BtrfsErrors {
  const rows = text.split('\n').flatMap((line) => (line.includes('_errs') ? [line.trim().split(/\s+/)] : []));
  const count = (word: string) => countOf(rows.find((row) => row[0] === `${word}_errs` && row.length === 2)?.[1]);
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
export function judgeBtrfs(errors: BtrfsErrors, missing: boolean | null): DeviceVerdict {
  const found = Object.entries(kinds).flatMap(([key, code]) => {
    const count = errors[key as keyof BtrfsErrors];
    return count ? [reason(code, { errors: count })] : [];
  });
  if (missing === true) return { status: 'critical', reasons: [reason('device_missing')] };
  if (errors.writeErrs || errors.flushErrs) return { status: 'critical', reasons: found };
  if (found.length > 0) return { status: 'warning', reasons: found };
  const known = Object.values(errors).every((count) => count !== null);
  return known
    ? { status: 'ok', reasons: [reason('no_errors')] }
    : { status: 'unknown', reasons: [reason('error_counts_unreadable')] };
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
  const known = knownOf(context, btrfs.name);
  const boot = readBootId(context.root);
  const sightings: Sighting[] = [];
  for (const uuid of (await namesIn(context, base)).filter((name) => /^[0-9a-f-]{36}$/.test(name))) {
    const label = (await fileText(context, `${base}/${uuid}/label`))?.trim() || uuid.slice(0, 8);
    for (const device of await namesIn(context, `${base}/${uuid}/devinfo`)) {
      const folder = `${base}/${uuid}/devinfo/${device}`;
      const errors = parseErrorStats((await fileText(context, `${folder}/error_stats`)) ?? '');
      const missing = parseMissing(await fileText(context, `${folder}/missing`));
      const id = `${uuid} ${device}`;
      // A label is what people wrote, and may be written on two file systems.
      const plain = `${label} device ${device}`;
      const taken = [...known, ...sightings].some((other) => other.name === plain && other.id !== id);
      sightings.push(sight(id, taken ? `${uuid.slice(0, 8)} ${plain}` : plain, errors, missing, boot));
    }
  }
  if (sightings.length === 0) sightings.push(...(await askTool(context, boot)));
  if (sightings.length === 0 && known.length === 0) throw new NoData(reason('no_btrfs'));
  // Within one boot it was unmounted on purpose. One that was healthy and is not mounted any more is not reported
  // either.
  return follow(context, btrfs.name, sightings, ({ evidence, status }) =>
    evidence.boot === boot || status === 'ok' ? null : { status: 'unknown', reasons: [reason('not_mounted')] },
  );
}

/** Kernels before 5.14 keep the counts out of sysfs; then root may ask the tool. */
async function askTool(context: CheckContext, boot: string): Promise<Sighting[]> {
  const mountinfo = (await fileText(context, '/proc/self/mountinfo')) ?? '';
  const mount = mountinfo
    .split('\n')
    .find((line) => line.includes(' - btrfs '))
    ?.split(' ')[4];
  if (mount === undefined) return [];
  const answer = await context.run('btrfs', ['device', 'stats', mount], { timeoutMs: 15_000 });
  return parseDeviceStats(answer.stdout).map(({ device, ...errors }) => sight(device, device, errors, null, boot));
}

function sight(id: string, name: string, errors: BtrfsErrors, missing: boolean | null, boot: string): Sighting {
  const counts = Object.values(errors);
  const total = counts.includes(null) ? null : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return {
    ...judgeBtrfs(errors, missing),
    id,
    name,
    kind: 'btrfs',
    details: {
      write_errors: errors.writeErrs,
      read_errors: errors.readErrs,
      flush_errors: errors.flushErrs,
      corruption_errors: errors.corruptionErrs,
      generation_errors: errors.generationErrs,
      missing,
    },
    measurement: 'array',
    tags: { name, kind: 'btrfs' },
    fields: { errors: total, devices_missing: missing === null ? null : Number(missing) },
    evidence: { boot },
  };
}
