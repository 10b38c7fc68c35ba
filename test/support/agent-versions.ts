/**
 * Versions of the real agent as small packages: one bundle, as `npm run package` makes it, behind two lines that name Node,
 * where a package has Node around it. Some are broken on purpose. Signed by the real release tool.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAgent } from '../../.package/bundle.ts';
import { readPlan } from '../../.package/config.ts';
import { buildExecutable } from '../../.package/executable.ts';
import { nodeFolder } from '../../.package/node.ts';
import { version as built } from '../../agent/version.ts';
import { makeFolder } from '../../shared/make-folder.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));
const tool = join(top, '.package/main.ts');
export const thisTarget = `${process.platform === 'linux' ? 'linux' : process.platform}-${process.arch}`;

/** What stands before the code of a version. */
export const flaws = {
  none: '',
  crashes: "if (process.argv[2] === 'run') { console.error('this version crashes'); process.exit(1); }",
  /** Works, and never reaches its collector. */
  silent: "process.env.EVENKEEL_AGENT_MQTT = 'mqtt://127.0.0.1:1';",
  hangs: "if (process.argv[2] === 'run') { setInterval(() => {}, 1e6); return; }",
  /** Not even its number. */
  dead: 'process.exit(3);',
} as const;
export type Flaw = keyof typeof flaws;

export interface AgentVersions {
  /** The program of a version. */
  program(version: string, flaw?: Flaw, before?: string): string;
  /** Packs it into the folder as a release would have it. @returns the name of the file */
  pack(folder: string, version: string, flaw?: Flaw, before?: string): string;
  /** As `npm run package` builds it: one file with Node in it. Some seconds, and 120 MB. */
  executable(version: string): Uint8Array;
  /** The same for what is built already. */
  packBuilt(folder: string, version: string, program: Uint8Array): void;
}

/** @param work a folder for what lies between */
export async function buildAgentVersions(work: string): Promise<AgentVersions> {
  const [file] = (await bundleAgent(top, 'agent/main.ts', 0)).files;
  const code = file?.code ?? '';
  const number = JSON.stringify(built);
  if (!code.includes(number)) throw new Error(`the bundle does not name its version ${number}`);

  const program = (version: string, flaw: Flaw = 'none', before = '') =>
    [
      // For both: Node leaves out the first line, and takes the second one for a string and a comment.
      '#!/bin/sh',
      `':' //; exec ${process.execPath} --disable-warning=ExperimentalWarning -e 'require(process.argv[1])' -- "$(readlink -f "$0")" "$@"`,
      flaws[flaw],
      before,
      code.replaceAll(number, JSON.stringify(version)),
    ].join('\n');
  const packed = (folder: string, version: string, content: string | Uint8Array) => {
    const name = `evenkeel-agent-${version}-${thisTarget}`;
    const inside = join(work, name);
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, 'evenkeel-agent'), content);
    chmodSync(join(inside, 'evenkeel-agent'), 0o755);
    makeFolder(folder);
    execFileSync('tar', ['-c', '-I', 'gzip -1', '-f', join(folder, `${name}.tar.gz`), '-C', work, name]);
    return `${name}.tar.gz`;
  };
  return {
    program,
    pack: (folder, version, flaw, before) => packed(folder, version, program(version, flaw, before)),
    executable(version) {
      const target = readPlan(top).targets.find(({ name }) => name === thisTarget);
      if (!target) throw new Error(`pkg.config.json has no target ${thisTarget}`);
      const between = join(work, `built-${version}`);
      mkdirSync(between, { recursive: true });
      const node = nodeFolder(top, join(top, 'node_modules/.cache/evenkeel'), target);
      const own = code.replaceAll(number, JSON.stringify(version));
      const path = buildExecutable({ work: between, program: 'evenkeel-agent', code: own, node, target });
      const bytes = readFileSync(path);
      rmSync(between, { recursive: true });
      return bytes;
    },
    packBuilt: packed,
  };
}

/** `npm run package -- release …` @throws Error with what it said */
export function releaseTool(words: readonly string[]): string {
  const done = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', tool, 'release', ...words], {
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout;
}

/** Packs a version and signs the release. @param more further words for `sign` */
export function makeRelease(
  versions: AgentVersions,
  {
    folder,
    keys,
    version,
    flaw,
    before,
  }: { folder: string; keys: string; version: string; flaw?: Flaw; before?: string },
  ...more: string[]
): { version: string; sequence: number } {
  versions.pack(folder, version, flaw, before);
  releaseTool(['sign', '--keys', keys, '--folder', folder, '--version', version, ...more]);
  const { signed } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { signed: string };
  return JSON.parse(Buffer.from(signed, 'base64').toString()) as { version: string; sequence: number };
}
