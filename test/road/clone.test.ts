/**
 * A cloned image, with real processes: two agents on copies of one folder. What each of them measured is read from its own
 * spool while it runs, and looked for in the collector's store afterwards.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointDetail, EndpointRow, NewEnrollment } from '../../shared/api.ts';
import type { Report } from '../../shared/report.ts';
import { inflate } from '../../shared/wire.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { storedTimes } from '../support/stored.ts';

const test = suite('clone');
const folder = temporaryFolder();
const data = join(folder.path, 'data');
const names = ['a', 'b'] as const;
/** Set it to some minutes for a longer look. */
const togetherMs = 1000 * Number(process.env.CLONE_SECONDS ?? 25);
let collector: RunningCollector;

test.before(async () => {
  collector = await startCollector(data);
});
test.after(async () => {
  collector.child.kill('SIGKILL');
  await collector.ended;
  folder.remove();
});

const home = (name: string) => join(folder.path, name);
const start = (name: string) => startAgent(['run', '--data', home(name)]);

async function stop(agent: AgentProcess): Promise<void> {
  agent.child.kill('SIGTERM');
  await agent.finished;
}

async function enrolAnAgent(name: string, ...more: string[]): Promise<void> {
  const response = await fetch(`${collector.http}/api/v1/enrollments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { code } = (await response.json()) as NewEnrollment;
  const done = await startAgent(['enroll', code, '--name', 'gold', '--data', home(name), ...more]).finished;
  assert.is(done.code, 0, done.stderr);
  writeFileSync(join(home(name), 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1 }));
}

async function endpoints(): Promise<EndpointRow[]> {
  return (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
}

async function onlyEndpoint(): Promise<EndpointRow> {
  const items = await endpoints();
  assert.is(items.length, 1, 'one identity is one endpoint');
  return items[0] as EndpointRow;
}

/** Reports that a spool holds: who has it and the time of its memory reading, which each report has; and its text. */
function look(name: string, into: Map<string, string>): { waiting: number; lost: number } {
  const db = new DatabaseSync(join(home(name), 'spool.db'), { readOnly: true, timeout: 2000 });
  try {
    const rows = db.prepare("SELECT body FROM outbox WHERE kind = 'report'").all() as { body: Uint8Array }[];
    for (const { body } of rows) {
      const text = Buffer.from(inflate(body)).toString('utf8');
      const { metrics } = JSON.parse(text) as Report;
      const reading = metrics.find((metric) => metric.name === 'mem');
      if (reading) into.set(`${name} ${reading.timestamp}`, text);
    }
    return { waiting: rows.length, lost: Number(db.prepare('SELECT count(*) AS n FROM losses').get()?.n) };
  } finally {
    db.close();
  }
}

const isRefused = (agent: AgentProcess) =>
  agent.output().includes('refused by the collector until it is enrolled again');

test('the copy that came later is refused and enrolled again, the other goes on, both are named, nothing is lost', async () => {
  await enrolAnAgent('a');
  // Some reports and a clean stop, with some still waiting; then the folder is copied, as with an image.
  const first = start('a');
  await until(async () => (await onlyEndpoint()).valuesAt !== null, 30_000, 'the first values');
  collector.child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await stop(first);
  collector.child.kill('SIGCONT');
  assert.ok(look('a', new Map()).waiting > 0, 'some reports are in both copies');
  cpSync(home('a'), home('b'), { recursive: true });

  const generated = new Map<string, string>();
  const looking = setInterval(() => {
    for (const name of names) look(name, generated);
  }, 150);
  const began = Date.now();
  const agents = names.map(start);
  const { id } = await onlyEndpoint();
  const detail = () => collector.get<EndpointDetail>(`/api/v1/endpoints/${id}`);
  await until(() => agents.some(isRefused), 60_000, 'the later one to be refused');
  const seconds = (Date.now() - began) / 1000;
  const later = isRefused(agents[0] as AgentProcess) ? 0 : 1;
  const [clone, original] = [names[later] as string, names[1 - later] as string];
  const { sharedBy, identityEvents } = await detail();
  assert.equal(sharedBy.map((one) => one.isRefused).sort(), [false, true], 'one of the two is refused');
  for (const machine of sharedBy) assert.ok(machine.hostname && machine.address === '127.0.0.1');
  assert.is(identityEvents[0]?.kind, 'refused');
  let alert: Alert | undefined;
  const fires = async () => {
    const { items } = await collector.get<{ items: Alert[] }>('/api/v1/alerts?state=firing');
    alert = items.find(({ rule }) => rule.id === 'identity-conflict');
    return alert !== undefined;
  };
  await until(fires, 20_000, 'the alert');
  assert.match(String(alert?.tags.host), /\(127\.0\.0\.1\), .+\(127\.0\.0\.1\)/);

  // Started again it is refused at once, and the other is not cut once more.
  await stop(agents[later] as AgentProcess);
  const cutBefore = (agents[1 - later] as AgentProcess).output().split('No connection').length;
  const again = start(clone);
  await until(() => isRefused(again), 20_000, 'to be refused again');
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + togetherMs - Date.now())));
  assert.is((agents[1 - later] as AgentProcess).output().split('No connection').length, cutBefore);
  assert.not(isRefused(agents[1 - later] as AgentProcess));
  await stop(again);
  await enrolAnAgent(clone, '--again');
  assert.is((await endpoints()).length, 2, 'an endpoint of its own');
  await stop(agents[1 - later] as AgentProcess);
  for (const name of [original, clone]) {
    const alone = start(name);
    // One or two are always on their way.
    await until(() => look(name, generated).waiting <= 2, 60_000, `${name} delivers what waits`);
    await stop(alone);
  }
  clearInterval(looking);
  const left = new Map<string, string>();
  const spools = names.map((name) => look(name, left));
  const { losses } = await detail();
  const metrics = await (
    await fetch(`${collector.http}/metrics`, { headers: { authorization: `Bearer ${collector.token}` } })
  ).text();
  const ended = Date.now();
  collector.child.kill('SIGTERM');
  await collector.ended;

  const counts = await storedTimes(data, 'mem.used_percent');
  const missing = [...generated.keys()].filter((key) => {
    const at = Number(key.split(' ')[1]);
    // What was waiting when the folder was copied is one report in two spools, and stored once.
    const many = new Set(names.flatMap((name) => generated.get(`${name} ${at}`) ?? [])).size;
    return (counts.get(at) ?? 0) < many && !left.has(key);
  });
  const perAgent = names.map((name) => [...generated.keys()].filter((key) => key.startsWith(name)).length);
  assert.ok(
    perAgent.every((n) => n > togetherMs / 3000),
    `too few to say anything: ${perAgent}`,
  );
  assert.equal(missing, []);
  assert.equal(losses, []);
  assert.ok(
    spools.every(({ lost }) => lost === 0),
    'nothing had to be given up',
  );
  const conflicts = Number(/^evenkeel_intake_conflicts_total (\d+)/m.exec(metrics)?.[1]);
  const twice = [...counts].reduce((sum, [at, n]) => sum + (at > began ? n : 0), 0) - generated.size;
  console.log(
    `\nFIGURE clone: the later one refused after ${seconds.toFixed(1)} s; ${perAgent.join(' + ')} reports in ${Math.round((ended - began) / 1000)} s, ${conflicts} conflicts, ` +
      `${missing.length} missing, 0 lost, at most ${Math.max(0, twice)} stored twice`,
  );
});

test('a folder that was put back is no copy: a new epoch, no alarm, and nothing is refused', async () => {
  collector = await startCollector(data);
  await enrolAnAgent('c');
  const third = JSON.parse(readFileSync(join(home('c'), 'agent.json'), 'utf8')) as { endpoint: string };
  const detail = () => collector.get<EndpointDetail>(`/api/v1/endpoints/${third.endpoint}`);
  const reports = async (agent: AgentProcess, what: string) => {
    const since = Date.now();
    await until(async () => ((await detail()).row.valuesAt ?? 0) > since + 1500, 30_000, what);
    agent.child.kill('SIGKILL');
    await agent.finished;
  };
  await reports(start('c'), 'the first values');
  cpSync(home('c'), home('snapshot'), { recursive: true });
  await reports(start('c'), 'values after the snapshot');
  // As a hypervisor does it: all at once, and without a word to the collector.
  rmSync(home('c'), { recursive: true });
  cpSync(home('snapshot'), home('c'), { recursive: true });
  const reverted = start('c');
  await until(() => reverted.output().includes('reports are renumbered'), 40_000, 'the new epoch');
  await reports(reverted, 'values under it');
  const { sharedBy, identityEvents } = await detail();
  assert.equal([sharedBy, identityEvents], [[], []]);
  const { items } = await collector.get<{ items: Alert[] }>('/api/v1/alerts?state=firing');
  assert.not.ok(items.some(({ rule, endpoint }) => rule.id === 'identity-conflict' && endpoint?.id === third.endpoint));
});

test.run();
