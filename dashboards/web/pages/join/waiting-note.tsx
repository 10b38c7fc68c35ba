/** On the page of the fleet: that machines wait for a person. */
import type { Applicant } from '../../../../shared/applicant.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Callout } from '../../parts/box.tsx';
import { t } from '../../words/words.ts';

export function WaitingNote() {
  const { data } = useLoad<Page<Applicant>>('applicants', ({ kind }) => kind === 'applicant', 3000);
  const n = data?.items.filter(({ state }) => state === 'waiting').length ?? 0;
  if (n === 0) return null;
  return (
    <Callout tone="info" title={t('fleet.waiting', { n })}>
      <a href="/add">{t('page.add')}</a>
    </Callout>
  );
}
