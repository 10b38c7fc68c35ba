/** What one enrolled endpoint can send to make a collector work: one generator per kind of flood. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { UpLeaf } from '../../shared/topics.ts';

export interface Sent {
  leaf: UpLeaf;
  payload: Buffer | string;
  retain?: boolean;
}

export interface SenderResult {
  sent: number;
  acknowledged: number;
  bytes: number;
  /** Connections that the collector ended. */
  ended: number;
}

export interface Flood {
  name: string;
  what: string;
  /** Messages in flight. */
  window: number;
  /** How many messages are made before it begins: those that take longer to make than to receive. */
  ahead?: number;
  /** Of one connection; left out where the connection itself is the flood. */
  make?(n: number): Sent;
  /** Packets instead of publications. */
  packets?: 'ping' | 'subscribe' | 'reconnect';
  /** By strangers, at the WebSocket of the HTTPS port; connections at a time are `window`. */
  isWeb?: true;
}

const zip = (text: string) => gzipSync(text, { level: 1 });
const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const epoch = hex(16);
const now = () => Date.now();

function report(n: number, rest: object, own = epoch): Sent {
  return {
    leaf: 'report',
    payload: zip(JSON.stringify({ v: 1, epoch: own, seq: n, at: now(), interval_s: 10, metrics: [], ...rest })),
  };
}

const metric = (name: string, tags: Record<string, string>, fields: Record<string, number>) => ({
  name,
  tags,
  fields,
  timestamp: now(),
});

const section = (n: number, name: string, data: unknown): Sent => ({
  leaf: 'inventory',
  payload: zip(JSON.stringify({ v: 1, epoch, seq: n, at: now(), section: name, data })),
});

const job = (name: string) => ({
  product: 'restic',
  job: name,
  protects: ['/'],
  repository: null,
  schedule: 'daily',
  nextRun: null,
  lastRun: now(),
  lastSuccess: now(),
  result: 'ok',
  reason: null,
  bytes: 1e9,
  duration: 60,
  files: 1000,
  lastVerified: null,
  verifiedOk: null,
  readable: true,
  evidence: 'restic',
});

const times = <T>(count: number, make: (k: number) => T): T[] => Array.from({ length: count }, (_, k) => make(k));
const nested = zip('['.repeat(2_000_000));
const wrongMetrics = zip(`{"v":1,"epoch":"${epoch}","seq":1,"at":1,"metrics":[${'0,'.repeat(900_000)}0]}`);
const wideObject = zip(
  `{"v":1,"epoch":"${epoch}","seq":1,"at":1,"metrics":[],${times(100_000, (k) => `"k${k}":0`).join()}}`,
);
const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 });
const fieldNames = ['usage_active', 'usage_user', 'usage_system', 'usage_iowait', 'usage_steal', 'usage_nice'];

const gapped = times(190, () => hex(16));

/** A permutation of the list by its number: another order of the same fields each time. */
function ordered<T>(list: readonly T[], n: number): T[] {
  const rest = [...list];
  const out: T[] = [];
  for (let left = n; rest.length > 0; left = Math.floor(left / (rest.length + 1)))
    out.push(...rest.splice(left % rest.length, 1));
  return out;
}

export const floods: readonly Flood[] = [
  { name: 'none', what: 'no flood', window: 0 },
  {
    name: 'tags',
    ahead: 60,
    what: '1.5 MB of new tags per report, 20 KB of them on the wire',
    window: 32,
    make: (n) =>
      report(n, {
        metrics: times(2000, (k) =>
          metric(
            'disk',
            { path: `${n}/${k}/${'x'.repeat(200)}`, device: 'y'.repeat(240), fstype: 'z'.repeat(240) },
            { used_percent: 1 },
          ),
        ),
      }),
  },
  {
    name: 'many tags',
    ahead: 60,
    what: '200 tags on each of 40 metrics, new values',
    window: 32,
    make: (n) =>
      report(n, {
        metrics: times(40, (k) =>
          metric('net', Object.fromEntries(times(200, (t) => [`t${t}`, `${n}.${k}.${'x'.repeat(200)}`])), {
            bytes_recv: 1,
          }),
        ),
      }),
  },
  { name: 'nested', what: '2 MB of brackets in 2 KB', window: 32, make: () => ({ leaf: 'report', payload: nested }) },
  {
    name: 'wrong',
    what: '900,000 wrong metrics in 2 KB',
    window: 32,
    make: () => ({ leaf: 'report', payload: wrongMetrics }),
  },
  {
    name: 'unknown keys',
    what: '100,000 unknown keys',
    window: 32,
    make: () => ({ leaf: 'report', payload: wideObject }),
  },
  { name: 'bomb', what: '200 MB of zeros in 200 KB', window: 32, make: () => ({ leaf: 'report', payload: bomb }) },
  { name: 'junk', what: '200 bytes that are no JSON', window: 32, make: () => ({ leaf: 'report', payload: hex(100) }) },
  {
    name: 'unknown metrics',
    ahead: 60,
    what: '2,000 metrics of ever new names per report',
    window: 32,
    make: (n) => report(n, { metrics: times(2000, (k) => metric(`m${n}_${k}`, {}, { value: 1 })) }),
  },
  {
    name: 'jobs',
    ahead: 60,
    what: '500 new backup jobs per message',
    window: 8,
    make: (n) =>
      section(
        n,
        'backups',
        times(500, (k) => job(`job ${n} ${k}`)),
      ),
  },
  {
    name: 'packages',
    ahead: 60,
    what: '10,000 new packages per message',
    window: 8,
    make: (n) =>
      section(
        n,
        'software',
        times(10_000, (k) => ({
          name: `package ${n} ${k}`,
          version: '1',
          publisher: null,
          installed: null,
          lastUsed: null,
        })),
      ),
  },
  {
    name: 'orders',
    ahead: 60,
    what: '300 metrics with their fields in ever another order',
    window: 32,
    make: (n) =>
      report(n, {
        metrics: times(300, (k) =>
          metric(
            'cpu',
            { cpu: `cpu${k}` },
            Object.fromEntries(ordered(fieldNames, n * 7 + k).map((field) => [field, 1])),
          ),
        ),
      }),
  },
  {
    name: 'epochs',
    what: 'each report under a new epoch',
    window: 32,
    make: () => report(1, { metrics: [metric('mem', {}, { available_percent: 50 })] }, hex(16)),
  },
  {
    name: 'losses',
    ahead: 60,
    what: '100 losses of new epochs per report',
    window: 32,
    make: (n) => report(n, { lost: times(100, () => ({ epoch: hex(16), from: 1, to: 9, reason: 'quota', count: 9 })) }),
  },
  {
    name: 'gaps',
    what: 'every second number only',
    window: 32,
    make: (n) => report(2 * n, { metrics: [metric('mem', {}, { available_percent: 50 })] }),
  },
  {
    name: 'gaps in many epochs',
    what: 'every second number only, in as many epochs as one may begin at once',
    window: 32,
    make: (n) =>
      report(
        2 * Math.floor(n / gapped.length) + 2,
        { metrics: [metric('mem', {}, { available_percent: 50 })] },
        gapped[n % gapped.length],
      ),
  },
  {
    name: 'conflicts',
    what: 'one number with ever other content',
    window: 32,
    make: (n) => report(1, { metrics: [metric('mem', {}, { available_percent: n % 100, total: n })] }),
  },
  {
    name: 'alerts',
    ahead: 60,
    what: '200 new failed disks per report',
    window: 32,
    make: (n) =>
      report(n, {
        metrics: times(200, (k) => metric('disk', { path: `/${n}/${k}` }, { errors: 9, used_percent: 99, free: 1 })),
      }),
  },
  {
    name: 'births',
    what: 'births of ever new sessions',
    window: 32,
    make: (n) => ({
      leaf: 'presence',
      retain: true,
      payload: JSON.stringify({
        ...{ state: 'online', session: hex(8), boot_id: `b${n}`, started_at: now(), previous_shutdown: 'clean' },
        ...{ version: '1', instance: hex(8), hostname: 'flood' },
      }),
    }),
  },
  {
    name: 'small reports',
    what: 'ordinary reports as fast as it goes',
    window: 120,
    make: (n) => report(n, { metrics: times(20, (k) => metric('temp', { sensor: `s${k}` }, { temp: n % 90 })) }),
  },
  { name: 'pings', what: 'PINGREQ as fast as it goes', window: 200, packets: 'ping' },
  { name: 'subscribe', what: 'SUBSCRIBE as fast as it goes', window: 32, packets: 'subscribe' },
  { name: 'reconnect', what: 'connects, signs on and pulls the cable', window: 4, packets: 'reconnect' },
  {
    name: 'web door',
    what: 'strangers at the WebSocket: requests that never end, silence, pings, large and broken frames',
    window: 400,
    isWeb: true,
  },
];
