/** YAML that people write, with the line and column of every place in it. Pure: text in, value and places out. */
import { isMap, isNode, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { reasonOf } from './errors.ts';
import type { Fault, Path } from './shape.ts';

export interface SettingsFile {
  /** `{}` for an empty file. */
  value: unknown;
  /**
   * `file:line:column: what is wrong` for these faults and for those of the text itself, in the order of the file. If
   * the text is not valid YAML, only the syntax errors are listed: the value means nothing then.
   */
  describe(faults: readonly Fault[]): string[];
}

/** References that are written as one and read as thousands are refused from here on. */
const aliasesAtMost = 100;

/** @param file the name that was given, for messages */
export function parseSettingsFile(text: string, file: string): SettingsFile {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const troubles = [...document.errors, ...document.warnings];
  const own = troubles.map(({ pos, code, message }) => ({ offset: pos[0], text: textOf(code, message) }));
  // A key that stands twice leaves the rest readable.
  let isBroken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  let value: unknown = {};
  try {
    if (!isBroken) value = document.toJS({ maxAliasCount: aliasesAtMost }) ?? {};
  } catch (thrown) {
    isBroken = true;
    own.push({ offset: 0, text: textOf('', reasonOf(thrown)) });
  }

  const nodeAt = (path: Path): Node | undefined => {
    let node: unknown = document.contents;
    for (const part of path)
      node = isMap(node) ? pairAt(node, part)?.value : isSeq(node) ? node.items[Number(part)] : null;
    return isNode(node) ? node : undefined;
  };
  /** A missing place is reported at its nearest existing parent. */
  const offsetOf = (path: Path): number =>
    nodeAt(path)?.range?.[0] ?? (path.length === 0 ? 0 : offsetOf(path.slice(0, -1)));
  const offsetOfKey = (path: Path): number => {
    const parent = nodeAt(path.slice(0, -1));
    const pair = isMap(parent) ? pairAt(parent, path.at(-1)) : undefined;
    return pair && isNode(pair.key) && pair.key.range ? pair.key.range[0] : offsetOf(path);
  };

  return {
    value,
    describe(faults) {
      const placed = (isBroken ? [] : faults).map(({ path, problem, isKey }) => ({
        offset: isKey ? offsetOfKey(path) : offsetOf(path),
        text: isKey ? problem : `${nameOf(value, path)} ${problem}`,
      }));
      const lines = [...own, ...placed]
        .sort((a, b) => a.offset - b.offset)
        .map(({ offset, text: problem }) => {
          const { line, col } = counter.linePos(offset);
          return `${file}:${line || 1}:${col || 1}: ${problem}`;
        });
      return [...new Set(lines)];
    },
  };
}

/** In words of our own where those of the library repeat what stands there: it may be a password without quotes. */
const ownWords: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here a second time',
  TAG_RESOLVE_FAILED: 'a tag (!…) that is not known here; put a text that begins with ! in quotes',
  BAD_ALIAS: 'an alias (*…) that names nothing; put a text that begins with * in quotes',
  BAD_DQ_ESCAPE: 'a \\ in double quotes that is no escape; write \\\\, or put the text in single quotes',
  BAD_DIRECTIVE: 'a directive (%…) that is not known here; put a text that begins with % in quotes',
};

/** What the library repeats stands after a colon or in quotes. */
const textOf = (code: string, message: string) =>
  ownWords[code] ??
  message
    .trim()
    .replace(/(?::| ").*$/s, '')
    .replace(/\.$/, '');

/** Of a key that stands twice the last one counts. */
const pairAt = (map: YAMLMap, name: unknown) => map.items.findLast(({ key }) => isNode(key) && String(key) === name);

/** `rules.disk-space.for_s`: an entry of a list by its own name where it has one, else by its number from 0. */
export function nameOf(value: unknown, path: Path): string {
  const names: string[] = [];
  let here: unknown = value;
  for (const part of path) {
    here = (here as Record<string | number, unknown> | null | undefined)?.[part];
    const { id, name, job } = (typeof here === 'object' && here !== null ? here : {}) as Record<string, unknown>;
    const own = [id, name, job].find((word) => typeof word === 'string' && /^[\w.-]{1,64}$/.test(word));
    names.push(String(typeof part === 'number' && own !== undefined ? own : part));
  }
  return names.join('.') || 'the file';
}
