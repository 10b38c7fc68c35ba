/** Times as backup products write them → ms since 1970, UTC; null for what cannot be the time of a backup. */

type DateParts = [year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number];

/**
 * Products write year 1, 1601, 1900 or 1970 for "never", and other calendars count otherwise (2569 in Thai, 1448 in
 * Islamic reckoning), with other months too: nothing outside of these is the time of a backup.
 */
const firstYear = 2000;
const lastYear = 2100;

function plausible([year, month, day, hour, minute, second]: DateParts): boolean {
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return (
    year >= firstYear &&
    year <= lastYear &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= days &&
    hour < 24 &&
    minute < 60 &&
    second <= 60
  );
}

/** UTC parts (month 1–12) → ms since 1970; null when there is no such moment. */
export function utcInstant(parts: DateParts): number | null {
  return plausible(parts) ? Date.UTC(parts[0], parts[1] - 1, ...(parts.slice(2) as [number])) : null;
}

/** The same for parts without a zone: read in this machine's own zone, where the product ran. */
export function localInstant(parts: DateParts): number | null {
  return plausible(parts) ? new Date(parts[0], parts[1] - 1, ...(parts.slice(2) as [number])).getTime() : null;
}

const stamp = /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/;

/**
 * `2026-11-22T09:11:21.771718127Z`, with any number of fraction digits (cut to ms) and `Z`, `+0100` or `+01:00`.
 * Without a zone it is local time (borg, rsnapshot, vzdump) unless `zone` says 'UTC'.
 */
export function strictInstant(value: unknown, zone: 'local' | 'UTC' = 'local'): number | null {
  const match = typeof value === 'string' ? stamp.exec(value.trim()) : null;
  if (!match) return null;
  const fraction = Number((match[7] ?? '0').padEnd(3, '0').slice(0, 3));
  const parts = [...match.slice(1, 7).map((part) => Number(part ?? 0)), fraction] as DateParts;
  const offset = match[8];
  if (offset === undefined) return zone === 'UTC' ? utcInstant(parts) : localInstant(parts);
  const utc = utcInstant(parts);
  if (utc === null || !/^[+-]/.test(offset)) return utc;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return utc - (offset.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

/** ms since 1970 that can be the time of a backup, else null. */
export function believable(ms: number): number | null {
  return ms >= Date.UTC(firstYear, 0) && ms < Date.UTC(lastYear + 1, 0) ? ms : null;
}

/** Seconds since 1970, as restic and duplicity write them. */
export function unixInstant(seconds: number | null): number | null {
  return seconds === null ? null : believable(Math.round(seconds * 1000));
}
