/** Deletes in two steps: first it says what goes with it, with the focus on Cancel. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { t } from '../words/words.ts';
import { ProblemCallout } from './box.tsx';

interface DeleteProps {
  /** Of what is deleted. */
  name: string;
  /** What is lost. */
  warning: string;
  address: string;
  onDone: () => void;
  /** The words of the first and of the second button, where it is not deleted but ended. */
  words?: readonly [first: string, second: string];
  slim?: boolean;
}

export function Delete({ name, warning, address, onDone, words, slim = false }: DeleteProps) {
  const [first, second] = words ?? [t('common.delete'), t('place.deleteOf', { name })];
  const [isAsked, setAsked] = useState(false);
  const { busy, problem, send } = useSend();
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), [isAsked]);
  if (!isAsked)
    return (
      <button type="button" class={slim ? 'button slim' : 'button'} onClick={() => setAsked(true)}>
        {first}
        <span class="unseen"> {name}</span>
      </button>
    );
  const remove = async () => {
    if (await send(() => call(address, { method: 'DELETE' }))) onDone();
  };
  return (
    <div class="stack-2">
      {problem && <ProblemCallout problem={problem} />}
      <p role="status">{warning}</p>
      <div class="form-end">
        <button type="button" class="button danger" disabled={busy} onClick={() => void remove()}>
          {busy ? t('common.working') : second}
        </button>
        <button type="button" class="button" onClick={() => setAsked(false)} ref={cancel}>
          {t('common.cancel')}
        </button>
      </div>
    </div>
  );
}
