/** Who is logged in, and their own password. */

import { useState } from 'preact/hooks';
import { keysOn, setKeys } from '../../keys.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { me } from '../../net/session.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { CodeInput, useAsked } from '../../parts/code-input.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { t } from '../../words/words.ts';
import { OwnFactor } from './factor.tsx';

function OwnPassword() {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [isDone, setDone] = useState(false);
  const [code, setCode] = useState('');
  const { busy, problem, send } = useSend();
  const asksCode = useAsked(problem);
  const submit = async () => {
    setDone(false);
    if (
      !(await send(() =>
        call('me/password', { method: 'POST', body: { current, password, ...(code === '' ? {} : { code }) } }),
      ))
    )
      return;
    setCurrent('');
    setPassword('');
    setDone(true);
  };
  return (
    <Form onSubmit={submit} busy={busy} word={t('settings.changePassword')} look="">
      {problem && problem.code !== 'CODE_NEEDED' && <ProblemCallout problem={problem} />}
      {isDone && (
        <Callout tone="ok" title={t('settings.ownPasswordSet')} spoken>
          {t('settings.ownPasswordEnds')}
        </Callout>
      )}
      <div class="form-row">
        <Input
          label={t('settings.currentPassword')}
          type="password"
          value={current}
          onInput={setCurrent}
          required
          autocomplete="current-password"
        />
        <Input
          label={t('settings.nextPassword')}
          type="password"
          value={password}
          onInput={setPassword}
          required
          autocomplete="new-password"
          help={t('setup.passwordHelp')}
        />
      </div>
      {asksCode && <CodeInput value={code} onInput={setCode} />}
    </Form>
  );
}

export function Account() {
  return (
    <Box title={t('settings.account')}>
      <div class="stack">
        <p>
          {me.value?.user} ({me.value?.role && t(`role.${me.value.role}`)})
        </p>
        {me.value?.sites && (
          <p>{t('scopes.own', { sites: me.value.sites.map(({ name }) => name).join(', ') || t('scopes.gone') })}</p>
        )}
        <label class="option">
          <input type="checkbox" checked={keysOn.value} onChange={(event) => setKeys(event.currentTarget.checked)} />
          {t('keys.setting')}
        </label>
        {me.value?.via === 'openid' ? (
          <p class="quiet">{t('provider.ownAccount', { provider: me.value.provider ?? '' })}</p>
        ) : (
          <>
            <OwnPassword />
            <OwnFactor />
          </>
        )}
      </div>
    </Box>
  );
}
