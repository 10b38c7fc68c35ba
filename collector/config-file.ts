/** `evenkeel.yaml` as a value, with every fault told by line and column. Pure: text in, settings out. */
import { Compile } from 'typebox/compile';
import { isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { fail } from '../shared/errors.ts';
import { nearest } from './nearest.ts';
import { Settings } from './settings.ts';

const schema = Compile(Settings);

/** Where a setting stands, to say so in an error found later: `locate(['http', 'port'])`. */
export type Locate = (path: readonly (string | number)[]) => { line: number; column: number };

export interface SettingsFile {
  settings: Settings;
  /** Makes the error BAD_CONFIG at the place of a setting. */
  fault(path: readonly (string | number)[], problem: string): Error;
}

/** @param file only named in errors. @throws EvenkeelError BAD_CONFIG with line and column */
export function parseSettings(text: string, file: string): SettingsFile {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line, column: col };
  };
  const [wrong] = document.errors;
  if (wrong) throw fail('BAD_CONFIG', { file, ...at(wrong.pos[0]), problem: sentence(wrong.message) });

  const offsetOf = (path: readonly (string | number)[]): number => {
    const node = document.getIn(path, true);
    if (isNode(node) && node.range) return node.range[0];
    return path.length === 0 ? 0 : offsetOf(path.slice(0, -1));
  };
  /** The key itself, not its value: that is where the typing error is. */
  const offsetOfKey = (path: readonly (string | number)[], key: string): number => {
    const parent = path.length === 0 ? document.contents : document.getIn(path, true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isNode(item.key) && item.key.toString() === key)
      : undefined;
    return pair && isNode(pair.key) && pair.key.range ? pair.key.range[0] : offsetOf(path);
  };
  const fault = (path: readonly (string | number)[], problem: string) =>
    fail('BAD_CONFIG', { file, ...at(offsetOf(path)), problem: sentence(problem) });

  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const errors = schema.Errors(value);
  const [first] = errors;
  if (!first) return { settings: value as Settings, fault };
  const path = pathOf(first.instancePath);
  // A key under `additionalProperties: false` is reported at the key itself, against the schema "false".
  if (first.keyword !== 'boolean') throw fault(path, `${path.join('.') || 'the file'} ${demand(first, errors)}`);
  const key = String(path.pop());
  const known = knownKeys(path);
  const guess = nearest(key, known);
  const problem = `unknown key "${key}"; ${guess ? `did you mean "${guess}"?` : `known here: ${known.join(', ')}`}`;
  throw fail('BAD_CONFIG', { file, ...at(offsetOfKey(path, key)), problem });
}

interface SchemaError {
  keyword: string;
  instancePath: string;
  params: object;
  message: string;
}

/** What the schema wants at the place of `first`; a choice of words is told whole, not as its first word. */
function demand(first: SchemaError, errors: readonly SchemaError[]): string {
  if (first.keyword !== 'const') return first.message;
  const words = errors
    .filter((error) => error.instancePath === first.instancePath && error.keyword === 'const')
    .map((error) => String((error.params as { allowedValue?: unknown }).allowedValue));
  return `must be one of ${words.join(', ')}`;
}

const sentence = (text: string) => text.trim().replace(/\.$/, '');

const pathOf = (pointer: string): (string | number)[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));

function knownKeys(path: readonly (string | number)[]): string[] {
  let here: { properties?: Record<string, object>; items?: object } = Settings;
  for (const part of path) here = (typeof part === 'number' ? here.items : here.properties?.[part]) ?? {};
  return Object.keys(here.properties ?? {});
}
