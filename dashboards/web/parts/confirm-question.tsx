/** The password again: typed in here, or at the provider. Its file comes when it is first asked. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, useSend } from '../net/load.ts';
import { confirmAtProvider } from '../net/provider.ts';
import { call, type Problem } from '../net/request.ts';
import { me } from '../net/session.ts';
import { t } from '../words/words.ts';
import { ProblemCallout } from './box.tsx';
import { CodeInput, useAsked } from './code-input.tsx';
import { Input } from './field.tsx';
import { Form } from './form.tsx';

interface QuestionProps {
  answer(isConfirmed: boolean): void;
}

function Here({ answer }: QuestionProps) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { busy, problem, send } = useSend();
  const asksCode = useAsked(problem);
  const submit = async () => {
    if (await send(() => call('me/confirm', { method: 'POST', body: { password, ...(code === '' ? {} : { code }) } })))
      answer(true);
  };
  return (
    <Form onSubmit={submit} busy={busy} word={t('confirm.go')} onCancel={() => answer(false)}>
      <h2 id="confirm">{t('confirm.title')}</h2>
      <p>{t('confirm.why')}</p>
      {problem && problem.code !== 'CODE_NEEDED' && <ProblemCallout problem={problem} />}
      <Input
        label={t('confirm.password')}
        type="password"
        value={password}
        onInput={setPassword}
        required
        autocomplete="current-password"
      />
      {asksCode && <CodeInput value={code} onInput={setCode} />}
    </Form>
  );
}

function AtProvider({ answer }: QuestionProps) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const waiting = useRef(() => {});
  useEffect(() => () => waiting.current(), []);
  const go = () => {
    waiting.current();
    setProblem(null);
    waiting.current = confirmAtProvider(
      () => answer(true),
      (thrown) => setProblem(asProblem(thrown)),
    );
  };
  const provider = me.value?.provider ?? '';
  return (
    <div class="form">
      <h2 id="confirm">{t('confirm.title')}</h2>
      <p>{t('provider.confirm', { provider })}</p>
      {problem && <ProblemCallout problem={problem} />}
      <div class="form-end">
        <button type="button" class="button main" onClick={go}>
          {t('provider.openConfirm', { provider })}
        </button>
        <button type="button" class="button" onClick={() => answer(false)}>
          {t('common.cancel')}
        </button>
      </div>
    </div>
  );
}

export function Question({ answer }: QuestionProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="box" aria-labelledby="confirm" onCancel={() => answer(false)}>
      {me.value?.via === 'openid' ? <AtProvider answer={answer} /> : <Here answer={answer} />}
    </dialog>
  );
}
