/**
 * The reviewer of a published article gets one message for each date until which it is valid, two weeks before it or once it is
 * past. Who cannot be reached is asked again as soon as that changes; until then the list of what is to be reviewed says so.
 */
import type { ReviewerLack } from '../../shared/knowledge.ts';
import type { Log } from '../../shared/log.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { State, StateTransaction } from '../state/database.ts';
import { type Article, articleRow, textsOf } from './articles.ts';

/** An end that is near is reminded of. */
export const nearMs = 14 * 86_400_000;

/** How a reviewer is asked. */
export interface ReviewNotices {
  /** Null: a message would reach them now. */
  lack(reviewer: string | null, at: number): ReviewerLack | null;
  /** In the transaction that notes it. @returns whether it is on its way */
  ask(
    db: StateTransaction,
    reviewer: string,
    article: { id: string; titles: { language: string; title: string }[]; validUntil: number },
    at: number,
  ): Promise<boolean>;
  wake(): void;
}

interface ReminderParts {
  state: State;
  changeFeed: ChangeFeed;
  now(): number;
  log: Log;
  reviews(): ReviewNotices;
}

const tickMs = 1000;
/** Ways of people and quiet hours change without an article changing. */
const lookMs = 600_000;
/** Of one reviewer at each look: a library that was left alone must not fill somebody's phone at once. */
const atOnce = 5;

const isDue = ({ state, valid_until, reminded_at }: Article, at: number): boolean =>
  state === 'published' && reminded_at === null && valid_until !== null && valid_until <= at + nearMs;

export function createReminders({ state, changeFeed, now, log, reviews }: ReminderParts) {
  let [lookAt, timer] = [0, undefined as NodeJS.Timeout | undefined];
  let running: Promise<void> = Promise.resolve();

  async function remind(id: string, at: number): Promise<boolean> {
    const isAsked = await state.transaction().execute(async (db) => {
      const row = await articleRow(db, id);
      if (!isDue(row, at) || row.reviewer === null || row.valid_until === null) return false;
      const titles = (await textsOf(db, id)).map(({ language, title }) => ({ language, title }));
      if (!(await reviews().ask(db, row.reviewer, { id, titles, validUntil: row.valid_until }, at))) return false;
      await db.updateTable('articles').set({ reminded_at: at }).where('id', '=', id).execute();
      return true;
    });
    if (isAsked) changeFeed.publish({ kind: 'article', article: id });
    return isAsked;
  }

  async function look(at: number): Promise<void> {
    const open = state
      .selectFrom('articles')
      .select(['id', 'reviewer', 'valid_until'])
      .where('state', '=', 'published')
      .where('reminded_at', 'is', null)
      .where('reviewer', 'is not', null)
      .where('valid_until', '<=', at + nearMs + lookMs)
      .orderBy('valid_until')
      .orderBy('id');
    const asked = new Map<string, number>();
    for (const { id, reviewer, valid_until } of await open.execute()) {
      const dueAt = (valid_until ?? 0) - nearMs;
      if (dueAt > at) lookAt = Math.min(lookAt, dueAt);
      if (dueAt > at || reviewer === null || (asked.get(reviewer) ?? 0) >= atOnce) continue;
      if (reviews().lack(reviewer, at) !== null || !(await remind(id, at))) continue;
      asked.set(reviewer, (asked.get(reviewer) ?? 0) + 1);
    }
    if (asked.size > 0) reviews().wake();
  }

  /** Looks, if it is time to; called every second by itself. */
  async function tick(): Promise<void> {
    const at = now();
    if (at < lookAt) return;
    lookAt = at + lookMs;
    try {
      await look(at);
    } catch (thrown) {
      log.error({ err: thrown }, 'Could not remind the reviewers of articles yet; tried again in ten minutes');
    }
  }

  let unfollow = () => undefined as unknown;
  return {
    lack: ((...of) => reviews().lack(...of)) as ReviewNotices['lack'],
    start(): void {
      unfollow = changeFeed.subscribe(({ kind }) => {
        if (kind === 'article' || kind === 'on_call') lookAt = 0;
      });
      timer = setInterval(() => {
        running = running.then(tick);
      }, tickMs);
      timer.unref();
    },
    async stop(): Promise<void> {
      unfollow();
      clearInterval(timer);
      await running;
    },
  };
}
