/**
 * `npm run bench -- paper`: what fleets up to a million endpoints would need, computed from what was measured on small ones
 * (`scale`, `stores`). It prints the tables of `collector/LIMITS.md`; a test holds the page to it.
 */
import { wordsOf } from '../support/arguments.ts';

/** As `bench scale` printed it. CPU in percent of a core; `cpu` of each collector, that with the desk first. */
export interface MeasuredScale {
  collectors: number;
  endpoints: number;
  intervalS: number;
  cpu: number[];
  servers: number;
  memoryMB: number;
  webhookMs: number;
  webhookP99: number;
  /** Fleet, endpoint, alerts, protection. */
  pagesMs: [number, number, number, number];
}

const on =
  '2026-11-29, 2 cores of an x86-64 virtual machine with 24 GB, senders and other work on the same cores (load 7 to 14; at 19,000 endpoints the senders alone)';
const valuesPerReport = 52;

export const measuredScale: readonly MeasuredScale[] = [
  {
    collectors: 1,
    endpoints: 1000,
    intervalS: 60,
    cpu: [5],
    servers: 0,
    memoryMB: 363,
    webhookMs: 44,
    webhookP99: 383,
    pagesMs: [7, 14, 4, 4],
  },
  {
    collectors: 1,
    endpoints: 1000,
    intervalS: 10,
    cpu: [11],
    servers: 0,
    memoryMB: 444,
    webhookMs: 26,
    webhookP99: 160,
    pagesMs: [12, 10, 6, 7],
  },
  {
    collectors: 1,
    endpoints: 5000,
    intervalS: 60,
    cpu: [12],
    servers: 0,
    memoryMB: 580,
    webhookMs: 21,
    webhookP99: 428,
    pagesMs: [20, 10, 5, 11],
  },
  {
    collectors: 1,
    endpoints: 5000,
    intervalS: 10,
    cpu: [23],
    servers: 0,
    memoryMB: 653,
    webhookMs: 166,
    webhookP99: 1219,
    pagesMs: [109, 48, 17, 43],
  },
  {
    collectors: 1,
    endpoints: 19_000,
    intervalS: 60,
    cpu: [30],
    servers: 0,
    memoryMB: 1935,
    webhookMs: 9,
    webhookP99: 503,
    pagesMs: [52, 11, 3, 31],
  },
  {
    collectors: 2,
    endpoints: 1000,
    intervalS: 10,
    cpu: [10, 4],
    servers: 3,
    memoryMB: 620,
    webhookMs: 82,
    webhookP99: 1098,
    pagesMs: [25, 77, 14, 18],
  },
  {
    collectors: 3,
    endpoints: 5000,
    intervalS: 10,
    cpu: [29, 8, 8],
    servers: 23,
    memoryMB: 1324,
    webhookMs: 1683,
    webhookP99: 9466,
    pagesMs: [124, 500, 32, 57],
  },
];

/** Bytes per value on disk with rollups, of 50 endpoints at 10 s for 3 h (`bench stores`, batched). */
const bytesPerValue = { embedded: 2.51, influx: 5.91 };
/** What a collector admits (`../../collector/doors/limits.ts`), and how much of a core it should need at most. */
const [connections, share] = [20_000, 60];

interface Slope {
  perReport: number;
  perEndpoint: number;
  base: number;
}

/** From three of the same kind: two with the same endpoints and another interval, one with other endpoints. */
export function slopeOf(rows: readonly MeasuredScale[], of: (row: MeasuredScale) => number): Slope {
  const rate = ({ endpoints, intervalS }: MeasuredScale) => endpoints / intervalS;
  const [small, , slow, fast] = [...rows].sort((a, b) => a.endpoints - b.endpoints || b.intervalS - a.intervalS) as [
    MeasuredScale,
    MeasuredScale,
    MeasuredScale,
    MeasuredScale,
  ];
  const perReport = (of(fast) - of(slow)) / (rate(fast) - rate(slow));
  const perEndpoint =
    (of(slow) - of(small) - perReport * (rate(slow) - rate(small))) / (slow.endpoints - small.endpoints);
  return { perReport, perEndpoint, base: of(small) - perReport * rate(small) - perEndpoint * small.endpoints };
}

const count = (value: number) => Math.round(value).toLocaleString('en-US');
const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

export function measuredTable(): string {
  const rows = measuredScale.map((one) => [
    one.collectors,
    count(one.endpoints),
    `${one.intervalS} s`,
    `${one.cpu.join(' + ')} %${one.servers > 0 ? `, servers ${one.servers} %` : ''}`,
    `${one.memoryMB} MB`,
    `${one.webhookMs} / ${one.webhookP99} ms`,
    `${one.pagesMs.join(' / ')} ms`,
  ]);
  const head = ['collectors', 'endpoints', 'interval', 'CPU, of one core', 'memory', 'report → webhook, median / p99'];
  return `${table([...head, 'pages: fleet / endpoint / alerts / protection'], rows)}\n\nMeasured ${on}; ${valuesPerReport} values per report, uncompressed, a disk that breaks every second, and somebody who reads these four pages every second.`;
}

/** What a fleet of this size would need. */
export function needsOf(endpoints: number, intervalS: number) {
  const alone = measuredScale.filter(({ collectors }) => collectors === 1);
  const cpu = slopeOf(alone, (one) => one.cpu[0] as number);
  const memory = slopeOf(alone, (one) => one.memoryMB);
  const perSecond = endpoints / intervalS;
  const valuesPerDay = perSecond * valuesPerReport * 86_400;
  const used = cpu.base + cpu.perReport * perSecond + cpu.perEndpoint * endpoints;
  // The journal of a collector and the tables of the desk grow with the fleet, so a part beyond one is a whole installation.
  const installations = Math.max(Math.ceil(used / share), Math.ceil(endpoints / connections));
  return {
    ...{ perSecond, used, installations },
    memoryGB: (memory.base * installations + memory.perReport * perSecond + memory.perEndpoint * endpoints) / 1024,
    embeddedGBPerDay: (valuesPerDay * bytesPerValue.embedded) / 1e9,
    influxGBPerDay: (valuesPerDay * bytesPerValue.influx) / 1e9,
  };
}

export function paperTable(): string {
  const rows = [1000, 10_000, 50_000, 100_000, 1_000_000].flatMap((endpoints) =>
    [60, 10].map((intervalS) => {
      const needs = needsOf(endpoints, intervalS);
      return [
        count(endpoints),
        `${intervalS} s`,
        count(needs.perSecond),
        `${(needs.used / 100).toFixed(1)} cores`,
        `${needs.memoryGB.toFixed(1)} GB`,
        `${needs.embeddedGBPerDay.toFixed(1)} / ${needs.influxGBPerDay.toFixed(1)} GB`,
        needs.installations === 1 ? 'one' : count(needs.installations),
      ];
    }),
  );
  const head = ['endpoints', 'interval', 'reports/s', 'CPU', 'memory', 'disk per day, embedded / InfluxDB'];
  return table([...head, 'single collectors'], rows);
}

export function inputsText(): string {
  const cpu = slopeOf(
    measuredScale.filter(({ collectors }) => collectors === 1),
    (one) => one.cpu[0] as number,
  );
  const memory = slopeOf(
    measuredScale.filter(({ collectors }) => collectors === 1),
    (one) => one.memoryMB,
  );
  return [
    'It rests on: ',
    `${(cpu.perReport * 1e4).toFixed(0)} µs of CPU per report of ${valuesPerReport} values with rules, ${(cpu.perEndpoint * 1000).toFixed(1)} % of a core per 1,000 endpoints for what goes on without reports (pages are in it), `,
    `${cpu.base.toFixed(1)} % for itself; ${(1024 * memory.perEndpoint).toFixed(0)} KB per endpoint and ${memory.base.toFixed(0)} MB for itself; `,
    `${bytesPerValue.embedded} bytes per value on disk, ${bytesPerValue.influx} in InfluxDB; at most ${share} % of one core, because one thread takes the reports, and ${count(connections)} connections.`,
  ].join('');
}

/** @param args none */
export async function run(args: string[]): Promise<void> {
  wordsOf({ args, options: {} });
  console.log(`${measuredTable()}\n\n${paperTable()}\n\n${inputsText()}`);
}
