/**
 * The publications of one connection that are not durable yet. PUBACKs go out in the order of the publications
 * [MQTT-4.6.0-2], however the commits end, and only so many may wait.
 */

/** mqtt.js keeps at most 32 in flight in our agent; four times that is somebody who ignores the window. */
const waitingAtMost = 128;

export interface Lane {
  /** False when too much waits: the connection should end. `done` is called in its turn after `ready`. */
  enter(entry: Entry): boolean;
  /** The entry is durable. */
  ready(entry: Entry): void;
  size(): number;
  oldest(): Entry | undefined;
  /** Entries whose reading-on has not been granted yet; see broker.ts. */
  entries(): readonly Entry[];
}

export interface Entry {
  done: () => void;
  bytes: number;
  /** Monotonic ms. */
  since: number;
  isReady: boolean;
  /** The connection reads on though this one waits. */
  readsOn: boolean;
}

export function createLane(): Lane {
  const queue: Entry[] = [];
  return {
    enter(entry) {
      queue.push(entry);
      return queue.length <= waitingAtMost;
    },
    ready(entry) {
      entry.isReady = true;
      while (queue[0]?.isReady) queue.shift()?.done();
    },
    size: () => queue.length,
    oldest: () => queue[0],
    entries: () => queue,
  };
}
