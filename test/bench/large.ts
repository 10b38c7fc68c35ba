/**
 * How long one large message holds up everybody else: the longest turn of the event loop while an endpoint sends some of each
 * kind, one after the other, through the real intake into the real store and state.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { encode } from '../../shared/report.ts';
import type { UpLeaf } from '../../shared/topics.ts';
import { wordsOf } from '../support/arguments.ts';
import { epochOf, openStation } from '../support/station.ts';

const endpoint = 'elargelargelarge';
const epoch = epochOf(1);
const times = <T>(count: number, make: (k: number) => T): T[] => Array.from({ length: count }, (_, k) => make(k));

const metric = (k: number, length: number, fields: Record<string, number>) => ({
  name: 'disk',
  tags: { path: `/${k}/${'x'.repeat(length)}`, device: 'y'.repeat(length), fstype: 'z'.repeat(length) },
  fields,
  timestamp: Date.now(),
});
const used = { used_percent: 1 };
const program = (k: number) => ({
  ...{ name: `package ${k} of some name`, version: '1.2.3-4ubuntu5', publisher: 'Ubuntu Developers' },
  ...{ installed: 1.7e12 + k, lastUsed: null },
});
const update = (k: number) => ({
  ...{
    name: `package ${k}`,
    installed: '1.2.3',
    candidate: '1.2.4',
    security: true,
    severity: null,
    since: 1.7e12 + k,
  },
});
const manager = (m: number, n: number) => ({
  ...{ manager: `m${m}`, thirdParty: false, pending: 1000, pendingSecurity: 1000, held: 0, list: times(1000, update) },
  ...{ oldestSecuritySince: 1, scannedAt: 1, metadataAge: 1, scan: 'ok', reason: null, autoUpdates: 'on' },
  lastInstall: 1.7e12 + n,
});
const job = (k: number) => ({
  ...{ product: 'restic', job: `job ${k}`, protects: times(20, (p) => `/srv/${k}/${p}/${'x'.repeat(120)}`) },
  ...{ repository: null, schedule: 'daily', nextRun: null, lastRun: 1.7e12, lastSuccess: 1.7e12, result: 'ok' },
  ...{ reason: null, bytes: 1e9, duration: 60, files: 10, lastVerified: null, verifiedOk: null, readable: true },
  evidence: 'restic',
});

const report = (metrics: unknown[]) => ({ interval_s: 10, metrics });
const kinds: [name: string, leaf: UpLeaf, content: (n: number) => object][] = [
  ['report of 400 metrics, 60 KB', 'report', () => report(times(400, (k) => metric(k, 10, used)))],
  ['report of 2,000 metrics, 270 KB', 'report', () => report(times(2000, (k) => metric(k, 10, used)))],
  ['report of 2,000 metrics, 1.6 MB', 'report', () => report(times(2000, (k) => metric(k, 240, used)))],
  ['report of 70,000 unknown fields', 'report', () => report(times(2000, (k) => metric(k, 10, manyFields(k))))],
  ['10,000 programs, 1.4 MB', 'inventory', () => ({ section: 'software', data: times(10_000, program) })],
  ['12,000 updates, 1.5 MB', 'inventory', (n) => ({ section: 'patches', data: times(12, (m) => manager(m, n)) })],
  ['500 backup jobs, 1.5 MB', 'inventory', () => ({ section: 'backups', data: times(500, job) })],
  ['900,000 wrong metrics', 'report', () => report(times(900_000, () => 0))],
];
const manyFields = (k: number) => Object.fromEntries(times(35, (f) => [`f${f}`, f + k]));

/** @param args `--messages N` (10) of each kind */
export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({ args, options: { messages: { type: 'string', default: '10' } } });
  const unlimited = { perHour: 1e12, burst: 1e12 };
  const station = await openStation({
    endpoints: [endpoint],
    budgets: { cpu: unlimited, inventory: unlimited, epochs: unlimited, rows: unlimited, alerts: unlimited },
  });
  const wire = station.wire(endpoint);
  await wire.connected;
  let seq = 0;
  for (const [name, leaf, content] of kinds) {
    const payloads = times(Number(values.messages) + 2, (n) =>
      encode({ v: 1, epoch, seq: ++seq, at: Date.now(), ...content(n) }),
    );
    const longest: number[] = [];
    const took: number[] = [];
    const cpu: number[] = [];
    for (const payload of payloads) {
      await pause(100);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      await pause(20);
      const since = performance.now();
      const before = process.threadCpuUsage();
      await wire.publish(station.topic(endpoint, leaf), payload);
      const { user, system } = process.threadCpuUsage(before);
      cpu.push((user + system) / 1000);
      took.push(performance.now() - since);
      await pause(20);
      delay.disable();
      // The timer that measures comes 1 ms late by itself.
      longest.push(delay.max / 1e6 - 1);
    }
    // The first ones pay for compilers and the start of the thread.
    const after = (list: number[]) => list.slice(2).sort((a, b) => a - b);
    const [holds, answers, costs] = [after(longest), after(took), after(cpu)];
    const middle = (list: number[]) => list[list.length >> 1]?.toFixed(0);
    console.log(
      `FIGURE large: ${name}: ${middle(costs)} ms of the main thread, longest hold of the event loop ${middle(holds)} ms (at most ${holds.at(-1)?.toFixed(0)}), PUBACK after ${middle(answers)} ms`,
    );
  }
  await station.stop();
}
