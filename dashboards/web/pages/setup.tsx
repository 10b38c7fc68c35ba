/** The first admin, made with the secret of the link that the collector printed. Closed for ever afterwards. */

import { useState } from 'preact/hooks';
import { LoggedOut } from '../logged-out.tsx';
import { useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { askMe, me } from '../net/session.ts';
import { Callout } from '../parts/box.tsx';
import { Input } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { navigate } from '../router.ts';
import { t } from '../words/words.ts';

/** The part after `#` never leaves the browser by itself: not in logs, not in a referrer. */
function secretOf(hash: string): string {
  return decodeURIComponent(hash.replace(/^#/, ''));
}

function SetupForm({ secret }: { secret: string }) {
  const [user, setUser] = useState('admin');
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const [differ, setDiffer] = useState(false);
  const { busy, problem, send } = useSend();
  const submit = async () => {
    setDiffer(password !== repeated);
    if (password !== repeated) return;
    if (!(await send(() => call('setup', { method: 'POST', body: { secret, user, password } })))) return;
    navigate('/', { replace: true });
    await askMe();
  };
  return (
    <Form busy={busy} problem={problem} onSubmit={submit} word={t('setup.create')}>
      <Input label={t('login.user')} value={user} onInput={setUser} autocomplete="username" required maxLength={64} />
      <Input
        label={t('login.password')}
        type="password"
        value={password}
        onInput={setPassword}
        autocomplete="new-password"
        help={t('setup.passwordHelp')}
        required
      />
      <Input
        label={t('setup.repeat')}
        type="password"
        value={repeated}
        onInput={setRepeated}
        error={differ ? t('setup.differ') : undefined}
        autocomplete="new-password"
        required
      />
    </Form>
  );
}

export function SetupPage() {
  const secret = secretOf(location.hash);
  const open = me.value?.setup === true;
  return (
    <LoggedOut>
      <div class="stack-2">
        <h1 tabIndex={-1}>{open ? t('setup.title') : t('setup.closed')}</h1>
        <p class="quiet">{open ? t('setup.lead') : t('setup.closedLead')}</p>
      </div>
      {!open && (
        <a class="button main" href="/login">
          {t('login.submit')}
        </a>
      )}
      {open && secret === '' && (
        <Callout tone="info" title={t('setup.noSecret')}>
          {t('setup.noSecretHint')}
        </Callout>
      )}
      {open && secret !== '' && (
        <section class="box">
          <div class="box-body">
            <SetupForm secret={secret} />
          </div>
        </section>
      )}
    </LoggedOut>
  );
}
