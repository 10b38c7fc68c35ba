/**
 * Total accessors for data that some tool printed. Nothing here throws: what is not there, or is not of the kind asked
 * for, is null or empty. A parser built from these cannot turn garbage into a reading.
 */
export type Loose = Readonly<Record<string, unknown>>;

/** Parsed JSON, or undefined when the text is not JSON. A leading byte order mark and text before the first bracket
 * (warnings that share the stream) are skipped. */
export function looseJson(text: string): unknown {
  const direct = tryJson(text.replace(/^\uFEFF/, ''));
  if (direct !== undefined) return direct;
  const start = text.search(/[[{]/);
  return start > 0 ? tryJson(text.slice(start)) : undefined;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an answer here, not a failure: the caller reports "unknown" with its own words.
    return undefined;
  }
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
