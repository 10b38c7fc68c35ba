/**
 * The endpoint's own settings file, `<agent data>/checks.yaml`. What stands here can start programs and read files, so
 * it is written by whoever administers the machine and never comes over the network.
 */
import { readFile } from 'node:fs/promises';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { isCollection, LineCounter, parseDocument } from 'yaml';
import { fail, reasonOf } from '../shared/errors.ts';

const closed = { additionalProperties: false } as const;
const name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$' });
const duration = Type.Union([
  Type.Number({ minimum: 1 }),
  Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)?$', maxLength: 20 }),
]);

/** One own check: a program and its arguments, each a word of its own, because no shell will ever see them. */
export const CustomCheck = Type.Object(
  {
    name,
    command: Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), { minItems: 1, maxItems: 64 }),
    every: Type.Optional(duration),
    timeout: Type.Optional(duration),
    output: Type.Optional(Type.Union([Type.Literal('nagios'), Type.Literal('json')])),
    env: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String())),
  },
  closed,
);
export type CustomCheck = Static<typeof CustomCheck>;

export const Settings = Type.Object(
  {
    custom: Type.Optional(Type.Array(CustomCheck, { maxItems: 100 })),
    certificates: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), {
        maxItems: 200,
        description: 'certificate files, or folders that hold them',
      }),
    ),
    backups: Type.Optional(Type.Unknown({ description: 'see agent/checks/backup' })),
  },
  closed,
);
export type Settings = Static<typeof Settings>;

const settingsShape = Compile(Settings);

/**
 * YAML text → settings.
 * @param file named in errors
 * @throws EvenkeelError BAD_LOCAL_CONFIG with line and column
 */
export function parseSettings(text: string, file: string): Settings {
  return parseShaped(text, file, settingsShape);
}

interface Shape<T> {
  Check(value: unknown): value is T;
  Errors(value: unknown): Iterable<{ instancePath: string; message: string }>;
}

/**
 * YAML or JSON text → a value of a shape.
 * @param file named in errors
 * @param also what a schema cannot say: the path of the first mistake and what is wrong with it, or null
 * @throws EvenkeelError BAD_LOCAL_CONFIG with line and column
 */
export function parseShaped<T>(
  text: string,
  file: string,
  shape: Shape<T>,
  also: (value: T) => [path: string[], problem: string] | null = () => null,
): T {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true });
  const refuse = (offset: number, problem: string) => {
    const { line, col } = counter.linePos(offset);
    return fail('BAD_LOCAL_CONFIG', { file, line: line || 1, column: col || 1, problem });
  };
  const [broken] = document.errors;
  if (broken) throw refuse(broken.pos[0], broken.message);
  const refuseAt = (where: string[], problem: string) =>
    refuse(offsetOf(document, where), `${where.join('.') || 'the file'}: ${problem}`);
  const value: unknown = document.toJS({ maxAliasCount: 20 }) ?? {};
  if (shape.Check(value)) {
    const mistake = also(value);
    if (mistake === null) return value;
    throw refuseAt(...mistake);
  }
  for (const error of shape.Errors(value)) {
    const where = error.instancePath.split('/').filter((part) => part !== '');
    // "schema is false" is how TypeBox says that a closed object has no such key.
    throw refuseAt(where, error.message === 'schema is false' ? 'this key is not known' : error.message);
  }
  throw refuse(0, 'does not have the expected shape');
}

/** Where the value at a path starts; the nearest parent's start when the path itself is missing. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    if (!isCollection(node)) break;
    const pair = node.items.find((item) => String((item as { key?: { value?: unknown } }).key?.value) === part);
    const key = (pair as { key?: { range?: [number, number, number] } } | undefined)?.key;
    node = node.get(part, true) ?? node.get(Number(part), true);
    const range = key?.range ?? (node as { range?: [number, number, number] } | undefined)?.range;
    if (range) offset = range[0];
  }
  return offset;
}

/**
 * The settings in a file; empty when there is no such file.
 * @throws EvenkeelError BAD_LOCAL_CONFIG, CONFIG_UNREADABLE
 */
export async function readSettings(file: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw fail('CONFIG_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
  }
  return parseSettings(text, file);
}
