/** Articles of the knowledge base and what a search finds, as the API has them. */
import { Type } from 'typebox';
import { NamedRule, TicketName } from './api.ts';

const text = Type.String();
const ms = Type.Integer({ description: 'ms since 1970, UTC' });
const orNull = { text: Type.Union([text, Type.Null()]), ms: Type.Union([ms, Type.Null()]) };

const articleStates = ['draft', 'published', 'archived'] as const;
export const ArticleState = Type.Enum([...articleStates]);
export type ArticleState = Type.Static<typeof ArticleState>;

const Validity = Type.Enum(['valid', 'near', 'past'], { description: 'near: within two weeks' });

const ReviewerLack = Type.Enum(['nobody', 'gone', 'no_way', 'quiet'], {
  description: 'gone: no such user, or one who cannot log in; quiet: after the quiet hours',
});
export type ReviewerLack = Type.Static<typeof ReviewerLack>;

export const ArticleText = Type.Object({
  language: text,
  title: text,
  body: Type.String({ description: 'Markdown; HTML in it is shown as text' }),
});
export type ArticleText = Type.Static<typeof ArticleText>;

export const ArticleRow = Type.Object({
  id: text,
  state: ArticleState,
  version: Type.Integer(),
  titles: Type.Array(Type.Object({ language: text, title: text })),
  keywords: text,
  isPublic: Type.Boolean({ description: 'whoever reports something may read it without an account' }),
  reviewer: orNull.text,
  reviewedAt: orNull.ms,
  validUntil: orNull.ms,
  validity: Validity,
  remindedAt: orNull.ms,
  reviewerLack: Type.Union([ReviewerLack, Type.Null()], {
    description: 'why the reviewer of an article that is to be reviewed was not told',
  }),
  fromTicket: Type.Union([Type.Integer(), Type.Null()]),
  createdAt: ms,
  createdBy: text,
  updatedAt: ms,
  updatedBy: text,
  solved: Type.Integer({ description: 'how often somebody said that it solved what they came with' }),
  notSolved: Type.Integer(),
});
export type ArticleRow = Type.Static<typeof ArticleRow>;

export const ArticleList = Type.Object({
  items: Type.Array(ArticleRow),
  next: orNull.text,
  counts: Type.Object({
    published: Type.Integer(),
    review: Type.Integer(),
    draft: Type.Integer(),
    archived: Type.Integer(),
  }),
  ended: Type.Object(
    {
      solved: Type.Integer({ description: 'requests that an article ended before a ticket was made' }),
      asked: Type.Integer({ description: 'these, and tickets that people asked for' }),
      days: Type.Integer(),
    },
    { description: 'tier 0: what people solved by themselves' },
  ),
});
export type ArticleList = Type.Static<typeof ArticleList>;

const VersionRow = Type.Object({ version: Type.Integer(), at: ms, by: text, reason: text });

export const ArticleDetail = Type.Object({
  row: ArticleRow,
  texts: Type.Array(ArticleText),
  versions: Type.Array(VersionRow, { description: 'newest first' }),
  rules: Type.Array(NamedRule, { description: 'those whose runbook it is' }),
});
export type ArticleDetail = Type.Static<typeof ArticleDetail>;

export const ArticleVersion = Type.Object({
  ...VersionRow.properties,
  texts: Type.Array(ArticleText),
  keywords: text,
});
export type ArticleVersion = Type.Static<typeof ArticleVersion>;

export const FoundRow = Type.Object({
  kind: Type.Enum(['article', 'ticket']),
  id: Type.String({ description: 'of the article; number of the ticket' }),
  language: Type.String({ description: 'of the text that was found; empty for tickets' }),
  title: text,
  lines: Type.String({ description: 'some of its text' }),
  article: Type.Union([Type.Object({ state: ArticleState, validity: Validity, solved: Type.Integer() }), Type.Null()]),
  ticket: Type.Union([TicketName, Type.Null()]),
  solution: Type.Union([text, Type.Null()], { description: 'what solved the ticket' }),
});
export type FoundRow = Type.Static<typeof FoundRow>;

export const SearchAnswer = Type.Object({ items: Type.Array(FoundRow) });
export type SearchAnswer = Type.Static<typeof SearchAnswer>;

/** What may help with an alert or a ticket. */
export const HelpAtHand = Type.Object({
  runbook: Type.Union([FoundRow, Type.Null()], { description: 'of its rule' }),
  articles: Type.Array(FoundRow),
  tickets: Type.Array(FoundRow, { description: 'earlier ones like it; those that were solved first' }),
  draft: Type.Union([text, Type.Null()], { description: 'id of the article that was made of the ticket' }),
});
export type HelpAtHand = Type.Static<typeof HelpAtHand>;
