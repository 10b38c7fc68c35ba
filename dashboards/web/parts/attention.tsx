/** Why an endpoint needs a look, in words. */
import type { EndpointRow } from '../../../shared/api.ts';
import { now } from '../clock.ts';
import { coarse } from '../format.ts';
import { language, t } from '../words/words.ts';
import { Mark } from './mark.tsx';

type Attention = EndpointRow['attention'][number];

/** `Backup is late: nightly`: the detail is a name or a number from the endpoint; of updates, their age as well. */
export function attentionWords({ code, detail: told }: Attention, { patches }: EndpointRow): string {
  const words = t(`attention.${code}`);
  const since = code === 'security_updates' ? patches.oldestSecuritySince : null;
  const age = since === null ? '' : ` (${coarse(Math.max(0, now.peek() - since) / 1000, language.value)})`;
  const detail = told === undefined ? undefined : told + age;
  return detail === undefined || detail === '' ? words : t('attention.withDetail', { words, detail });
}

/** Two lines at most: two reasons, or the worst one and how many more. */
export function AttentionChips({ row }: { row: EndpointRow }) {
  const items = row.attention;
  const most = items.length > 2 ? 1 : 2;
  const more = items.length - most;
  return (
    <span class="row chips">
      {items.slice(0, most).map((item) => (
        <Mark key={`${item.code}${item.detail ?? ''}`} tone={item.severity} icon={item.severity} chip>
          {attentionWords(item, row)}
        </Mark>
      ))}
      {more > 0 && (
        <span
          class="quiet small"
          title={items
            .slice(most)
            .map((item) => attentionWords(item, row))
            .join('\n')}
        >
          {t('attention.more', { n: more })}
        </span>
      )}
    </span>
  );
}
