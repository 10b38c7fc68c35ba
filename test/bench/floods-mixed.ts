/**
 * Three credentials flood at once, each with one kind after the other, beside a fleet that reports as agents do. Goals: no
 * report is lost or late, memory is flat, silence is noticed within its limit, and the three are named.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openState } from '../../collector/state/open.ts';
import { wordsOf } from '../support/arguments.ts';
import { startCollector, temporaryFolder } from '../support/processes.ts';
import { statePlace } from '../support/state.ts';
import { addEndpoint, type Credential } from '../support/station.ts';
import { connectAgent, cpuOf, memoryOf, notice, p99, readPages, seconds, startFlood, within } from './floods.ts';
import { floods } from './floods-kinds.ts';

const kindS = 20;
/** A busy collector may take its time, the bench may not. */
const answerMs = 10_000;
/** Those whose connections end, too; strangers would not be named. */
const kinds = floods.filter(({ name, isWeb }) => name !== 'none' && !isWeb);

/**
 * @param args `--minutes N` (1), `--honest N` (500), `--heap MB` (512), `--interval S` (10) between the reports of an honest
 *   endpoint
 */
export async function run(args: string[]): Promise<void> {
  const number = (fallback: number) => ({ type: 'string' as const, default: String(fallback) });
  const { values } = wordsOf({
    args,
    options: { minutes: number(1), honest: number(500), heap: number(512), interval: number(10) },
  });
  const minutes = Number(values.minutes);
  const honest = Number(values.honest);
  const intervalS = Number(values.interval);
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  mkdirSync(data);
  const state = await openState(statePlace(data));
  const hostile: Credential[] = [];
  const good: Credential[] = [];
  for (let n = 0; n < 3; n++) hostile.push(await addEndpoint(state, `hostile0${n}`));
  const silent = await addEndpoint(state, 'silent000');
  for (let n = 0; n < honest; n++) good.push(await addEndpoint(state, `good${String(n).padStart(5, '0')}`));
  await state.destroy();

  const collector = await startCollector(data, [], { NODE_OPTIONS: `--max-old-space-size=${values.heap}` });
  const pid = collector.child.pid as number;
  const port = Number(new URL(collector.mqtt).port);
  const puback: number[] = [];
  const web: number[] = [];
  const memory: number[] = [];
  let [sent, answered, failed] = [0, 0, 0];
  let isOver = false;
  const end = seconds() + minutes * 60;

  const agents = [];
  for (const [n, one] of good.entries()) agents.push(await connectAgent(port, one, n, intervalS));
  const falls = await connectAgent(port, silent, 9999, intervalS);
  await within(answerMs, falls.report(), null);

  const reporting = agents.map(async (agent, n) => {
    await pause((n * 1000 * intervalS) / honest);
    while (!isOver) {
      const since = performance.now();
      sent++;
      void agent.report().then(
        () => {
          answered++;
          puback.push(performance.now() - since);
        },
        () => void failed++,
      );
      await pause(1000 * intervalS);
    }
  });
  const reading = readPages(collector, 'good00000', () => isOver, web);
  const flooding = hostile.map(async (who, h) => {
    for (let k = h * 7; seconds() < end; k++) {
      const flood = kinds[k % kinds.length] as (typeof kinds)[number];
      const left = Math.max(1, Math.min(kindS, end - seconds()));
      await (await startFlood({ ...who, port, http: collector.http, flood: flood.name, seconds: left })).done;
    }
  });
  const cpuBefore = cpuOf(pid);
  const startedAt = seconds();
  const watch = setInterval(() => memory.push(memoryOf(pid).now), 1000);
  // It falls silent in the middle.
  const middleAt = seconds() + minutes * 30;
  while (seconds() < middleAt) {
    void falls.report().catch(() => undefined);
    await pause(1000 * intervalS);
  }
  await within(answerMs, falls.report(), null);
  const silentSince = seconds();
  const noticed = notice(data, silentSince, () => false, 120);
  await Promise.all(flooding);
  const cpu = (100 * (cpuOf(pid) - cpuBefore)) / (seconds() - startedAt);
  const asking = collector.get<{ items: { endpoint: { id: string } }[] }>(
    '/api/v1/alerts?rule=endpoint-floods&limit=1000',
  );
  const { items } = await within(answerMs, asking, { items: [] });
  isOver = true;
  await Promise.all([...reporting, reading]);
  for (let n = 0; n < 100 && answered + failed < sent; n++) await pause(100);
  const noticedS = await noticed;
  clearInterval(watch);
  for (const { wire } of [falls, ...agents]) wire.cut();
  collector.child.kill('SIGTERM');
  if ((await within(30_000, collector.ended, null)) === null) collector.child.kill('SIGKILL');
  await collector.ended;
  folder.remove();

  const named = new Set(items.map(({ endpoint }) => endpoint.id));
  const honestNamed = [...named].filter((id) => !hostile.some(({ endpoint }) => endpoint === id));
  const third = Math.floor(memory.length / 3);
  const most = (list: readonly number[]) => Math.round(Math.max(...list));
  const cells = [
    `${minutes} min, ${honest} honest endpoints every ${intervalS} s`,
    `${answered} of ${sent} reports stored, ${failed} failed`,
    `PUBACK p50 ${Math.round(middle(puback))} p99 ${Math.round(p99(puback))} most ${most(puback)} ms`,
    `web p50 ${Math.round(middle(web))} p99 ${Math.round(p99(web))} ms`,
    `CPU ${Math.round(cpu)} %`,
    `memory by thirds ${most(memory.slice(0, third))}, ${most(memory.slice(third, 2 * third))}, ${most(memory.slice(2 * third))} MB`,
    noticedS === null ? 'silence NOT noticed' : `silence noticed after ${noticedS.toFixed(0)} s`,
    `${hostile.length - (named.size - honestNamed.length)} of ${hostile.length} floods not named, ${honestNamed.length} others named`,
  ];
  console.log(`FIGURE floods mixed: ${cells.join(' | ')}`);
}

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
