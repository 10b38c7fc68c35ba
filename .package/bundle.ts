/** The source as few files: what is loaded at the start, what later, and nothing that the program does not use. */
import { join } from 'node:path';
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

const light: Plugin = {
  name: 'light',
  resolveId: (id) => (Object.hasOwn(instead, id) ? `\0light:${id}` : null),
  load(id) {
    // The agent prints English, and says itself when it needs the words.
    if (id.endsWith('/shared/words/list.ts')) return { code: english, moduleType: 'ts' };
    if (id.startsWith('\0light:')) return { code: instead[id.slice(7)] ?? '', moduleType: 'js' };
    return id.endsWith('/agent/light-mqtt.ts') ? 'export {};' : null;
  },
};

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
 * @param top the source tree @param entry from there
 */
export async function bundleAgent(top: string, entry: string): Promise<Bundle> {
  const built = await rolldown({
    input: join(top, entry),
    platform: 'node',
    plugins: [light, noWaiting, words],
    logLevel: 'warn',
  });
  const done = bundleOf(await built.generate({ format: 'cjs', codeSplitting: false, ...output }));
  await built.close();
  if (done.files.length !== 1) throw new Error(`the bundle of ${entry} has ${done.files.length} files, not one`);
  return done;
}

/**
 * ES modules beside each other: the collector and its threads share what both use, and a command loads what it needs.
 * collector/package/places.ts knows the names of the threads.
 */
export async function bundleCollector(top: string, entry: string): Promise<Bundle> {
  const built = await rolldown({
    input: {
      collector: join(top, entry),
      'series-worker': join(top, 'collector/series/embedded/worker.ts'),
      'large-worker': join(top, 'collector/intake/large/worker.ts'),
    },
    platform: 'node',
    plugins: [duckdb, words],
    logLevel: 'warn',
  });
  const names = { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' };
  const done = bundleOf(await built.generate({ format: 'esm', ...names, ...output }));
  await built.close();
  return done;
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
