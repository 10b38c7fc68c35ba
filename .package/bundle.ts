/** The source as few files: what is loaded at the start, what later, and nothing that the program does not use. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type OutputChunk, type Plugin, type RolldownOutput, rolldown } from 'rolldown';
import { words } from './words.ts';

export interface Bundle {
  files: { name: string; code: string }[];
  /** Folders of npm packages in it, below node_modules, sorted. */
  packages: string[];
}

/** What agent/light-mqtt.ts does at each start, done once here. */
const instead: Readonly<Record<string, string>> = {
  'worker-timers': 'module.exports = { setInterval, clearInterval };',
  'lru-cache':
    "class LRUCache { constructor() { throw new Error('topic aliases are not used here'); } } module.exports = { LRUCache };",
  'readable-stream': "module.exports = require('node:stream');",
};

const english = `export const en = { about: { locale: 'en-GB', durations: 'narrow', separator: '; ' } };`;

/** @param epoch s since 1970 */
const light = (epoch: number): Plugin => ({
  name: 'light',
  resolveId: (id) => (Object.hasOwn(instead, id) ? `\0light:${id}` : null),
  load(id) {
    // The agent prints English, and says itself when it needs the words.
    if (id.endsWith('/shared/words/list.ts')) return { code: english, moduleType: 'ts' };
    if (id.startsWith('\0light:')) return { code: instead[id.slice(7)] ?? '', moduleType: 'js' };
    return id.endsWith('/agent/light-mqtt.ts') ? 'export {};' : null;
  },
  // A machine whose clock has stopped knows by it what time it is at least.
  transform: (code, id) =>
    id.endsWith('/agent/version.ts') ? code.replace(/(builtAt.*)= 0;/, `$1= ${epoch * 1000};`) : null,
});

/**
 * The executable keeps its source in memory: one letter outside of Latin makes that two bytes for each letter of all of it.
 * In texts and expressions an escape means the same; no source reads its own template as it was written.
 */
const inAscii = (code: string): string =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Nothing is waited for at the top of a CommonJS file. */
const noWaiting: Plugin = {
  name: 'no-waiting',
  transform: (code, id) =>
    id.endsWith('/shared/words/index.ts') ? code.replace("typeof document === 'undefined'", 'false') : null,
};

/** DuckDB's library lies beside the bundle, and not in a package that is named by the machine. */
const duckdb: Plugin = {
  name: 'duckdb',
  resolveId: (id) => (id === './duckdb.node' ? { id, external: true } : null),
  load: (id) =>
    id.endsWith('/@duckdb/node-bindings/duckdb.js')
      ? { code: "module.exports = require('./duckdb.node');", moduleType: 'js' }
      : null,
};

/** Readable lines: an error that nobody caught prints the whole line where it arose. */
const output = {
  minify: { compress: true, mangle: true, codegen: { removeWhitespace: false } },
  comments: { legal: false },
} as const;

/**
 * One CommonJS file, because an executable holds one, an ES module cannot `require` what the MQTT client requires, and because it
 * leaves each `import()` where it stands: what a check loads is loaded when the check first runs.
 * @param top the source tree @param entry from there @param epoch of the source, s since 1970
 */
export async function bundleAgent(top: string, entry: string, epoch: number): Promise<Bundle> {
  const built = await rolldown({
    input: join(top, entry),
    platform: 'node',
    plugins: [light(epoch), noWaiting, words],
    logLevel: 'warn',
  });
  const done = bundleOf(await built.generate({ format: 'cjs', codeSplitting: false, ...output }));
  await built.close();
  if (done.files.length !== 1) throw new Error(`the bundle of ${entry} has ${done.files.length} files, not one`);
  return { ...done, files: done.files.map(({ name, code }) => ({ name, code: inAscii(code) })) };
}

/**
 * ES modules beside each other: the collector, its threads and its processes share what they use, and a command loads what it needs.
 */
export async function bundleCollector(top: string, entry: string): Promise<Bundle> {
  const built = await rolldown({
    input: { collector: join(top, entry), ...partsOf(join(top, 'collector')) },
    platform: 'node',
    plugins: [duckdb, words],
    logLevel: 'warn',
  });
  const names = { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' };
  const done = bundleOf(await built.generate({ format: 'esm', ...names, ...output }));
  await built.close();
  return done;
}

/**
 * What the collector starts by its path has a file of its own in a package, with the name that the source gives to `partOf`.
 * @returns paths by name without its ending
 * @throws Error for one that only the source tree would have
 */
function partsOf(folder: string): Record<string, string> {
  const parts: Record<string, string> = {};
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  for (const path of paths) {
    const code = readFileSync(join(folder, path), 'utf8');
    const named = code.matchAll(
      /(?:partOf|pathOf)\(\s*new URL\('(\.[^']+\.ts)', import\.meta\.url\),\s*'([\w-]+)\.mjs'/g,
    );
    const isPart = new Set<string>();
    for (const [, file = '', name = ''] of named) {
      parts[name] = join(folder, dirname(path), file);
      isPart.add(file);
    }
    for (const [, file = ''] of code.matchAll(/new URL\('(\.[^']+\.ts)', import\.meta\.url\)/g))
      if (!isPart.has(file) && !file.endsWith('/agent/main.ts'))
        throw new Error(
          `collector/${path} starts ${file}, which a package would lack: name it with partOf of collector/package/places.ts`,
        );
  }
  return parts;
}

function bundleOf({ output: parts }: RolldownOutput): Bundle {
  const chunks = parts.filter((one): one is OutputChunk => one.type === 'chunk');
  return {
    files: chunks.map(({ fileName, code }) => ({ name: fileName, code })),
    packages: packagesOf(chunks.flatMap(({ moduleIds }) => moduleIds)),
  };
}

/** @param modules paths of files @returns the folders of their packages below node_modules, sorted */
export function packagesOf(modules: readonly string[]): string[] {
  const below = modules.flatMap((id) => /^.*?\/node_modules\/(.*)$/.exec(id)?.[1] ?? []);
  const folders = below.flatMap((path) => /^((?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(folders)].sort();
}
