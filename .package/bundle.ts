/**
 * The agent's source as one CommonJS file. CommonJS, because an ES module cannot `require` what the MQTT client requires, and
 * because it leaves each `import()` where it stands: what a check loads is loaded when the check first runs.
 */
import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

export interface Bundle {
  code: string;
  /** Names of the npm packages in it, sorted. */
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

/** Sentences name the command that the reader has. */
const words = (command: string, own: string): Plugin => ({
  name: 'words',
  transform: (code, id) =>
    id.includes('/node_modules/') || !code.includes(command) ? null : code.replaceAll(command, own),
});

/** Nothing is waited for at the top of a CommonJS file. */
const noWaiting: Plugin = {
  name: 'no-waiting',
  transform: (code, id) =>
    id.endsWith('/shared/words/index.ts') ? code.replace("typeof document === 'undefined'", 'false') : null,
};

/** @param top the source tree @param entry from there @returns readable lines: an error that nobody caught prints the whole line where it arose */
export async function bundleAgent(top: string, entry: string): Promise<Bundle> {
  const built = await rolldown({
    input: join(top, entry),
    platform: 'node',
    plugins: [light, noWaiting, words('npm run agent -- ', 'evenkeel-agent ')],
    logLevel: 'warn',
  });
  const { output } = await built.generate({
    format: 'cjs',
    codeSplitting: false,
    minify: { compress: true, mangle: true, codegen: { removeWhitespace: false } },
    comments: { legal: false },
  });
  await built.close();
  const [chunk, ...more] = output;
  if (!chunk || more.length > 0) throw new Error(`the bundle of ${entry} has ${output.length} files, not one`);
  return { code: chunk.code, packages: packagesOf(chunk.moduleIds) };
}

function packagesOf(modules: readonly string[]): string[] {
  const names = modules.flatMap((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
  return [...new Set(names)].sort();
}
