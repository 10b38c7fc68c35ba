/**
 * Preloaded into each test file: on SIGUSR2 it prints what keeps the process alive. The runner sends it to a file that does
 * not end, before it kills it. Windows has no such signal: there the file is only named.
 */
import type { ChildProcess } from 'node:child_process';
import type { Server, Socket } from 'node:net';

type Handle = Partial<ChildProcess> & Partial<Server> & Partial<Socket>;

function describe(handle: Handle): string {
  const name = handle.constructor?.name ?? 'Handle';
  if (handle.spawnargs) return `${name} ${handle.pid} (${handle.spawnargs.join(' ').slice(0, 200)})`;
  if (handle.remotePort) return `${name} to ${handle.remoteAddress}:${handle.remotePort}`;
  const address = handle.address?.();
  if (typeof address === 'string') return `${name} at ${address}`;
  return address && 'port' in address ? `${name} at ${address.address}:${address.port}` : name;
}

function openHandles(): string {
  // The only way to learn which server or process it is: the public list holds kinds alone.
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): Handle[] };
  const own = new Set<unknown>([process.stdin, process.stdout, process.stderr]);
  const known = handles.call(process).filter((handle) => !own.has(handle));
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'Immediate');
  return [...known.map(describe), ...timers].join(', ') || 'none that Node knows of';
}

if (process.platform !== 'win32')
  process.on('SIGUSR2', () => process.stderr.write(`\nOPEN HANDLES: ${openHandles()}\n`));
