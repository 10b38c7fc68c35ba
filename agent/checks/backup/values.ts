/**
 * Total readers of what other programs wrote: JSON, times, sizes. Each gives a value or null, never a throw, and never
 * a zero that was not written there.
 */
import { clip } from '../../../shared/reason.ts';

export type Fields = Record<string, unknown>;

/** The value of a JSON text; undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // Not JSON is an answer here: the caller gives its own reason.
    return undefined;
  }
}

/** The lines that hold something, without blanks around them. A log of blank lines is no work. */
export function linesIn(text: string): string[] {
  return text.split('\n').flatMap((line) => line.trim() || []);
}

/** Each line that is a JSON object of its own (restic, borg --log-json); other lines are left out. */
export function jsonLines(text: string): Fields[] {
  const lines = text.split('\n').filter((line) => line.trimStart().startsWith('{'));
  return rowsOf(lines.map(parseJson));
}

export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export function listOf(value: unknown): unknown[] | null {
  return Array.isArray(value) ? value : null;
}

/** A list as programs in Go print it: one without items may be `null` (restic 0.9 and 0.10). */
export function goList(value: unknown): unknown[] | null {
  return value === null ? [] : listOf(value);
}

/** The objects among the items of a list. */
export function rowsOf(items: readonly unknown[]): Fields[] {
  return items.map(fieldsOf).filter((row) => row !== null);
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A finite number that is not negative: counts, bytes, seconds. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** The sum of what is known in full: with one part unknown it would be too small. */
export function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.length === 0 || parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

export function textsOf(value: unknown): string[] {
  return (listOf(value) ?? []).flatMap((item) => textOf(item) ?? []);
}

/** Digits only, as a count. `Number('')` would be a false zero. */
export function digitsOf(text: string | undefined | null): number | null {
  return text !== undefined && text !== null && /^\d{1,15}(\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}

type Parts = [year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number];

/**
 * Products write year 1, 1601, 1900 or 1970 for "never", and other calendars count otherwise (2569 in Thai, 1448 in
 * Islamic reckoning), with other months too: nothing outside of these is the time of a backup.
 */
const firstYear = 2000;
const lastYear = 2100;

function plausible([year, month, day, hour, minute, second]: Parts): boolean {
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
export function utcInstant(parts: Parts): number | null {
  return plausible(parts) ? Date.UTC(parts[0], parts[1] - 1, ...(parts.slice(2) as [number])) : null;
}

/** The same for parts without a zone: read in this machine's own zone, where the product ran. */
export function localInstant(parts: Parts): number | null {
  return plausible(parts) ? new Date(parts[0], parts[1] - 1, ...(parts.slice(2) as [number])).getTime() : null;
}

const stamp = /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/;

/**
 * `2026-11-22T09:11:21.771718127Z`, with any number of fraction digits (cut to ms) and `Z`, `+0100` or `+01:00`.
 * Without a zone it is local time (borg, rsnapshot, vzdump) unless `zone` says 'UTC'.
 */
export function instantOf(value: unknown, zone: 'local' | 'UTC' = 'local'): number | null {
  const match = typeof value === 'string' ? stamp.exec(value.trim()) : null;
  if (!match) return null;
  const fraction = Number((match[7] ?? '0').padEnd(3, '0').slice(0, 3));
  const parts = [...match.slice(1, 7).map((part) => Number(part ?? 0)), fraction] as Parts;
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

const factors: Record<string, number> = { '': 1, K: 1, M: 2, G: 3, T: 4, P: 5, E: 6 };

/** `91.226 KiB`, `600.55 kB`, `399 B` → bytes. Binary units by the `i`, decimal without. */
export function sizeOf(text: string | undefined | null): number | null {
  const match = /^([\d.]+)\s*([kKMGTPE]?)(i?)B$/.exec(text?.trim() ?? '');
  const amount = digitsOf(match?.[1]);
  if (!match || amount === null) return null;
  const unit = (match[2] ?? '').toUpperCase();
  return Math.round(amount * (unit === '' ? 1 : (match[3] === 'i' ? 1024 : 1000) ** (factors[unit] ?? 0)));
}

/** `1:02:03`, `00:22` or .NET's `1.02:03:04.5` (days first) → seconds. */
export function spanOf(text: string | undefined | null): number | null {
  const match = /^(?:(\d+)[.:])?(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/.exec(text?.trim() ?? '');
  if (!match) return null;
  // With three parts the lazy group takes the hours as "days".
  const [days, hours] = match[2] === undefined ? [0, Number(match[1] ?? 0)] : [Number(match[1] ?? 0), Number(match[2])];
  return days * 86_400 + hours * 3600 + Number(match[3]) * 60 + Number(match[4]);
}

/** Hides the password of a URL: `rest:https://u:p@host/` → `rest:https://u:***@host/`. */
export function withoutPassword(text: string): string {
  return text.replace(/(:\/\/[^/\s:@]*):[^/\s@]*@/g, '$1:***@');
}

/** One line of at most `max` characters, for reasons shown to people. */
export function oneLine(text: string, max = 500): string {
  return clip(withoutPassword(text).replace(/\s+/g, ' ').trim(), max);
}
