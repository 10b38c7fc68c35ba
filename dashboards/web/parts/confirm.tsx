/** Asks for the own password again, before what outlives the session; then what was refused is tried once more. */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSend } from '../net/load.ts';
import { call, onConfirm } from '../net/request.ts';
import { t } from '../words/words.ts';
import { ProblemCallout } from './box.tsx';
import { Input } from './field.tsx';

/** What waits for the answer; null: nothing is asked. */
const waiting = signal<((isConfirmed: boolean) => void) | null>(null);

onConfirm(
  () =>
    new Promise((resolve) => {
      waiting.value?.(false);
      waiting.value = resolve;
    }),
);

function answer(isConfirmed: boolean): void {
  const resolve = waiting.value;
  waiting.value = null;
  resolve?.(isConfirmed);
}

function Question() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [password, setPassword] = useState('');
  const { busy, problem, send } = useSend();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await send(() => call('me/confirm', { method: 'POST', body: { password } }))) answer(true);
  };
  return (
    <dialog ref={dialog} class="box" aria-labelledby="confirm" onCancel={() => answer(false)}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <h2 id="confirm">{t('confirm.title')}</h2>
        <p>{t('confirm.why')}</p>
        {problem && <ProblemCallout problem={problem} />}
        <Input
          label={t('confirm.password')}
          type="password"
          value={password}
          onInput={setPassword}
          required
          autocomplete="current-password"
        />
        <div class="form-end">
          <button type="submit" class="button main" disabled={busy}>
            {busy ? t('common.working') : t('confirm.go')}
          </button>
          <button type="button" class="button" onClick={() => answer(false)}>
            {t('common.cancel')}
          </button>
        </div>
      </form>
    </dialog>
  );
}

export function Confirm() {
  return waiting.value === null ? null : <Question />;
}
