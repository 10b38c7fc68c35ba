/**
 * Total readers of what other programs printed: JSON, numbers, times, sizes. Nothing here throws, and nothing that is not there
 * becomes a zero: it is null or empty. `strict…` takes a value only as it is; the others also take what some tool writes in its
 * place, such as a number as text.
 */
import { clip } from '../../shared/reason.ts';
import { withoutSecrets } from '../../shared/secrets.ts';

export type Loose = Readonly<Record<string, unknown>>;

/** The value of a JSON text; undefined when the text is not JSON. */
export function strictJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // Not JSON is an answer here, not a failure: the caller reports "unknown" with its own reason.
    return undefined;
  }
}

/** Parsed JSON, or undefined when the text is not JSON. A leading byte order mark and text before the first bracket
 * (warnings that share the stream) are skipped. */
export function looseJson(text: string): unknown {
  const direct = strictJson(text);
  if (direct !== undefined) return direct;
  const start = text.search(/[[{]/);
  return start > 0 ? strictJson(text.slice(start)) : undefined;
}

export function objectOf(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

/** The value as a list of objects. PowerShell prints a list of one as the object itself. */
export function objectsOf(value: unknown): Loose[] {
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'object' && item !== null).map(objectOf);
  return typeof value === 'object' && value !== null ? [value as Loose] : [];
}

export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim();
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

/** A finite number, also from decimal or 0x text; anything else is null. Booleans are not numbers. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^\s*[-+]?(0x[0-9a-f]+|\d+(\.\d+)?)\s*$/i.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A percentage of a whole; null for a number outside of 0–100, which is none. */
export function shareOf(value: unknown): number | null {
  const number = numberOf(value);
  return number !== null && number >= 0 && number <= 100 ? number : null;
}

export function boolOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 1 || value === 0) return value === 1;
  if (typeof value !== 'string') return null;
  if (/^(true|yes|on|1|enabled)$/i.test(value.trim())) return true;
  return /^(false|no|off|0|disabled)$/i.test(value.trim()) ? false : null;
}

/** Milliseconds since 1970 of an ISO text, of `/Date(ms)/` (PowerShell 5) or of a number of seconds; else null. */
export function instantOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? Math.round(value * 1000) : null;
  if (typeof value !== 'string') return null;
  const wcf = /^\/Date\((-?\d+)/.exec(value);
  if (wcf) return Number(wcf[1]);
  if (!/^\d{4}-\d\d-\d\d/.test(value)) return null;
  // Nine fraction digits (.NET prints seven) are more than Date takes everywhere.
  const ms = Date.parse(value.replace(/(\.\d{3})\d+/, '$1').replace(/^(\S+) (\S+) ([+-]\d{4})$/, '$1T$2$3'));
  return Number.isFinite(ms) ? ms : null;
}

/** A whole count for a section or a metric: null unless it is a finite number of at least 0. */
export function countOf(value: unknown): number | null {
  const number = numberOf(value);
  return number !== null && number >= 0 ? Math.round(number) : null;
}

/** Lines without their ends; a progress line rewritten with carriage returns keeps what it showed last. */
export function linesOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return text.includes('\r') ? lines.map(lastShown) : lines;
}

function lastShown(line: string): string {
  const plain = line.endsWith('\r') ? line.slice(0, -1) : line;
  return plain.includes('\r') ? (plain.split('\r').findLast((part) => part.trim() !== '') ?? '') : plain;
}

/** First `limit` characters; sections bound their texts, and tools do not. */
export function short(text: string, limit = 250): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** By byte order mark: `>` in Windows PowerShell 5 writes UTF-16, wmic prints it. */
export function encodingOf([a, b]: Uint8Array): Encoding {
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  return a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8';
}

/** Bytes as text, without a byte order mark. A line that is not UTF-8 is read as Windows-1252, which knows every byte. */
export function textOfBytes(bytes: Uint8Array, encoding: Encoding = encodingOf(bytes)): string {
  const strict = new TextDecoder(encoding, { fatal: encoding === 'utf-8' });
  try {
    return strict.decode(bytes);
  } catch {
    // Keys, numbers and most names are ASCII, which is the same in every code page.
    const western = new TextDecoder('windows-1252');
    const lines = Buffer.from(bytes).toString('latin1').split('\n');
    return lines.map((line) => lineOfBytes(Buffer.from(line, 'latin1'), western)).join('\n');
  }
}

function lineOfBytes(bytes: Uint8Array, otherwise: TextDecoder): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return otherwise.decode(bytes);
  }
}

/** The lines that hold something, without blanks around them. A log of blank lines costs no work. */
export function linesIn(text: string): string[] {
  return text.split('\n').flatMap((line) => line.trim() || []);
}

/** Each line that is a JSON object of its own (restic, borg --log-json); other lines are left out. */
export function jsonLines(text: string): Loose[] {
  const lines = text.split('\n').filter((line) => line.trimStart().startsWith('{'));
  return strictObjects(lines.map(strictJson));
}

export function strictObject(value: unknown): Loose | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : null;
}

export function strictList(value: unknown): unknown[] | null {
  return Array.isArray(value) ? value : null;
}

/** A list as programs in Go print it: one without items may be `null` (restic 0.9 and 0.10). */
export function goList(value: unknown): unknown[] | null {
  return value === null ? [] : strictList(value);
}

/** The objects among the items of a list. */
export function strictObjects(items: readonly unknown[]): Loose[] {
  return items.map(strictObject).filter((row) => row !== null);
}

export function strictText(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A finite number that is not negative: counts, bytes, seconds. */
export function strictCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** The sum of what is known in full: with one part unknown it would be too small. */
export function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.length === 0 || parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

export function strictTexts(value: unknown): string[] {
  return (strictList(value) ?? []).flatMap((item) => strictText(item) ?? []);
}

/** Digits only, as a count. `Number('')` would be a false zero. */
export function digitsOf(text: string | undefined | null): number | null {
  return text !== undefined && text !== null && /^\d{1,15}(\.\d+)?$/.test(text.trim()) ? Number(text) : null;
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

/** One line of at most `max` characters, for reasons shown to people. */
export function oneLine(text: string, max = 500): string {
  return clip(withoutSecrets(text).replace(/\s+/g, ' ').trim(), max);
}
