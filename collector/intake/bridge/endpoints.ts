/** Endpoints behind an external broker: who is online by what it said last, and which births, goodbyes and wills are news. */
import type { HoldingConnection } from '../broker/held.ts';
import type { Refuse } from '../broker/refusals.ts';
import type { SourceParts } from '../source.ts';

/** What stands for the connection of an endpoint. */
export interface BridgedEndpoint extends HoldingConnection {
  /** Why the machine that signed on last is refused; null: it is not. */
  bar: string | null;
  isOnline: boolean;
  will: NodeJS.Timeout | null;
  /**
   * Passes the birth that the broker kept, where it is not the one that is known. It happened while nobody looked here if a live
   * message follows it; a broker that was restored from a file may keep one that is over.
   */
  kept: (() => void) | null;
}

export interface BridgedEndpoints {
  of(endpoint: string, bucket: string): BridgedEndpoint;
  /** Passes it on where it is news, now or later. */
  takePresence(sender: BridgedEndpoint, payload: Buffer, retain: boolean, pass: () => void): void;
  /** A live message has come: what was kept of it counts. */
  passKept(sender: BridgedEndpoint): void;
  connected(): number;
  /** The session has ended: wills that came just before were of the broker's end, not of their endpoints'. */
  ended(): void;
  forget(endpoint: string): void;
}

export type BridgedParts = Pick<SourceParts, 'onSubscribe' | 'barred' | 'held'> & {
  sessionOf(endpoint: string): string | null | undefined;
  refuse: Refuse;
  /** A broker that ends publishes the wills of all: one counts only if the session is still there after this time, ms. */
  willAfterMs: number;
  onCount(connected: number): void;
};

export function createBridgedEndpoints(parts: BridgedParts): BridgedEndpoints {
  const { sessionOf, refuse } = parts;
  const senders = new Map<string, BridgedEndpoint>();
  let online = 0;

  function senderOf(endpoint: string, bucket: string): BridgedEndpoint {
    const known = senders.get(endpoint);
    if (known) return known;
    const client = {
      get closed() {
        return parts.held?.holds(bucket) === false || sessionOf(endpoint) === undefined;
      },
    };
    const sender: BridgedEndpoint = {
      ...{ client, address: { endpoint, bucket }, held: [], heldUntil: 0, isAdmitting: false },
      ...{ bar: null, isOnline: false, will: null, kept: null },
    };
    senders.set(endpoint, sender);
    return sender;
  }

  function setOnline(sender: BridgedEndpoint, isOnline: boolean): void {
    if (sender.isOnline === isOnline) return;
    sender.isOnline = isOnline;
    online += isOnline ? 1 : -1;
    parts.onCount(online);
  }

  function takePresence(sender: BridgedEndpoint, payload: Buffer, retain: boolean, pass: () => void): void {
    const { endpoint } = sender.address;
    const { state, session } = saidIn(payload);
    const own = typeof session === 'string' ? session : null;
    if (retain) {
      setOnline(sender, state === 'online');
      if (state === 'online') sender.kept = own === sessionOf(endpoint) ? null : () => begin(sender, own, pass);
      // A will that was kept tells of a time at which nobody looked here: silence is judged as after any start.
      else if (state !== 'lost') pass();
      return;
    }
    if (sender.will) clearTimeout(sender.will);
    sender.will = null;
    if (state === 'online') {
      sender.kept = null;
      begin(sender, own, pass);
      return;
    }
    passKept(sender);
    if (state !== 'lost') {
      setOnline(sender, false);
      pass();
      return;
    }
    sender.will = setTimeout(() => {
      sender.will = null;
      setOnline(sender, false);
      pass();
    }, parts.willAfterMs).unref();
  }

  function begin(sender: BridgedEndpoint, session: string | null, pass: () => void): void {
    const { endpoint } = sender.address;
    sender.bar = parts.barred?.(endpoint, session) ?? null;
    if (sender.bar !== null) {
      refuse('enrol_again', endpoint, sender.bar);
      return;
    }
    setOnline(sender, true);
    pass();
    // It has subscribed before it signed on.
    parts.onSubscribe(endpoint, 'ack');
    parts.onSubscribe(endpoint, 'config');
  }

  function passKept(sender: BridgedEndpoint): void {
    const { kept } = sender;
    sender.kept = null;
    kept?.();
  }

  function end(sender: BridgedEndpoint): void {
    if (sender.will) clearTimeout(sender.will);
    sender.will = null;
    setOnline(sender, false);
  }

  return {
    of: senderOf,
    takePresence,
    passKept,
    connected: () => online,
    ended() {
      for (const sender of senders.values()) end(sender);
    },
    forget(endpoint) {
      const sender = senders.get(endpoint);
      if (sender) end(sender);
      senders.delete(endpoint);
    },
  };
}

/** Not checked further: the pipeline does. */
function saidIn(payload: Buffer): { state?: unknown; session?: unknown } {
  try {
    const said: unknown = JSON.parse(payload.toString('utf8'));
    return typeof said === 'object' && said !== null ? said : {};
  } catch {
    return {};
  }
}
