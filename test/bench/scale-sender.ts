/** Endpoints of `bench scale`, some thousand in a process of their own: connected, born, and reporting at their own moments. */
import { setTimeout as pause } from 'node:timers/promises';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { metricsAt } from '../simulate/fast.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire, type Wire } from '../simulate/wire.ts';
import { endpointId, secretOf } from './intake-names.ts';

export interface SenderPlan {
  port: number;
  from: number;
  to: number;
  intervalMs: number;
  /** Each endpoint a connection of its own; else these many share one, of the user `load` at a broker. */
  share: number | null;
}

export interface SenderTotals {
  connected: number;
  sent: number;
  acknowledged: number;
  failed: number;
}

export type SenderOrder = { plan: SenderPlan } | 'totals' | { breach: number } | 'stop';

const loadUser = 'load';
const connectAtOnce = 40;
const perAddress = 400;
const [machines, readings] = [100, 12];

/** Making each report anew would cost this process more than the collector: what is between their times is made once. */
const pool = Array.from({ length: machines }, (_, machine) =>
  Array.from({ length: readings }, (__, k) => {
    const metrics = metricsAt(makeMachine(1, machine), Date.now() + k * 10_000);
    return JSON.stringify(metrics.map((metric) => ({ ...metric, timestamp: 0 }))).split('"timestamp":0');
  }),
);
const metricsText = (n: number, k: number, at: number) =>
  ((pool[n % machines] as string[][])[k % readings] as string[]).join(`"timestamp":${at}`);

const addressOf = (n: number) => ({ endpoint: endpointId(n), bucket: bucketOf(endpointId(n)) });
const birthOf = (n: number) =>
  JSON.stringify({
    ...{ state: 'online', session: n.toString(16).padStart(16, '0'), boot_id: 'b', started_at: Date.now() },
    ...{ previous_shutdown: 'clean', version: '1' },
  });

const totals: SenderTotals = { connected: 0, sent: 0, acknowledged: 0, failed: 0 };
const wires = new Map<number, Wire>();
const timers: NodeJS.Timeout[] = [];
let isOver = false;

function send(n: number, seq: number, epoch: string, metrics: string, intervalMs: number, at: number): void {
  const report = `{"v":1,"epoch":"${epoch}","seq":${seq},"at":${at},"interval_s":${intervalMs / 1000},"metrics":${metrics}}`;
  totals.sent++;
  wires
    .get(n)
    ?.publish(topicOf(addressOf(n), 'report'), report)
    .then(
      () => void totals.acknowledged++,
      () => void totals.failed++,
    );
}

async function connected(n: number, { port, share }: SenderPlan): Promise<Wire> {
  const address = addressOf(n);
  const will = {
    ...{ topic: topicOf(address, 'presence'), payload: Buffer.from('{"state":"lost","session":"0000000000000000"}') },
    ...{ qos: 1 as const, retain: true },
  };
  const who =
    share === null
      ? { clientId: address.endpoint, password: secretOf(n), will }
      : { clientId: `${loadUser}-${n}`, username: loadUser, password: loadUser };
  const localAddress = `127.0.${1 + Math.floor(n / perAddress / 200)}.${1 + (Math.floor(n / perAddress) % 200)}`;
  for (let tries = 0; ; tries++) {
    const wire = openWire({ host: '127.0.0.1', port, keepalive: 100, localAddress, ...who });
    if ((await wire.connected.catch(() => -1)) === 0) return wire;
    wire.cut();
    if (tries === 20 || isOver) throw new Error(`${who.clientId} was not let in`);
    await pause(500);
  }
}

async function join(first: number, plan: SenderPlan): Promise<void> {
  const wire = await connected(first, plan);
  const last = Math.min(plan.to, first + (plan.share ?? 1));
  for (let n = first; n < last && !isOver; n++) {
    wires.set(n, wire);
    if (plan.share === null) await wire.subscribe(topicOf(addressOf(n), 'ack'), topicOf(addressOf(n), 'config'));
    await wire.publish(topicOf(addressOf(n), 'presence'), birthOf(n), { retain: true });
    totals.connected++;
    const epoch = n.toString(16).padStart(32, '0');
    let seq = 0;
    const report = () => {
      const at = Date.now();
      send(n, ++seq, epoch, metricsText(n, seq, at), plan.intervalMs, at);
    };
    timers.push(
      setTimeout(() => {
        report();
        timers.push(setInterval(report, plan.intervalMs));
      }, Math.random() * plan.intervalMs),
    );
  }
}

async function begin(plan: SenderPlan): Promise<void> {
  let next = plan.from;
  const lane = async () => {
    while (next < plan.to && !isOver) {
      const first = next;
      next += plan.share ?? 1;
      await join(first, plan);
    }
  };
  await Promise.all(Array.from({ length: connectAtOnce }, lane));
}

let breaches = 0;
/** A disk becomes read-only; under an epoch of its own, because the usual reports go on beside it. */
function breach(n: number, intervalMs: number): void {
  const at = Date.now();
  const fields = { read_only: 1, used_percent: 40, total: 1e12, used: 4e11, free: 6e11 };
  const tags = { path: `/data${++breaches}`, device: '/dev/sdc1', fstype: 'ext4' };
  const epoch = (1e9 + n * 1000 + breaches).toString(16).padStart(32, 'f');
  send(n, 1, epoch, JSON.stringify([{ name: 'disk', tags, fields, timestamp: at }]), intervalMs, at);
}

let plan: SenderPlan | undefined;
process.on('message', (order: SenderOrder) => {
  if (order === 'totals') process.send?.(totals);
  else if (order === 'stop') {
    isOver = true;
    for (const timer of timers) clearTimeout(timer);
    for (const wire of new Set(wires.values())) wire.cut();
    process.exit(0);
  } else if ('breach' in order) breach(order.breach, plan?.intervalMs ?? 10_000);
  else {
    plan = order.plan;
    begin(plan).catch((thrown) => {
      console.error(String(thrown));
      process.exit(1);
    });
  }
});
process.on('disconnect', () => process.exit(0));
