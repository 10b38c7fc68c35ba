/** The collector as a folder: Node, the bundle, DuckDB's library and the web app, all beside each other. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';
import { type Bundle, packagesOf } from './bundle.ts';
import type { BuildPlan, Target } from './config.ts';
import { strippedNode } from './executable.ts';
import type { PackedFile } from './forms/tree.ts';
import { npmFolder } from './node.ts';
import { words } from './words.ts';

export interface WebApp {
  folder: string;
  /** As of a bundle. */
  packages: string[];
}

/** The web app with the commands of a package in its sentences. */
export async function buildWebApp({ top }: BuildPlan, folder: string): Promise<WebApp> {
  let packages: string[] = [];
  const inside: Plugin = {
    name: 'inside',
    generateBundle(_, bundle) {
      packages = packagesOf(Object.values(bundle).flatMap((one) => (one.type === 'chunk' ? one.moduleIds : [])));
    },
  };
  await build({
    configFile: join(top, 'dashboards/web/vite.config.ts'),
    plugins: [words, inside],
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
  });
  return { folder, packages };
}

/** What code is put into the environment of a shell must not get into the collector. */
const start = `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
unset NODE_OPTIONS NODE_PATH
exec "$here/node" --disable-warning=ExperimentalWarning "$here/collector.mjs" "$@"
`;

const duckdbOf = ({ name }: Target) => `@duckdb/node-bindings-${name}`;

interface CollectorParts {
  plan: BuildPlan;
  name: string;
  bundle: Bundle;
  web: WebApp;
  /** Where fetched npm packages are kept. */
  kept: string;
  /** A folder for what lies between. */
  work: string;
  /** The npm package with the target's Node. */
  node: string;
  target: Target;
}

/** @returns the files of its folder */
export function collectorFolder({ plan, name, bundle, web, kept, work, node, target }: CollectorParts): PackedFile[] {
  const duckdb = npmFolder(plan.top, kept, duckdbOf(target));
  const pages = readdirSync(web.folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
  return [
    { path: name, mode: 0o755, text: start },
    { path: 'node', mode: 0o755, from: strippedNode(work, node, target) },
    ...bundle.files.map((file): PackedFile => ({ path: file.name, mode: 0o644, text: file.code })),
    ...['duckdb.node', 'libduckdb.so'].map(
      (file): PackedFile => ({ path: file, mode: 0o644, from: join(duckdb, file) }),
    ),
    ...pages.map((file): PackedFile => ({ path: `web${file.slice(web.folder.length)}`, mode: 0o644, from: file })),
  ];
}
