/** A collector and agents as real processes, which a test kills and starts again; and what their time lines say. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EndpointDetail, Interval } from '../../shared/api.ts';
import { type AgentProcess, startAgent } from './agent.ts';
import { freePort } from './port.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from './processes.ts';

export type RealFleet = Awaited<ReturnType<typeof openRealFleet>>;

/** @param kinds name → kind of each endpoint; all report every `intervalMs` */
export async function openRealFleet(kinds: Record<string, 'server' | 'workstation'>, intervalMs: number) {
  const folder = temporaryFolder();
  const agents = new Map<string, AgentProcess>();
  const ids = new Map<string, string>();
  const ports = ['--http-port', String(await freePort()), '--mqtt-port', String(await freePort())];
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(config, `agents:\n  interval: ${intervalMs / 1000}s\n`);
  const start = () => startCollector(join(folder.path, 'collector'), ['--config', config, ...ports]);
  let collector: RunningCollector = await start();

  const dataOf = (name: string) => join(folder.path, name);
  const run = (name: string) => void agents.set(name, startAgent(['run', '--data', dataOf(name)]));
  const get = <T>(path: string) => collector.get<T>(path);
  const detailOf = (name: string) => get<EndpointDetail>(`/api/v1/endpoints/${ids.get(name)}`);
  const stateOf = async (name: string) => (await detailOf(name)).row.state;
  const online = (name: string) =>
    until(async () => (await stateOf(name)) === 'online', 60_000, `${name} to be online`);

  async function enroll(name: string, kind: string): Promise<void> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${collector.token}` };
    const answer = await fetch(`${collector.http}/api/v1/enrollments`, { method: 'POST', headers, body: '{}' });
    const { code } = (await answer.json()) as { code: string };
    const words = ['enroll', code, '--data', dataOf(name), '--name', name, '--kind', kind];
    const enrolled = await startAgent(words).finished;
    if (enrolled.code !== 0) throw new Error(enrolled.stderr);
    const { items } = await get<{ items: { id: string; name: string }[] }>('/api/v1/endpoints');
    ids.set(name, items.find((one) => one.name === name)?.id as string);
    run(name);
    await online(name);
  }
  await Promise.all(Object.entries(kinds).map(([name, kind]) => enroll(name, kind)));

  return {
    dataOf,
    get,
    detailOf,
    run,
    online,
    processOf: (name: string) => (agents.get(name) as AgentProcess).child,
    async kill(name: string): Promise<void> {
      const { child, finished } = agents.get(name) as AgentProcess;
      child.kill('SIGKILL');
      await finished;
    },
    async killCollector(): Promise<void> {
      collector.child.kill('SIGKILL');
      await collector.ended;
    },
    async startCollector(): Promise<void> {
      collector = await start();
    },
    /** The line from `since` on. */
    async lineSince(name: string, since: number): Promise<Interval[]> {
      const { timeline } = await detailOf(name);
      return timeline.filter(({ to }) => to > since).map((part) => ({ ...part, from: Math.max(part.from, since) }));
    },
    async close(): Promise<void> {
      for (const { child } of agents.values()) child.kill('SIGKILL');
      collector.child.kill('SIGKILL');
      await collector.ended;
      folder.remove();
    },
  };
}

/** ms of these states in a line. */
export const lengthOf = (line: readonly Interval[], ...states: string[]) =>
  line.filter(({ state }) => states.includes(state)).reduce((sum, { from, to }) => sum + to - from, 0);
