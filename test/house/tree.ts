/** The source as data: what each file imports, exports and declares, read with the parser that builds the web app. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ESTree, parseSync, Visitor } from 'vite';

const top = fileURLToPath(new URL('../../', import.meta.url));
/** Folders of the product; `test` is beside them. */
export const roots = ['.package', 'agent', 'collector', 'shared', 'dashboards'] as const;

export interface Import {
  to: string;
  /** `*` for the whole module. */
  names: readonly string[];
  /** `start`: by its address, as a thread or a process of its own. */
  kind: 'value' | 'type' | 'start';
}

export interface SourceFile {
  /** From the top of the tree, with slashes. */
  path: string;
  text: string;
  lines: number;
  imports: Import[];
  exports: Export[];
  types: string[];
  functions: { name: string; lines: number }[];
  /** Variables that live as long as the process: `let` at the top, or a collection that is filled later. */
  mutable: string[];
  comments: { line: number; text: string }[];
}

export interface Export {
  name: string;
  /** There is something at run time. */
  isValue: boolean;
  /** The rest of its own file uses it. */
  isUsedHere: boolean;
}

/** What the rules look at. */
export interface House {
  sources: ReadonlyMap<string, SourceFile>;
  /** By path. */
  readmes: ReadonlyMap<string, string>;
  /** Paths of all files, whatever they are. */
  files: readonly string[];
}

/** The house as it stands on this disk. */
export function readHouse(): House {
  const below = [...roots, 'test', '.github', '.ci'].flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const files = [...readdirSync(top), ...below]
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !/(^|\/)(dist|node_modules)(\/|$)/.test(file));
  const texts = files
    .filter((file) => /\.(tsx?|md)$/.test(file) && !/\.d\.ts$|CHANGELOG|(^|\/)fixtures\//.test(file))
    .map((file): [string, string] => [file, readFileSync(join(top, file), 'utf8')]);
  return houseOf(texts, files);
}

export function houseOf(texts: readonly [path: string, text: string][], files = texts.map(([path]) => path)): House {
  const isReadme = ([path]: readonly [string, string]) => path.endsWith('.md');
  const sources = texts.filter((one) => !isReadme(one)).map(([path, text]) => readSource(path, text));
  return {
    sources: new Map(sources.map((file) => [file.path, file])),
    readmes: new Map(texts.filter(isReadme)),
    files,
  };
}

function readSource(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text);
  const comments = parsed.comments.map(({ start, value }) => ({
    line: text.slice(0, start).split('\n').length,
    text: value,
  }));
  const file = {
    path,
    text,
    lines: text.split('\n').length - 1,
    imports: importsOf(parsed.module, path, text),
    comments,
  };
  // Of tests nothing else is looked at, and to hand over the syntax tree takes most of the time.
  if (path.startsWith('test/')) return { ...file, exports: [], types: [], functions: [], mutable: [] };
  const { program } = parsed;
  return {
    ...file,
    exports: exportsOf(parsed, text),
    types: typesOf(program),
    functions: functionsOf(program, text),
    mutable: mutableOf(program, text),
  };
}

type Parsed = ReturnType<typeof parseSync>;

function importsOf(
  { staticImports, staticExports, dynamicImports }: Parsed['module'],
  path: string,
  text: string,
): Import[] {
  const imports: Import[] = [];
  const add = (specifier: string, names: string[], kind: Import['kind']) => {
    if (specifier.startsWith('.')) imports.push({ to: posix.join(dirname(path), specifier), names, kind });
  };
  const kindOf = (isType: boolean) => (isType ? 'type' : 'value');
  for (const { moduleRequest, entries } of staticImports) {
    const names = entries.map(({ importName }) => (importName.kind === 'Name' ? (importName.name as string) : '*'));
    add(moduleRequest.value, names, kindOf(entries.length > 0 && entries.every(({ isType }) => isType)));
  }
  for (const { moduleRequest, importName, isType } of staticExports.flatMap(({ entries }) => entries))
    if (moduleRequest) add(moduleRequest.value, [importName.name ?? '*'], kindOf(isType));
  for (const { moduleRequest } of dynamicImports) {
    const said = /^['"](.+)['"]$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[1];
    if (said) add(said, ['*'], 'value');
  }
  for (const [, said] of text.matchAll(/new URL\('(\.[^']+\.tsx?)', import\.meta\.url\)/g))
    add(said as string, ['*'], 'start');
  return imports;
}

function exportsOf({ program, module, comments }: Parsed, text: string): Export[] {
  let code = text;
  for (const { start, end } of comments) code = code.slice(0, start) + ' '.repeat(end - start) + code.slice(end);
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ exportName: { name }, isType }) =>
      name ? { name, isValue: !isType, isUsedHere: isUsed(name, program, code) } : [],
    );
}

const declarationOf = (statement: ESTree.Statement | ESTree.ModuleDeclaration | ESTree.Directive) =>
  statement.type === 'ExportNamedDeclaration' && statement.declaration ? statement.declaration : statement;

/** Whether the name stands anywhere but in its own declaration. @param code without comments, which are blank */
function isUsed(name: string, { body }: ESTree.Program, code: string): boolean {
  const own = body.filter((statement) => namesIn(declarationOf(statement)).includes(name));
  // Not as a property: `.name`; but `...name`.
  for (const { index } of code.matchAll(new RegExp(`(?<!\\w)(?<!(?<!\\.\\.)\\.)${name}\\b`, 'g')))
    if (!own.some(({ start, end }) => start <= index && index < end)) return true;
  return false;
}

function namesIn(declaration: ReturnType<typeof declarationOf>): string[] {
  if (declaration.type === 'VariableDeclaration')
    return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? id.name : []));
  return 'id' in declaration && declaration.id?.type === 'Identifier' ? [declaration.id.name] : [];
}

function typesOf({ body }: ESTree.Program): string[] {
  return body.map(declarationOf).flatMap((one) => {
    const named = one.type === 'TSInterfaceDeclaration' || one.type === 'TSTypeAliasDeclaration';
    return named ? [one.id.name] : [];
  });
}

function functionsOf(program: ESTree.Program, text: string): SourceFile['functions'] {
  const found: SourceFile['functions'] = [];
  const take = (node: ESTree.Function | ESTree.ArrowFunctionExpression) => {
    const name =
      ('id' in node && node.id?.name) || /(\w+)[^\w]*$/.exec(text.slice(Math.max(0, node.start - 60), node.start))?.[1];
    found.push({ name: name ?? 'anonymous', lines: text.slice(node.start, node.end).split('\n').length });
  };
  new Visitor({ FunctionDeclaration: take, FunctionExpression: take, ArrowFunctionExpression: take }).visit(program);
  return found;
}

/** `let` at the top, and top-level Map, Set, WeakMap or array that something in the file fills. */
function mutableOf({ body }: ESTree.Program, text: string): string[] {
  return body.map(declarationOf).flatMap((one) => {
    if (one.type !== 'VariableDeclaration') return [];
    return one.declarations.flatMap(({ id, init }) => {
      if (id.type !== 'Identifier') return [];
      if (one.kind === 'let') return [id.name];
      const collection =
        (init?.type === 'NewExpression' && /^new (Map|Set|WeakMap|WeakSet)\b/.test(text.slice(init.start, init.end))) ||
        init?.type === 'ArrayExpression';
      const written = new RegExp(`\\b${id.name}\\.(set|add|push|delete|clear|shift|pop|splice|unshift)\\(`).test(text);
      return collection && written ? [id.name] : [];
    });
  });
}

/** Types of one name in several files. */
export function homonyms(files: readonly SourceFile[]): [string, string[]][] {
  const paths = new Map<string, string[]>();
  for (const { path, types } of files) for (const type of types) paths.set(type, [...(paths.get(type) ?? []), path]);
  return [...paths].filter(([, found]) => found.length > 1).sort((a, b) => b[1].length - a[1].length);
}

export function reachedFrom(tree: ReadonlyMap<string, SourceFile>, starts: readonly SourceFile[]): Set<string> {
  const reached = new Set<string>();
  const queue = starts.map(({ path }) => path);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    queue.push(...(tree.get(path)?.imports ?? []).map(({ to }) => to));
  }
  return reached;
}

/** @returns groups of files each of which imports every other, if by way of others */
export function circles(tree: ReadonlyMap<string, SourceFile>, counts: (one: Import) => boolean): string[][] {
  const counted = new Map([...tree].map(([path, one]) => [path, { ...one, imports: one.imports.filter(counts) }]));
  const reachOf = ({ imports }: SourceFile) =>
    reachedFrom(
      counted,
      imports.flatMap(({ to }) => counted.get(to) ?? []),
    );
  const reach = new Map([...counted].map(([path, file]) => [path, reachOf(file)]));
  const found = new Map<string, string[]>();
  for (const [path, reached] of reach) {
    if (!reached.has(path)) continue;
    const circle = [...reached].filter((other) => reach.get(other)?.has(path)).sort();
    found.set(circle.join(' '), circle);
  }
  return [...found.values()];
}
