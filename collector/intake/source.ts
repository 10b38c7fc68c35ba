/**
 * Interface of a source of agents' messages: the broker of this process (broker/), or an external one (bridge/). A source passes on
 * messages of authenticated endpoints; what they mean, and when they are durable, is decided behind `onMessage`.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Address, DownLeaf, UpLeaf } from '../../shared/topics.ts';
import type { GuestStream } from '../doors/web-socket.ts';
import type { EndpointBudgets } from './budgets.ts';
import type { IntakeCounters } from './counters.ts';

/** A message of an authenticated endpoint on one of its own topics. */
export interface Publication {
  endpoint: string;
  leaf: UpLeaf;
  topic: string;
  payload: Uint8Array;
  /** The network address that it comes from; `?` where an external broker does not tell. */
  from: string;
  /** Too much waits already: evaluate it, do not keep it; it is resent. */
  crowded: boolean;
  /** When it came, ms UTC; left out: now. */
  receivedAt?: number;
  /** To be called once, when it is durable: only then does its agent get the PUBACK. */
  acknowledge(): void;
  /** Or once, when it will not be durable: no PUBACK for it, nor for those behind it on this connection. */
  refuse(): void;
}

/** Which buckets' endpoints this collector serves; with one collector all of them. */
export interface HeldBuckets {
  holds(bucket: string): boolean;
  /** Sorted. */
  all(): readonly string[];
  /** Called after each change with what came and what went. @returns a function that stops it */
  onChange(listener: (change: { gained: readonly string[]; lost: readonly string[] }) => void): () => void;
}

/** Dependencies of a source. */
export interface SourceParts {
  clock: Clock;
  log: Log;
  counters: IntakeCounters;
  /** The address of the endpoint when id and secret are right. */
  authenticate(id: string, secret: string): Address | undefined;
  /** Why a machine with the right credential is refused all the same; null: it is not. `session` is that of its will. */
  barred?(endpoint: string, session: string | null): string | null;
  /** Whether two machines were proven to use this credential: they may not take the connection from each other for ever. */
  isShared?(endpoint: string): boolean;
  /** Must never throw. A promise, which never rejects: the next message of this connection is passed on after it. */
  onMessage(message: Publication): Promise<void> | undefined;
  /** What each endpoint may cost: a source holds back what is beyond. Left out: nothing is. */
  budgets?: Pick<EndpointBudgets, 'charge' | 'hold' | 'waitFor'>;
  /** A message of it waits for its budget: proof of life all the same. */
  onHeld?(endpoint: string): void;
  /** Resolves when what older messages prove of availability is saved: before their agents forget them. */
  saved?(): Promise<void>;
  /** The endpoint has subscribed to this topic: sends what it missed. */
  onSubscribe(endpoint: string, leaf: DownLeaf): void;
  /** Left out: all. */
  held?: HeldBuckets | undefined;
  /** The session of its last birth; undefined: there is no such endpoint (any more), whatever an external broker lets in. */
  sessionOf?(endpoint: string): string | null | undefined;
  /** How many endpoints should be sending now: where none of them comes, something is wrong on the way. */
  expected?(): number;
  /** Why no messages come, in words; null: all is well again. */
  onTrouble?(trouble: string | null): void;
}

export interface IntakeSource {
  /** Where agents connect. */
  readonly port: number;
  /** How many endpoints are connected. */
  connected(): number;
  /** Sends at QoS 0 to the endpoint's connection; false when it is not connected, not subscribed or not reading. */
  send(endpoint: string, leaf: DownLeaf, payload: Buffer, retained?: boolean): boolean;
  /** Ends the connection of an endpoint that was retired. */
  disconnect(endpoint: string): void;
  /** False while it cannot hear any endpoint: their silence means nothing then. Left out: it always can. */
  hears?(): boolean;
  /** Connections that come by another port. Left out: it takes none. */
  guests?: {
    take(stream: GuestStream): void;
    /** Ends those, and takes no more: their port is closed before this source is. */
    close(): void;
  };
  /** Accepts nothing more; answers to messages already passed on go nowhere. */
  close(): Promise<void>;
}

/** @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED */
export type OpenSource = (parts: SourceParts) => Promise<IntakeSource>;
