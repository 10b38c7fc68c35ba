/** Whether the provider by which people log in works: what was found, and what to do. */
import { useState } from 'preact/hooks';
import type { ProviderLook } from '../../../../shared/openid.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { me } from '../../net/session.ts';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { Icon } from '../../parts/icon.tsx';
import { t } from '../../words/words.ts';

export function ProviderSettings() {
  const [look, setLook] = useState<ProviderLook | null>(null);
  const { busy, problem, send } = useSend();
  const provider = me.value?.provider;
  if (!provider) return null;
  const check = () => void send(async () => setLook(await call('login/openid/check', { method: 'POST' })));
  return (
    <Box title={t('provider.title', { provider })}>
      <div class="stack">
        <p>{t('provider.lead')}</p>
        {problem && <ProblemCallout problem={problem} />}
        <div class="form-end">
          <button type="button" class="button" disabled={busy} onClick={check}>
            {busy ? t('common.working') : t('provider.check')}
          </button>
        </div>
        {look && (
          <ul role="status" class="stack-2">
            {look.items.map(({ what, isGood, said, todo }) => (
              <li key={what}>
                <Icon name={isGood ? 'ok' : 'warning'} /> <b>{t(`provider.what.${what}`)}</b>:{' '}
                {isGood ? t('provider.isGood') : t('provider.isBad')}
                <p class="small">
                  {said}
                  {todo && ` – ${todo}`}
                </p>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Box>
  );
}
