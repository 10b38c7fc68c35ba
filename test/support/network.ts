/**
 * Machines in network namespaces of their own, with cables between them: each sees the others by its cables alone, and nothing of
 * this machine's network is changed. What holds a namespace ends with the test, and the namespace with it. Linux only, and root
 * (or a system that lets users make namespaces).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AgentProcess, startAgent } from './agent.ts';

const isRoot = process.getuid?.() === 0;

/**
 * @returns the line that says why there are none here; null when there are. A program that lacks can be installed; what the
 * kernel does not give to a container cannot, so that is no failure anywhere.
 */
export function networkMissing(): string | null {
  if (process.platform !== 'linux') return 'SKIP network namespaces: only Linux has them';
  const lacks = ['unshare', 'nsenter', 'ip'].filter((program) => spawnSync(program, ['-V']).error);
  if (lacks.length > 0) return `SKIP network namespaces: ${lacks.join(', ')} not found`;
  const flags = isRoot ? ['--net'] : ['--map-root-user', '--net'];
  const words = [...flags, 'ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1'];
  const { status, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  return status === 0 ? null : `FIGURE network namespaces: not given here, nothing was run (${stderr.trim()})`;
}

export interface Machine {
  /** One command of `ip`, as words with spaces between. @throws Error with what it says */
  ip(command: string): void;
  /** Starts this program there. */
  start(program: readonly [string, ...string[]], words?: readonly string[], env?: NodeJS.ProcessEnv): AgentProcess;
  /** Connections to this path are led to this port of the machine's loopback: a path has no network. */
  door(path: string, port: number): Promise<void>;
  pid: number;
}

export interface Network {
  machine(): Promise<Machine>;
  /** A cable: at both ends its name there. */
  cable(from: Machine, name: string, to: Machine, nameThere: string): void;
  close(): void;
}

const forward = `const net = require('node:net'); const [path, port] = process.argv.slice(1);
net.createServer((from) => { const to = net.connect(Number(port), '127.0.0.1'); from.pipe(to).pipe(from);
for (const one of [from, to]) one.on('error', () => { from.destroy(); to.destroy(); }); }).listen(path, () => console.log('open'));`;

export async function openNetwork(): Promise<Network> {
  const children: ChildProcess[] = [];

  /** It ends when its input does: with the test, however that ends. */
  async function hold(program: string, ...words: string[]): Promise<number> {
    const child = spawn(program, [...words, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout, 'data');
    return child.pid as number;
  }
  const users = isRoot ? null : await hold('unshare', '--map-root-user');
  const asRoot = users === null ? [] : ['nsenter', '-t', String(users), '--user', '--preserve-credentials'];

  async function machine(): Promise<Machine> {
    const [first = 'unshare', ...words] = [...asRoot, 'unshare', '--net'];
    const pid = await hold(first, ...words);
    const user = users === null ? [] : ['--user', '--preserve-credentials'];
    const enter = ['nsenter', '-t', String(pid), ...user, '--net'] as const;
    const own: Machine = {
      pid,
      ip(command) {
        const [program, ...rest] = enter;
        const { status, stderr } = spawnSync(program, [...rest, 'ip', ...command.split(' ')], { encoding: 'utf8' });
        if (status !== 0) throw new Error(`ip ${command}: ${stderr}`);
      },
      start(program, more = [], env = {}) {
        const started = startAgent(more, undefined, env, [...enter, ...program]);
        children.push(started.child);
        return started;
      },
      async door(path, port) {
        const { child } = own.start([process.execPath, '-e', forward, path, String(port)]);
        await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
      },
    };
    own.ip('link set lo up');
    return own;
  }

  return {
    machine,
    cable(from, name, to, nameThere) {
      from.ip(`link add ${name} type veth peer name ${nameThere} netns ${to.pid}`);
      from.ip(`link set dev ${name} up`);
      to.ip(`link set dev ${nameThere} up`);
    },
    close() {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}
