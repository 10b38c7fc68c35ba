/** What differs between two versions of a rule, part by part, in words. */

import { duration, none } from '../../../shared/words/format.ts';
import { type OwnName, ownName } from '../../../shared/words/names.ts';
import { language, t, wordOr } from '../words/words.ts';
import { isEqual } from './draft.ts';
import type { WebRule } from './family.ts';
import { labelWords } from './said.ts';
import {
  clearWords,
  conditionsOf,
  conditionWords,
  limitWords,
  metricOf,
  signOf,
  subjectOf,
  type WebLimit,
} from './sentences.ts';

export interface Difference {
  part: string;
  before: string;
  after: string;
}

/** A whole rule, or only some of its parts; null: there is none. */
export type ChangedParts = Readonly<Record<string, unknown>> | null;

export function differencesOf(before: ChangedParts, after: ChangedParts): Difference[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(
    (name) => name !== 'id',
  );
  return names.flatMap((name): Difference[] => {
    const [old, fresh] = [before?.[name], after?.[name]];
    if (isEqual(old, fresh)) return [];
    const inside = name === 'when' ? insideWhen(old, fresh) : null;
    return inside ?? [{ part: wordOr('rules.part', name), before: wordsOf(name, old), after: wordsOf(name, fresh) }];
  });
}

type WebCondition = WebRule['when'];

/** Limits one by one where the two look at the same things; else null. */
function insideWhen(old: unknown, fresh: unknown): Difference[] | null {
  if (!old || !fresh) return null;
  const [before, after] = [old as WebCondition, fresh as WebCondition];
  const [mine, theirs] = [conditionsOf({ when: before }), conditionsOf({ when: after })];
  const subject = (one: WebLimit, when: WebCondition) => `${subjectOf(one, when.measurement)} ${one.op}`;
  const isSame = mine.every((one, n) => theirs[n] && subject(one, before) === subject(theirs[n], after));
  if (before.kind !== after.kind || mine.length !== theirs.length || mine.length === 0 || !isSame) return null;
  return mine.flatMap((one, n): Difference[] => {
    const other = theirs[n] as WebLimit;
    const name = subjectOf(one, before.measurement);
    const metric = metricOf(one, before.measurement);
    const format = (value: number | undefined) => (value === undefined ? none : limitWords(metric, value));
    const limits = `${signOf(one.op)} `;
    return [
      ...(one.value === other.value
        ? []
        : [
            {
              part: t('rules.limitOf', { name }),
              before: limits + format(one.value),
              after: limits + format(other.value),
            },
          ]),
      ...(one.clear === other.clear
        ? []
        : [{ part: t('rules.clearOf', { name }), before: format(one.clear), after: format(other.clear) }]),
    ];
  });
}

function wordsOf(name: string, value: unknown): string {
  if (name === 'labels') return labelWords((value ?? {}) as Record<string, unknown>, ', ') || none;
  if (value === undefined || value === null || value === '') return name === 'no_data' ? t('rules.noData.keep') : none;
  if (name === 'when') {
    const when = value as WebCondition;
    return clearWords({ when }, conditionWords({ when }));
  }
  if (name === 'name') return ownName(language.value, value as OwnName) ?? none;
  if (name === 'enabled') return t(value ? 'rules.on' : 'rules.off');
  if (name === 'no_data') return wordOr('rules.noData', String(value));
  if (name === 'severity') return wordOr('severity', String(value));
  if (name === 'applies') return value === 'all' ? t('rules.anyKind') : wordOr('kind', String(value));
  if (name === 'ticket') return wordOr('rules.ticket', String(value));
  if (name === 'urgency') return wordOr('ticket.urgencies', String(value));
  if (typeof value === 'number' && name.endsWith('_s')) return duration(value, language.value);
  return Array.isArray(value) ? value.join(', ') : String(value);
}
