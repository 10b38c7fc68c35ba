/**
 * What the time line says when an agent is killed or stopped and when the collector is killed: with real processes, on a
 * server and on a workstation. The machine is up all the time, so nothing may say that it was down.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Availability, EndpointDetail, Interval } from '../../shared/api.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { freePort } from '../support/port.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const intervalMs = 5000;
const folder = temporaryFolder();
const agents = new Map<string, AgentProcess>();
const ids = new Map<string, string>();
const test = suite('time line over real ends of agent and collector');
let collector: RunningCollector;
let start: () => Promise<RunningCollector>;

const dataOf = (name: string) => join(folder.path, name);
const detailOf = (name: string) => collector.get<EndpointDetail>(`/api/v1/endpoints/${ids.get(name)}`);
const run = (name: string) => agents.set(name, startAgent(['run', '--data', dataOf(name)]));

async function kill(name: string): Promise<void> {
  const { child, finished } = agents.get(name) as AgentProcess;
  child.kill('SIGKILL');
  await finished;
}

async function enroll(name: string, kind: 'server' | 'workstation'): Promise<void> {
  const { code } = (await (
    await fetch(`${collector.http}/api/v1/enrollments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${collector.token}` },
      body: '{}',
    })
  ).json()) as { code: string };
  const enrolled = await startAgent(['enroll', code, '--data', dataOf(name), '--name', name, '--kind', kind]).finished;
  assert.is(enrolled.code, 0, enrolled.stderr);
  run(name);
  await until(
    async () => {
      const { items } = await collector.get<{ items: { id: string; name: string; state: string }[] }>(
        '/api/v1/endpoints',
      );
      const row = items.find((one) => one.name === name);
      if (row) ids.set(name, row.id);
      return row?.state === 'online';
    },
    30_000,
    `${name} to sign on`,
  );
}

const online = (name: string) =>
  until(async () => (await detailOf(name)).row.state === 'online', 60_000, `${name} to be online`);

/** The line from `since` on. */
async function lineSince(name: string, since: number): Promise<Interval[]> {
  const { timeline } = await detailOf(name);
  return timeline.filter(({ to }) => to > since).map((part) => ({ ...part, from: Math.max(part.from, since) }));
}

const told = (line: readonly Interval[]) => line.map(({ state, cause }) => `${state} ${cause}`);
const lengthOf = (line: readonly Interval[], state: string) =>
  line.filter((part) => part.state === state).reduce((sum, { from, to }) => sum + to - from, 0);

async function availabilityOf(name: string, kind: string): Promise<Availability['endpoints'][number]['figures']> {
  const period = new Date().toISOString().slice(0, 7);
  const answer = await collector.get<Availability>(`/api/v1/kpis/availability?period=${period}&class=${kind}`);
  return answer.endpoints.find((one) => one.name === name)?.figures as never;
}

test.before(async () => {
  const ports = ['--http-port', String(await freePort()), '--mqtt-port', String(await freePort())];
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(config, `agents:\n  interval: ${intervalMs / 1000}s\n`);
  start = () => startCollector(dataOf('collector'), ['--config', config, ...ports]);
  collector = await start();
  await enroll('server', 'server');
  await enroll('laptop', 'workstation');
  await enroll('loser', 'server');
  await pause(2 * intervalMs);
});
test.after(async () => {
  for (const { child } of agents.values()) child.kill('SIGKILL');
  collector.child.kill('SIGKILL');
  await collector.ended;
  folder.remove();
});

test('kill -9 of the agent of a server and of a workstation: the agent ended, the machine was not down', async () => {
  const from = Date.now();
  await Promise.all([kill('server'), kill('laptop')]);
  // Longer than an outage that is too short to count.
  await pause(125_000);
  for (const [name, kind] of [
    ['server', 'server'],
    ['laptop', 'workstation'],
  ] as const) {
    run(name);
    await online(name);
    const gap = (await lineSince(name, from)).find(({ cause }) => cause === 'agent_ended');
    assert.is(gap?.state, 'unknown', `${name}: ${told(await lineSince(name, from))}`);
    assert.equal(gap?.evidence, ['will', 'same_boot', 'new_agent', 'agent_unclean']);
    const figures = await availabilityOf(name, kind);
    assert.is(figures.down_minutes, 0);
    assert.is(figures.availability_pct, 100);
    assert.ok(figures.unknown_minutes > 2, 'it is not said to have been up either');
    const signal = (await detailOf(name)).signals.find((one) => one.kind === 'online');
    assert.is(signal?.reason, 'agent_ended');
  }
});

test('kill -STOP and -CONT of the agent: it stood still, and nothing was down', async () => {
  const from = Date.now();
  const { child } = agents.get('server') as AgentProcess;
  child.kill('SIGSTOP');
  await until(async () => (await detailOf('server')).row.state === 'lost', 60_000, 'the silence to be noticed');
  await pause(4000);
  child.kill('SIGCONT');
  await online('server');
  let line: Interval[] = [];
  await until(
    async () => {
      line = await lineSince('server', from);
      return line.some(({ cause }) => cause === 'stood_still' || cause === 'hung');
    },
    10_000,
    'its birth with the reason',
  );
  assert.is(lengthOf(line, 'down'), 0, JSON.stringify(line));
  assert.ok(lengthOf(line, 'unknown') > 10_000, JSON.stringify(line));
});

/** Kills the collector for so long; then the agents come back at once, not after their own time. */
async function collectorAway(ms: number, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
  collector.child.kill('SIGKILL');
  await collector.ended;
  await Promise.all([pause(ms), meanwhile()]);
  collector = await start();
  for (const name of ['server', 'laptop']) await startAgent(['wake', '--data', dataOf(name)]).finished;
}

async function assertWhole(name: string, since: number): Promise<void> {
  const line = await lineSince(name, since);
  const hole = lengthOf(line, 'unknown') + lengthOf(line, 'down') + lengthOf(line, 'idle');
  assert.ok(hole <= intervalMs, `${name}: ${hole} ms not watched: ${JSON.stringify(line)}`);
}

test('kill -9 of the collector for 40 s: what is delivered later is whole, what was lost is a hole', async () => {
  await pause(2 * intervalMs);
  const from = Date.now();
  await collectorAway(40_000, async () => {
    await pause(10_000);
    await kill('loser');
    // The spool of this one loses what it held.
    for (const file of ['spool.db', 'spool.db-wal', 'spool.db-shm', 'spool.db.mark'])
      rmSync(join(dataOf('loser'), file), { force: true });
  });
  run('loser');
  for (const name of ['server', 'laptop', 'loser']) await online(name);
  await pause(2 * intervalMs);
  for (const name of ['server', 'laptop']) await assertWhole(name, from - 5000);
  const lost = await lineSince('loser', from - 5000);
  assert.ok(lengthOf(lost, 'unknown') > 25_000, told(lost).join());
  assert.is(lengthOf(lost, 'down'), 0);
});

test.run();
