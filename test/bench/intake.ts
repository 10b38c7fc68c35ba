/**
 * Durable QoS 1 reports a second on one core, beside aedes alone with the same frames in the same run; what a metric
 * costs in CPU and on disk; what a connected endpoint costs in memory. Rules are left out: what they cost is a figure of
 * their own (rules.ts), and aedes has nothing to compare it with.
 * Compaction is left out: it has a thread of its own and begins beyond 32 MB, about 80,000 reports; 10 µs a report more.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { generate } from 'mqtt-packet';
import { encode } from '../../shared/report.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { metricsAt } from '../simulate/fast.ts';
import { makeMachine } from '../simulate/machine.ts';
import { connectPacket, openWire, type Wire } from '../simulate/wire.ts';
import { wordsOf } from '../support/arguments.ts';
import type { Kept, Usage } from './intake-broker.ts';
import { endpointId, secretOf } from './intake-names.ts';

export const brokerFile = fileURLToPath(new URL('./intake-broker.ts', import.meta.url));
export const valuesEach = 20;
const pubackBytes = 4;
export const squeezedMs = 5000;
/** Share of the reports that goes ahead unmeasured: the compilers on both sides have work of their own first. */
export const warmUp = 0.5;

/** Exactly 20 values of a believable machine. */
export function metricsOf(n: number, at: number) {
  let left = valuesEach;
  return metricsAt(makeMachine(1, n), at).flatMap((metric) => {
    const fields = Object.fromEntries(Object.entries(metric.fields).slice(0, left));
    left -= Object.keys(fields).length;
    return Object.keys(fields).length > 0 ? [{ ...metric, fields }] : [];
  });
}

/**
 * The frames of each connection, ready to be written: making them must not be part of what is measured. The values are
 * those of hours at 10 s; their times are squeezed into the last seconds, because the live lane carries nothing older.
 */
export function makeFrames({ connections, each, zipped }: IntakeLoad): Buffer[][] {
  const now = Date.now();
  return Array.from({ length: connections }, (_, n) => {
    const address = { endpoint: endpointId(n), bucket: bucketOf(endpointId(n)) };
    const topic = topicOf(address, 'report');
    const epoch = n.toString(16).padStart(32, '0');
    return Array.from({ length: each }, (__, k) => {
      const at = now - Math.round(((each - k) * squeezedMs) / each);
      const metrics = metricsOf(n, now - (each - k) * 10_000).map((metric) => ({ ...metric, timestamp: at }));
      const plain = Buffer.from(JSON.stringify({ v: 1, epoch, seq: k + 1, at, interval_s: 10, metrics }), 'utf8');
      const payload = zipped ? gzipSync(plain, { level: 6 }) : plain;
      return generate({
        cmd: 'publish',
        topic,
        payload,
        qos: 1,
        messageId: (k % 65_535) + 1,
        retain: false,
        dup: false,
      });
    });
  });
}

const birth = {
  state: 'online',
  session: 'a'.repeat(16),
  boot_id: 'b',
  started_at: 1,
  previous_shutdown: 'clean',
  version: '1',
};

const birthPacket = (n: number) => ({
  cmd: 'publish' as const,
  topic: topicOf({ endpoint: endpointId(n), bucket: bucketOf(endpointId(n)) }, 'presence'),
  payload: JSON.stringify(birth),
  ...{ qos: 1 as const, messageId: 1, retain: true, dup: false },
});

interface Subject {
  port: number;
  /** Port of HTTP for charts and newest values. */
  queries: number;
  pid: number;
  ask<T>(what: 'usage' | 'compact' | 'stats'): Promise<T>;
  stop(): Promise<void>;
}

const canPin = process.platform === 'linux' && cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;

/** A process under measurement gets the first core, alone, where the system can do that; the load comes from others. */
export function pin(pid: number): void {
  if (canPin) spawnSync('taskset', ['-a', '-p', '-c', '0', String(pid)]);
}

/** Starts the process under measurement, on the first core alone where the system can do that. */
export async function startSubject(
  mode: 'bare' | 'ours',
  endpoints: number,
  file = brokerFile,
  ...more: string[]
): Promise<Subject> {
  const child: ChildProcess = fork(file, [mode, String(endpoints), ...more], {
    // `node --cpu-prof test/bench/main.ts intake` profiles this process, too.
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      ...process.execArgv.filter((one) => /^--(cpu-prof|perf-basic-prof|max-semi)/.test(one)),
    ],
  });
  const pid = child.pid as number;
  pin(pid);
  const next = async () => (await once(child, 'message'))[0];
  const { port, queries } = (await next()) as { port: number; queries: number };
  // Threads started since then inherit the core; those of the start-up were moved with the rest.
  pin(pid);
  return {
    ...{ port, queries, pid },
    async ask<T>(what: string) {
      const answer = next();
      child.send(what);
      return (await answer) as T;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.send('stop');
      await ended;
    },
  };
}

/** One connection that keeps its window full; each call of the result sends some frames and waits for their PUBACKs. */
export async function openPour(
  port: number,
  n: number,
  window: number,
): Promise<(frames: readonly Buffer[]) => Promise<void>> {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.write(generate(connectPacket({ host: '', port, clientId: endpointId(n), password: secretOf(n) })));
  const [connack] = (await once(socket, 'data')) as [Buffer];
  if (connack[3] !== 0) throw new Error(`CONNACK ${connack[3]}`);
  // As every agent does: reports of one that is not online prove a time of which nothing was known, which is saved.
  socket.write(generate(birthPacket(n)));
  await once(socket, 'data');
  return (frames) =>
    new Promise((resolve, reject) => {
      let sent = 0;
      let ackedBytes = 0;
      const fill = () => {
        const upTo = Math.min(frames.length, Math.floor(ackedBytes / pubackBytes) + window);
        if (upTo === sent) return;
        socket.write(Buffer.concat(frames.slice(sent, upTo)));
        sent = upTo;
      };
      const onClose = () => reject(new Error('the broker ended the connection'));
      const onData = (chunk: Buffer) => {
        ackedBytes += chunk.length;
        if (ackedBytes < frames.length * pubackBytes) return fill();
        socket.off('data', onData);
        socket.off('close', onClose);
        resolve();
      };
      socket.on('data', onData);
      socket.on('close', onClose);
      fill();
    });
}

/** A fleet has many connections with little in flight; a few that deliver a backlog fill their windows. */
export interface IntakeLoad {
  name: string;
  connections: number;
  window: number;
  /** Reports of each connection. */
  each: number;
  /** Agents compress what is longer than 1 KiB, which a report of 20 values is or just is not. */
  zipped: boolean;
}

interface Round {
  perSecond: number;
  cpuMicrosPerReport: number;
  kept: Kept;
}

async function round(mode: 'bare' | 'ours', load: IntakeLoad, file = brokerFile): Promise<Round> {
  const { connections, window, each } = load;
  const subject = await startSubject(mode, connections, file);
  const first = Math.round(each * warmUp);
  const total = (each - first) * connections;
  const pours = await Promise.all(Array.from({ length: connections }, (_, n) => openPour(subject.port, n, window)));
  // What is older than its birth proves a time in which nobody was connected, which costs more and is no usual report.
  await pause(squeezedMs);
  const frames = makeFrames(load);
  await Promise.all(pours.map((pour, n) => pour((frames[n] as Buffer[]).slice(0, first))));
  const before = await subject.ask<Usage>('usage');
  const started = performance.now();
  await Promise.all(pours.map((pour, n) => pour((frames[n] as Buffer[]).slice(first))));
  const seconds = (performance.now() - started) / 1000;
  const after = await subject.ask<Usage>('usage');
  const kept = await subject.ask<Kept>('compact');
  await subject.stop();
  return { perSecond: total / seconds, cpuMicrosPerReport: (after.cpu - before.cpu) / total, kept };
}

export const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

async function throughput(load: IntakeLoad, rounds: number): Promise<void> {
  const bare: Round[] = [];
  const ours: Round[] = [];
  for (let n = 0; n < rounds; n++) {
    bare.push(await round('bare', load));
    ours.push(await round('ours', load));
  }
  const rate = (all: Round[]) => median(all.map((one) => one.perSecond));
  const cpu = (all: Round[]) => median(all.map((one) => one.cpuMicrosPerReport));
  const { kept } = ours.at(-1) as Round;
  const core = canPin ? 'one core' : 'not pinned to a core';
  console.log(
    `FIGURE intake, ${load.name}: ${Math.round(rate(ours))} durable reports/s of ${valuesEach} values (${core}), bare aedes ${Math.round(rate(bare))}, ratio ${(rate(ours) / rate(bare)).toFixed(2)} (goal 0.60)`,
  );
  console.log(
    `FIGURE intake, ${load.name}: ${(cpu(ours) / valuesEach).toFixed(2)} µs CPU a value, ${cpu(ours).toFixed(0)} a report; bare aedes ${cpu(bare).toFixed(0)} a report`,
  );
  console.log(
    `FIGURE intake, ${load.name}: ${(kept.segmentBytes / kept.samples).toFixed(2)} bytes a sample after compaction, rollups included (${kept.samples} samples, ${kept.journalRows} left in the journal)`,
  );
}

/** This tree beside another one, in turns that swap who goes first: what an honest report costs now, and did before. */
async function compare(load: IntakeLoad, rounds: number, other: string): Promise<void> {
  const files = { now: brokerFile, before: join(resolve(other), 'test/bench/intake-broker.ts') };
  const cpu: Record<keyof typeof files, number[]> = { now: [], before: [] };
  for (let n = 0; n < rounds; n++)
    for (const which of n % 2 === 0 ? (['before', 'now'] as const) : (['now', 'before'] as const))
      cpu[which].push((await round('ours', load, files[which])).cpuMicrosPerReport);
  // The least is what it costs; the rest is what else the machine did.
  const [now, before] = [Math.min(...cpu.now), Math.min(...cpu.before)];
  const ratios = cpu.now.map((one, n) => one / (cpu.before[n] as number));
  console.log(
    `FIGURE intake, ${load.name}: ${now.toFixed(1)} µs CPU per report, in ${other} ${before.toFixed(1)}: ratio of the least ${(now / before).toFixed(2)}, median of ${rounds} pairs ${median(ratios).toFixed(2)} (goal 1.00)`,
  );
}

/** Everybody connected, subscribed, born and with one report behind them. */
async function memory(endpoints: number): Promise<void> {
  const subject = await startSubject('ours', endpoints);
  const before = await subject.ask<Usage>('usage');
  const wires: Wire[] = [];
  const join = async (n: number) => {
    const address = { endpoint: endpointId(n), bucket: bucketOf(endpointId(n)) };
    const payload = Buffer.from(JSON.stringify({ state: 'lost', session: 'a'.repeat(16) }));
    const will = { topic: topicOf(address, 'presence'), payload, qos: 1 as const, retain: true };
    const wire = openWire({
      host: '127.0.0.1',
      port: subject.port,
      clientId: endpointId(n),
      password: secretOf(n),
      keepalive: 120,
      will,
    });
    wires.push(wire);
    await wire.connected;
    await wire.subscribe(topicOf(address, 'ack'), topicOf(address, 'config'));
    await wire.publish(topicOf(address, 'presence'), JSON.stringify(birth), { retain: true });
    const at = Date.now();
    const report = { v: 1, epoch: 'e'.repeat(32), seq: 1, at, interval_s: 60, metrics: metricsOf(n % 100, at) };
    await wire.publish(topicOf(address, 'report'), encode(report));
  };
  for (let from = 0; from < endpoints; from += 100)
    await Promise.all(Array.from({ length: Math.min(100, endpoints - from) }, (_, k) => join(from + k)));
  const after = await subject.ask<Usage>('usage');
  const perEndpoint = (after.rss - before.rss) / 1024 / endpoints;
  console.log(
    `FIGURE intake: ${perEndpoint.toFixed(0)} KB resident an endpoint, ${endpoints} connected (goal 35; whole process ${Math.round(after.rss / 1048576)} MB)`,
  );
  for (const wire of wires) wire.cut();
  await subject.stop();
}

/**
 * @param args `--reports N` (60000), `--rounds N` (3), `--endpoints N` for memory (10000); `--against folder`: only the cost of
 *   a report, beside that of another checkout (`git worktree add folder commit`, with its `node_modules`); `--load gzip`: only
 *   loads with this word in their name, and no memory
 */
export async function run(args: string[]): Promise<void> {
  const number = (fallback: number) => ({ type: 'string' as const, default: String(fallback) });
  const { values } = wordsOf({
    args,
    options: {
      reports: number(60_000),
      rounds: number(3),
      endpoints: number(10_000),
      against: { type: 'string' },
      load: { type: 'string' },
    },
  });
  const reports = Number(values.reports);
  const loads = [
    { name: '1,000 connections, 2 in flight, plain', connections: 1000, window: 2, zipped: false },
    { name: '1,000 connections, 2 in flight, gzip', connections: 1000, window: 2, zipped: true },
    { name: '50 connections, 32 in flight, plain', connections: 50, window: 32, zipped: false },
  ].filter(({ name }) => name.includes(values.load ?? ''));
  if (values.against !== undefined) {
    for (const load of loads)
      await compare({ ...load, each: Math.ceil(reports / load.connections) }, Number(values.rounds), values.against);
    return;
  }
  for (const load of loads)
    await throughput({ ...load, each: Math.ceil(reports / load.connections) }, Number(values.rounds));
  if (values.load === undefined) await memory(Number(values.endpoints));
}
