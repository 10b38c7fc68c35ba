/** Which tickets a question is about: one statement, so that what is not asked for is not read. */
import { type Expression, sql } from 'kysely';
import { type Static, Type } from 'typebox';
import { TicketCategory, TicketState } from '../../shared/api.ts';
import { ticketQueues } from '../../shared/choices.ts';
import { languages, word as wordIn } from '../../shared/words/index.ts';
import { ruleNames } from '../../shared/words/names.ts';
import { contains } from '../state/contains.ts';
import type { State } from '../state/open.ts';
import type { RuleNamed } from './read-alerts.ts';
import { closed } from './shapes.ts';

const filters = {
  state: Type.Optional(Type.Union([Type.Literal('open'), TicketState])),
  queue: Type.Optional(
    Type.Enum([...ticketQueues], { description: 'open tickets, those that are due first in front' }),
  ),
  endpoint: Type.Optional(Type.String({ maxLength: 64 })),
  assignee: Type.Optional(Type.String({ maxLength: 64 })),
  priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
  site: Type.Optional(Type.String({ maxLength: 128, description: 'name of its site, or of that of its endpoint' })),
  category: Type.Optional(TicketCategory),
  tier: Type.Optional(Type.Integer({ minimum: 0, maximum: 4 })),
  tag: Type.Optional(Type.String({ maxLength: 64 })),
  q: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'words of the title in any language, the number like 12 or #12, or that of the vendor',
    }),
  ),
};
export const TicketFilter = Type.Object(filters, closed);
export type TicketFilter = Static<typeof TicketFilter>;
export const TicketQuery = Type.Object(
  {
    ...filters,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    page: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);
export type TicketQuery = Static<typeof TicketQuery>;

/** Listed, so that the index leads to them: what has ended is not read. */
const openStates = ['new', 'in_progress', 'on_hold'] as const;
/** More words of a search are left out. */
const mostWords = 8;

export const ticketRows = (state: State) =>
  state
    .selectFrom('tickets')
    .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
    .selectAll('tickets')
    .select('endpoints.name as endpoint_name')
    .select((of) => of.fn.coalesce('tickets.site', 'endpoints.site').as('support_site'));
type TicketRows = ReturnType<typeof ticketRows>;
export type TicketRead = Awaited<ReturnType<TicketRows['execute']>>[number];

/** Without the order; of the queue `breaching` all that are open, because what is due follows from their events. */
export async function matching(
  { state, ruleNamed }: { state: State; ruleNamed: RuleNamed },
  { queue, q, ...asked }: TicketFilter,
  caller: string,
): Promise<TicketRows> {
  let rows = ticketRows(state);
  if (queue !== undefined || asked.state === 'open') rows = rows.where('tickets.state', 'in', openStates);
  if (queue === 'mine') rows = rows.where('tickets.assignee', '=', caller);
  if (queue === 'unassigned') rows = rows.where('tickets.assignee', 'is', null);
  if (asked.state !== undefined && asked.state !== 'open') rows = rows.where('tickets.state', '=', asked.state);
  if (asked.endpoint !== undefined) rows = rows.where('tickets.endpoint', '=', asked.endpoint);
  if (asked.assignee !== undefined) rows = rows.where('tickets.assignee', '=', asked.assignee);
  if (asked.priority !== undefined) rows = rows.where('tickets.priority', '=', asked.priority);
  if (asked.category !== undefined) rows = rows.where('tickets.category', '=', asked.category);
  if (asked.tier !== undefined) rows = rows.where('tickets.tier', '=', asked.tier);
  if (asked.tag !== undefined) rows = rows.where(contains('tickets.tags', JSON.stringify(asked.tag)));
  if (asked.site !== undefined)
    rows = rows.where((is) => is(is.fn.coalesce('tickets.site', 'endpoints.site'), '=', asked.site as string));
  const words = (q ?? '').split(/\s+/u).filter(Boolean).slice(0, mostWords);
  if (words.length === 0) return rows;
  const used = await state.selectFrom('tickets').select('rule').distinct().where('rule', 'is not', null).execute();
  const rules = used.flatMap(({ rule }) =>
    rule === null ? [] : { id: rule, names: fold(ruleNames(ruleNamed(rule))) },
  );
  for (const word of words) rows = rows.where((is) => is.or(waysToSay(word, rules)));
  return rows;
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase();

/** Where a word of a title can stand: titles of the monitor are facts that become words where they are read. */
function waysToSay(word: string, rules: readonly { id: string; names: string }[]): Expression<boolean>[] {
  const [, sign, number] = /^(#?)(\d{1,15})$/.exec(word) ?? [];
  const numbered = number === undefined ? [] : [sql<boolean>`tickets.id = ${Number(number)}`];
  if (sign === '#') return numbered;
  const named = rules.filter(({ names }) => names.includes(fold(word))).map(({ id }) => id);
  const kinds = (['incident', 'budget'] as const).filter((kind) =>
    languages.some((language) => fold(wordIn(language, `ticket.${kind}`, { rule: '', rest: '' })).includes(fold(word))),
  );
  return [
    ...numbered,
    ...[
      'tickets.title',
      'tickets.instance',
      'tickets.site',
      'tickets.vendor_reference',
      'tickets.tags',
      'endpoints.name',
    ].map((column) => contains(column, word)),
    ...(named.length === 0 ? [] : [sql<boolean>`(tickets.title is null and tickets.rule in (${sql.join(named)}))`]),
    ...kinds.map((kind) => sql<boolean>`tickets.kind = ${kind}`),
  ];
}

/** How many a question finds. */
export async function countOf(rows: TicketRows): Promise<number> {
  const count = rows.clearSelect().select(({ fn }) => fn.countAll<number>().as('n'));
  return Number((await count.executeTakeFirstOrThrow()).n);
}
