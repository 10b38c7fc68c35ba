/**
 * Apple property lists, in the two text forms that macOS tools print: XML (`plutil`, `tmutil -X`) and the old style of
 * `defaults read` and `tmutil status`. Dates stay texts. A list that was cut off gives undefined, never half a value;
 * only a bare body of an old-style dictionary (an excerpt) is taken without its braces.
 *
 * Not by a library: loading `plist` 5 costs 10 MB of the agent's memory (measured), a sixth of all that it has.
 */
import { unescapeXml } from './xml.ts';

const deepest = 64;
const nothing = Symbol('nothing');
type PlistValue = unknown | typeof nothing;

interface Cursor {
  text: string;
  at: number;
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (match) cursor.at = pattern.lastIndex;
  return match;
}

const xmlSkip = /(?:\s+|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<plist[^>]*>)*/y;
const xmlOpen = /<(dict|array|string|date|data|integer|real|true|false|key)\s*(\/?)>/y;

function xmlScalar(cursor: Cursor, tag: string): PlistValue {
  const body = take(cursor, new RegExp(`([^<]*)</${tag}>`, 'y'));
  if (!body) return nothing;
  const text = unescapeXml(body[1] ?? '');
  if (tag !== 'integer' && tag !== 'real') return text;
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? nothing : number;
}

function xmlValue(cursor: Cursor, depth = 0): PlistValue {
  take(cursor, xmlSkip);
  const open = take(cursor, xmlOpen);
  if (!open || depth > deepest) return nothing;
  const tag = open[1] ?? '';
  const empty = open[2] === '/';
  if (tag === 'true' || tag === 'false')
    return empty || take(cursor, new RegExp(`</${tag}>`, 'y')) ? tag === 'true' : nothing;
  if (tag === 'dict') return empty ? {} : xmlDictionary(cursor, depth);
  if (tag === 'array') return empty ? [] : xmlArray(cursor, depth);
  return empty ? '' : xmlScalar(cursor, tag);
}

function xmlDictionary(cursor: Cursor, depth: number): PlistValue {
  const fields: Record<string, unknown> = Object.create(null);
  for (;;) {
    take(cursor, xmlSkip);
    if (take(cursor, /<\/dict>/y)) return fields;
    const key = take(cursor, /<key>([^<]*)<\/key>/y);
    const value = key ? xmlValue(cursor, depth + 1) : nothing;
    if (value === nothing) return nothing;
    fields[unescapeXml(key?.[1] ?? '')] = value;
  }
}

function xmlArray(cursor: Cursor, depth: number): PlistValue {
  const items: unknown[] = [];
  for (;;) {
    take(cursor, xmlSkip);
    if (take(cursor, /<\/array>/y)) return items;
    const value = xmlValue(cursor, depth + 1);
    if (value === nothing) return nothing;
    items.push(value);
  }
}

const space = /(?:\s+|\/\*[\s\S]*?\*\/)*/y;
const quoted = /"((?:[^"\\]|\\[\s\S])*)"/y;
const bare = /[A-Za-z0-9_$+/:.-]+/y;

function oldText(cursor: Cursor): PlistValue {
  const string = take(cursor, quoted);
  if (string) {
    const plain = (_: string, unicode?: string, other?: string) =>
      unicode ? String.fromCharCode(Number.parseInt(unicode, 16)) : other === 'n' ? '\n' : (other ?? '');
    return (string[1] ?? '').replace(/\\(?:U([0-9a-fA-F]{4})|([\s\S]))/g, plain);
  }
  const data = take(cursor, /<[0-9a-fA-F\s]*>|\{length = [^}]*\}/y);
  return data?.[0] ?? take(cursor, bare)?.[0] ?? nothing;
}

function oldValue(cursor: Cursor, depth = 0): PlistValue {
  take(cursor, space);
  if (depth > deepest) return nothing;
  if (take(cursor, /\{(?!length = )/y)) return oldDictionary(cursor, depth, true);
  return take(cursor, /\(/y) ? oldArray(cursor, depth) : oldText(cursor);
}

function oldDictionary(cursor: Cursor, depth: number, braced: boolean): PlistValue {
  const fields: Record<string, unknown> = Object.create(null);
  for (;;) {
    take(cursor, space);
    if (braced ? take(cursor, /\}/y) : cursor.at >= cursor.text.length) return fields;
    const key = oldText(cursor);
    take(cursor, space);
    const value = typeof key === 'string' && take(cursor, /=/y) ? oldValue(cursor, depth + 1) : nothing;
    take(cursor, space);
    if (value === nothing || !take(cursor, /;/y)) return nothing;
    fields[key as string] = value;
  }
}

function oldArray(cursor: Cursor, depth: number): PlistValue {
  const items: unknown[] = [];
  for (;;) {
    take(cursor, space);
    if (take(cursor, /\)/y)) return items;
    const value = oldValue(cursor, depth + 1);
    take(cursor, space);
    if (value === nothing || (!take(cursor, /,/y) && cursor.text[cursor.at] !== ')')) return nothing;
    items.push(value);
  }
}

/** The value of a property list; undefined when the text is not a whole one. Numbers of the old style stay texts. */
export function parsePlist(text: string): unknown {
  const cursor = { text: text.trim(), at: 0 };
  const xml = cursor.text.startsWith('<') && !/^<[0-9a-f\s]+>/i.test(cursor.text);
  const body = /^["\w]+\s*=/.test(cursor.text);
  const value = xml ? xmlValue(cursor) : body ? oldDictionary(cursor, 0, false) : oldValue(cursor);
  if (value === nothing) return undefined;
  return xml || cursor.text.slice(cursor.at).trim() === '' ? value : undefined;
}
