/** One line of a list of facts. */
import type { ComponentChildren } from 'preact';

interface FactProps {
  name: ComponentChildren;
  /** On lines of its own. */
  wide?: boolean;
  children: ComponentChildren;
}

export function Fact({ name, wide = false, children }: FactProps) {
  return (
    <div class={wide ? 'wide' : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
