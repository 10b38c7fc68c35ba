/**
 * The chat rooms that the settings name. What is said to us is stored, acknowledged, done once in the name of whoever said it, and
 * answered; a collector that was killed in between goes on where it was. Nothing from outside connects to us for it.
 */
import type { ChatAccount, ChatCode, ChatTrial, ChatView, OwnChat } from '../../shared/chat.ts';
import { codeOf, fail, reasonOf } from '../../shared/errors.ts';
import { accountsOf, makeCode, unlinkAccount } from './accounts.ts';
import { countWaitingEvents } from './events.ts';
import { type RoomLane, roomLane } from './lane.ts';
import type { CallAsUser, ChatParts } from './parts.ts';

export interface Chat {
  /** Of evenkeel.yaml, with how each does. */
  view(): Promise<ChatView[]>;
  /** What its account may do; sends nothing. @throws EvenkeelError NOT_FOUND */
  test(name: string): Promise<ChatTrial>;
  own(user: string): Promise<OwnChat>;
  /** @throws EvenkeelError CONFLICT where no room is set up */
  makeCode(user: string): Promise<ChatCode>;
  /** @throws EvenkeelError NOT_FOUND */
  unlink(user: string, id: string): Promise<void>;
  /** @returns what ends it */
  start(callAs: CallAsUser): () => Promise<void>;
}

export function createChat(parts: ChatParts): Chat {
  const { state, clock } = parts;
  const stopped = new AbortController();
  const lanes: readonly RoomLane[] = parts.settings.map((one) => roomLane(parts, one, stopped.signal));
  return {
    view: () =>
      Promise.all(lanes.map(async (lane) => ({ ...lane.shown(), ...(await countWaitingEvents(state, lane.name)) }))),
    async test(name) {
      const lane = lanes.find((one) => one.name === name);
      if (!lane) throw fail('NOT_FOUND', { what: 'chat room', id: name });
      const at = clock.now();
      try {
        const findings = await lane.room.check(stopped.signal);
        if (findings.every(({ result }) => result === 'good')) lane.again();
        return { at, error: null, errorCode: null, findings };
      } catch (thrown) {
        return { at, error: reasonOf(thrown), errorCode: codeOf(thrown), findings: [] };
      }
    },
    async own(user) {
      const accounts: ChatAccount[] = await accountsOf(state, user);
      return { rooms: lanes.map(({ name, kind }) => ({ name, kind })), accounts };
    },
    async makeCode(user) {
      if (lanes.length === 0)
        throw fail('CONFLICT', { problem: 'no chat room is set up; name one under `chat` in evenkeel.yaml' });
      return makeCode(state, user, clock.now());
    },
    unlink: (user, id) => unlinkAccount(state, user, id),
    start(callAs) {
      for (const lane of lanes) lane.start(callAs);
      return async () => {
        stopped.abort();
        await Promise.all(lanes.map((lane) => lane.ended()));
      };
    },
  };
}
