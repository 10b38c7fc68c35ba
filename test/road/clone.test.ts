/**
 * A cloned image, with real processes: two agents on copies of one folder. What each of them measured is read from its own
 * spool while it runs, and looked for in the collector's store afterwards.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../collector/series/embedded/embedded.ts';
import type { Alert, EndpointDetail, EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import { inflate } from '../../shared/wire.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

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

async function enrolAnAgent(name: string): Promise<void> {
  const response = await fetch(`${collector.http}/api/v1/enrollments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { code } = (await response.json()) as NewEnrollment;
  const done = await startAgent(['enroll', code, '--name', 'gold', '--data', home(name)]).finished;
  assert.is(done.code, 0, done.stderr);
  writeFileSync(join(home(name), 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1 }));
}

async function onlyEndpoint(): Promise<EndpointRow> {
  const { items } = await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints');
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

/** How often each ms has a memory reading in the store: from its files, since no query is finer than a second. */
async function storedTimes(): Promise<Map<number, number>> {
  const path = join(data, 'series');
  const store = await openEmbedded({ folder: path, clock: systemClock, log: silentLog });
  await store.compact();
  await store.close();
  const journal = new DatabaseSync(join(path, 'journal.db'), { readOnly: true });
  const files = journal.prepare("SELECT file FROM segments WHERE resolution = 'raw'").all();
  const line = journal.prepare("SELECT id FROM lines WHERE metric = 'mem.used_percent'").get()?.id;
  journal.close();
  const duck = await (await DuckDBInstance.create(':memory:')).connect();
  const names = files.map(({ file }) => `'${join(path, 'segments', String(file))}'`).join(', ');
  const rows = await duck.runAndReadAll(
    `SELECT t, count(*) FROM read_parquet([${names}]) WHERE line = ${line} GROUP BY t`,
  );
  duck.closeSync();
  return new Map(rows.getRows().map(([at, count]) => [Number(at), Number(count)]));
}

test('nothing that was acknowledged is thrown away, both are named and asked to enrol, an alert fires', async () => {
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
  await until(async () => (await detail()).sharedBy.length === 2, 60_000, 'both are named on the page');
  for (const machine of (await detail()).sharedBy) assert.ok(machine.hostname && machine.address === '127.0.0.1');
  let alert: Alert | undefined;
  const fires = async () => {
    const { items } = await collector.get<{ items: Alert[] }>('/api/v1/alerts?state=firing');
    alert = items.find(({ rule }) => rule.id === 'identity-conflict');
    return alert !== undefined;
  };
  await until(fires, 20_000, 'the alert');
  assert.match(String(alert?.tags.host), /\(127\.0\.0\.1\), .+\(127\.0\.0\.1\)/);
  const asked = () => agents.every((agent) => agent.output().includes('Another machine reports under this identity'));
  await until(asked, 60_000, 'both are asked to enrol');
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + togetherMs - Date.now())));

  // Left alone one after the other, each brings what it still has.
  await Promise.all(agents.map(stop));
  for (const name of names) {
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

  const counts = await storedTimes();
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
  assert.ok(conflicts > 0, 'both used the same numbers');
  const twice = [...counts].reduce((sum, [at, n]) => sum + (at > began ? n : 0), 0) - generated.size;
  console.log(
    `\nFIGURE clone: ${perAgent.join(' + ')} reports in ${Math.round((ended - began) / 1000)} s, ${conflicts} conflicts, ` +
      `${missing.length} missing, 0 lost, at most ${Math.max(0, twice)} stored twice`,
  );
});

test.run();
