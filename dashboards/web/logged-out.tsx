/** The layout of the pages before log-in. */
import type { ComponentChildren } from 'preact';
import { LanguageSwitch } from './parts/switches.tsx';

export function LoggedOut({ children }: { children: ComponentChildren }) {
  return (
    <div class="logged-out">
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
