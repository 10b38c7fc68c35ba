/** Columns of the tables of the knowledge base, and of what is searched. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

export interface KnowledgeTables {
  articles: {
    /** As it stands in its address. */
    id: string;
    state: Generated<'draft' | 'published' | 'archived'>;
    version: number;
    /** Other words that it is found by, with spaces between them. */
    keywords: string;
    /** Name of who looks at it again. */
    reviewer: string | null;
    reviewed_at: Ms | null;
    /** Null: it does not end. */
    valid_until: Ms | null;
    /** When its reviewer was told that this end is near. */
    reminded_at: Ms | null;
    /** The ticket that it was made of. */
    from_ticket: number | null;
    created_at: Ms;
    created_by: string;
    updated_at: Ms;
    updated_by: string;
    /** Whoever reports something may read it without an account. */
    is_public: Generated<0 | 1>;
  };
  article_texts: { article: string; language: string; title: string; body: string };
  /** Each version as it was saved: its texts, keywords, reviewer and end. */
  article_versions: { article: string; version: number; at: Ms; by_user: string; reason: string; content: Json };
  /** Somebody said whether an article solved what they came with. */
  article_outcomes: {
    id: Generated<number>;
    article: string;
    version: number;
    at: Ms;
    by_user: string;
    /** request: before a ticket was made, so that there was none. */
    place: 'request' | 'ticket' | 'alert' | 'page';
    ticket: number | null;
    solved: 0 | 1;
  };
  search_documents: {
    id: Generated<number>;
    kind: 'article' | 'ticket';
    /** Id of the article, number of the ticket. */
    ref: string;
    /** Empty for tickets, which are in whatever language people wrote. */
    language: string;
    at: Ms;
    title: string;
    /** The beginning of its plain text. */
    body: string;
    /** With spaces between them, each once. */
    title_terms: string;
    body_terms: string;
  };
  /** Terms of all documents, and how many have each. */
  search_words: { word: string; documents: number };
}
