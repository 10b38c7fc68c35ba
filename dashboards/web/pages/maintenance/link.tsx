import { t } from '../../words/words.ts';

/** To the form, filled in for a place. */
export function MaintenanceLink({ of, target }: { of: 'site' | 'group' | 'endpoint'; target: string }) {
  return (
    <a class="button" href={`/maintenance?${new URLSearchParams({ of, target })}`}>
      {t('maintenance.link')}
    </a>
  );
}
