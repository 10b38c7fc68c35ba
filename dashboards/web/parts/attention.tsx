/** Why an endpoint needs attention, in words. */

import type { EndpointRow } from '../../../shared/api.ts';
import { ruleName } from '../words/value.ts';
import { t } from '../words/words.ts';
import { Mark } from './mark.tsx';

type Attention = EndpointRow['attention'][number];

/** `Backup is late: nightly`: the detail is a name from the endpoint; of several, how many. */
export function attentionWords({ rule, detail, count, state }: Attention): string {
  const words = ruleName(rule);
  const more = count > 1 ? t('attention.more', { n: count - 1 }) : '';
  const named = detail === '' ? words : t('attention.withDetail', { words, detail: `${detail} ${more}`.trim() });
  return state === 'firing' ? named : t(`attention.${state}`, { words: named });
}

/** Two lines at most: two reasons, or the worst one and how many more; on one line that one. */
export function AttentionChips({ row, isLine = false }: { row: EndpointRow; isLine?: boolean }) {
  const items = row.attention;
  const most = isLine || items.length > 2 ? 1 : 2;
  const more = items.length - most;
  return (
    <span class="row chips">
      {items.slice(0, most).map((item) => (
        <Mark key={item.code} tone={item.severity} icon={item.severity} chip>
          {attentionWords(item)}
        </Mark>
      ))}
      {more > 0 && (
        <span
          class="quiet small"
          title={items
            .slice(most)
            .map((item) => attentionWords(item))
            .join('\n')}
        >
          {t('attention.more', { n: more })}
        </span>
      )}
    </span>
  );
}
