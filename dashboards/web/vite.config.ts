/**
 * Builds the web app into `dist`, which the collector serves. JSX is compiled by oxc from `jsxImportSource` in
 * tsconfig.json. Nothing may end up inline: the collector's content security policy allows neither inline script nor
 * inline style nor data: URLs for fonts.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What most pages use comes with the first one, in one file; what few use, with the first of these.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shell', minShareCount: 8 }] } } },
  },
});
