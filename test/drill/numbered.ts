/** An endpoint whose reports are numbered in a value of their own, so that each can be looked for in the store afterwards. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Ack, Metric } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import type { Credential } from '../simulate/endpoint.ts';
import { createOutbox, type Item } from '../simulate/outbox.ts';
import { createRandom, hex } from '../simulate/random.ts';
import { openWire, type Wire } from '../simulate/wire.ts';

/** The metric that carries the number. */
export const numberMetric = 'mem.available';
const numbersEach = 1_000_000;
const longestRetryMs = 500;
/** Until a report without an answer is sent again. */
const repeatMs = 5000;
/** What waits is sent again this many at a time. */
const window = 32;

export interface Numbered {
  readonly credential: Credential;
  readonly generated: number;
  readonly waiting: number;
  readonly isConnected: boolean;
  /** Every number that it gave out. */
  numbers(): number[];
  /** From now on each report has this path of its disk nearly full. */
  breach(path: string): void;
  /** No more reports; goes on sending what waits. */
  quiet(): void;
  stop(): void;
}

/** @param index of the endpoint, the upper half of its numbers */
export function startNumbered(credential: Credential, index: number, intervalMs: number, seed: number): Numbered {
  const random = createRandom(seed);
  const outbox = createOutbox(hex(createRandom(seed ^ 0x5eed), 32));
  const full = new Set<string>();
  const { hostname: host, port } = new URL(credential.mqtt.url);
  let wire: Wire | undefined;
  let isStopped = false;

  async function stayConnected(): Promise<void> {
    while (!isStopped) {
      const mine = openWire({
        ...{ host, port: Number(port), clientId: credential.endpoint, password: credential.secret },
        onMessage(topic, payload) {
          if (topic.endsWith('/ack')) outbox.acked(JSON.parse(payload.toString()) as Ack);
        },
      });
      try {
        if ((await mine.connected) !== 0) throw new Error('refused');
        await mine.subscribe(topicOf(credential, 'ack'));
        wire = mine;
        await resend(mine);
      } catch {
        mine.cut();
      }
      await mine.closed;
      wire = undefined;
      await pause(random() * longestRetryMs);
    }
  }

  /** The newest first: rules see the present. */
  async function resend(mine: Wire): Promise<void> {
    const items = [...outbox.items()].reverse();
    for (let from = 0; from < items.length; from += window)
      await Promise.all(items.slice(from, from + window).map((item) => send(mine, item)));
  }

  function send(mine: Wire, item: Item): Promise<void> {
    const isLate = Date.now() - item.at > 2 * intervalMs;
    return mine.publish(topicOf(credential, isLate ? 'backlog' : 'report'), item.payload);
  }

  function report(): void {
    const at = Date.now();
    const number = index * numbersEach + outbox.generated + 1;
    const disk = (path: string): Metric => ({
      ...{ name: 'disk', tags: { path, device: 'sda1' }, timestamp: at },
      fields: { used_percent: 92, free: 1024 ** 3 },
    });
    const metrics: Metric[] = [
      { name: 'cpu', tags: { cpu: 'cpu-total' }, fields: { usage_active: 12.5 }, timestamp: at },
      { name: 'mem', tags: {}, fields: { available: number, available_percent: 60 }, timestamp: at },
      ...[...full].map(disk),
    ];
    const item = outbox.put('report', at, { interval_s: intervalMs / 1000, metrics });
    // A connection that ends in between is no loss: the report waits in the outbox.
    if (wire?.isOpen) send(wire, item).catch(() => undefined);
  }

  /** As an agent: what has no answer is sent again, though the connection holds: a broker keeps nothing for a collector that is gone. */
  function repeat(): void {
    const before = Date.now() - repeatMs;
    const items = [...outbox.items()].filter(({ at }) => at < before).slice(0, window);
    const mine = wire;
    if (mine?.isOpen) for (const item of items) send(mine, item).catch(() => undefined);
  }

  void stayConnected();
  const repeating = setInterval(repeat, repeatMs);
  let timer: NodeJS.Timeout = setTimeout(() => {
    timer = setInterval(report, intervalMs);
  }, random() * intervalMs);

  return {
    credential,
    get generated() {
      return outbox.generated;
    },
    get waiting() {
      return outbox.size;
    },
    get isConnected() {
      return wire?.isOpen ?? false;
    },
    numbers: () => Array.from({ length: outbox.generated }, (_, n) => index * numbersEach + n + 1),
    breach: (path) => void full.add(path),
    quiet: () => clearInterval(timer),
    stop() {
      isStopped = true;
      clearInterval(timer);
      clearInterval(repeating);
      wire?.cut();
    },
  };
}
