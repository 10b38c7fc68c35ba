/**
 * Builds the web app into `dist`, which the collector serves. JSX is compiled by oxc from `jsxImportSource` in
 * tsconfig.json. Nothing may end up inline: the collector's content security policy allows neither inline script nor
 * inline style nor data: URLs for fonts.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const offlineFile = fileURLToPath(new URL('offline.ts', import.meta.url));

/** Writes sw.js: what it keeps is what the first page needs. */
const serviceWorker: Plugin = {
  name: 'service-worker',
  apply: 'build',
  generateBundle(_, bundle) {
    const needed = new Set<string>();
    const add = (name: string): void => {
      const chunk = bundle[name];
      if (needed.has(name) || chunk?.type !== 'chunk') return;
      needed.add(name);
      for (const css of chunk.viteMetadata?.importedCss ?? []) needed.add(css);
      for (const other of chunk.imports) add(other);
    };
    for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk' && chunk.isEntry) add(chunk.fileName);
    const files = [...needed].sort().map((name) => `/${name}`);
    const code = readFileSync(new URL('sw.js', import.meta.url), 'utf8');
    const offline: unknown = JSON.parse(execFileSync(process.execPath, [offlineFile], { encoding: 'utf8' }));
    const all = createHash('sha256').update(JSON.stringify([Object.keys(bundle).sort(), offline, code]));
    const cache = `shell-${all.digest('hex').slice(0, 16)}`;
    const source = `self.evenkeel = ${JSON.stringify({ cache, files, offline })};\n${code}`;
    this.emitFile({ type: 'asset', fileName: 'sw.js', source });
  },
};

/** What is smaller fits into one packet anyway. */
const leastBytes = 1000;

/**
 * Beside each text its compressed form, which the collector sends to whoever takes it: a third of the bytes, and no work at each
 * request. Brotli would save another tenth, and take twenty seconds of each start on a busy machine.
 */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir = '' }, bundle) {
    for (const name of Object.keys(bundle).filter((one) => /\.(js|css|html)$/.test(one))) {
      const bytes = readFileSync(join(dir, name));
      if (bytes.length < leastBytes) continue;
      writeFileSync(join(dir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    }
  },
};

/** What waits for the sentences for reasons would make the first page wait for them; styles of pages come with those pages. */
const isForLater = /[\\/](words[\\/]reasons?\.ts|parts[\\/]table-file\.tsx)$|\.css$/;

/** What so many pages use is in one file. */
const shared = { minShareCount: 8, test: (id: string) => !isForLater.test(id) };
const firstPage = /[\\/]web[\\/](main|pages[\\/]fleet[\\/]fleet)\.tsx$/;

/** Whether the app cannot start, or the first page be shown, without it. */
function isOfFirstPage(id: string, modules: Modules, seen = new Set<string>()): boolean {
  if (firstPage.test(id)) return true;
  if (seen.has(id)) return false;
  seen.add(id);
  // A copy: the list is used again for the next module that is asked for.
  return [...(modules.getModuleInfo(id)?.importers ?? [])].some((one) => isOfFirstPage(one, modules, seen));
}

interface Modules {
  getModuleInfo(id: string): { importers: readonly string[] } | null;
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [serviceWorker, compressed],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What many pages use is one file: of it what the first page needs comes with that, the rest with the first other page.
    // What few use comes with the first of these; sentences for reasons, which are many, with what needs them.
    rolldownOptions: {
      output: {
        // A list or a reason says of what: many folders have a file of that name.
        chunkFileNames: ({ name, facadeModuleId }) => {
          const folder = /([\w-]+)[\\/][\w-]+\.tsx?$/.exec(facadeModuleId ?? '')?.[1];
          return `assets/${folder === undefined ? '' : `${folder}-`}${name}-[hash].js`;
        },
        codeSplitting: {
          groups: [
            // The first takes what it needs with it.
            {
              ...{ ...shared, priority: 1, debugName: 'shell' },
              name: (id, modules) => (isOfFirstPage(id, modules) ? 'shell' : null),
            },
            { ...shared, name: 'pages' },
          ],
        },
      },
    },
  },
});
