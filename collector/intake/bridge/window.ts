/**
 * Publications that the external broker has delivered and that are not durable yet. Their PUBACKs go out in order
 * [MQTT-4.6.0-2], after the commit, so that the window of the broker bounds what is under way here.
 *
 * Nothing is lost where a PUBACK goes out early: an agent trims its spool by our `ack` alone. So when the store waits, the
 * window is opened: live reports must come in, because alerts do not depend on the store.
 */
import type { IntakeCounters } from '../counters.ts';

export interface AckWindow {
  /** @param size bytes. @returns to be called once, when it is durable or will not be */
  enter(messageId: number, size: number): () => void;
  /** Beyond its bytes: messages are evaluated and not kept. */
  isFull(): boolean;
  /** To be called every half second. */
  sweep(): void;
  /** The session has ended: these numbers mean nothing any more. */
  reset(): void;
}

interface UnderWay {
  messageId: number;
  size: number;
  since: number;
  isOver: boolean;
  isAnswered: boolean;
}

/** Approximate memory of a waiting message beside its payload, bytes. */
const overheadBytes = 1024;
/** A commit takes at most a few tens of ms: after this the store waits, and everything is answered at once. */
const opensAfterMs = 2000;
const waitingBytesAtMost = 256 * 1024 * 1024;
/** What is answered leaves the front of the queue in pieces: moving all of it for each would be quadratic. */
const trimAt = 1024;

export function createAckWindow(parts: {
  puback(messageId: number): void;
  monotonic(): number;
  counters: Pick<IntakeCounters, 'waiting' | 'waitingBytes'>;
}): AckWindow {
  const { monotonic, counters } = parts;
  let queue: UnderWay[] = [];
  let first = 0;
  let isOpen = false;
  let bytes = 0;
  let count = 0;

  function answer(): void {
    for (let one = queue[first]; one && (one.isOver || isOpen); one = queue[++first]) {
      if (!one.isAnswered) parts.puback(one.messageId);
      one.isAnswered = true;
    }
    if (first < trimAt) return;
    queue = queue.slice(first);
    first = 0;
  }

  return {
    enter(messageId, size) {
      const one = { messageId, size: size + overheadBytes, since: monotonic(), isOver: false, isAnswered: false };
      bytes += one.size;
      count += 1;
      queue.push(one);
      if (isOpen) answer();
      return () => {
        if (one.isOver) return;
        one.isOver = true;
        bytes -= one.size;
        count -= 1;
        if (count === 0) isOpen = false;
        answer();
      };
    },
    isFull: () => bytes > waitingBytesAtMost,
    sweep() {
      counters.waiting.set(count);
      counters.waitingBytes.set(bytes);
      const oldest = queue[first];
      if (!oldest || monotonic() - oldest.since < opensAfterMs) return;
      isOpen = true;
      answer();
    },
    reset() {
      for (let n = first; n < queue.length; n++) (queue[n] as UnderWay).isAnswered = true;
      queue = [];
      first = 0;
      isOpen = false;
    },
  };
}
