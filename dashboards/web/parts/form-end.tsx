import type { ComponentChildren } from 'preact';
import { t } from '../words/words.ts';

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
export const FormEnd = ({ busy, word, disabled = false, onCancel, children }: FormEndProps) => (
  <div class="form-end">
    <button type="submit" class="button main" disabled={busy || disabled}>
      {busy ? t('common.working') : word}
    </button>
    {children}
    <button type="button" class="button" onClick={onCancel}>
      {t('common.cancel')}
    </button>
  </div>
);
