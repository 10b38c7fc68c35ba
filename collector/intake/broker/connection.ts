/** An authenticated connection, as the parts of the broker share it. */
import type { Client } from 'aedes';
import type { Address, DownLeaf, UpLeaf } from '../../../shared/topics.ts';
import type { Publication } from '../source.ts';
import type { ConnectionQueue } from './connection-queue.ts';

export interface HeldMessage {
  message: Publication;
  /** Monotonic ms. */
  until: number;
}

export interface Connection {
  client: Client;
  address: Address;
  /** The network address at the other end. */
  from: string;
  queue: ConnectionQueue;
  listens: Set<DownLeaf>;
  /** Topic of its last publication, parsed: reports nearly always repeat it. */
  last: { topic: string; leaf: UpLeaf } | null;
  /** The collector ends it itself, so its will is ignored. */
  closedByUs: boolean;
  /** A message was not kept: the connection is ended when there is room again, so that the agent resends it. */
  dropped: boolean;
  /** Until when messages are held back because of their rate or a budget, monotonic ms. */
  heldUntil: number;
  /** A large message of it is being read: those behind it are held back, too. */
  isAdmitting: boolean;
  /** Those, in order. */
  held: HeldMessage[];
}
