/** Whether articles helped: what somebody said of one, and which requests ended by themselves (tier 0). */
import { sql } from 'kysely';
import type { OutcomePlace } from '../../shared/choices.ts';
import type { State } from '../state/database.ts';
import type { Article } from './articles.ts';

export interface ArticleOutcome {
  solved: boolean;
  /** request: before a ticket was made, so that there was none. */
  place: OutcomePlace;
  ticket: number | null;
}

const day = 86_400_000;
/** Of the share of requests that ended by themselves. */
const endedDays = 30;

/** Who presses twice, or thinks again, is counted once per version, day and ticket: what they say last holds. */
export async function noteOutcome(
  state: State,
  { id, version }: Article,
  said: ArticleOutcome,
  by: string,
  at: number,
) {
  const row = { article: id, version, by_user: by, place: said.place, ticket: said.ticket };
  await state.transaction().execute(async (db) => {
    let same = db
      .deleteFrom('article_outcomes')
      .where('article', '=', id)
      .where('by_user', '=', by)
      .where('place', '=', said.place)
      .where('at', '>', at - day);
    same = said.ticket === null ? same.where('ticket', 'is', null) : same.where('ticket', '=', said.ticket);
    await same.execute();
    await db
      .insertInto('article_outcomes')
      .values({ ...row, at, solved: said.solved ? 1 : 0 })
      .execute();
  });
}

export async function outcomesOf(state: State, ids: readonly string[]) {
  const rows = await state
    .selectFrom('article_outcomes')
    .select(['article', 'solved', ({ fn }) => fn.countAll<number>().as('n')])
    .where('article', 'in', [...ids])
    .groupBy(['article', 'solved'])
    .execute();
  const of = (id: string, solved: 0 | 1) =>
    Number(rows.find((row) => row.article === id && row.solved === solved)?.n ?? 0);
  return (id: string) => ({ solved: of(id, 1), notSolved: of(id, 0) });
}

/** Requests that an article ended before they became a ticket, of these and the tickets that people asked for. */
export async function endedByThemselves(state: State, now: number) {
  const from = now - endedDays * day;
  const solved = await state
    .selectFrom('article_outcomes')
    .select(sql<number>`count(*)`.as('n'))
    .where('place', '=', 'request')
    .where('solved', '=', 1)
    .where('at', '>=', from)
    .executeTakeFirstOrThrow();
  const asked = await state
    .selectFrom('tickets')
    .select(sql<number>`count(*)`.as('n'))
    .where('kind', '=', 'person')
    .where('opened_at', '>=', from)
    .executeTakeFirstOrThrow();
  return { solved: Number(solved.n), asked: Number(solved.n) + Number(asked.n), days: endedDays };
}
