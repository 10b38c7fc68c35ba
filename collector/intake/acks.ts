/** Tells agents what is durable: at most two `ack` a second for an endpoint, after the proof of its backlog is saved. */
import type { Log } from '../../shared/log.ts';
import type { Ack } from '../../shared/report.ts';

const everyMs = 500;

export interface Acks {
  due(endpoint: string, epoch: string): void;
  /** Sends what is due; called by itself. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function createAcks(parts: {
  receipt(endpoint: string, epoch: string): Ack;
  send(endpoint: string, ack: Ack): void;
  /** What must be on disk before an agent may forget its reports. */
  before(): Promise<void>;
  log: Log;
}): Acks {
  let waiting = new Map<string, string[]>();
  let troubled = false;

  async function flush(): Promise<void> {
    if (waiting.size === 0) return;
    const batch = waiting;
    waiting = new Map();
    try {
      await parts.before();
      for (const [endpoint, epochs] of batch)
        for (const epoch of epochs) parts.send(endpoint, parts.receipt(endpoint, epoch));
      troubled = false;
    } catch (thrown) {
      // Not lost: agents keep what is not acknowledged, and the next round includes it.
      for (const [endpoint, epochs] of batch) for (const epoch of epochs) due(endpoint, epoch);
      if (!troubled) parts.log.error({ err: thrown }, 'acknowledgements wait: the state cannot be saved');
      troubled = true;
    }
  }

  function due(endpoint: string, epoch: string): void {
    const epochs = waiting.get(endpoint);
    if (!epochs) waiting.set(endpoint, [epoch]);
    else if (!epochs.includes(epoch)) epochs.push(epoch);
  }

  let flushing: Promise<void> | undefined;
  const timer = setInterval(() => {
    flushing ??= flush().finally(() => {
      flushing = undefined;
    });
  }, everyMs);
  timer.unref();

  return {
    due,
    flush,
    async close() {
      clearInterval(timer);
      await flushing;
      await flush();
    },
  };
}
