/**
 * Finds articles and tickets: the words of a question become groups of terms, the index of the database says which texts have them, and
 * `ranking.ts` puts the best of these first. What one key press costs is bounded: the length of the question, the ways to say it, how
 * many texts are looked at.
 */
import { sql } from 'kysely';
import type { State } from '../state/database.ts';
import type { TextIndex } from '../state/drivers/text-index.ts';
import { dictionaryOf, split } from './documents.ts';
import { groupsOf, type TermGroup } from './question.ts';
import { rankOf } from './ranking.ts';
import { runsOf } from './terms.ts';

/** Texts that are put in order; the index says by their titles which. */
const looked = 60;
/** Texts that any of the words may find: words that more have say little. */
const anyAtMost = 1500;

export interface SearchQuestion {
  text: string;
  /** Of the reader. */
  language: string;
  only?: 'article' | 'ticket';
  /** Only what whoever reports something may read without an account. */
  isPublic?: true;
  /** It is not meant, such as the ticket beside which it is asked. */
  without?: { kind: 'article' | 'ticket'; ref: string };
  limit: number;
}

export interface SearchHit {
  kind: 'article' | 'ticket';
  ref: string;
  language: string;
  title: string;
  /** Some of its text around the first word that was found. */
  lines: string;
}

export interface SearchParts {
  /** As its caller may see it. */
  state: State;
  index: TextIndex;
}

export async function search({ state, index }: SearchParts, question: SearchQuestion): Promise<SearchHit[]> {
  const groups = await groupsOf(question.text, dictionaryOf(state));
  if (groups.length === 0) return [];
  const fitting = await candidates({ state, index }, groups, question);
  const { n } = await state
    .selectFrom('search_documents')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  const best = new Map<string, { row: FittingText; score: number }>();
  for (const row of fitting) {
    const { kind, language } = row;
    const text = { kind, language, titleTerms: split(row.title_terms), bodyTerms: split(row.body_terms) };
    const score = rankOf(text, groups, Number(n), question.language);
    const key = `${kind} ${row.ref}`;
    if (score > (best.get(key)?.score ?? 0)) best.set(key, { row, score });
  }
  return [...best.values()]
    .sort((a, b) => b.score - a.score || b.row.at - a.row.at || b.row.id - a.row.id)
    .slice(0, question.limit)
    .map(({ row: { kind, ref, language, title, body } }) => {
      return { kind, ref, language, title, lines: linesAround(body, groups) };
    });
}

type FittingText = Awaited<ReturnType<typeof candidates>>[number];

/** Texts with all that was asked for; where these are few, with any of it that is not in too many. */
async function candidates(parts: SearchParts, groups: readonly TermGroup[], question: SearchQuestion) {
  const all = await matching(parts, groups, true, question);
  if (groups.length === 1 || all.length >= question.limit) return all;
  let room = anyAtMost;
  const rare = groups.filter(({ documents }, n) => {
    room -= documents;
    return n === 0 || room >= 0;
  });
  const any = await matching(parts, rare, false, question);
  const known = new Set(all.map(({ id }) => id));
  return [...all, ...any.filter(({ id }) => !known.has(id))];
}

function matching({ state, index }: SearchParts, groups: readonly TermGroup[], all: boolean, question: SearchQuestion) {
  const ways = groups.map((group) => group.ways.map(({ terms }) => terms));
  let rows = state
    .selectFrom('search_documents as d')
    .innerJoin(index.matches(ways, all).as('i'), 'i.id', 'd.id')
    .select(['d.id', 'd.kind', 'd.ref', 'd.language', 'd.at', 'd.title', 'd.body', 'd.title_terms', 'd.body_terms']);
  if (question.only) rows = rows.where('d.kind', '=', question.only);
  if (question.isPublic)
    rows = rows
      .where('d.kind', '=', 'article')
      .where(
        'd.ref',
        'in',
        state.selectFrom('articles').select('id').where('state', '=', 'published').where('is_public', '=', 1),
      );
  const { without } = question;
  if (without) rows = rows.where((is) => is.or([is('d.kind', '<>', without.kind), is('d.ref', '<>', without.ref)]));
  return rows.orderBy(sql`i.score`).orderBy('d.at', 'desc').limit(looked).execute();
}

const [before, around] = [40, 180];

/** @returns the beginning of the text where no word of it was found as it stands there */
function linesAround(body: string, groups: readonly TermGroup[]): string {
  const terms = new Set(groups.flatMap(({ ways }) => ways.flatMap((way) => way.terms)));
  const at = runsOf(body.slice(0, 1500)).find(({ text }) => terms.has(text))?.text;
  const found = at === undefined ? -1 : body.toLowerCase().indexOf(at);
  const start = found <= before ? 0 : body.indexOf(' ', found - before) + 1 || found - before;
  const shown = body.slice(start, start + around).trim();
  return `${start > 0 ? '… ' : ''}${shown}${start + around < body.length ? ' …' : ''}`;
}
