/** What chat rooms are given. */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Outgoing } from '../../shared/outgoing.ts';
import type { Language } from '../../shared/words/index.ts';
import type { State } from '../state/open.ts';
import type { ChatCall } from './commands.ts';
import type { ChatRoom } from './room.ts';
import type { ChatSettings } from './settings.ts';

/** Requests as a user, from a room: by the interface of the pages. */
export type CallAsUser = (user: string, room: string) => ChatCall;

export interface ChatParts {
  settings: readonly ChatSettings[];
  state: State;
  clock: Clock;
  log: Log;
  outgoing: Outgoing;
  /** Report zone, IANA. */
  zone: string;
  publicUrl(): string;
  /** False once another collector may act in place of this one. */
  maySend(): boolean;
  /** Nothing is said meanwhile: the collector was restored, and a person is to look first. */
  isHeld(): boolean;
  /** 0 ≤ x < 1. */
  random?(): number;
}

/** Of one room. */
export type RoomParts = Omit<ChatParts, 'settings'> & {
  name: string;
  language: Language;
  room: ChatRoom;
  stopped: AbortSignal;
};
