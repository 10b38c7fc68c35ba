/**
 * Reports by an external broker beside the embedded one, in turns of one run: how many a second are durable, and what each costs the
 * collector. Through a broker the PUBACK of an agent says nothing, so the end is when the store has them all. Mosquitto works on the
 * core of the load, as on a machine of its own.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { wholeOf, wordsOf } from '../support/arguments.ts';
import { mosquittoMissing, startMosquitto } from '../support/mosquitto.ts';
import {
  brokerFile,
  type IntakeLoad,
  makeFrames,
  median,
  openPour,
  squeezedMs,
  startSubject,
  valuesEach,
  warmUp,
} from './intake.ts';
import type { Kept, Usage } from './intake-broker.ts';
import { endpointId, secretOf } from './intake-names.ts';

interface BridgeRound {
  perSecond: number;
  cpuMicros: number;
}

const lookMs = 20;
const withinMs = 120_000;

async function round(load: IntakeLoad, by: 'embedded' | 'bridge'): Promise<BridgeRound> {
  const { connections, window, each } = load;
  const users = Object.fromEntries(Array.from({ length: connections }, (_, n) => [endpointId(n), secretOf(n)]));
  const server = by === 'bridge' ? await startMosquitto({ users }) : null;
  const more = server ? ['', server.url] : [];
  const subject = await startSubject('ours', connections, brokerFile, ...more);
  try {
    const port = server?.port ?? subject.port;
    const first = Math.round(each * warmUp);
    const pours = await Promise.all(Array.from({ length: connections }, (_, n) => openPour(port, n, window)));
    await pause(squeezedMs);
    const frames = makeFrames(load);
    const durable = async (reports: number) => {
      for (const end = performance.now() + withinMs; performance.now() < end; await pause(lookMs)) {
        const { samples } = await subject.ask<Kept>('stats');
        if (samples >= reports * valuesEach) return;
      }
      throw new Error(`${reports} reports were not durable within ${withinMs / 1000} s`);
    };
    await Promise.all(pours.map((pour, n) => pour((frames[n] as Buffer[]).slice(0, first))));
    await durable(first * connections);
    const before = await subject.ask<Usage>('usage');
    const started = performance.now();
    await Promise.all(pours.map((pour, n) => pour((frames[n] as Buffer[]).slice(first))));
    await durable(each * connections);
    const seconds = (performance.now() - started) / 1000;
    const after = await subject.ask<Usage>('usage');
    const total = (each - first) * connections;
    return { perSecond: total / seconds, cpuMicros: (after.cpu - before.cpu) / total };
  } finally {
    await subject.stop();
    await server?.close();
  }
}

/** @param args `--reports N` (60000), `--rounds N` (3), `--load gzip`: only loads with this word in their name */
export async function run(args: string[]): Promise<void> {
  const number = (fallback: number) => ({ type: 'string' as const, default: String(fallback) });
  const options = { reports: number(60_000), rounds: number(3), load: { type: 'string' as const, default: '' } };
  const { values } = wordsOf({ args, options });
  const [reports, times] = [wholeOf('reports', values.reports), wholeOf('rounds', values.rounds)];
  const missing = mosquittoMissing();
  if (missing !== null) throw new Error(missing);
  const loads = [
    { name: '1,000 connections, 2 in flight, plain', connections: 1000, window: 2, zipped: false },
    { name: '1,000 connections, 2 in flight, gzip', connections: 1000, window: 2, zipped: true },
  ].filter(({ name }) => name.includes(values.load));
  for (const one of loads) {
    const load = { ...one, each: Math.ceil(reports / one.connections) };
    const rounds: Record<'embedded' | 'bridge', BridgeRound[]> = { embedded: [], bridge: [] };
    for (let n = 0; n < times; n++)
      for (const by of n % 2 === 0 ? (['embedded', 'bridge'] as const) : (['bridge', 'embedded'] as const))
        rounds[by].push(await round(load, by));
    const of = (by: 'embedded' | 'bridge', what: keyof BridgeRound) => median(rounds[by].map((one) => one[what]));
    const [own, ext] = [of('embedded', 'perSecond'), of('bridge', 'perSecond')];
    const [ownCpu, extCpu] = [of('embedded', 'cpuMicros'), of('bridge', 'cpuMicros')];
    console.log(
      `FIGURE bridge, ${load.name}: ${Math.round(ext)} durable reports/s through Mosquitto, ${Math.round(own)} embedded, ratio ${(ext / own).toFixed(2)} (goal 0.80)`,
    );
    console.log(
      `FIGURE bridge, ${load.name}: ${extCpu.toFixed(1)} µs CPU of the collector per report, ${ownCpu.toFixed(1)} embedded, ratio ${(extCpu / ownCpu).toFixed(2)}`,
    );
  }
}
