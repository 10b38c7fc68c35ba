/** Back from the provider: finishes the log-in, then goes where the person was. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { OpenIdFinished } from '../../../shared/openid.ts';
import { LoggedOut } from '../logged-out.tsx';
import { useSend } from '../net/load.ts';
import { beginAtProvider, confirmedThere, nextAfter } from '../net/provider.ts';
import { call } from '../net/request.ts';
import { askMe, me } from '../net/session.ts';
import { Bones, ProblemCallout } from '../parts/box.tsx';
import { navigate, safeNext } from '../router.ts';
import { t } from '../words/words.ts';

export function ProviderPage() {
  const { busy, problem, send } = useSend();
  const [isConfirmed, setConfirmed] = useState(false);
  const isBegun = useRef(false);
  useEffect(() => {
    if (isBegun.current) return;
    isBegun.current = true;
    const query = location.search;
    // Opened without the provider, or loaded anew: there is nothing to finish.
    if (query === '') return navigate('/login', { replace: true });
    // What the provider sent is good once, and for nobody who looks at the history.
    history.replaceState(null, '', location.pathname);
    void send(async () => {
      const { again } = await call<OpenIdFinished>('login/openid/finish', { method: 'POST', body: { query } });
      if (again) {
        setConfirmed(true);
        return confirmedThere();
      }
      await askMe();
      navigate(safeNext(nextAfter()), { replace: true });
    });
  }, []);
  return (
    <LoggedOut>
      <section class="box">
        <div class="box-body stack">
          <h1 tabIndex={-1}>{t('login.title')}</h1>
          {problem && <ProblemCallout problem={problem} />}
          {isConfirmed && <p role="status">{t('provider.confirmed')}</p>}
          {!problem && !isConfirmed && <Bones />}
          {problem && (
            <div class="form">
              <button type="button" class="button main" disabled={busy} onClick={() => void send(beginAtProvider)}>
                {t('provider.again', { provider: me.value?.provider ?? '' })}
              </button>
              <a class="button" href="/login">
                {t('provider.other')}
              </a>
            </div>
          )}
        </div>
      </section>
    </LoggedOut>
  );
}
