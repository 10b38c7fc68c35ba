/** The agent's process is killed at random moments: what it has measured and numbered is stored once, or declared lost. */
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readCredential } from '../../agent/credential.ts';
import { createRandom } from '../simulate/random.ts';
import { startAgent } from '../support/agent.ts';
import { startCollector, temporaryFolder, until } from '../support/processes.ts';
import { keptOf, numbered, openStored } from '../support/stored.ts';

const kills = 10;
const lastMs = 40_000;

const test = suite('kill -9 of the agent');

const running = new Set<ChildProcess>();
test.after(() => {
  for (const child of running) child.kill('SIGKILL');
});

test('10 kills while it reports every second: generated = stored, 0 lost, 0 twice', async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'collector');
  const agentData = join(folder.path, 'agent');
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(config, 'agents:\n  interval: 1s\n');
  const collector = await startCollector(data, ['--config', config]);
  running.add(collector.child);
  const { code } = (await (
    await fetch(`${collector.http}/api/v1/enrollments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${collector.token}` },
      body: '{}',
    })
  ).json()) as { code: string };
  const enrolled = await startAgent(['enroll', code, '--data', agentData]).finished;
  assert.is(enrolled.code, 0, enrolled.stderr);
  const seed = Number(process.env.EVENKEEL_TEST_SEED ?? Date.now() % 1_000_000);
  const random = createRandom(seed);
  const run = () => {
    const started = startAgent(['run', '--data', agentData]);
    running.add(started.child);
    return started;
  };
  const from = Date.now();
  let agent = run();
  for (let kill = 0; kill < kills; kill++) {
    await pause((0.4 + 1.2 * random()) * (lastMs / kills));
    agent.child.kill('SIGKILL');
    await agent.finished;
    agent = run();
  }
  const before = numbered(agentData).epochs.reduce((sum, { seq }) => sum + seq, 0);
  await until(
    () => numbered(agentData).epochs.reduce((sum, { seq }) => sum + seq, 0) > before + 3,
    60_000,
    'new reports',
  );
  // It trims with the next report, so the last ones are always there.
  await until(() => numbered(agentData).waiting <= 3, 60_000, 'a spool with nothing but the present');
  agent.child.kill('SIGTERM');
  await agent.finished;
  collector.child.kill('SIGTERM');
  await collector.ended;

  const { epochs, waiting } = numbered(agentData);
  const endpoint = readCredential(agentData)?.endpoint as string;
  const stored = await openStored(data);
  const generated = epochs.reduce((sum, { seq }) => sum + seq, 0);
  const kept = keptOf(stored, endpoint, epochs);
  const samples = await stored.reports(endpoint, from - 1000, Date.now() + 1000);
  await stored.close();
  folder.remove();
  // What it measured in its last moment may still wait in the spool, durable: that is not lost.
  const lost = Math.max(0, generated - kept - waiting);
  console.log(
    `\nFIGURE kill: ${kills} kills of the agent, ${generated} numbered in ${epochs.length} epoch(s), ${kept} stored, ` +
      `${waiting} waiting after its stop, ${lost} lost; ${samples} CPU samples (seed ${seed})`,
  );
  assert.is(lost, 0);
  assert.ok(samples <= generated, 'a report was stored twice');
  assert.ok(samples >= kills / 2, 'it did report');
});

test.run();
