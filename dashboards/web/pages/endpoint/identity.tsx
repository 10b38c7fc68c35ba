/** Which machine this endpoint is, where that is in doubt. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import { Notice } from '../../parts/box.tsx';
import { Ago } from '../../parts/moment.tsx';
import { t } from '../../words/words.ts';

function Shared({ machines }: { machines: EndpointDetail['sharedBy'] }) {
  return (
    <Notice tone="critical" title={t('identity.shared')}>
      <p>{t('identity.sharedLead')}</p>
      <ul>
        {machines.map(({ hostname, address, at }) => (
          <li key={`${hostname}${address}${at}`}>
            <span class="strong">{hostname ?? t('identity.noName')}</span> {address}{' '}
            <span class="quiet small">
              {t('identity.signedOn')} <Ago at={at} />
            </span>
          </li>
        ))}
      </ul>
      <p>
        {t('identity.sharedDo')} <code>npm run agent -- enroll CODE --again</code>
      </p>
    </Notice>
  );
}

export function Identity({ detail }: { detail: EndpointDetail }) {
  return <>{detail.sharedBy.length > 0 && <Shared machines={detail.sharedBy} />}</>;
}
