import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { t } from '../words/words.ts';
import { useFaultInView } from './fault-in-view.ts';

interface FormEndProps {
  busy: boolean;
  /** Of the button that sends the form. */
  word: string;
  disabled?: boolean;
  onCancel: () => void;
  /** Between the two buttons. */
  children?: ComponentChildren;
}

/** The last line of a form: the button that sends it, and the one that leaves it. */
export function FormEnd({ busy, word, disabled = false, onCancel, children }: FormEndProps) {
  const end = useRef<HTMLDivElement>(null);
  useFaultInView(end, busy);
  return (
    <div class="form-end" ref={end}>
      <button type="submit" class="button main" disabled={busy || disabled}>
        {busy ? t('common.working') : word}
      </button>
      {children}
      <button type="button" class="button" onClick={onCancel}>
        {t('common.cancel')}
      </button>
    </div>
  );
}
