/** What was said to us, as rows: stored before it is acknowledged, done once, and forgotten after two days. */
import type { State, StateTransaction } from '../state/database.ts';
import type { ChatAnswer, ChatEvent } from './room.ts';

/** Twice as long as a vendor brings anything again. */
const keptMs = 2 * 86_400_000;
/** More of them from one room is a flood: the oldest that are answered go first. */
const keptAtMost = 20_000;

export type ChatEventRow = Awaited<ReturnType<typeof waitingEvents>>[number];

/** @returns whether it is new */
export async function noteEvent(
  db: StateTransaction,
  room: string,
  event: ChatEvent,
  at: number,
  answer: ChatAnswer | null,
): Promise<boolean> {
  const { id, account, place, text } = event;
  const done = answer === null ? { state: 'taken' as const, said: text } : { state: 'done' as const, said: '' };
  const row = { room, id: id.slice(0, 300), at, account, place, ...done, began_at: null };
  const made = db.insertInto('chat_events').values({ ...row, answer: answer && JSON.stringify(answer) });
  const { numInsertedOrUpdatedRows } = await made.onConflict((known) => known.doNothing()).executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export const isKnownEvent = async (db: State, room: string, id: string): Promise<boolean> =>
  (await db.selectFrom('chat_events').select('id').where('room', '=', room).where('id', '=', id).executeTakeFirst()) !==
  undefined;

export const waitingEvents = (state: State, room: string, of: 'taken' | 'done') =>
  state
    .selectFrom('chat_events')
    .selectAll()
    .where('room', '=', room)
    .where('state', '=', of)
    .orderBy('at')
    .orderBy('id')
    .limit(50)
    .execute();

export async function setEvent(
  state: State,
  { room, id }: Pick<ChatEventRow, 'room' | 'id'>,
  set: Partial<Pick<ChatEventRow, 'state' | 'began_at' | 'answer' | 'said'>>,
): Promise<void> {
  await state.updateTable('chat_events').set(set).where('room', '=', room).where('id', '=', id).execute();
}

export async function countWaitingEvents(state: State, room: string) {
  const rows = state.selectFrom('chat_events').where('room', '=', room);
  const { n } = await rows
    .select((of) => of.fn.countAll<number | bigint | string>().as('n'))
    .where('state', '<>', 'answered')
    .executeTakeFirstOrThrow();
  const { last } = await rows.select((of) => of.fn.max('at').as('last')).executeTakeFirstOrThrow();
  return { waiting: Number(n), lastAt: last === null ? null : Number(last) };
}

export async function forgetEvents(state: State, room: string, now: number): Promise<void> {
  const answered = () => state.deleteFrom('chat_events').where('room', '=', room).where('state', '=', 'answered');
  await answered()
    .where('at', '<', now - keptMs)
    .execute();
  const rows = state.selectFrom('chat_events').select('at').where('room', '=', room).where('state', '=', 'answered');
  const beyond = await rows.orderBy('at', 'desc').offset(keptAtMost).limit(1).executeTakeFirst();
  if (beyond) await answered().where('at', '<=', beyond.at).execute();
}
