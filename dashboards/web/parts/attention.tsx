/** Why an endpoint needs a look, in words. */
import type { EndpointRow } from '../../../shared/api.ts';
import { t } from '../words/words.ts';
import { Mark } from './mark.tsx';

type Attention = EndpointRow['attention'][number];

/** `Backup is late (nightly)`: the detail is a name or a number from the endpoint. */
export function attentionWords({ code, detail }: Attention): string {
  const words = t(`attention.${code}`);
  return detail === undefined || detail === '' ? words : t('attention.withDetail', { words, detail });
}

/** Two lines at most: two reasons, or the worst one and how many more. */
export function AttentionChips({ items }: { items: readonly Attention[] }) {
  const most = items.length > 2 ? 1 : 2;
  const more = items.length - most;
  return (
    <span class="row chips">
      {items.slice(0, most).map((item) => (
        <Mark key={`${item.code}${item.detail ?? ''}`} tone={item.severity} icon={item.severity} chip>
          {attentionWords(item)}
        </Mark>
      ))}
      {more > 0 && (
        <span class="quiet small" title={items.slice(most).map(attentionWords).join('\n')}>
          {t('attention.more', { n: more })}
        </span>
      )}
    </span>
  );
}
