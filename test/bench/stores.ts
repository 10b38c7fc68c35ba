/**
 * `npm run bench -- stores`: what it costs to keep the same values in each store, on one core, in one run: durable or not is
 * said beside each. Ours takes reports by MQTT, as agents send them, and reads and checks each; rules are left out. The others take
 * line protocol over HTTP, one request at a time on each connection.
 */
import { loadavg } from 'node:os';
import { wholeOf, wordsOf } from '../support/arguments.ts';
import { cpuOf, memoryOf } from './floods.ts';
import { median, valuesEach } from './intake.ts';
import { endpointId } from './intake-names.ts';
import { readingsOf, type Shape } from './stores-load.ts';
import { type StoreKind, type StoreServer, storeKinds } from './stores-servers.ts';

/** Share of the reports that goes ahead unmeasured. */
const warmUp = 0.4;
/** Steps that all of them have; a chart has some hundred. */
const steps = [10_000, 60_000, 300_000, 3_600_000];
const points = 400;

export interface Measured {
  store: string;
  shape: string;
  perSecond: number;
  /** µs per value until it was acknowledged, and of what came after: compaction, rollups. */
  cpu: number;
  cpuAfter: number;
  bytes: number;
  residentMB: number;
  chartMs: number;
  newestMs: number;
}

export interface StoresOptions {
  reports: number;
  rounds: number;
  hours: number;
  /** Only shapes with this in their names. */
  shape: string;
  say(line: string): void;
}

/** Endpoints of a fleet that reports live, and of a few that deliver what they kept for hours. */
const live = 1000;
const late = 50;

const shapesFor = ({ reports, hours, shape }: StoresOptions): Shape[] => {
  const own = { kind: 'own' as const, endpoints: live, each: Math.ceil(reports / live), intervalMs: 10_000 };
  const all: Shape[] = [
    { name: 'own requests, plain', ...own, zipped: false },
    { name: 'own requests, gzip', ...own, zipped: true },
    {
      ...{ name: 'batched', kind: 'batched', endpoints: late, each: Math.round(hours * 360), intervalMs: 10_000 },
      zipped: false,
    },
  ];
  return all.filter(({ name }) => name.includes(shape));
};

const cpuOfAll = ({ pids }: StoreServer) => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);

async function timed(times: number, ask: (n: number) => Promise<number>, atLeast: number): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n <= times; n++) {
    const began = performance.now();
    const found = await ask(n);
    if (n > 0) took.push(performance.now() - began);
    if (found < atLeast) throw new Error(`an answer has ${found} of at least ${atLeast}`);
  }
  return median(took);
}

async function measure(kind: StoreKind, shape: Shape): Promise<Measured> {
  const server = await kind.start(shape);
  try {
    // The end of a bucket, so that all stores have the same ones.
    const spanMs = shape.each * shape.intervalMs;
    const step = steps.find((one) => spanMs / one <= points) ?? 3_600_000;
    const until = shape.kind === 'own' ? Date.now() : Math.floor(Date.now() / step) * step;
    const readings = Array.from({ length: shape.endpoints }, (_, n) => readingsOf(n, shape, until));
    const lanes = await server.lanes(readings);
    const part = (from: number, to: number) =>
      Promise.all(
        lanes.map(({ pour, messages }) =>
          pour(messages.slice(Math.round(messages.length * from), Math.round(messages.length * to))),
        ),
      );
    await part(0, warmUp);
    const [before, began] = [cpuOfAll(server), performance.now()];
    await part(warmUp, 1);
    const [seconds, acknowledged] = [(performance.now() - began) / 1000, cpuOfAll(server)];
    await server.settle();
    const all = shape.endpoints * shape.each * valuesEach;
    const measured = all * (1 - warmUp);
    const host = (n: number) => endpointId((n * 7) % shape.endpoints);
    const [from, to] = [until - spanMs, until];
    const found = Math.floor((spanMs / step) * 0.9);
    return {
      ...{
        store: kind.name,
        shape: shape.name,
        perSecond: measured / seconds,
        cpu: (1e6 * (acknowledged - before)) / measured,
      },
      cpuAfter: (1e6 * (cpuOfAll(server) - acknowledged)) / all,
      bytes: server.bytes() / all,
      residentMB: server.pids.reduce((sum, pid) => sum + memoryOf(pid).now, 0),
      // Reports of the own requests lie within seconds: a chart of them says nothing.
      chartMs:
        shape.kind === 'own'
          ? Number.NaN
          : await timed(40, (n) => server.chart({ host: host(n), from, to, step }), found),
      newestMs: await timed(15, () => server.newest(), shape.endpoints),
    };
  } finally {
    await server.close();
  }
}

export async function measureStores(options: StoresOptions, kinds = storeKinds): Promise<Measured[]> {
  const here = kinds.filter((kind) => {
    const missing = kind.missing();
    if (missing !== null) options.say(`LEFT OUT ${kind.name}: ${missing}`);
    return missing === null;
  });
  const all: Measured[] = [];
  for (let round = 1; round <= options.rounds; round++)
    for (const shape of shapesFor(options))
      for (const kind of here) {
        options.say(`round ${round} of ${options.rounds}: ${kind.name}, ${shape.name} …`);
        const found = await measure(kind, shape);
        all.push(found);
        options.say(
          `  ${Math.round(found.perSecond)} values/s, ${found.cpu.toFixed(2)} µs, ${found.bytes.toFixed(2)} bytes per value`,
        );
      }
  return all;
}

const middle = (all: readonly Measured[], of: (one: Measured) => number) => median(all.map(of));
const ms = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(1));

export function tableOf(all: readonly Measured[]): string[] {
  const shapes = [...new Set(all.map(({ shape }) => shape))];
  return shapes.flatMap((shape) => [
    `${shape}:`,
    `  ${'store'.padEnd(36)} values/s  µs/value  after  bytes/value  MB   chart ms  newest ms  acknowledged means`,
    ...storeKinds.flatMap(({ name, durable }) => {
      const of = all.filter((one) => one.store === name && one.shape === shape);
      if (of.length === 0) return [];
      const cells = [
        String(Math.round(middle(of, (one) => one.perSecond))).padStart(8),
        middle(of, (one) => one.cpu)
          .toFixed(2)
          .padStart(8),
        middle(of, (one) => one.cpuAfter)
          .toFixed(2)
          .padStart(5),
        middle(of, (one) => one.bytes)
          .toFixed(2)
          .padStart(11),
        String(Math.round(middle(of, (one) => one.residentMB))).padStart(4),
        ms(middle(of, (one) => one.chartMs)).padStart(9),
        ms(middle(of, (one) => one.newestMs)).padStart(9),
      ];
      return [`  ${name.padEnd(36)} ${cells.join('  ')}  ${durable}`];
    }),
  ]);
}

/** @param args `--reports N` (60000) of the 1,000 endpoints together, `--hours N` (6) of the fifty, `--rounds N` (3), `--shape batched` */
export async function run(args: string[]): Promise<void> {
  const number = (fallback: number) => ({ type: 'string' as const, default: String(fallback) });
  const { values } = wordsOf({
    args,
    options: { reports: number(60_000), hours: number(6), rounds: number(3), shape: { type: 'string', default: '' } },
  });
  const options = {
    shape: values.shape,
    reports: wholeOf('reports', values.reports),
    hours: wholeOf('hours', values.hours),
    rounds: wholeOf('rounds', values.rounds),
  };
  const all = await measureStores({ ...options, say: (line) => console.log(line) });
  console.log(`\n${tableOf(all).join('\n')}`);
  console.log(
    `\nMedian of ${options.rounds}, each server on one core (load of the machine now ${loadavg()[0]?.toFixed(1)}). "After": compaction, and rollups of those that make them. Bytes: of segments in ours, of all files in the others. Newest: of all endpoints.`,
  );
}
