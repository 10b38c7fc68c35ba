import type { RawBuilder } from 'kysely';
import type { StateTransaction } from '../database.ts';

export interface IndexedTerms {
  id: number;
  title: readonly string[];
  body: readonly string[];
}

/** All terms of one of `ways` are in the text. */
export type TermWays = readonly (readonly string[])[];

/**
 * The index of a database over the terms of `search_documents`: SQLite's FTS5, or the tsvector of PostgreSQL. Terms are letters and
 * digits as they are compared; what language they are in matters to neither. It is made of those rows, is no part of the schema, and
 * is made anew where it is missing.
 */
export interface TextIndex {
  isThere(db: StateTransaction): Promise<boolean>;
  /** Empty; what was there is gone from the file, too, once that is shredded. */
  make(db: StateTransaction): Promise<void>;
  put(db: StateTransaction, rows: readonly IndexedTerms[]): Promise<void>;
  remove(db: StateTransaction, ids: readonly number[]): Promise<void>;
  /**
   * Rows `id, score` for a `from`: the lower the score, the better it fits; titles count for more.
   * @param groups at least one @param all whether a text must fit all groups, or any
   */
  matches(groups: readonly TermWays[], all: boolean): RawBuilder<{ id: number; score: number }>;
}

/** Terms by contract; what else might come is left out rather than read as an operator of the query. */
const isTerm = (text: string) => /^[\p{L}\p{N}々〆]+$/u.test(text);

/** The query of both databases, which differ in their operators and quotes only. */
export function queryOf(
  groups: readonly TermWays[],
  { all, and, or, quote }: { all: boolean; and: string; or: string; quote: string },
): string {
  const texts = groups
    .map((ways) => ways.map((terms) => terms.filter(isTerm)).filter((terms) => terms.length > 0))
    .filter((ways) => ways.length > 0)
    .map((ways) => ways.map((terms) => `(${terms.map((term) => quote + term + quote).join(and)})`).join(or));
  return texts.map((text) => `(${text})`).join(all ? and : or);
}
