/**
 * From a report over MQTT to a webhook: a real collector that knows a fleet, part of which reports as agents do; one after the
 * other, disks become read-only. Without the wait in which a group gathers its alerts, which is a setting.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openState } from '../../collector/state/open.ts';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { openReceiver } from '../collector/notify/receiver.ts';
import { wordsOf } from '../support/arguments.ts';
import { startCollector, temporaryFolder } from '../support/processes.ts';
import { statePlace } from '../support/state.ts';
import { addEndpoint, type Credential, epochOf } from '../support/station.ts';
import { connectAgent, cpuOf, p99, within } from './floods.ts';

const intervalS = 10;

/** @param args `--endpoints N` (10000) known, `--connected N` (500) of them reporting, `--breaches N` (200) */
export async function run(args: string[]): Promise<void> {
  const number = (fallback: number) => ({ type: 'string' as const, default: String(fallback) });
  const { values } = wordsOf({
    args,
    options: { endpoints: number(10_000), connected: number(500), breaches: number(200) },
  });
  const [known, connected, breaches] = [values.endpoints, values.connected, values.breaches].map(Number) as [
    number,
    number,
    number,
  ];
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  mkdirSync(data);
  const state = await openState(statePlace(data));
  const all: Credential[] = [];
  for (let n = 0; n < known; n++) all.push(await addEndpoint(state, `known${String(n).padStart(5, '0')}`));
  await state.destroy();
  const receiver = await openReceiver(() => [200]);
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(
    config,
    `outgoing: { allow: [127.0.0.1] }
notify: { wait: 0s, by: [endpoint] }
channels:
  - { name: people, kind: webhook, url: "${receiver.url}" }
rules:
  - { id: disk-read-only, for_s: 0 }
`,
  );
  const collector = await startCollector(join(data), ['--config', config]);
  const pid = collector.child.pid as number;
  const port = Number(new URL(collector.mqtt).port);
  const agents = [];
  for (let n = 0; n < connected; n++) agents.push(await connectAgent(port, all[n] as Credential, n, intervalS));
  let isOver = false;
  const reporting = agents.map(async (agent, n) => {
    await pause((n * 1000 * intervalS) / connected);
    while (!isOver) {
      void agent.report().catch(() => undefined);
      await pause(1000 * intervalS);
    }
  });
  await pause(2 * intervalS * 1000);

  const cpuBefore = cpuOf(pid);
  const since = performance.now();
  const sentAt = new Map<string, number>();
  const spacing = Math.max(20, 60_000 / breaches);
  for (let n = 0; n < breaches; n++) {
    const who = all[n % connected] as Credential;
    const at = Date.now();
    const fields = { read_only: 1, used_percent: 40, total: 1e12, used: 4e11, free: 6e11 };
    const tags = { path: `/data${Math.floor(n / connected)}`, device: '/dev/sdc1', fstype: 'ext4' };
    const metrics = [{ name: 'disk', tags, fields, timestamp: at }];
    sentAt.set(who.endpoint, at);
    // An epoch of its own: the usual reports of this endpoint go on beside it.
    const report = { v: 1 as const, epoch: epochOf(100_000 + n), seq: 1, at, interval_s: intervalS, metrics };
    void agents[n % connected]?.wire.publish(topicOf(who, 'report'), encode(report)).catch(() => undefined);
    await pause(spacing);
  }
  await pause(5000);
  const cpu = (100 * (cpuOf(pid) - cpuBefore)) / ((performance.now() - since) / 1000);
  isOver = true;
  await Promise.all(reporting);
  const took = receiver.received.flatMap(({ at, body }) => {
    const { status, alerts } = JSON.parse(body) as { status: string; alerts: { labels: Record<string, string> }[] };
    const sent = sentAt.get(alerts[0]?.labels.endpoint ?? '');
    return status === 'firing' && sent !== undefined ? [at - sent] : [];
  });
  for (const { wire } of agents) wire.cut();
  collector.child.kill('SIGTERM');
  if ((await within(30_000, collector.ended, null)) === null) collector.child.kill('SIGKILL');
  await collector.ended;
  await receiver.close();
  folder.remove();
  const middle = [...took].sort((a, b) => a - b)[took.length >> 1] ?? Number.NaN;
  console.log(
    `FIGURE report → webhook: ${known} endpoints known, ${connected} reporting every ${intervalS} s | ${took.length} of ${breaches} breaches notified | median ${middle} ms, p99 ${p99(took)} ms, most ${Math.max(...took)} ms | CPU ${Math.round(cpu)} %`,
  );
}
