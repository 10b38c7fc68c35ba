/** Why nobody is notified of an alert: by what, and until when. */
import type { Suppression } from '../../../shared/suppression.ts';
import { time } from '../../../shared/words/format.ts';
import { to } from '../router.ts';
import { ruleName } from '../words/value.ts';
import { actorName, language, t, wordOr } from '../words/words.ts';

function sentenceOf({ kind, by, reason, until, site }: Suppression): string {
  const end = until === null ? '' : time(until, language.value);
  const values = { name: actorName(by ?? ''), until: end, reason: reason ?? '' };
  if (kind === 'silence' && until !== null) return t('alert.hidden.silence', values);
  if (kind === 'maintenance' && until !== null) return t('alert.hidden.maintenance', values);
  if (kind === 'site_incident' && site !== null) return t('alert.hidden.site', { site });
  return wordOr('alert.suppressedBy', kind);
}

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
        {one.kind === 'silence' && <a href="/silences">{t('page.silences')}</a>}
        {one.kind === 'maintenance' && <a href="/maintenance">{t('page.maintenance')}</a>}
      </li>
    ))}
  </ul>
);
