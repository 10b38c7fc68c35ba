/**
 * Acknowledges what is durable: at most two rounds of `ack` messages per second and endpoint, after the proof of its backlog is
 * saved. An `ack` is per epoch, and as long as there are gaps: what they cost is charged to the endpoint.
 */
import type { Log } from '../../shared/log.ts';
import type { Ack } from '../../shared/report.ts';

const everyMs = 500;
/** Epochs of one endpoint per round; the others wait for the next one. An agent uses one, and another on a full disk. */
const epochsARound = 8;

export interface Acks {
  due(endpoint: string, epoch: string): void;
  /** The next `ack` of this epoch makes its agent continue under a new one. */
  conflict(endpoint: string, epoch: string): void;
  /** Sends what is due; called by itself. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function createAcks(parts: {
  receipt(endpoint: string, epoch: string): Ack;
  send(endpoint: string, ack: Ack): void;
  /** What it took, ms. */
  charge(endpoint: string, ms: number): void;
  monotonic(): number;
  /** What must be on disk before an agent may forget its reports. */
  before(): Promise<void>;
  /** Whether another machine reports under the same identity. */
  isShared(endpoint: string): boolean;
  log: Log;
}): Acks {
  /** By endpoint: epochs, and whether the agent must leave them. */
  let waiting = new Map<string, Map<string, boolean>>();
  let troubled = false;

  async function flush(): Promise<void> {
    if (waiting.size === 0) return;
    const batch = waiting;
    waiting = new Map();
    try {
      await parts.before();
      for (const [endpoint, epochs] of batch) acknowledge(endpoint, [...epochs]);
      troubled = false;
    } catch (thrown) {
      // Not lost: agents keep what is not acknowledged, and the next round includes it.
      for (const [endpoint, epochs] of batch) for (const [epoch, leave] of epochs) note(endpoint, epoch, leave);
      if (!troubled) parts.log.error({ err: thrown }, 'Acknowledgements wait: the state cannot be saved');
      troubled = true;
    }
  }

  function acknowledge(endpoint: string, epochs: [string, boolean][]): void {
    const since = parts.monotonic();
    for (const [epoch, leave] of epochs.slice(0, epochsARound)) parts.send(endpoint, ackOf(endpoint, epoch, leave));
    for (const [epoch, leave] of epochs.slice(epochsARound)) note(endpoint, epoch, leave);
    parts.charge(endpoint, parts.monotonic() - since);
  }

  function ackOf(endpoint: string, epoch: string, leave: boolean): Ack {
    const conflict = leave ? 'content' : parts.isShared(endpoint) ? 'shared' : null;
    return { ...parts.receipt(endpoint, epoch), ...(conflict === null ? {} : { conflict }) };
  }

  function note(endpoint: string, epoch: string, leave: boolean): void {
    const epochs = waiting.get(endpoint);
    if (!epochs) waiting.set(endpoint, new Map([[epoch, leave]]));
    else if (leave || !epochs.has(epoch)) epochs.set(epoch, leave);
  }

  let flushing: Promise<void> | undefined;
  const timer = setInterval(() => {
    flushing ??= flush().finally(() => {
      flushing = undefined;
    });
  }, everyMs);
  timer.unref();

  return {
    due: (endpoint, epoch) => note(endpoint, epoch, false),
    conflict: (endpoint, epoch) => note(endpoint, epoch, true),
    flush,
    async close() {
      clearInterval(timer);
      await flushing;
      await flush();
    },
  };
}
