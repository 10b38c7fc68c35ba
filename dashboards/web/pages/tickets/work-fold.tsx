/** One thing that can be done with a ticket: a form that is folded until it is wanted. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Form } from '../../parts/form.tsx';

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
  /** In a sheet of the bar: without a fold of its own. */
  isBare?: boolean;
  children: ComponentChildren;
}

export function WorkFold({ title, verb, busy, lacks = false, onSend, isBare = false, children }: WorkFoldProps) {
  const fold = useRef<HTMLDetailsElement>(null);
  const submit = () =>
    void onSend().then((isDone) => {
      if (isDone && fold.current) fold.current.open = false;
    });
  const form = (
    <Form class="stack-2" onSubmit={submit} busy={busy} lacks={lacks} word={verb} look="slim">
      {children}
    </Form>
  );
  if (isBare) return form;
  return (
    <details ref={fold}>
      <summary>{title}</summary>
      {form}
    </details>
  );
}
