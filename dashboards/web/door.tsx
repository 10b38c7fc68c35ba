/** The frame of the pages before log-in. */
import type { ComponentChildren } from 'preact';
import { LanguageSwitch } from './parts/switches.tsx';

export function Door({ children }: { children: ComponentChildren }) {
  return (
    <div class="door">
      <main>
        <p class="brand">
          <img src="/mark.svg" alt="" width="28" height="28" />
          Evenkeel
        </p>
        <div class="stack">{children}</div>
        <div class="foot">
          <LanguageSwitch />
        </div>
      </main>
    </div>
  );
}
