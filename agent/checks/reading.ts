/** Putting readings together so that what is unknown stays out, instead of becoming a 0. */
import type { Metric } from '../../shared/report.ts';

/**
 * Shares of a whole, by their names in the catalogue (`cpu_usage` is percent of one core, and no share). One outside of
 * 0–100 is made of figures that do not belong together, such as a container's and its host's: it is unknown.
 */
const share = /_percent$|^usage_|^io_util$|^avg\d/;

/** Fields that are known. `undefined`, null, NaN, infinities and impossible shares are left out. */
export function known(fields: Record<string, number | null | undefined>): Record<string, number> {
  let areAll = true;
  for (const name in fields) if (!isKnown(name, fields[name])) areAll = false;
  // Mostly; a copy that is made name by name costs more than all the rest of a metric.
  if (areAll) return fields as Record<string, number>;
  const kept: Record<string, number> = {};
  for (const name in fields) if (isKnown(name, fields[name])) kept[name] = fields[name] as number;
  return kept;
}

function isKnown(name: string, value: number | null | undefined): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  return (value >= 0 && value <= 100) || !share.test(name);
}

/** A metric, or nothing when not one of its fields is known. */
export function metric(
  name: string,
  tags: Record<string, string>,
  fields: Record<string, number | null | undefined>,
  timestamp: number,
): Metric[] {
  const kept = known(fields);
  for (const _ in kept) return [{ name, tags, fields: kept, timestamp }];
  return [];
}

/** Two decimals: more is noise that gzip has to carry. */
export function round(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 100) / 100 : null;
}

/** `part` of `whole` in percent; null when either is unknown, or one is no part of the other. */
export function percent(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 || part < 0 || part > whole ? null : (part / whole) * 100;
}

/** a − b; null when either is unknown. */
export function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}
