import { useEffect, useState } from 'preact/hooks';
import { LoggedOut } from '../logged-out.tsx';
import { useSend } from '../net/load.ts';
import { beginAtProvider } from '../net/provider.ts';
import { call } from '../net/request.ts';
import { askMe, hasEnded, me } from '../net/session.ts';
import { Callout, ProblemCallout } from '../parts/box.tsx';
import { CodeInput, useAsked } from '../parts/code-input.tsx';
import { Input } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { navigate, path, safeNext, search } from '../router.ts';
import { t } from '../words/words.ts';

/** Shown in place of any page until log-in, so that the page itself appears afterwards. */
export function LoginPage() {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { busy, problem, send } = useSend();
  const asksCode = useAsked(problem);
  const atLogin = path.value === '/login';
  const known = me.value?.role != null;
  const provider = me.value?.provider ?? null;
  const next = () => (atLogin ? new URLSearchParams(search.value).get('next') : path.value + search.value);
  useEffect(() => {
    if (atLogin && known) navigate(safeNext(next()), { replace: true });
  }, [atLogin, known]);
  const submit = async () => {
    if (await send(() => call('login', { method: 'POST', body: { user, password, ...(code === '' ? {} : { code }) } })))
      await askMe();
  };
  return (
    <LoggedOut>
      <section class="box">
        <div class="box-body stack">
          <h1 tabIndex={-1}>{t('login.title')}</h1>
          {hasEnded.value && !problem && (
            <Callout tone="info" title={t('login.ended')} spoken>
              <p>{t('login.endedWhy')}</p>
            </Callout>
          )}
          {problem && problem.code !== 'CODE_NEEDED' && <ProblemCallout problem={problem} />}
          {provider && (
            <>
              <button
                class="button main"
                type="button"
                disabled={busy}
                onClick={() => void send(() => beginAtProvider(next()))}
              >
                {t('provider.logIn', { provider })}
              </button>
              <p class="quiet">{t('provider.orPassword')}</p>
            </>
          )}
          <Form busy={busy} onSubmit={submit} word={t('login.submit')} look={provider ? '' : 'main'}>
            <Input label={t('login.user')} value={user} onInput={setUser} autocomplete="username" required />
            <Input
              label={t('login.password')}
              type="password"
              value={password}
              onInput={setPassword}
              autocomplete="current-password"
              required
            />
            {asksCode && <CodeInput value={code} onInput={setCode} />}
          </Form>
          {me.value?.recovers && <a href="/recovery">{t('login.noAccess')}</a>}
        </div>
      </section>
    </LoggedOut>
  );
}
