/** The alerts that a silence hides, or would hide. */
import type { SilencePreview } from '../../../../shared/silence.ts';
import { number } from '../../../../shared/words/format.ts';
import { ruleName } from '../../../../shared/words/names.ts';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';

export const say = (count: number) => number(count, language.value);

export function HiddenAlerts({ row: { hides, alerts } }: { row: Pick<SilencePreview, 'hides' | 'alerts'> }) {
  if (hides.length === 0) return null;
  return (
    <ul class="plain stack-2">
      {hides.map(({ id, rule, endpoint, severity }) => (
        <li key={id}>
          <a href={to.alert(id)}>{ruleName(language.value, rule)}</a>
          <span class="quiet small">
            {' '}
            {endpoint.name} · {t(`severity.${severity}`)}
          </span>
        </li>
      ))}
      {alerts > hides.length && <li class="quiet">{t('silence.more', { n: say(alerts - hides.length) })}</li>}
    </ul>
  );
}
