/** What was said in one room: stored, done one after the other, answered. */
import { EvenkeelError, reasonOf } from '../../shared/errors.ts';
import { word } from '../../shared/words/index.ts';
import { chatAnswers } from './answers.ts';
import { type ChatEventRow, forgetEvents, isKnownEvent, noteEvent, setEvent, waitingEvents } from './events.ts';
import type { CallAsUser, RoomParts } from './parts.ts';
import { ChatBusy } from './request.ts';
import type { ChatAnswer, ChatEvent } from './room.ts';

export interface RoomWork {
  /** Stores them, and how far the room was read. */
  take(events: readonly ChatEvent[], cursor?: string): Promise<void>;
  /** Of the last run, too. */
  start(callAs: CallAsUser): void;
  ended(): Promise<void>;
}

const pauseMs = 2_000;
/** An answer that comes later than this is no answer any more. */
const answerMs = 15 * 60_000;
const forgetEveryMs = 3_600_000;
const triesAtMost = 3;

export function roomWork(parts: RoomParts): RoomWork {
  const { name, language, room, state, clock, log, stopped } = parts;
  const answers = chatAnswers(parts);
  let callAs: CallAsUser | undefined;
  let working: Promise<void> | null = null;
  let isMore = false;
  let retry: NodeJS.Timeout | undefined;
  let notBefore = 0;
  /** How often each that waits has failed. */
  const broken = new Map<string, number>();
  let forgottenAt = Number.NEGATIVE_INFINITY;

  function work(): void {
    isMore = true;
    clearTimeout(retry);
    working ??= (async () => {
      while (isMore && !stopped.aborted && parts.maySend()) {
        isMore = false;
        if (callAs) await workOff(callAs);
      }
    })()
      .catch((thrown: unknown) => {
        log.warn({ room: name, reason: reasonOf(thrown) }, 'What was asked for in a chat room is tried again');
        later(pauseMs);
      })
      .finally(() => {
        working = null;
      });
  }

  function later(ms: number): void {
    if (stopped.aborted) return;
    clearTimeout(retry);
    retry = setTimeout(work, ms);
    retry.unref();
  }

  async function workOff(call: CallAsUser): Promise<void> {
    for (const row of await waitingEvents(state, name, 'taken')) {
      if (stopped.aborted || !parts.maySend()) return;
      isMore = true;
      await act(row, call);
    }
    for (const row of await waitingEvents(state, name, 'done')) {
      if (stopped.aborted || !parts.maySend()) return;
      if (clock.now() < notBefore) return later(notBefore - clock.now());
      if (!(await answer(row))) return;
    }
    if (clock.monotonic() - forgottenAt < forgetEveryMs) return;
    forgottenAt = clock.monotonic();
    await forgetEvents(state, name, clock.now());
  }

  /** One that fails is tried again and given up at last, so that it does not hold up the others for good. */
  async function act(row: ChatEventRow, call: CallAsUser): Promise<void> {
    const said = await answers.to(row, call).catch((thrown: unknown) => {
      const tries = (broken.get(row.id) ?? 0) + 1;
      log.error({ err: thrown, room: name }, 'Could not do what was asked for in a chat room');
      broken.set(row.id, tries);
      if (tries < triesAtMost) throw thrown;
      return { lines: [word(language, 'chat.say.failed')], url: null };
    });
    broken.delete(row.id);
    const isSaid = said !== null;
    const done = isSaid ? { state: 'done' as const, answer: JSON.stringify(said) } : { state: 'answered' as const };
    await setEvent(state, row, { ...done, said: '' });
  }

  /** @returns whether it may go on with the next one */
  async function answer(row: ChatEventRow): Promise<boolean> {
    const said = JSON.parse(row.answer ?? '{"lines":[],"url":null}') as ChatAnswer;
    try {
      if (said.lines.length > 0) await room.answer(row.place, said, `${name}/${row.id}`, stopped);
    } catch (thrown) {
      if (stopped.aborted) return false;
      const isLater = thrown instanceof EvenkeelError && thrown.code === 'CHAT_FAILED';
      log.warn({ room: name, reason: reasonOf(thrown) }, 'Could not answer in a chat room');
      if (isLater && clock.now() - row.at < answerMs) {
        notBefore = clock.now() + (thrown instanceof ChatBusy ? thrown.retryAfterMs : pauseMs);
        later(notBefore - clock.now());
        return false;
      }
    }
    await setEvent(state, row, { state: 'answered', answer: null });
    return true;
  }

  return {
    async take(events, cursor) {
      await state.transaction().execute(async (db) => {
        for (const event of events) {
          if (await isKnownEvent(db, name, event.id.slice(0, 300))) continue;
          await noteEvent(db, name, event, clock.now(), await answers.ofCode(db, event));
        }
        if (cursor === undefined) return;
        const put = db.insertInto('chat_rooms').values({ id: name, cursor });
        await put.onConflict((known) => known.column('id').doUpdateSet({ cursor })).execute();
      });
      if (events.length > 0) work();
    },
    start(given) {
      callAs = given;
      work();
    },
    async ended() {
      clearTimeout(retry);
      await working;
    },
  };
}
