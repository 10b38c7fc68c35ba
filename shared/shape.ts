/**
 * Everything that is wrong with a value against a schema (TypeBox, or the same JSON Schema by hand): each fault with
 * its place, what stands there, what is wanted, and the word that was probably meant. For settings that people write;
 * messages on the wire use the compiled checks of report.ts, which are faster and stop at the first fault.
 */
import { parseDuration } from './duration.ts';
import { namesThere, nearest } from './nearest.ts';
import { type Reason, reason } from './reason.ts';
import { quoted, revealed } from './safe-text.ts';
import { holdsSecret, looksLikePath, looksSecret, withoutSecrets } from './secrets.ts';

export type Path = readonly (string | number)[];

export interface Fault {
  path: Path;
  /** Reads on after the name of the place: `"many" must be a whole number`. */
  problem: string;
  /** The same for readers of other languages. What a schema calls `want`, and what its `check` says, is a value of it (words/reasons.ts). */
  why?: Reason;
  /** The key itself is wrong, not its value. `problem` is then a sentence of its own. */
  isKey?: true;
}

/** What a schema may carry beside JSON Schema. */
export interface Extras {
  /** Words for what is wanted, such as `a time zone such as Asia/Tokyo`; else they come from the schema. */
  want?: string;
  /** What the other keywords cannot express. @returns what is wrong, reading on after the value, or null */
  check?(value: never): string | null;
  /** The value must not be shown. */
  secret?: boolean;
}

interface Shape extends Extras {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Shape[];
  properties?: Readonly<Record<string, Shape>>;
  required?: readonly string[];
  additionalProperties?: boolean;
  patternProperties?: Readonly<Record<string, Shape>>;
  items?: Shape;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/** Of one section: what comes from outside may have thousands of wrong keys. */
const maxFaults = 100;

/** @param schema made of objects, lists, texts, numbers, words of a list, and choices between these */
export function faultsOf(schema: object, value: unknown, path: Path = []): Fault[] {
  const shape = schema as Shape;
  const found = shapeFaults(shape, value, path);
  if (found.length > 0) return found;
  const problem = (shape.check as ((value: unknown) => string | null) | undefined)?.(value);
  return problem ? [checkedFault(path, repeated(value, path, shape), problem)] : [];
}

/** @param given the value as it may be shown, with a blank behind it, or empty @param fault what is wrong with it */
const checkedFault = (path: Path, given: string, fault: string): Fault => ({
  path,
  problem: given + fault,
  why: given === '' ? reason('shape_fault_hidden', { fault }) : reason('shape_fault', { value: given.trim(), fault }),
});

function shapeFaults(shape: Shape, value: unknown, path: Path): Fault[] {
  const words = wordsOf(shape);
  if (words) return words.includes(value) ? [] : [wrongWord(shape, value, path, words)];
  if (shape.anyOf) return choiceFaults(shape, shape.anyOf, value, path);
  if (shape.type === undefined) return [];
  if (!isOfType(shape, value)) return [wrong(shape, value, path, typeHint(shape, value, path))];
  if (shape.type === 'object') return objectFaults(shape, value as Record<string, unknown>, path);
  if (shape.type !== 'array') return [];
  const items = value as unknown[];
  const found = items.flatMap((item, i) => faultsOf(shape.items ?? {}, item, [...path, i]));
  if (!shape.uniqueItems || found.length > 0) return found;
  const seen = new Set<string>();
  const twice = items.find((item) => seen.size === seen.add(JSON.stringify(item)).size);
  if (twice === undefined) return [];
  const entry = repeated(twice, path, shape.items);
  const why = reason('shape_twice', { entry: entry.trim() || null });
  return [{ path, problem: `has ${entry || 'an entry '}twice; write each once`, why }];
}

export const unknownKey = (path: Path, key: string, known: readonly string[]): Fault => {
  const guess = nearest(key, known);
  const hint = guess
    ? `did you mean "${guess}"?`
    : known.length > 0
      ? `known here: ${known.join(', ')}`
      : 'none is taken here';
  const name = shownKey(key);
  const why =
    known.length === 0
      ? reason('shape_no_key', { name })
      : reason('shape_unknown_key', { name, ...namesThere(key, known) });
  return { path: [...path, key], isKey: true, problem: `unknown key ${shownKey(key)}; ${hint}`, why };
};

/** Of one of several words: `"dsk" is not …; did you mean "disk"?` */
export const wordHint = (value: unknown, words: readonly unknown[]): string => {
  const guess = typeof value === 'string' ? nearest(value, words.map(String)) : undefined;
  return guess === undefined ? '' : `; did you mean "${guess}"?`;
};

/** A value as it may stand in a message: short, on one line, without what a URL holds before its @. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return '(nothing)';
  if (typeof value === 'object') return Array.isArray(value) ? '(a list)' : '(a section)';
  if (typeof value !== 'string') return String(value);
  const text = withoutLogin(value);
  return revealed(quoted(text.length > 80 ? `${text.slice(0, 79)}…` : text));
}

/**
 * A value at the place where it is wrong, with a blank behind it: empty where it is a secret, or may be one that was written
 * there by mistake. The place says enough.
 */
export function repeated(value: unknown, path: Path, shape: object = {}): string {
  if (isSecret(shape)) return '';
  const key = String(path.findLast((one) => typeof one === 'string') ?? '');
  const holds = holdsSecret(key);
  if (holds === 'itself') return '';
  if (typeof value === 'string' && (holds === 'in a file' ? !looksLikePath(value) : looksSecret(withoutLogin(value))))
    return '';
  return `${shown(value)} `;
}

/** One of the choices, or of the entries, is enough. */
function isSecret({ secret, anyOf, items }: Shape): boolean {
  return secret === true || (anyOf?.some(isSecret) ?? false) || (items !== undefined && isSecret(items));
}

const shownKey = (key: string): string => (looksSecret(key) ? '(not shown, as it may be a secret)' : shown(key));

/** Up to the last @, because a password may hold @ and / where it was not escaped. */
function withoutLogin(text: string): string {
  const at = text.lastIndexOf('@');
  const slashes = text.indexOf('//');
  if (slashes >= 0 && slashes < at) return `${text.slice(0, slashes)}//…${text.slice(at)}`;
  const colon = text.indexOf(':');
  return colon >= 0 && colon < at ? `…${text.slice(at)}` : withoutSecrets(text);
}

/** Of an address that `URL.parse` refuses without a reason. Without the value: behind a host that is missing stands a password. */
export function portFault(address: string): string | null {
  const port = /^[a-z]+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(address)?.[1];
  return port !== undefined && Number(port) > 65_535 ? 'has a port beyond 65535; write one from 1 to 65535' : null;
}

function wrong(shape: Shape, value: unknown, path: Path, hint: string): Fault {
  const [given, want] = [repeated(value, path, shape), wanted(shape)];
  const why =
    given === '' ? reason('shape_must_hidden', { want }) : reason('shape_must', { value: given.trim(), want });
  return { path, problem: `${given}must be ${want}${hint}`, why };
}

function wrongWord(shape: Shape, value: unknown, path: Path, words: readonly unknown[]): Fault {
  const fault = wrong(shape, value, path, wordHint(value, words));
  const name = repeated(value, path, shape).trim();
  if (shape.want !== undefined || name === '') return fault;
  const known = namesThere(typeof value === 'string' ? value : '', words.map(String));
  return { ...fault, why: reason('shape_word', { value: name, ...known }) };
}

function wordsOf({ const: word, enum: words, anyOf }: Shape): readonly unknown[] | null {
  if (word !== undefined) return [word];
  if (words) return words;
  return anyOf?.every((one) => one.const !== undefined) ? anyOf.map((one) => one.const) : null;
}

function isOfType(shape: Shape, value: unknown): boolean {
  switch (shape.type) {
    case 'string':
      return typeof value === 'string' && isFittingText(shape, value);
    case 'number':
    case 'integer': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, type } = shape;
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      if (shape.exclusiveMinimum !== undefined && value <= shape.exclusiveMinimum) return false;
      return value >= minimum && value <= maximum && (type === 'number' || Number.isInteger(value));
    }
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    case 'array':
      return (
        Array.isArray(value) &&
        value.length >= (shape.minItems ?? 0) &&
        value.length <= (shape.maxItems ?? value.length)
      );
    default:
      return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
}

function isFittingText({ minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: Shape, text: string): boolean {
  if (text.length < minLength || text.length > maxLength) return false;
  return pattern === undefined || new RegExp(pattern, 'u').test(text);
}

function objectFaults(shape: Shape, value: Record<string, unknown>, path: Path): Fault[] {
  const { properties = {}, required = [], patternProperties } = shape;
  const faults: Fault[] = required
    .filter((key) => value[key] === undefined)
    .map((key) => lacking(path, key, properties[key] ?? {}));
  for (const [key, inner] of Object.entries(value)) {
    if (faults.length >= maxFaults) break;
    if (Object.hasOwn(properties, key)) {
      if (inner !== undefined) faults.push(...faultsOf(properties[key] as Shape, inner, [...path, key]));
    } else if (patternProperties) {
      const fitting = Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern, 'u').test(key));
      if (fitting) faults.push(...faultsOf(fitting[1], inner, [...path, key]));
      else
        faults.push({
          path: [...path, key],
          isKey: true,
          problem: `${shownKey(key)} is not a name that can stand here`,
          why: reason('shape_bad_key', { name: shownKey(key) }),
        });
    } else if (shape.additionalProperties === false) faults.push(unknownKey(path, key, Object.keys(properties)));
  }
  return faults.length > 0 ? faults : countFaults(shape, value, path);
}

function countFaults(
  { minProperties = 0, maxProperties, properties = {}, required = [] }: Shape,
  value: object,
  path: Path,
): Fault[] {
  const count = Object.keys(value).length;
  if (maxProperties !== undefined && count > maxProperties)
    return [
      {
        path,
        problem: `has ${count} keys; at most ${maxProperties} are taken`,
        why: reason('shape_keys', { count, limit: maxProperties }),
      },
    ];
  if (count >= minProperties) return [];
  const others = Object.keys(properties).filter((key) => !required.includes(key));
  const known = others.join(', ');
  return [{ path, problem: `changes nothing: give one of ${known}`, why: reason('shape_nothing', { known }) }];
}

function lacking(path: Path, key: string, shape: Shape): Fault {
  const want = wanted(shape);
  return { path, problem: `lacks "${key}": ${want}`, why: reason('shape_lacks', { name: key, want }) };
}

/** Sections that differ by one word, such as `kind`, are compared with the one that is named; else by their type. */
function choiceFaults(shape: Shape, choices: readonly Shape[], value: unknown, path: Path): Fault[] {
  const found = choices.map((choice) => faultsOf(choice, value, path));
  if (found.some((faults) => faults.length === 0)) return [];
  const word = Object.keys(choices[0]?.properties ?? {}).find((key) =>
    choices.every((choice) => choice.properties?.[key]?.const !== undefined),
  );
  if (word !== undefined && isOfType({ type: 'object' }, value)) {
    const given = (value as Record<string, unknown>)[word];
    const named = choices.findIndex((choice) => choice.properties?.[word]?.const === given);
    if (named >= 0) return found[named] as Fault[];
    const words: Shape = { enum: choices.map((choice) => choice.properties?.[word]?.const) };
    if (given === undefined) return [lacking(path, word, words)];
    return faultsOf(words, given, [...path, word]);
  }
  const type = Array.isArray(value) ? 'array' : typeof value;
  const fitting = choices.findIndex(
    (choice) => choice.type === type || (type === 'number' && choice.type === 'integer'),
  );
  return shape.want === undefined && fitting >= 0 ? (found[fitting] as Fault[]) : [wrong(shape, value, path, '')];
}

/** What a place takes, in words. */
function wanted(shape: Shape): string {
  if (shape.want !== undefined) return shape.want;
  const words = wordsOf(shape);
  if (words) return words.length === 1 ? JSON.stringify(words[0]) : `one of ${words.join(', ')}`;
  if (shape.anyOf) return [...new Set(shape.anyOf.map(wanted))].join(' or ');
  const { minimum, maximum, minItems, maxItems, minLength, maxLength } = shape;
  switch (shape.type) {
    case 'string':
      return `a text${range(minLength === 0 ? undefined : minLength, maxLength, ' characters')}`;
    case 'number':
      return `a number${shape.exclusiveMinimum === undefined ? '' : ` above ${shape.exclusiveMinimum}`}${range(minimum, maximum)}`;
    case 'integer':
      return `a whole number${range(minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `a list${range(minItems, maxItems, ' entries')}`;
    case 'object':
      return 'a section with keys of its own';
    default:
      return 'a value';
  }
}

function range(low: number | undefined, high: number | undefined, unit = ''): string {
  const of = unit === '' ? '' : ' of';
  if (low !== undefined && high !== undefined) return `${of || ' from'} ${low} to ${high}${unit}`;
  if (low !== undefined) return unit === '' ? ` from ${low}` : ` of at least ${low}${unit}`;
  return high === undefined ? '' : `${unit === '' ? ' up to' : ' of at most'} ${high}${unit}`;
}

const booleans: Readonly<Record<string, boolean>> = {
  yes: true,
  no: false,
  on: true,
  off: false,
  true: true,
  false: false,
};

/** The commonest slips: a unit at a plain number, quotes, yes and no, a number where a text belongs. */
function typeHint({ type }: Shape, value: unknown, path: Path): string {
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return `; write it in quotes`;
  if (typeof value !== 'string') return '';
  if (type === 'boolean') return value.toLowerCase() in booleans ? `; write ${booleans[value.toLowerCase()]}` : '';
  if (type !== 'number' && type !== 'integer') return '';
  const number = /^\s*(-?\d{1,15}(?:\.\d{1,15})?)\s*%?\s*$/.exec(value)?.[1];
  if (number !== undefined) return `; write ${Number(number)}`;
  if (!String(path.at(-1)).endsWith('_s')) return '';
  try {
    return `, in seconds; write ${parseDuration(value) / 1000}`;
  } catch {
    return ', in seconds';
  }
}
