/** Which machine this endpoint is, where that is in doubt. */
import { useState } from 'preact/hooks';
import type { EndpointDetail, EndpointRow, LooksLike } from '../../../../shared/api.ts';
import { time } from '../../../../shared/words/format.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Callout, ProblemCallout } from '../../parts/box.tsx';
import { Ago } from '../../parts/moment.tsx';
import { navigate, to } from '../../router.ts';
import { language, t } from '../../words/words.ts';

function Shared({ id, machines }: { id: string; machines: EndpointDetail['sharedBy'] }) {
  const { busy, problem, send } = useSend();
  const letIn = (instance: string) =>
    send(() => call(`endpoints/${encodeURIComponent(id)}/let-in`, { method: 'POST', body: { instance } }));
  return (
    <Callout tone="critical" title={t('identity.shared')}>
      <p>{t('identity.sharedLead')}</p>
      <ul>
        {machines.map(({ hostname, address, at, instance, isRefused }) => (
          <li key={instance}>
            <span class="strong">{hostname ?? t('identity.noName')}</span> {address}{' '}
            <span class="quiet small">
              {t('identity.signedOn')} <Ago at={at} />
            </span>
            {isRefused && <span class="strong"> {t('identity.refused')}</span>}{' '}
            {isRefused && may('admin') && (
              <button type="button" class="button slim" disabled={busy} onClick={() => void letIn(instance)}>
                {t('identity.letIn')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {problem && <ProblemCallout problem={problem} />}
      <p>
        {t('identity.sharedDo')} <code>npm run agent -- enroll --again</code>
      </p>
    </Callout>
  );
}

/** Asked twice, because the history of one endpoint becomes that of both. */
function Replace({ id, other }: { id: string; other: LooksLike }) {
  const [asked, setAsked] = useState(false);
  const { busy, problem, send } = useSend();
  const replace = async () => {
    const body = { endpoint: other.id };
    const path = `endpoints/${encodeURIComponent(id)}/replaces`;
    if (await send(() => call<EndpointRow>(path, { method: 'POST', body }))) navigate(to.endpoint(other.id));
  };
  if (!asked) {
    return (
      <button type="button" class="button" onClick={() => setAsked(true)}>
        {t('identity.replace', { name: other.name })}
      </button>
    );
  }
  return (
    <>
      <p class="small">{t('identity.replaceLead', { name: other.name })}</p>
      <button type="button" class="button main" disabled={busy} onClick={() => void replace()}>
        {t('identity.replaceSure')}
      </button>
      {problem && <ProblemCallout problem={problem} />}
    </>
  );
}

/** Another machine with the same system, and nothing was heard of the one of before since this one enrolled. */
const isMoved = (other: LooksLike, enrolledAt: number) =>
  other.likeness === 'copy' && other.older && other.state !== 'online' && (other.lastSeenAt ?? 0) < enrolledAt;

function Lookalike({ id, other, enrolledAt }: { id: string; other: LooksLike; enrolledAt: number }) {
  const isCopy = other.likeness === 'copy' && !isMoved(other, enrolledAt);
  return (
    <Callout tone={isCopy ? 'warning' : 'info'} title={t(`identity.like.${other.likeness}`, { name: other.name })}>
      <p>
        {t(other.likeness === 'copy' && !isCopy ? 'identity.moved' : `identity.why.${other.likeness}`)}{' '}
        <a href={to.endpoint(other.id)}>{other.name}</a>{' '}
        <span class="quiet small">
          {t(`state.${other.state}`)} <Ago at={other.lastSeenAt} />
        </span>
      </p>
      {!isCopy && !other.older && <p>{t('identity.newer')}</p>}
      {!isCopy && other.older && (may('admin') ? <Replace id={id} other={other} /> : <p>{t('identity.adminOnly')}</p>)}
    </Callout>
  );
}

export function Identity({ detail }: { detail: EndpointDetail }) {
  return (
    <>
      {detail.againAt !== null && (
        <Callout tone="critical" title={t('identity.again')}>
          {t('identity.againLead', { at: time(detail.againAt, language.value, 'long') })}
        </Callout>
      )}
      {detail.sharedBy.length > 0 && <Shared id={detail.row.id} machines={detail.sharedBy} />}
      {detail.looksLike.map((other) => (
        <Lookalike key={other.id} id={detail.row.id} other={other} enrolledAt={detail.enrolledAt} />
      ))}
    </>
  );
}
