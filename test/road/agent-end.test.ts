/**
 * What the time line says when an agent is killed or stopped: with real processes, on a server and on a workstation. The
 * machine is up all the time, so nothing may say that it was down.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, Availability, Interval } from '../../shared/api.ts';
import { until } from '../support/processes.ts';
import { lengthOf, openRealFleet, type RealFleet } from '../support/real-fleet.ts';

const intervalMs = 2000;
const test = suite('time line over the end of an agent');
let fleet: RealFleet;

test.before(async () => {
  fleet = await openRealFleet({ server: 'server', laptop: 'workstation', stopped: 'server' }, intervalMs);
  await pause(3 * intervalMs);
});
test.after(() => fleet.close());

async function figuresOf(name: string, kind: string) {
  const period = new Date().toISOString().slice(0, 7);
  const answer = await fleet.get<Availability>(`/api/v1/kpis/availability?period=${period}&class=${kind}`);
  return answer.endpoints.find((one) => one.name === name)?.figures as Availability['endpoints'][number]['figures'];
}

/** How the alert that a server is down ended. */
async function endOf(name: string): Promise<string | null | undefined> {
  const { items } = await fleet.get<{ items: Alert[] }>('/api/v1/alerts?state=resolved');
  return items.find(({ rule, endpoint }) => rule.id === 'server-down' && endpoint.name === name)?.resolvedWhy;
}

async function stopAndContinue(name: string): Promise<Interval[]> {
  const from = Date.now();
  fleet.processOf(name).kill('SIGSTOP');
  await until(async () => (await fleet.detailOf(name)).row.state === 'lost', 30_000, 'the silence to be noticed');
  await pause(4000);
  fleet.processOf(name).kill('SIGCONT');
  const explained = async () => (await fleet.lineSince(name, from)).some(({ cause }) => cause === 'stood_still');
  await until(explained, 30_000, 'its birth with the reason');
  return fleet.lineSince(name, from);
}

test('kill -9: the agent ended; -STOP and -CONT: it stood still; the machine was never down', async () => {
  const from = Date.now();
  await Promise.all([fleet.kill('server'), fleet.kill('laptop')]);
  const line = await stopAndContinue('stopped');
  assert.is(lengthOf(line, 'down'), 0, JSON.stringify(line));
  assert.ok(lengthOf(line, 'unknown') > 10_000, JSON.stringify(line));
  // Longer than an outage that is too short to count.
  await pause(Math.max(0, from + 125_000 - Date.now()));
  for (const [name, kind] of Object.entries({ server: 'server', laptop: 'workstation' })) {
    fleet.run(name);
    await fleet.online(name);
    const gap = (await fleet.lineSince(name, from)).find(({ cause }) => cause === 'agent_ended');
    assert.is(gap?.state, 'unknown', JSON.stringify(await fleet.lineSince(name, from)));
    assert.equal(gap?.evidence, ['will', 'same_boot', 'new_agent', 'agent_unclean']);
    const figures = await figuresOf(name, kind);
    assert.is(figures.down_minutes, 0);
    assert.is(figures.availability_pct, 100);
    assert.ok(figures.unknown_minutes > 2, 'it is not said to have been up either');
    const signal = (await fleet.detailOf(name)).signals.find((one) => one.kind === 'online');
    assert.is(signal?.reason, 'agent_ended');
  }
  await until(async () => (await endOf('server')) !== undefined, 90_000, 'the end of the alert');
  assert.is(await endOf('server'), 'agent_ended');
});

test.run();
