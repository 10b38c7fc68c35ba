/** What an endpoint waits for that sends more than it may. */
import type { Flood } from '../../../../shared/api.ts';
import { duration, percent } from '../../../../shared/words/format.ts';
import { Callout } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { language, t } from '../../words/words.ts';

export function FloodCallout({ flood }: { flood: Flood }) {
  const goesOn = flood.percent > 0;
  return (
    <Callout tone={goesOn ? 'warning' : 'info'} title={t(goesOn ? 'flood.title' : 'flood.over')}>
      <p>
        {t('flood.since')} <Moment at={flood.since} />.{' '}
        {goesOn && t('flood.lead', { percent: percent(flood.percent, language.value, 0) })}
      </p>
      <ul>
        {flood.budgets.map(({ budget, seconds }) => (
          <li key={budget}>
            {t(`flood.budget.${budget}`)}{' '}
            <span class="quiet small">{t('flood.waited', { time: duration(seconds, language.value) })}</span>
          </li>
        ))}
      </ul>
      <p>{t('flood.todo')}</p>
    </Callout>
  );
}
