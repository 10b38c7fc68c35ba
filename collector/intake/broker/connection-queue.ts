/**
 * The publications of one connection that are not durable yet. PUBACKs go out in the order of the publications
 * [MQTT-4.6.0-2], however the commits end, and only so many may wait.
 */

/** Our agent keeps at most 32 in flight; a client with four times that ignores the window. */
const waitingAtMost = 128;

export interface QueuedPublication {
  /** Of the PUBLISH; null at QoS 0, which has no PUBACK. */
  messageId: number | null;
  /** Too much waits already: it is not kept. */
  isCrowded: boolean;
  /** Bytes counted as waiting; 0 when it is not kept. */
  bytes: number;
  /** Monotonic ms. */
  since: number;
  isReady: boolean;
  /** Resumes reading of the connection, where that waits for this entry. */
  readOn: (() => void) | null;
}

/** One per connection, most of the time empty. */
export class ConnectionQueue {
  #queue: QueuedPublication[] = [];

  /** False when too many wait: the connection should end. */
  enter(entry: QueuedPublication): boolean {
    return this.#queue.push(entry) <= waitingAtMost;
  }

  /** The oldest, once it is durable; it waits no longer. */
  takeReady(): QueuedPublication | undefined {
    return this.#queue[0]?.isReady ? this.#queue.shift() : undefined;
  }

  get size(): number {
    return this.#queue.length;
  }

  get entries(): readonly QueuedPublication[] {
    return this.#queue;
  }
}
