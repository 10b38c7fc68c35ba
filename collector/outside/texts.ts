/** What other monitoring says of its alerts: their annotations, as summary, description and runbook of a rule. */
import type { RuleTemplates } from '../../shared/words/rule-texts.ts';
import type { State } from '../state/open.ts';

export interface OutsideTexts extends RuleTemplates {
  /** Where other monitoring shows it. */
  url?: string;
}

/** As they are to be read, not filled in. @param alert its id. @returns null where it is none of other monitoring */
export async function outsideTexts(state: State, alert: string): Promise<OutsideTexts | null> {
  const row = await state
    .selectFrom('alerts')
    .innerJoin('outside_alerts', 'outside_alerts.key', 'alerts.key')
    .select(['annotations', 'url'])
    .where('alerts.id', '=', alert)
    .executeTakeFirst();
  return row ? { ...textsIn(row.annotations), ...(row.url ? { url: row.url } : {}) } : null;
}

/** @param annotations as they are kept; null: the alert is none of other monitoring */
export const outsideSummary = (annotations: string | null): string | undefined =>
  annotations === null ? undefined : textsIn(annotations).summary;

function textsIn(annotations: string): RuleTemplates {
  const { summary, message, description, runbook_url: address } = JSON.parse(annotations) as Record<string, string>;
  const first = summary ?? message;
  const isLink = ['http:', 'https:'].includes(URL.parse(address ?? '')?.protocol ?? '');
  return {
    ...(first && { summary: first }),
    ...(description && { description }),
    ...(address && isLink && { runbook: address }),
  };
}

/** For a reader who fills in texts of rules: a brace of theirs stands for itself. */
export function asTemplates({ summary, description, runbook }: RuleTemplates): RuleTemplates {
  const plain = (text: string) => text.replace(/[{}]/g, '$&$&');
  return {
    ...(summary && { summary: plain(summary) }),
    ...(description && { description: plain(description) }),
    ...(runbook && { runbook }),
  };
}

/** Summaries and descriptions as annotations of an Alertmanager, by the key of their alert. */
export async function outsideAnnotations(state: State): Promise<ReadonlyMap<string, Record<string, string>>> {
  const rows = await state.selectFrom('outside_alerts').select(['key', 'annotations']).execute();
  return new Map(rows.map(({ key, annotations }) => [key, JSON.parse(annotations) as Record<string, string>]));
}
