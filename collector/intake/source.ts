/**
 * The seam to where the messages of agents come from: the broker of this process (broker/), or one beside it. A source knows who
 * an endpoint is and passes messages on; what they mean, and when they are durable, is decided behind `onMessage`.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Address, DownLeaf, UpLeaf } from '../../shared/topics.ts';
import type { IntakeCounters } from './counters.ts';

/** A message of an authenticated endpoint on one of its own topics. */
export interface Message {
  endpoint: string;
  leaf: UpLeaf;
  topic: string;
  payload: Uint8Array;
  /** The network address that it comes from. */
  from: string;
  /** Too much waits already: evaluate it, do not keep it; it comes again. */
  crowded: boolean;
  /** To be called once, when it is durable: only then does its agent get the PUBACK. */
  acknowledge(): void;
  /** Or once, when it will not be: no PUBACK for it, and none for those behind it on this connection. */
  refuse(): void;
}

/** What a source needs of the collector. */
export interface SourceParts {
  clock: Clock;
  log: Log;
  counters: IntakeCounters;
  /** The address of the endpoint when id and secret are right. */
  authenticate(id: string, secret: string): Address | undefined;
  /** Must never throw. */
  onMessage(message: Message): void;
  /** The endpoint listens on this topic now: what it should have been told. */
  onSubscribe(endpoint: string, leaf: DownLeaf): void;
}

export interface IntakeSource {
  /** Where agents connect. */
  readonly port: number;
  /** How many endpoints are connected. */
  connected(): number;
  /** Sends at QoS 0 to the endpoint's connection; false when it is not there, does not listen or does not read. */
  send(endpoint: string, leaf: DownLeaf, payload: Buffer, retained?: boolean): boolean;
  /** Ends the connection of an endpoint that was retired. */
  disconnect(endpoint: string): void;
  /** Takes nothing more; what was handed over is still answered by the collector, to nobody. */
  close(): Promise<void>;
}

/** @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED */
export type OpenSource = (parts: SourceParts) => Promise<IntakeSource>;
