/** Putting readings together so that what is unknown stays out, instead of becoming a 0. */
import type { Metric } from '../../shared/report.ts';

/** Fields that are known. `undefined`, null, NaN and infinities are left out. */
export function known(fields: Record<string, number | null | undefined>): Record<string, number> {
  const kept: Record<string, number> = {};
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === 'number' && Number.isFinite(value)) kept[name] = value;
  }
  return kept;
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

/** `part` of `whole` in percent; null when either is unknown or there is no whole. */
export function percent(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : (part / whole) * 100;
}

/** a − b; null when either is unknown. */
export function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}
