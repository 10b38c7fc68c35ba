/**
 * `npm run bench -- backup [--agents 500] [--interval 2] [--seconds 40]`: how long a report waits for its acknowledgement, without
 * a backup of the collector and while one is made after the other; in one run, by turns, for a machine has good and bad minutes.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openState } from '../../collector/state/open.ts';
import type { OwnBackupStatus } from '../../shared/own-backup.ts';
import { wordsOf } from '../support/arguments.ts';
import { type RunningCollector, startCollector, temporaryFolder } from '../support/processes.ts';
import { statePlace } from '../support/state.ts';
import { addEndpoint, type Credential } from '../support/station.ts';
import { connectAgent, p99, within } from './floods.ts';

const turns = 4;

async function backUp({ http, token, get }: RunningCollector, to: string): Promise<number> {
  const url = '/api/v1/collector/backups';
  const answer = await fetch(`${http}${url}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ to }),
  });
  if (answer.status !== 202) throw new Error(await answer.text());
  for (;;) {
    const { running, ended } = await get<OwnBackupStatus>(url);
    if (ended?.failed) throw new Error(ended.failed.message);
    if (!running && ended?.made) return ended.made.took;
    await pause(50);
  }
}

export async function run(args: string[]): Promise<void> {
  const number = (fallback: number) => ({ type: 'string' as const, default: String(fallback) });
  const { values } = wordsOf({ args, options: { agents: number(500), interval: number(2), seconds: number(40) } });
  const [count, intervalS, secondsEach] = [values.agents, values.interval, values.seconds].map(Number) as [
    number,
    number,
    number,
  ];
  const folder = temporaryFolder();
  const [data, to] = [join(folder.path, 'data'), join(folder.path, 'backups')];
  mkdirSync(data);
  const state = await openState(statePlace(data));
  const all: Credential[] = [];
  for (let n = 0; n < count; n++) all.push(await addEndpoint(state, `agent${String(n).padStart(5, '0')}`));
  await state.destroy();
  const collector = await startCollector(data);
  const port = Number(new URL(collector.mqtt).port);
  const agents = [];
  for (const [n, one] of all.entries()) agents.push(await connectAgent(port, one, n, intervalS));

  const waited: Record<'without' | 'during', number[]> = { without: [], during: [] };
  const took: number[] = [];
  let [phase, failed, isOver]: [keyof typeof waited | null, number, boolean] = [null, 0, false];
  const reporting = agents.map(async (agent, n) => {
    await pause((n * 1000 * intervalS) / count);
    while (!isOver) {
      const [since, at] = [performance.now(), phase];
      // One after the other, as agents do: what follows waits for what is not acknowledged yet.
      await agent.report().then(
        () => void (at && waited[at].push(performance.now() - since)),
        () => void failed++,
      );
      await pause(Math.max(0, 1000 * intervalS - (performance.now() - since)));
    }
  });
  await pause(2000 * intervalS);
  for (let turn = 0; turn < turns; turn++) {
    phase = turn % 2 === 0 ? 'without' : 'during';
    const end = performance.now() + secondsEach * 500;
    while (performance.now() < end)
      if (phase === 'during') took.push(await backUp(collector, to));
      else await pause(100);
  }
  phase = null;
  isOver = true;
  await within(60_000, Promise.all(reporting), null);
  for (const { wire } of agents) wire.cut();
  const made = readdirSync(to).filter((name) => /Z$/.test(name)).length;
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
  const ms = (values: readonly number[]) =>
    `p50 ${Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN)} p99 ${Math.round(p99(values))} most ${Math.round(Math.max(...values))} ms of ${values.length}`;
  console.log(
    `FIGURE acknowledgement, ${count} agents every ${intervalS} s | without a backup: ${ms(waited.without)} | during: ${ms(waited.during)} | ${made} backups of ${Math.round(took.reduce((sum, one) => sum + one, 0) / took.length)} ms each | ${failed} failed`,
  );
}
