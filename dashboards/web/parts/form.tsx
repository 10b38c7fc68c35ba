/** A form: what was refused, its fields, the button that sends it and the one that leaves it. */
import type { ComponentChildren, RefObject } from 'preact';
import { useId, useRef } from 'preact/hooks';
import type { Problem } from '../net/request.ts';
import { t } from '../words/words.ts';
import { ProblemCallout } from './box.tsx';
import { useFaultInView } from './fault-in-view.ts';

interface FormProps {
  busy: boolean;
  /** Left out where the fields or the page show it. */
  problem?: Problem | null;
  onSubmit: () => unknown;
  /** Of the button that sends the form; false: it is only read. */
  word: ComponentChildren;
  /** What it lacks, as a sentence beside the button, which is grey so long. */
  lacks?: string | false | null;
  onCancel?: (() => void) | undefined;
  /** Between the two buttons. */
  end?: ComponentChildren;
  /** Of the button that sends it: `main` unless the page has another one that is. */
  look?: string;
  class?: string;
  noValidate?: boolean;
  formRef?: RefObject<HTMLFormElement | null>;
  children?: ComponentChildren;
}

/** After a refused Save its fault is in view with the focus, and what was typed is still there. */
export function Form({
  busy,
  problem,
  onSubmit,
  word,
  lacks,
  onCancel,
  end,
  look = 'main',
  children,
  ...rest
}: FormProps) {
  const { formRef, class: name = 'form', noValidate = false } = rest;
  const own = useRef<HTMLFormElement>(null);
  const form = formRef ?? own;
  useFaultInView(form, busy);
  const why = useId();
  return (
    <form
      class={name}
      ref={form}
      noValidate={noValidate}
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
    >
      {problem && <ProblemCallout problem={problem} />}
      {children}
      <div class="form-end">
        {word && (
          <button
            type="submit"
            class={`button ${look}`}
            disabled={busy || Boolean(lacks)}
            aria-describedby={lacks ? why : undefined}
          >
            {busy ? t('common.working') : word}
          </button>
        )}
        {end}
        {onCancel && (
          <button type="button" class={look.includes('slim') ? 'button slim' : 'button'} onClick={onCancel}>
            {t('common.cancel')}
          </button>
        )}
        {lacks && (
          <span class="quiet small" id={why}>
            {lacks}
          </span>
        )}
      </div>
    </form>
  );
}
