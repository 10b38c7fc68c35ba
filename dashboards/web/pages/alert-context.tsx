/** What may explain an alert: work before it, other unusual metrics, earlier ones like it. */
import type { AlertContext } from '../../../shared/alert-groups.ts';
import type { Alert } from '../../../shared/api.ts';
import { duration, measured, number } from '../../../shared/words/format.ts';
import { useLoad } from '../net/load.ts';
import { Box, Ready } from '../parts/box.tsx';
import { Moment } from '../parts/moment.tsx';
import { to } from '../router.ts';
import { metricName } from '../words/value.ts';
import { actorName, language, t, wordOr } from '../words/words.ts';
import { ChangeLink } from './changes/facts.tsx';

export function Beside({ alert }: { alert: Alert }) {
  const loaded = useLoad<AlertContext>(`alerts/${encodeURIComponent(alert.id)}/context`);
  return (
    <Ready of={loaded} lines={4}>
      {(found) => (
        <>
          <Changes changes={found.changes} />
          <Unusual unusual={found.unusual} />
          <Earlier earlier={found.earlier} />
        </>
      )}
    </Ready>
  );
}

function Changes({ changes }: Pick<AlertContext, 'changes'>) {
  return (
    <Box title={t('alert.page.before')}>
      {changes.length === 0 ? (
        <p class="quiet">{t('alert.page.noChange')}</p>
      ) : (
        <ul class="stack-2">
          {changes.map(({ at, what, change }) => (
            <li key={`${at}${what}${change.id}`}>
              <Moment at={at} /> {what !== 'change' && <span class="tag">{wordOr('change.what', what)}</span>}{' '}
              <ChangeLink change={change} />
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}

function Unusual({ unusual }: Pick<AlertContext, 'unusual'>) {
  const value = (one: number, unit: string) => measured(one, unit, language.value);
  const days = Math.max(0, ...unusual.map((one) => one.days));
  return (
    <Box title={t('alert.page.unusual')}>
      {unusual.length === 0 ? (
        <p class="quiet">{t('alert.page.noUnusual')}</p>
      ) : (
        <ul class="stack-2">
          {unusual.map(({ metric, tags, unit, value: was, low, high }) => (
            <li key={metric + JSON.stringify(tags)}>
              {metricName(metric)}{' '}
              <span class="quiet">
                {Object.entries(tags)
                  .filter(([name]) => name !== 'host' && name !== 'fstype')
                  .map(([, tag]) => tag)
                  .join(' · ')}
              </span>{' '}
              <span class="strong nowrap">{value(was, unit)}</span>{' '}
              <span class="quiet nowrap">
                {t('alert.page.usual', { low: value(low, unit), high: value(high, unit) })}
              </span>
            </li>
          ))}
        </ul>
      )}
      <p class="quiet small">
        {t('alert.page.unusualHow')} {days > 0 && t('alert.page.unusualDays', { n: number(days, language.value) })}
      </p>
    </Box>
  );
}

function Earlier({ earlier }: Pick<AlertContext, 'earlier'>) {
  return (
    <Box title={t('alert.page.earlier')}>
      {earlier.length === 0 ? (
        <p class="quiet">{t('alert.page.noEarlier')}</p>
      ) : (
        <ul class="stack-2">
          {earlier.map(({ id, firedAt, resolvedAt, why, acknowledgedBy, ticket, solved }) => (
            <li key={id}>
              <a href={to.alert(id)}>
                <Moment at={firedAt} />
              </a>{' '}
              <span class="quiet">
                {duration((resolvedAt - firedAt) / 1000, language.value)}
                {why !== null && ` · ${wordOr('alert.why', why, wordOr('cause', why))}`}
                {acknowledgedBy !== null && ` · ${actorName(acknowledgedBy)}`}
              </span>{' '}
              {ticket !== null && <a href={to.ticket(ticket)}>#{ticket}</a>}
              {solved !== null && <p class="quotation">{solved}</p>}
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}
