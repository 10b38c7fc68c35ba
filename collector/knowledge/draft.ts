/** A resolved ticket as the beginning of an article: what was the matter, what solved it, and what was tried. */

import { fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { type Language, word } from '../../shared/words/index.ts';
import { ticketTitle } from '../../shared/words/names.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { State } from '../state/database.ts';
import type { ArticleFields } from './articles.ts';
import type { FoundReading } from './reading.ts';

/** Of each part. A ticket may have been talked about for weeks. */
const partLength = 8000;

/** @throws EvenkeelError NOT_FOUND, BAD_REQUEST where nothing solved it yet */
export async function draftOf(
  state: State,
  id: number,
  language: Language,
  ruleNamed: FoundReading['ruleNamed'],
): Promise<ArticleFields> {
  const row = await state
    .selectFrom('tickets')
    .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
    .selectAll('tickets')
    .select('endpoints.name as endpoint_name')
    .where('tickets.id', '=', id)
    .executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
  if (row.state !== 'resolved' && row.state !== 'closed')
    throw refusal('BAD_REQUEST', reason('ticket_unsolved', { ticket: id }));
  const events = await state
    .selectFrom('ticket_events')
    .select(['kind', 'text', 'to_state'])
    .where('ticket', '=', id)
    .where('text', 'is not', null)
    .where('kind', 'in', ['opened', 'comment', 'state', 'handed_off'])
    .orderBy('id')
    .execute();
  const said = (of: (event: (typeof events)[number]) => boolean) =>
    events
      .filter(of)
      .map(({ text }) => text?.trim())
      .filter(Boolean)
      .join('\n\n')
      .slice(0, partLength);
  // An article is about the problem, not about the machine that had it.
  const rule = row.rule === null ? null : ruleNamed(row.rule);
  const title = ticketTitle(language, { ...row, endpoint: null, rule });
  const parts: [name: 'symptom' | 'solution' | 'tried', text: string][] = [
    ['symptom', said(({ kind }) => kind === 'opened')],
    ['solution', said(({ to_state }) => to_state === 'resolved')],
    ['tried', said(({ kind, to_state }) => kind !== 'opened' && to_state !== 'resolved')],
  ];
  const body = parts
    .filter(([name, text]) => text !== '' || name !== 'tried')
    .map(([name, text]) => `## ${word(language, `knowledge.part.${name}`)}\n\n${text === '' ? '…' : text}`)
    .join('\n\n');
  const texts = [{ language, title: (title === '' ? `#${id}` : title).slice(0, 200), body }];
  return { texts, keywords: '', reviewer: null, validUntil: null, state: 'draft' };
}
