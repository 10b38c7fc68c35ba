/** What may help with an alert or a ticket: the article that its rule names as runbook, others like it, and earlier tickets. */
import type { NamedRule } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { HelpAtHand } from '../../shared/knowledge.ts';
import { articleIn, type KnowledgeReader } from '../knowledge/knowledge.ts';
import { outsideTexts } from '../outside/texts.ts';
import type { Context } from './context.ts';

type HelpReading = Pick<Context, 'state' | 'knowledge' | 'rules' | 'ruleNamed'>;

const runbookOf = ({ rules }: HelpReading, rule: string | null): string | null =>
  (rule === null ? undefined : rules.books().rule(rule))?.runbook || null;

/** The rules whose runbook an article is. */
export const runbookRules = ({ rules, ruleNamed }: Pick<Context, 'rules' | 'ruleNamed'>, id: string): NamedRule[] =>
  rules
    .list()
    .filter(({ rule }) => articleIn(rule.runbook ?? null) === id)
    .map(({ rule }) => ruleNamed(rule.id));

/** @throws EvenkeelError NOT_FOUND */
export async function ticketHelp(context: HelpReading, id: number, reader: KnowledgeReader): Promise<HelpAtHand> {
  const row = await context.state.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
  const said = row.alert === null ? null : await outsideTexts(context.state, row.alert);
  const rule = row.rule === null ? null : context.ruleNamed(row.rule);
  const runbook = said?.runbook ?? runbookOf(context, row.rule);
  return context.knowledge.help({ rule, title: row.title, instance: row.instance, runbook, ticket: id }, reader);
}

/** @throws EvenkeelError NOT_FOUND */
export async function alertHelp(context: HelpReading, id: string, reader: KnowledgeReader): Promise<HelpAtHand> {
  const row = await context.state.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'alert', id });
  const said = await outsideTexts(context.state, id);
  const runbook = said?.runbook ?? runbookOf(context, row.rule);
  const about = { rule: context.ruleNamed(row.rule), title: null, instance: '', runbook, ticket: row.ticket };
  return context.knowledge.help(about, reader);
}
