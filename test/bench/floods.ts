/**
 * What one enrolled endpoint can do to the others. For each kind of flood a collector of its own, with a limit on its heap:
 * one endpoint floods it, ten report once per second as agents do, one falls silent, and somebody reads pages. Goals: PUBACK
 * p99 < 200 ms, pages p99 < 300 ms, silence noticed within its limit (10 s here), bounded memory, also after a restart.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openState } from '../../collector/state/open.ts';
import { reasonOf } from '../../shared/errors.ts';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { metricsAt } from '../simulate/fast.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire, type Wire } from '../simulate/wire.ts';
import { wordsOf } from '../support/arguments.ts';
import { type RunningCollector, startCollector, temporaryFolder } from '../support/processes.ts';
import { countRows, statePlace } from '../support/state.ts';
import { addEndpoint, type Credential, epochOf } from '../support/station.ts';
import { type Flood, floods, type SenderResult } from './floods-kinds.ts';
import type { SenderJob } from './floods-sender.ts';

const sender = fileURLToPath(new URL('./floods-sender.ts', import.meta.url));
const goodOnes = 10;
/** To start it, to make what it sends, and to end. */
const senderStartS = 40;
/** As an agent with an interval of 1 s: its collector waits 10 s before it counts as lost. */
const intervalS = 1;
const silenceLimitS = 10;

interface Figures {
  sender: SenderResult;
  cpuPercent: number;
  puback: number[];
  web: number[];
  peakMB: number;
  /** null: not within the time. */
  noticedS: number | null;
  diedAfterS: number | null;
  rows: number;
  restartS: number;
  restartMB: number;
}

export const seconds = () => performance.now() / 1000;
export const p99 = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;

/** Resident memory now and at most, MB; NaN where the system does not tell. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const read = (name: string, text: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / 1024;
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return { now: read('VmRSS', text), peak: read('VmHWM', text) };
  } catch {
    return { now: Number.NaN, peak: Number.NaN };
  }
}

/** CPU time of all threads, s. */
export function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

/** Nothing that a bench waits for may keep it for ever: what does not come in time, or fails, is `otherwise`. */
export function within<T, U>(ms: number, awaited: Promise<T>, otherwise: U): Promise<T | U> {
  const over = new AbortController();
  const late = pause(ms, otherwise, { signal: over.signal });
  return Promise.race([awaited, late])
    .catch(() => otherwise)
    .finally(() => {
      late.catch(() => undefined);
      over.abort();
    });
}

/** Connected and born; reports when it is told to. */
export async function connectAgent(
  port: number,
  who: Credential,
  n: number,
  everyS = intervalS,
): Promise<{ wire: Wire; report(): Promise<void> }> {
  const wire = openWire({ host: '127.0.0.1', port, clientId: who.endpoint, password: who.secret });
  if ((await within(30_000, wire.connected, -1)) !== 0) throw new Error(`${who.endpoint} was not let in`);
  const session = n.toString(16).padStart(16, '0');
  const birth = {
    state: 'online',
    session,
    boot_id: 'b',
    started_at: Date.now(),
    previous_shutdown: 'clean',
    version: '1',
  };
  await wire.publish(topicOf(who, 'presence'), JSON.stringify(birth), { retain: true });
  let seq = 0;
  return {
    wire,
    report() {
      const at = Date.now();
      const metrics = metricsAt(makeMachine(1, n), at);
      return wire.publish(
        topicOf(who, 'report'),
        encode({ v: 1, epoch: epochOf(n + 1), seq: ++seq, at, interval_s: everyS, metrics }),
      );
    },
  };
}

/** Reports once per second until it is over; a report that never comes back counts with the time it has waited. */
async function reportOn(
  agent: Awaited<ReturnType<typeof connectAgent>>,
  n: number,
  isOver: () => boolean,
  into: number[],
): Promise<void> {
  await pause((n * 1000) / goodOnes);
  while (!isOver()) {
    const since = performance.now();
    void agent.report().then(
      () => into.push(performance.now() - since),
      () => into.push(60_000),
    );
    await pause(1000 * intervalS);
  }
}

export async function readPages(
  collector: RunningCollector,
  of: string,
  isOver: () => boolean,
  into: number[],
): Promise<void> {
  const pages = [
    '/api/v1/endpoints',
    `/api/v1/endpoints/${of}`,
    `/api/v1/endpoints/${of}/series?metric=cpu.usage_active`,
    '/api/v1/alerts',
    '/metrics',
    '/metrics/hosts',
  ];
  const headers = { authorization: `Bearer ${collector.token}` };
  for (let n = 0; !isOver(); n++) {
    const since = performance.now();
    try {
      const answer = await fetch(collector.http + pages[n % pages.length], {
        headers,
        signal: AbortSignal.timeout(60_000),
      });
      await answer.arrayBuffer();
      into.push(answer.ok ? performance.now() - since : 60_000);
    } catch {
      into.push(60_000);
      await pause(500);
    }
    await pause(100);
  }
}

interface Started {
  done: Promise<SenderResult>;
}

/** Resolves when it has begun. */
export async function startFlood(job: SenderJob): Promise<Started> {
  if (job.flood === 'none')
    return { done: pause(job.seconds * 1000, { sent: 0, acknowledged: 0, bytes: 0, ended: 0 }) };
  const child = fork(sender, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), (job.seconds + senderStartS) * 1000);
  // Comes after all messages, also where there are none because it failed or was ended.
  const gone = once(child, 'disconnect').then(() => [{ sent: 0, acknowledged: 0, bytes: 0, ended: 0 }]);
  void gone.then(() => clearTimeout(limit));
  child.send(job);
  await Promise.race([once(child, 'message'), gone]);
  return { done: Promise.race([once(child, 'message'), gone]).then(([result]) => result as SenderResult) };
}

async function measure(flood: Flood, forS: number, heapMB: number): Promise<Figures> {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const env = { NODE_OPTIONS: `--max-old-space-size=${heapMB}` };
  mkdirSync(data);
  const state = await openState(statePlace(data));
  const [hostile, silent, ...good] = (await Promise.all(
    ['hostile00', 'silent000', ...Array.from({ length: goodOnes }, (_, n) => `good0000${n}`)].map((id) =>
      addEndpoint(state, id),
    ),
  )) as [Credential, Credential, ...Credential[]];
  await state.destroy();

  const collector = await startCollector(data, [], env);
  const pid = collector.child.pid as number;
  let diedAt: number | null = null;
  void collector.ended.then(() => {
    diedAt = seconds();
  });
  const port = Number(new URL(collector.mqtt).port);
  const agents = await Promise.all(good.map((one, n) => connectAgent(port, one, n)));
  const falls = await connectAgent(port, silent, 99);
  await Promise.all([falls, ...agents].map((one) => one.report()));
  const job = {
    port,
    http: collector.http,
    endpoint: hostile.endpoint,
    bucket: hostile.bucket,
    secret: hostile.secret,
    flood: flood.name,
    seconds: forS,
  };
  const sending = await startFlood(job);
  await falls.report();
  const silentSince = seconds();
  const puback: number[] = [];
  const web: number[] = [];
  let over = false;
  const isOver = () => over || diedAt !== null;
  const cpuBefore = cpuOf(pid);
  const startedAt = seconds();
  const lanes = [
    ...agents.map((one, n) => reportOn(one, n, isOver, puback)),
    readPages(collector, 'good00000', isOver, web),
  ];
  const noticed = notice(data, silentSince, () => diedAt !== null, forS + 60);
  let cpuPercent = Number.NaN;
  let peakMB = 0;
  const watch = setInterval(() => {
    const cpu = cpuOf(pid);
    if (!Number.isNaN(cpu)) cpuPercent = (100 * (cpu - cpuBefore)) / (seconds() - startedAt);
    peakMB = Math.max(peakMB, memoryOf(pid).peak || 0);
  }, 250);
  const result = await sending.done;
  const noticedS = await Promise.race([noticed, pause(Math.max(0, forS < 15 ? 8000 : 3000)).then(() => undefined)]);
  over = true;
  await Promise.all(lanes);
  clearInterval(watch);
  const settled = noticedS === undefined ? await noticed : noticedS;
  for (const { wire } of [falls, ...agents]) wire.cut();
  const diedAfterS = diedAt === null ? null : diedAt - startedAt;
  const isDown = pause(30_000).then(() => void collector.child.kill('SIGKILL'));
  collector.child.kill('SIGTERM');
  await Promise.race([collector.ended, isDown.then(() => collector.ended)]);
  const rows = ['signals', 'losses', 'quarantine', 'alerts', 'tickets', 'backup_runs', 'machines'].reduce(
    (sum, table) => sum + countRows(data, table),
    0,
  );
  const again = await restart(data);
  folder.remove();
  return { sender: result, cpuPercent, puback, web, peakMB, noticedS: settled, diedAfterS, rows, ...again };
}

/** Without a limit: what it needs is the figure. */
async function restart(data: string): Promise<{ restartS: number; restartMB: number }> {
  const since = seconds();
  try {
    const collector = await startCollector(data);
    const restartS = seconds() - since;
    const restartMB = memoryOf(collector.child.pid as number).peak;
    collector.child.kill('SIGKILL');
    await collector.ended;
    return { restartS, restartMB };
  } catch {
    return { restartS: Number.NaN, restartMB: Number.NaN };
  }
}

export async function notice(
  data: string,
  since: number,
  isDead: () => boolean,
  withinS: number,
): Promise<number | null> {
  while (seconds() - since < withinS && !isDead()) {
    if (countRows(data, "endpoints where id = 'silent000' and state = 'lost'") === 1) return seconds() - since;
    await pause(250);
  }
  return null;
}

const ms = (value: number) => (Number.isNaN(value) ? '-' : value >= 60_000 ? 'never' : `${Math.round(value)} ms`);

function row(flood: Flood, forS: number, found: Figures): string {
  const { sender: sent, noticedS, diedAfterS } = found;
  const cells = [
    flood.name.padEnd(15),
    `${Math.round(sent.acknowledged / forS)}/s of ${Math.round(sent.sent / forS)}`,
    `${(sent.bytes / 1048576).toFixed(1)} MB`,
    `CPU ${Math.round(found.cpuPercent)} %`,
    `PUBACK p99 ${ms(p99(found.puback))}`,
    `web p99 ${ms(p99(found.web))}`,
    `${Math.round(found.peakMB)} MB`,
    diedAfterS !== null
      ? `DIED after ${diedAfterS.toFixed(0)} s`
      : noticedS === null
        ? 'silence NOT noticed'
        : `silence ${noticedS.toFixed(0)} s`,
    `${found.rows} rows`,
    `restart ${found.restartS.toFixed(1)} s ${Math.round(found.restartMB)} MB`,
    ...(sent.ended > 0 ? [`ended ${sent.ended}x`] : []),
  ];
  return `FIGURE floods: ${cells.join(' | ')}`;
}

/** @param args `--seconds N` (20; 600 for the whole goal), `--only a,b`, `--heap MB` (512) */
export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({
    args,
    options: {
      seconds: { type: 'string', default: '20' },
      heap: { type: 'string', default: '512' },
      only: { type: 'string' },
    },
  });
  const wanted = values.only?.split(',');
  const forS = Number(values.seconds);
  console.log(
    `Each for ${forS} s, heap ${values.heap} MB, ${goodOnes} good endpoints at ${intervalS} s, silence limit ${silenceLimitS} s`,
  );
  for (const flood of floods) {
    if (wanted && !wanted.includes(flood.name)) continue;
    try {
      console.log(row(flood, forS, await measure(flood, forS, Number(values.heap))));
    } catch (thrown) {
      console.log(`FIGURE floods: ${flood.name.padEnd(15)} | not measured: ${reasonOf(thrown)}`);
    }
  }
}
