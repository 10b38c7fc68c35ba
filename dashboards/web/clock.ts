/** The present minute for "12 s ago": ticks slowly, and not at all while the page is hidden. */
import { signal } from '@preact/signals';

export const now = signal(Date.now());

export function runClock(): void {
  const tick = () => {
    if (!document.hidden) now.value = Date.now();
  };
  setInterval(tick, 5000);
  document.addEventListener('visibilitychange', tick);
}
