/** The interface of chat rooms: a driver brings what is said to us, and takes our answers. It neither stores nor decides. */
import type { TObject } from 'typebox';
import type { ChatFinding } from '../../shared/chat.ts';
import type { Outgoing } from '../../shared/outgoing.ts';

/** Something that was said to us, or a button that was pressed. */
export interface ChatEvent {
  /** The same whenever the vendor brings it again. */
  id: string;
  /** Of whoever said it, as the vendor names it for good. */
  account: string;
  /** As people there see them. */
  shown: string;
  /** Where the answer goes, in words of the driver. */
  place: string;
  /** Without the mention of us. */
  text: string;
}

/** An answer as lines of plain text: nothing in them is markup. */
export interface ChatAnswer {
  lines: readonly string[];
  url: string | null;
}

export interface ChatListener {
  /** How far it was read before; null: nothing yet. */
  cursor: string | null;
  /** Resolves once they are stored: only then are they acknowledged. Those that are known are dropped. */
  take(events: readonly ChatEvent[], cursor?: string): Promise<void>;
  /** The vendor lets us in, and brings what is said. */
  connected(): void;
  /** Something that a person should know, in words, until it connects anew. */
  noticed(trouble: string): void;
}

export interface ChatRoom {
  /**
   * Listens until the vendor ends the connection in order, which resolves, or by a fault, which rejects.
   * @throws EvenkeelError CHAT_FAILED, CHAT_DENIED; ChatBusy
   */
  listen(to: ChatListener, signal: AbortSignal): Promise<void>;
  /** @param id the same at each repeat. @throws as `listen` */
  answer(place: string, answer: ChatAnswer, id: string, signal: AbortSignal): Promise<void>;
  /** What its account may do; sends nothing. */
  check(signal: AbortSignal): Promise<ChatFinding[]>;
}

export interface ChatReach {
  room: string;
  /** Decides about each connection that is made. */
  outgoing: Outgoing;
  /** Of each request, ms. */
  deadlineMs: number;
  now(): number;
}

export interface ChatRoomType {
  kind: string;
  /** Its own settings; each `…_file` is read, and handed over without `_file`. */
  settings: TObject;
  /** @param settings checked before */
  create(settings: never, reach: ChatReach): ChatRoom;
}
