/** A section with a heading, which a phone folds: what need not be read every time costs one line there. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

// Paper is never a phone, whatever it is printed from.
const query = typeof matchMedia === 'undefined' ? null : matchMedia('screen and (max-width: 44rem)');
export const isPhone = signal(query?.matches ?? false);
query?.addEventListener('change', ({ matches }) => {
  isPhone.value = matches;
});

export function Fold({ title, id, children }: { title: string; id?: string; children: ComponentChildren }) {
  if (!isPhone.value)
    return (
      <div class="stack" id={id}>
        <h2>{title}</h2>
        {children}
      </div>
    );
  return (
    <details class="fold" id={id}>
      <summary>
        <h2>{title}</h2>
      </summary>
      <div class="stack">{children}</div>
    </details>
  );
}
