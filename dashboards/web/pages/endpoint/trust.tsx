/** That this agent has not taken a change of the collector's authority: it is cut off when what it trusts is shown no more. */
import type { NotTrusting } from '../../../../shared/tls.ts';
import { useLoad } from '../../net/load.ts';
import { may } from '../../net/session.ts';
import { Callout } from '../../parts/box.tsx';
import { t } from '../../words/words.ts';

/** A moment after each change, and before the first connection, there is nothing to be done. */
const isNews = ({ why }: NotTrusting) => why !== 'waiting' && why !== 'never';

export function TrustCallout({ id }: { id: string }) {
  const loaded = useLoad<{ missing: NotTrusting | null }>(
    `endpoints/${encodeURIComponent(id)}/trust`,
    (change) => change.kind === 'endpoint' && change.endpoint === id,
    5000,
  );
  const missing = loaded.data?.missing;
  if (!missing || !isNews(missing)) return null;
  return (
    <Callout tone={missing.why === 'offline' ? 'info' : 'warning'} title={t('identity.notTrusting')}>
      <p>
        {t(`certificate.why.${missing.why}`)} {missing.text !== null && <span lang="en">{missing.text}</span>}
      </p>
      <p>
        {t('identity.trustLead')} {may('admin') && <a href="/settings?section=collector">{t('identity.trustOpen')}</a>}
      </p>
    </Callout>
  );
}
