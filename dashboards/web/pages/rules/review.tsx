/** What a change of rules would do, shown before it is applied: the difference, and which endpoints it reaches. */

import type { RulePreview } from '../../../../shared/api.ts';
import { duration, number } from '../../../../shared/words/format.ts';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Callout, ProblemCallout } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { type Difference, differencesOf } from '../../rules/difference.ts';
import { type Family, familiesOf, familyOf, levelsAt, type RuleReach } from '../../rules/family.ts';
import { ruleName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { instanceOf } from '../alerts/words.tsx';
import { useFocus } from './focus.ts';
import { type ScopeNames, scopeWords } from './scope.tsx';
import '../../look/rules.css';

export interface ReviewedChange {
  rule: string;
  parts: Record<string, unknown> | null;
}

export interface WantedChange {
  scope: RuleReach;
  changes: ReviewedChange[];
}

export const previewOf = ({ scope, changes }: WantedChange): Promise<RulePreview> =>
  call<RulePreview>('rules/preview', { method: 'POST', body: { scope, changes } });

export function DifferenceTable({ items, caption }: { items: readonly Difference[]; caption: string }) {
  if (items.length === 0) return <p class="quiet">{t('rules.noDifference')}</p>;
  return (
    <table class="table difference">
      <caption class="unseen">{caption}</caption>
      <thead class="unseen">
        <tr>
          <th scope="col">{t('rules.partHead')}</th>
          <th scope="col">{t('rules.before')}</th>
          <th scope="col">{t('rules.afterwards')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map(({ part, before, after }) => (
          <tr key={part}>
            <th scope="row">{part}</th>
            <td>
              <del>{before}</del>
            </td>
            <td>
              <span aria-hidden="true">→ </span>
              <ins>{after}</ins>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Each changed rule as it is within the scope, and as it would be. */
function pairsOf(family: Family | null, { scope, changes }: WantedChange, preview: RulePreview) {
  const next = familiesOf(preview.entries);
  return changes.map(({ rule: id }) => {
    const at = (one: Family | null) =>
      one ? (levelsAt(one, scope).find(({ rule }) => rule.id === id)?.rule ?? null) : null;
    const after = next.map(at).find((rule) => rule !== null) ?? null;
    return { id, before: at(family), after };
  });
}

/** Nothing of it is left. */
export const goesWhole = ({ id }: Family, preview: RulePreview): boolean =>
  preview.entries.every(({ rule }) => familyOf(rule) !== id);

interface ReviewProps {
  family: Family | null;
  wanted: WantedChange;
  reason: string;
  preview: RulePreview;
  names: ScopeNames;
  /** `Apply change`, `Remove exception` */
  action: string;
  onDone: () => void;
  onBack: () => void;
}

/** How often it would have fired, by stored history: of how many endpoints, and since when, is said with it. */
function Past({ history, reached }: { history: RulePreview['history']; reached: number }) {
  const format = (value: number) => number(value, language.value);
  if (history === null) return <p class="quiet">{t('rules.pastCannot')}</p>;
  const { since, having, looked, before, after, endpoints, seconds, times } = history;
  const lacking = having < reached && t('rules.pastLacking', { n: format(reached - having) });
  if (since === null)
    return (
      <p class="quiet">
        {t('rules.pastNone')} {lacking}
      </p>
    );
  const isPart = looked < having;
  const of = {
    looked: format(looked),
    having: format(having),
    length: duration((Date.now() - since) / 1000, language.value),
  };
  const counts = { before: format(before), after: format(after), endpoints: format(endpoints) };
  return (
    <div class="stack-2">
      <p>
        {t(isPart ? 'rules.pastPart' : 'rules.pastAll', of)}{' '}
        {t('rules.past', { ...counts, time: duration(seconds, language.value) })} {isPart && t('rules.pastMore')}{' '}
        {lacking}
      </p>
      {times.length > 0 && (
        <details>
          <summary>
            {t(times.length < after ? 'rules.pastNewest' : 'rules.pastTimes', { n: format(times.length) })}
          </summary>
          <ul class="stack-2">
            {times.map(({ endpoint, tags, from, to: until }) => (
              <li key={`${endpoint.id} ${from} ${JSON.stringify(tags)}`}>
                <Moment at={from} shape="moment" /> · {endpoint.name} {instanceOf({ tags })}{' '}
                <span class="quiet">
                  {until === null ? t('rules.pastStill') : duration((until - from) / 1000, language.value)}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

export function Review({ family, wanted, reason, preview, names, action, onDone, onBack }: ReviewProps) {
  const { busy, problem, send } = useSend();
  const base = useBase('rules');
  const { scope, changes } = wanted;
  const format = (value: number) => number(value, language.value);
  const apply = () =>
    void send(() => call('rules/changes', { method: 'POST', body: { scope, changes, reason }, base })).then(
      (isDone) => {
        if (isDone) onDone();
      },
    );
  const focused = useFocus<HTMLElement>('h3');
  const pairs = pairsOf(family, wanted, preview);
  const isLast = family !== null && goesWhole(family, preview);
  return (
    <section class="stack" aria-label={t('rules.review')} ref={focused}>
      <h3 tabIndex={-1}>{t('rules.reviewOf', { scope: scopeWords(scope, names) })}</h3>
      {pairs.map(({ id, before, after }) => (
        <div class="stack-2" key={id}>
          {pairs.length > 1 && (
            <p class="strong">
              {ruleName(after ?? before ?? { id })}
              {(after ?? before) && `: ${t(`severity.${(after ?? before)?.severity ?? 'warning'}`)}`}
            </p>
          )}
          <DifferenceTable items={differencesOf(before, after)} caption={t('rules.difference')} />
        </div>
      ))}
      {isLast && (
        <Callout
          tone="warning"
          title={t('rules.goesWhole', { name: ruleName(pairs[0]?.before ?? { id: family.id }) })}
        />
      )}
      <p>
        {t('rules.reached', { n: format(preview.reached) })}{' '}
        {preview.after === null
          ? t('rules.afterUnknown', { now: format(preview.now) })
          : t('rules.afterKnown', { now: format(preview.now), after: format(preview.after) })}
      </p>
      <Past history={preview.history} reached={preview.reached} />
      <p>
        <span class="quiet">{t('rules.reason')}:</span> {reason}
      </p>
      {problem && <ProblemCallout problem={problem} />}
      <div class="form-end">
        <button type="button" class="button main" disabled={busy} onClick={apply}>
          {busy ? t('common.working') : action}
        </button>
        <button type="button" class="button" disabled={busy} onClick={onBack}>
          {t('rules.back')}
        </button>
      </div>
    </section>
  );
}
