/**
 * `npm run bench -- query [--endpoints 1000] [--days 7]`: how long a chart and the fleet's newest values take, and how
 * many bytes a sample takes on disk.
 *
 * The rollups are generated inside DuckDB and written by the same code that writes merged segments; the raw samples go
 * the whole way through `append`, journal, compaction and merges.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duck, openDuck } from '../../collector/series/embedded/duck.ts';
import { openEmbedded } from '../../collector/series/embedded/embedded.ts';
import { partitionMs, type Segment } from '../../collector/series/embedded/plan.ts';
import { createSegmentTable } from '../../collector/series/embedded/segment-table.ts';
import { writeRun } from '../../collector/series/embedded/segments.ts';
import { openJournal } from '../../collector/series/journal/journal.ts';
import { bucketMs } from '../../collector/series/span.ts';
import type { OpenedStore } from '../../collector/series/store.ts';
import { silentLog } from '../../shared/log.ts';
import { catalogue } from '../../shared/metrics.ts';
import type { Metric, Report } from '../../shared/report.ts';
import { createRandom } from '../simulate/random.ts';
import { wordsOf } from '../support/arguments.ts';

const day = 86_400_000;
const hour = 3_600_000;
const lines = catalogue
  .slice(0, 25)
  .map(({ measurement, field }, i) => ({ id: i + 1, metric: `${measurement}.${field}`, tags: {} }));

export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({
    args,
    options: { endpoints: { type: 'string', default: '1000' }, days: { type: 'string', default: '7' } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-query-'));
  try {
    await charts(join(folder, 'charts'), Number(values.endpoints), Number(values.days));
    await bytesASample(join(folder, 'raw'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `time` rounded down to whole hours, so that the rollups end where a query does. */
const now = Math.floor(Date.now() / hour) * hour;
const clock = { now: () => now, monotonic: () => performance.now() };

async function charts(folder: string, endpoints: number, days: number): Promise<void> {
  let began = performance.now();
  const rows = await generate(folder, endpoints, days);
  report(`${endpoints} endpoints x ${lines.length} series, ${days} days of rollups: ${rows} rows written`, began, 's');
  began = performance.now();
  const store = await openEmbedded({ folder, clock, log: silentLog });
  try {
    report('open, newest values found again', began);
    began = performance.now();
    await store.compact();
    report(`merge what is due (${store.stats().segments} segments now)`, began, 's');
    await timeCharts(store, endpoints, days);
    const took = await median(200, async () => {
      for (let i = 0; i < endpoints; i++) store.latest(`endpoint-${i}`);
    });
    console.log(`FIGURE query: newest values of ${endpoints} endpoints, median ${took.toFixed(1)} ms`);
  } finally {
    await store.close();
  }
}

async function timeCharts(store: OpenedStore, endpoints: number, days: number): Promise<void> {
  const random = createRandom(7);
  const kinds = [
    ['one chart, 1 series, 7 days', ['cpu.usage_active'], 7],
    ['one chart, 4 series, 7 days', lines.slice(0, 4).map(({ metric }) => metric), 7],
    ['one chart, 1 series, 24 hours', ['cpu.usage_active'], 1],
  ] as const;
  for (const [what, metrics, width] of kinds) {
    const took = await median(100, async () => {
      const endpoint = `endpoint-${Math.floor(random() * endpoints)}`;
      const result = await store.query({ endpoint, metrics, from: now - Math.min(width, days) * day, to: now });
      const filled = result.series.flatMap(({ points }) => points).filter(([, value]) => value !== null).length;
      if (filled < metrics.length * 100) throw new Error(`The chart of ${endpoint} has only ${filled} points.`);
    });
    console.log(`FIGURE query: ${what}: median ${took.toFixed(1)} ms`);
  }
}

/** Writes 5 min and 1 h rollups day by day, and the journal that names them. */
async function generate(folder: string, endpoints: number, days: number): Promise<number> {
  mkdirSync(join(folder, 'segments'), { recursive: true });
  const journal = openJournal(join(folder, 'journal.db'));
  const names = Array.from({ length: endpoints }, (_, i) => ({ id: i + 1, name: `endpoint-${i}` }));
  const series = names.flatMap(({ id }) => lines.map((line) => ({ endpoint: id, line: line.id })));
  journal.commit([], { endpoints: names, lines, series }, []);
  const duck = await openDuck(folder, { threads: 2, memoryMb: 512 });
  try {
    const segments: Segment[] = [];
    for (let from = now - days * day; from < now; from += day)
      segments.push(...(await writeDay(duck, folder, endpoints, from, segments.length)));
    const table = createSegmentTable(journal.database);
    journal.advance(null, () => table.change({ added: segments, removed: [] }));
    return segments.reduce((sum, { rows }) => sum + rows, 0);
  } finally {
    duck.close();
    journal.close();
  }
}

async function writeDay(
  duck: Duck,
  folder: string,
  endpoints: number,
  from: number,
  firstId: number,
): Promise<Segment[]> {
  const connection = await duck.connect();
  const written: Segment[] = [];
  let id = firstId;
  for (const resolution of ['5m', '1h'] as const) {
    const to = Math.min(from + day, now);
    for (let start = from; start < to; ) {
      const partition = Math.floor(start / partitionMs[resolution]) * partitionMs[resolution];
      const end = Math.min(to, partition + partitionMs[resolution]);
      const source = believableRollup(endpoints, start, end, bucketMs[resolution]);
      const more = await writeRun(
        connection,
        { path: folder, nextId: () => ++id },
        { resolution, partition, level: 1, source, sorted: true, createdAt: now - 2 * hour },
      );
      written.push(...more);
      start = end;
    }
  }
  connection.closeSync();
  return written;
}

/** Rows in the order of a segment: endpoint, line, time. */
function believableRollup(endpoints: number, from: number, to: number, bucket: number): string {
  const buckets = Math.floor((to - from) / bucket);
  const rows = endpoints * lines.length * buckets;
  return `(select 1 + i // ${lines.length * buckets} as endpoint, 1 + (i // ${buckets}) % ${lines.length} as line, t,
      mean - 1 as min, mean + 2 as max, mean * n as sum, n as count, round(mean, 2) as last, t + ${bucket} - 10000 as last_t
    from (select i, ${from} + (i % ${buckets}) * ${bucket} as t, ${bucket / 10_000} as n,
        20 + 15 * sin(i / 46.0) + (hash(i) % 1000) / 100.0 as mean from range(${rows}) r(i)))`;
}

/** A day of 10 s samples of a few machines, through the whole store. */
async function bytesASample(folder: string): Promise<void> {
  const machines = Array.from({ length: 24 }, (_, n) => createMachine(n));
  const from = Math.floor(now / day) * day - day;
  let time = from;
  const store = await openEmbedded({ folder, clock: { ...clock, now: () => time }, log: silentLog, commitEveryMs: 1 });
  try {
    const began = performance.now();
    let waiting: Promise<unknown>[] = [];
    for (let seq = 1; time < from + day; seq++, time += 10_000) {
      for (const [n, machine] of machines.entries()) {
        const value: Report = { v: 1, epoch: 'a'.repeat(32), seq, at: time, metrics: machine(time) };
        waiting.push(store.append({ endpoint: `machine-${n}`, receivedAt: time, report: value, digest: 1 }));
      }
      if (waiting.length < 500) continue;
      await Promise.all(waiting);
      waiting = [];
    }
    await Promise.all(waiting);
    time += 3 * hour;
    await store.compact();
    report(`${store.stats().samples} believable samples appended, compacted, merged`, began, 's');
    const size = (part: string) =>
      readdirSync(join(folder, 'segments'))
        .filter((file) => file.startsWith(part))
        .reduce((sum, file) => sum + statSync(join(folder, 'segments', file)).size, 0);
    const each = (part: string) => (size(part) / store.stats().samples).toFixed(2);
    console.log(`FIGURE query: ${each('raw')} bytes a raw sample on disk, ${each('')} with its rollups`);
  } finally {
    await store.close();
  }
}

/** Random walks as real machines show them: noisy CPU, pages of memory, counters that grow in bursts, constants. */
function createMachine(n: number): (at: number) => Metric[] {
  const random = createRandom(n + 1);
  const bell = () => random() + random() + random() - 1.5;
  const two = (value: number) => Math.round(value * 100) / 100;
  const pages = (value: number) => Math.floor(value / 4096) * 4096;
  const total = Math.floor(8e9 + random() * 8e9);
  const counters = [0, 0, 0, 0, 0, 0];
  let [cpu, memory, disk, load] = [5, 0.4, random() * 5e11, 0.3];
  return (tick) => {
    // A timer of an agent is late by a few ms, each time by others.
    const at = tick + n * 371 + Math.floor(random() * 4);
    cpu = Math.min(
      100,
      Math.max(0.3, cpu * 0.8 + 0.2 * (5 + 15 * Math.max(0, Math.sin(tick / 13_751_000))) + bell() * 2),
    );
    memory = Math.min(0.95, Math.max(0.1, memory + bell() * 0.002));
    if (random() < 0.3) disk += random() * 8e5;
    load = load * 0.9 + cpu / 200;
    counters.forEach((_, i) => {
      if (random() < 0.6) counters[i] = (counters[i] as number) + Math.floor(random() * cpu * 10 ** ((i % 3) + 1));
    });
    const used = pages(total * memory);
    const [reads = 0, writes = 0, read_bytes = 0, write_bytes = 0, bytes_recv = 0, bytes_sent = 0] = counters;
    const metric = (name: string, tags: Metric['tags'], fields: Metric['fields']) => ({
      name,
      tags,
      fields,
      timestamp: at,
    });
    return [
      metric(
        'cpu',
        { cpu: 'cpu-total' },
        {
          usage_active: two(cpu),
          usage_user: two(cpu * 0.6),
          usage_system: two(cpu * 0.3),
          usage_iowait: two(cpu * 0.05 * random()),
          usage_steal: 0,
        },
      ),
      metric(
        'mem',
        {},
        {
          total,
          used,
          available: total - used,
          used_percent: two(memory * 100),
          available_percent: two(100 - memory * 100),
        },
      ),
      metric('swap', {}, { total: 2 ** 31, used: 0, used_percent: 0 }),
      metric(
        'disk',
        { path: '/', device: 'sda1', fstype: 'ext4' },
        { total: 512e9, used: pages(disk), free: 512e9 - pages(disk), used_percent: two(disk / 5.12e9) },
      ),
      metric(
        'diskio',
        { name: 'sda' },
        { reads, writes, read_bytes: read_bytes * 4096, write_bytes: write_bytes * 4096 },
      ),
      metric('net', { interface: 'eth0' }, { bytes_recv, bytes_sent }),
      metric('system', {}, { load1: two(load), uptime: Math.floor(at / 1000) - 1.79e9 }),
    ];
  };
}

async function median(times: number, work: () => Promise<void>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await work();
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b)[times >> 1] as number;
}

function report(what: string, began: number, unit: 'ms' | 's' = 'ms'): void {
  const took = performance.now() - began;
  console.log(`${what}: ${unit === 's' ? `${(took / 1000).toFixed(1)} s` : `${took.toFixed(0)} ms`}`);
}
