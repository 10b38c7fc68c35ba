/** What waits for a second person, at the top: until then it counts as downtime, or ends after 24 h. */
import type { MaintenanceRow } from '../../../../shared/api.ts';
import { me } from '../../net/session.ts';
import { Callout } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { actorName, t } from '../../words/words.ts';
import { Rhythm, say } from './facts.tsx';

interface WaitingProps {
  items: readonly MaintenanceRow[];
  mayApprove: boolean;
  onApprove: (row: MaintenanceRow) => void;
}

export function WaitingWindows({ items, mayApprove, onApprove }: WaitingProps) {
  if (items.length === 0) return null;
  return (
    <Callout tone="warning" title={t('maintenance.waiting', { n: say(items.length) })}>
      <ul class="plain stack-2">
        {items.map((row) => (
          <li key={row.id}>
            <strong>{row.scope.name}</strong>{' '}
            {row.once ? (
              <span>
                <Moment at={row.once.start} /> – <Moment at={row.once.end} />
              </span>
            ) : (
              row.repeat && <Rhythm {...row.repeat} />
            )}
            {' · '}
            <span class="place-note">{row.reason}</span> · {actorName(row.updatedBy)}
            <div class="row">
              <span>
                {t(
                  `maintenance.warning.${row.warnings.includes('late') ? (row.askedBy === null ? 'late' : 'asked') : 'long'}`,
                )}
              </span>
              {[row.createdBy, row.updatedBy].includes(me.value?.user ?? '') ? (
                <span class="quiet">{t('maintenance.waitsForOther')}</span>
              ) : (
                mayApprove && (
                  <button type="button" class="button slim" onClick={() => onApprove(row)}>
                    {t('maintenance.approve')}
                    <span class="unseen"> {row.scope.name}</span>
                  </button>
                )
              )}
            </div>
          </li>
        ))}
      </ul>
    </Callout>
  );
}
