/** What may explain an alert: work before it, other unusual metrics, earlier ones like it. */
import type { AlertContext } from '../../../../shared/alert-groups.ts';
import type { Alert } from '../../../../shared/api.ts';
import { duration, measured, number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { to } from '../../router.ts';
import { metricName } from '../../words/value.ts';
import { actorName, language, t, wordOr } from '../../words/words.ts';
import { ChangeLink } from '../changes/facts.tsx';

export function Beside({ alert }: { alert: Alert }) {
  const loaded = useLoad<AlertContext>(`alerts/${encodeURIComponent(alert.id)}/context`);
  return (
    <Ready of={loaded} lines={4}>
      {(found) => (
        <>
          {found.isMachine && <Changes changes={found.changes} />}
          {found.isMachine && <Unusual {...found} />}
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

function Unusual({ unusual, compared, short }: Pick<AlertContext, 'unusual' | 'compared' | 'short'>) {
  const value = (one: number, unit: string) => measured(one, unit, language.value);
  return (
    <Box title={t('alert.page.unusual')}>
      {compared === 0 && short.length === 0 && <p class="quiet">{t('alert.page.noneCompared')}</p>}
      {unusual.length === 0 && compared > 0 && (
        <p class="quiet">{t('alert.page.noUnusual', { n: number(compared, language.value) })}</p>
      )}
      {unusual.length > 0 && (
        <ul class="stack-2">
          {unusual.map(({ metric, tags, unit, value: was, low, high, from, to: until }) => (
            <li key={metric + JSON.stringify(tags)}>
              {metricName(metric)}{' '}
              <span class="quiet">
                {Object.entries(tags)
                  .filter(([name]) => name !== 'host' && name !== 'fstype' && name !== 'cpu')
                  .map(([, tag]) => tag)
                  .join(' · ')}
              </span>{' '}
              <span class="strong nowrap">{value(was, unit)}</span>{' '}
              <span class="quiet nowrap">
                {t('alert.page.usual', { low: value(low, unit), high: value(high, unit) })}
              </span>{' '}
              <span class="quiet nowrap">
                <Moment at={from} />{' '}
                {until === null
                  ? t('alert.page.unusualOn')
                  : t('alert.page.unusualFor', { time: duration((until - from) / 1000, language.value) })}
              </span>
            </li>
          ))}
        </ul>
      )}
      <Short short={short} />
      <p class="quiet small">{t('alert.page.unusualHow')}</p>
    </Box>
  );
}

/** Why there is no verdict: of the metric of which most is known. */
function Short({ short }: Pick<AlertContext, 'short'>) {
  const [most] = short.toSorted((a, b) => b.weeks - a.weeks || b.values - a.values);
  if (!most) return null;
  const n = (one: number) => number(one, language.value);
  const metrics = [...new Set(short.map(({ metric }) => metricName(metric)))].join(', ');
  return <p class="quiet">{t('alert.page.unusualShort', { metrics, values: n(most.values), weeks: n(most.weeks) })}</p>;
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
