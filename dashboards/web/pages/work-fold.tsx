/** One thing that can be done with a ticket: a form that is folded until it is wanted. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Form } from '../parts/form.tsx';

/** Does one action of the ticket, by its name in the address. */
export type Run = (name: string, body: unknown) => Promise<boolean>;

interface WorkFoldProps {
  title: string;
  verb: string;
  busy: boolean;
  /** What it lacks, as a sentence beside the button. */
  lacks?: string | false;
  /** @returns whether it was done: then the form is put away */
  onSend: () => Promise<boolean>;
  /** For the key that opens it. */
  id?: string;
  children: ComponentChildren;
}

export function WorkFold({ title, verb, busy, lacks = false, onSend, id, children }: WorkFoldProps) {
  const fold = useRef<HTMLDetailsElement>(null);
  const submit = () =>
    void onSend().then((isDone) => {
      if (isDone && fold.current) fold.current.open = false;
    });
  return (
    <details id={id} ref={fold}>
      <summary>{title}</summary>
      <Form class="stack-2" onSubmit={submit} busy={busy} lacks={lacks} word={verb} look="slim">
        {children}
      </Form>
    </details>
  );
}

/** By key: opened, with the focus in its first field. */
export function openFold(id: string): void {
  const fold = document.getElementById(id);
  if (!(fold instanceof HTMLDetailsElement)) return;
  fold.open = true;
  fold.querySelector<HTMLElement>('input, select, textarea')?.focus();
}
