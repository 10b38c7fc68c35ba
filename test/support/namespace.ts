/**
 * An agent in a mount namespace of its own: files of the machine are replaced for it and its children alone, and nothing
 * of the machine itself is changed. Linux only, and root (or a system that lets users make namespaces).
 */
import { spawn, spawnSync } from 'node:child_process';
import { type AgentProcess, agentMain } from './agent.ts';

const flags = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount'];

/** @returns why there is none here; null when there is */
export function namespaceMissing(): string | null {
  if (process.platform !== 'linux') return 'only Linux has mount namespaces';
  const { status, error, stderr } = spawnSync('unshare', [...flags, 'true'], { encoding: 'utf8' });
  return status === 0 ? null : (error?.message ?? stderr.trim());
}

/** What is put in place of what: both must exist, and be files or folders alike. */
export type Bind = readonly [from: string, onto: string];

/** Starts `agent/main.ts` with these words, seeing the replaced files. */
export function startAgentSeeing(binds: readonly Bind[], words: readonly string[]): AgentProcess {
  const mount = `n=$1; shift; while [ "$n" -gt 0 ]; do mount --bind "$1" "$2"; shift 2; n=$((n-1)); done; exec "$@"`;
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', agentMain, ...words];
  const args = [...flags, 'sh', '-euc', mount, 'sh', String(binds.length), ...binds.flat(), ...node];
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const finished = new Promise<Awaited<AgentProcess['finished']>>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, finished, output: () => stdout + stderr };
}
