/**
 * `npm run bench -- scale`: how much of the machine a fleet takes of one, two or three collectors, how long a breach takes to a
 * webhook meanwhile, and pages. Beyond what one process may have of connections here, endpoints share those of a broker: then what a
 * connection costs is not in it. The senders run on the same cores, so that what does not fit may be theirs.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../../shared/errors.ts';
import { openReceiver } from '../collector/notify/receiver.ts';
import { wordsOf } from '../support/arguments.ts';
import { cpuOf, memoryOf, p99, within } from './floods.ts';
import { median } from './intake.ts';
import { endpointId } from './intake-names.ts';
import { type Installation, installationMissing, startInstallation } from './scale-installation.ts';
import type { SenderOrder, SenderTotals } from './scale-sender.ts';

const senderFile = fileURLToPath(new URL('./scale-sender.ts', import.meta.url));
/** One process may open 20,000 files on many machines; a collector admits as many connections. */
const mostConnections = 19_000;
const perSender = 9000;
const joinMs = 10 * 60_000;
const settleMs = 5000;
/** Nobody waits longer for a page. */
const pageMs = 20_000;
const pages = {
  fleet: 'endpoints?limit=100',
  endpoint: `endpoints/${endpointId(0)}`,
  alerts: 'alerts',
  protection: 'protection',
};
type Page = keyof typeof pages;

export interface ScaleCase {
  endpoints: number;
  intervalMs: number;
  collectors: number;
}

export interface ScaleOptions {
  /** Of each case, after all are connected and have reported once. */
  seconds: number;
  breaches: number;
  say(line: string): void;
}

export interface ScaleFound extends ScaleCase {
  isShared: boolean;
  /** Reports that came in the time, per second, and those of them that were not acknowledged at its end. */
  perSecond: number;
  waiting: number;
  /** Percent of a core: of each collector, that with the desk first; of their servers. */
  cpu: number[];
  cpuServers: number;
  memoryMB: number;
  notified: number;
  webhookMs: number;
  webhookP99: number;
  pageMs: Record<Page, number>;
  pagesFailed: number;
}

type Sender = ChildProcess;
const ask = async (sender: Sender): Promise<SenderTotals> => {
  sender.send('totals' satisfies SenderOrder);
  return (await once(sender, 'message'))[0] as SenderTotals;
};
async function totalsOf(senders: readonly Sender[]): Promise<SenderTotals> {
  const all = await Promise.all(senders.map(ask));
  const sum = (of: keyof SenderTotals) => all.reduce((total, one) => total + one[of], 0);
  return { connected: sum('connected'), sent: sum('sent'), acknowledged: sum('acknowledged'), failed: sum('failed') };
}

export function startSenders(
  { mqtt, share }: Pick<Installation, 'mqtt' | 'share'>,
  { endpoints, intervalMs }: Pick<ScaleCase, 'endpoints' | 'intervalMs'>,
): Sender[] {
  const count = Math.ceil(endpoints / (share === null ? perSender : endpoints));
  const each = Math.ceil(endpoints / count);
  return Array.from({ length: count }, (_, n) => {
    const sender = fork(senderFile, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    const [from, to] = [n * each, Math.min(endpoints, (n + 1) * each)];
    sender.send({ plan: { port: mqtt, from, to, intervalMs, share } } satisfies SenderOrder);
    return sender;
  });
}

export async function stopSenders(senders: readonly Sender[]): Promise<void> {
  for (const sender of senders) {
    if (sender.exitCode !== null) continue;
    const ended = once(sender, 'exit');
    sender.send('stop' satisfies SenderOrder);
    await within(10_000, ended, null);
    sender.kill('SIGKILL');
  }
}

/** All have connected. @throws Error when they have not in ten minutes, or one of the senders has ended */
export async function awaitSenders(
  senders: readonly Sender[],
  endpoints: number,
  say: (line: string) => void,
): Promise<void> {
  const until = performance.now() + joinMs;
  for (let found = await totalsOf(senders); found.connected < endpoints; found = await totalsOf(senders)) {
    if (performance.now() > until || senders.some(({ exitCode }) => exitCode !== null))
      throw new Error(`only ${found.connected} of ${endpoints} were connected after ${joinMs / 60_000} min`);
    say(`  ${found.connected} of ${endpoints} connected`);
    await pause(5000);
  }
}

/** @returns ms of one answer, also of one that fails: `failed` is told why */
async function timed({ http, token }: Installation, path: string, failed: (why: string) => void): Promise<number> {
  const began = performance.now();
  const headers = { authorization: `Bearer ${token}` };
  try {
    const answer = await fetch(`${http}/api/v1/${path}`, { headers, signal: AbortSignal.timeout(pageMs) });
    await answer.arrayBuffer();
    if (!answer.ok) failed(`${path}: ${answer.status}`);
  } catch (thrown) {
    failed(`${path}: ${reasonOf(thrown)}`);
  }
  return performance.now() - began;
}

async function measure(one: ScaleCase, options: ScaleOptions, isShared: boolean): Promise<ScaleFound> {
  const { say, seconds, breaches } = options;
  const receiver = await openReceiver(() => [200]);
  const wish = { ...one, isShared, webhook: receiver.url };
  const installation = await startInstallation(wish).catch(async (thrown: unknown) => {
    await receiver.close();
    throw thrown;
  });
  const senders = startSenders(installation, one);
  try {
    await awaitSenders(senders, one.endpoints, say);
    say(`  all connected; measuring in ${Math.round((one.intervalMs + settleMs) / 1000)} s, for ${seconds} s`);
    await pause(one.intervalMs + settleMs);

    const { collectors, servers } = installation;
    const cpu = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + (cpuOf(pid) || 0), 0);
    const own = collectors.map((pid) => cpu([pid]));
    const [others, began, before] = [cpu(servers), performance.now(), await totalsOf(senders)];
    let pagesFailed = 0;
    const failed = (why: string) => {
      pagesFailed++;
      say(`  a page failed: ${why}`);
    };
    const pageTimes: Record<Page, number[]> = { fleet: [], endpoint: [], alerts: [], protection: [] };
    const sentAt = new Map<string, number>();
    const end = began + seconds * 1000;
    const reading = (async () => {
      while (performance.now() < end) {
        for (const page of Object.keys(pages) as Page[])
          pageTimes[page].push(await timed(installation, pages[page], failed));
        await pause(1000);
      }
    })();
    for (let n = 0; n < breaches; n++) {
      const who = (n * 37) % one.endpoints;
      const sender = senders[Math.floor(who / Math.ceil(one.endpoints / senders.length))];
      sentAt.set(endpointId(who), Date.now());
      sender?.send({ breach: who } satisfies SenderOrder);
      await pause(Math.max(0, (end - 2000 - performance.now()) / (breaches - n)));
    }
    await reading;
    const took = (performance.now() - began) / 1000;
    const after = await totalsOf(senders);
    const percent = (spent: number) => (100 * spent) / took;
    const used = collectors.map((pid, n) => percent(cpu([pid]) - (own[n] as number)));
    const usedByServers = percent(cpu(servers) - others);
    await pause(3000);
    const delays = receiver.received.flatMap(({ at, body }) => {
      const { status, alerts } = JSON.parse(body) as { status: string; alerts: { labels: Record<string, string> }[] };
      const sent = sentAt.get(alerts[0]?.labels.endpoint ?? '');
      return status === 'firing' && sent !== undefined ? [at - sent] : [];
    });
    return {
      ...one,
      isShared: installation.share !== null,
      perSecond: (after.sent - before.sent) / took,
      waiting: after.sent - after.acknowledged,
      ...{ cpu: used, cpuServers: usedByServers },
      memoryMB: collectors.reduce((sum, pid) => sum + memoryOf(pid).now, 0),
      pagesFailed,
      notified: delays.length,
      webhookMs: median(delays),
      webhookP99: p99(delays),
      pageMs: Object.fromEntries(Object.entries(pageTimes).map(([page, all]) => [page, median(all)])) as Record<
        Page,
        number
      >,
    };
  } finally {
    await stopSenders(senders);
    await installation.close();
    await receiver.close();
  }
}

/** Cases that can not be run here are named and left out; one that breaks down is a result too. */
export async function measureScale(cases: readonly ScaleCase[], options: ScaleOptions): Promise<ScaleFound[]> {
  const all: ScaleFound[] = [];
  for (const [n, one] of cases.entries()) {
    const isShared = one.endpoints > mostConnections;
    const { endpoints, collectors, intervalMs } = one;
    const name = `${endpoints} endpoints at ${intervalMs / 1000} s, ${collectors} ${collectors === 1 ? 'collector' : 'collectors'}`;
    const missing = installationMissing({ collectors, isShared });
    if (missing !== null) {
      options.say(`LEFT OUT ${name}: ${missing}`);
      continue;
    }
    options.say(`${n + 1} of ${cases.length}: ${name}${isShared || collectors > 1 ? ', by way of Mosquitto' : ''}`);
    try {
      const found = await measure(one, options, isShared);
      all.push(found);
      options.say(lineOf(found));
    } catch (thrown) {
      options.say(`FIGURE scale: ${name}: broke down: ${reasonOf(thrown)}`);
    }
  }
  return all;
}

export function lineOf(found: ScaleFound): string {
  const { fleet, endpoint, alerts, protection } = found.pageMs;
  // A page that never answered has none.
  const ms = (value: number | undefined) => value?.toFixed(0) ?? 'none';
  return `FIGURE scale: ${found.endpoints} endpoints at ${found.intervalMs / 1000} s, ${found.collectors} × collector${found.isShared ? ' by a broker' : ''}: ${ms(found.perSecond)} reports/s (${found.waiting} waiting), CPU ${found.cpu.map(ms).join(' + ')} %${found.cpuServers > 0 ? ` and servers ${ms(found.cpuServers)} %` : ''} of a core, ${ms(found.memoryMB)} MB; report → webhook median ${ms(found.webhookMs)} ms, p99 ${ms(found.webhookP99)} ms (${found.notified} of them); pages: fleet ${ms(fleet)} ms, endpoint ${ms(endpoint)}, alerts ${ms(alerts)}, protection ${ms(protection)}${found.pagesFailed > 0 ? ` (${found.pagesFailed} failed)` : ''}`;
}

/** @param args `--endpoints 1000,5000,20000,50000`, `--interval 60,10` (s), `--collectors 1,2,3`, `--seconds 60` and `--breaches 50` of each case */
export async function run(args: string[]): Promise<void> {
  const text = (fallback: string) => ({ type: 'string' as const, default: fallback });
  const { values } = wordsOf({
    args,
    options: {
      ...{ endpoints: text('1000,5000,19000,50000'), interval: text('60,10'), collectors: text('1,2,3') },
      ...{ seconds: text('60'), breaches: text('50') },
    },
  });
  const list = (given: string) => given.split(',').map(Number);
  const cases = list(values.collectors).flatMap((collectors) =>
    list(values.endpoints).flatMap((endpoints) =>
      list(values.interval).map((seconds) => ({ endpoints, collectors, intervalMs: seconds * 1000 })),
    ),
  );
  const numbers = [...cases.flatMap(({ endpoints, collectors, intervalMs }) => [endpoints, collectors, intervalMs])];
  if (
    [...numbers, Number(values.seconds), Number(values.breaches)].some(
      (number) => !Number.isInteger(number) || number < 1,
    ) ||
    cases.some(({ collectors }) => collectors > 3)
  ) {
    console.error(
      'Numbers are whole ones from 1 on, and collectors at most 3; several with commas: --endpoints 1000,5000 --interval 60,10 --collectors 1,3',
    );
    process.exitCode = 2;
    return;
  }
  const say = (line: string) => console.log(line);
  // What it has started ends with it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  await measureScale(cases, { seconds: Number(values.seconds), breaches: Number(values.breaches), say });
  console.log(
    `Load of the machine now: ${loadavg()[0]?.toFixed(1)}. Senders and servers share its cores with the collectors.`,
  );
}
