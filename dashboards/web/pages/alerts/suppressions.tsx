/** Why nobody is notified of an alert: by what, and until when. */
import type { Suppression } from '../../../../shared/suppression.ts';
import { momentText } from '../../parts/moment.tsx';
import { to } from '../../router.ts';
import { ruleName } from '../../words/value.ts';
import { actorName, t, wordOr } from '../../words/words.ts';

function sentenceOf({ kind, by, reason, until, site, isOver }: Suppression): string {
  const end = until === null ? '' : momentText(until);
  const values = { name: actorName(by ?? ''), until: end, reason: reason ?? '' };
  if (kind === 'silence' && until !== null) return t('alert.hidden.silence', values);
  if (isOver) return t('alert.hidden.settling', values);
  if (kind === 'maintenance' && until !== null) return t('alert.hidden.maintenance', values);
  if (kind === 'site_incident' && site !== null) return t('alert.hidden.site', { site });
  return wordOr('alert.suppressedBy', kind);
}

const hrefOf = (place: string, { id }: Suppression) =>
  id === null ? place : `${place}?${new URLSearchParams({ id })}`;

export const Suppressions = ({ of }: { of: readonly Suppression[] }) => (
  <ul class="plain stack-2">
    {of.map((one) => (
      <li key={`${one.kind}${one.id}`}>
        {one.causes.length > 0
          ? one.causes.map(({ alert, name, rule }) => (
              <div key={alert}>
                {t('alert.hidden.behind', { name })} <a href={to.alert(alert)}>{ruleName(rule)}</a>
              </div>
            ))
          : sentenceOf(one)}{' '}
        {one.kind === 'silence' && <a href={hrefOf('/silences', one)}>{t('page.silences')}</a>}
        {one.kind === 'maintenance' && <a href={hrefOf('/maintenance', one)}>{t('page.maintenance')}</a>}
      </li>
    ))}
  </ul>
);
