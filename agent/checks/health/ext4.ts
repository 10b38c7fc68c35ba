/** Errors that ext4 has met and counted in its superblock. They stay until e2fsck has run. No root. */
import { reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { fileText, namesIn } from '../files.ts';
import { numberOf } from '../parse.ts';
import type { DeviceVerdict } from './follow.ts';
import { type HealthReading, type HealthSource, item, minute } from './source.ts';

/** @param lastSeconds `last_error_time`: seconds since 1970, sometimes followed by `(hex)`; 0 when there was none */
function judgeExt4(count: number | null, lastSeconds: number | null): DeviceVerdict {
  if (count === null) return { status: 'unknown', reasons: [reason('error_counts_unreadable')] };
  if (count === 0) return { status: 'ok', reasons: [reason('no_errors')] };
  const errors = lastSeconds
    ? reason('ext4_errors_last', { errors: count, last_at: lastSeconds * 1000 })
    : reason('ext4_errors', { errors: count });
  return { status: 'critical', reasons: [errors, reason('run_e2fsck')] };
}

export const ext4: HealthSource = {
  name: 'ext4',
  every: 5 * minute,
  reads: '/sys/fs/ext4/*/errors_count; no root',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  const reading: HealthReading = { items: [], metrics: [] };
  for (const device of await namesIn(context, '/sys/fs/ext4')) {
    const folder = `/sys/fs/ext4/${device}`;
    const text = await fileText(context, `${folder}/errors_count`);
    if (text === null) continue;
    const last = /^\d+/.exec((await fileText(context, `${folder}/last_error_time`)) ?? '')?.[0];
    const count = numberOf(text.trim());
    const { status, reasons } = judgeExt4(count, numberOf(last ?? null));
    reading.items.push(item('ext4', device, status, reasons, { errors: count }, now));
  }
  if (reading.items.length === 0) throw new NoData(reason('no_ext4'));
  return reading;
}
