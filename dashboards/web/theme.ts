/** Light, dark or the system's choice. Charts are canvases and do not follow CSS: they watch `shade`. */
import { effect, signal } from '@preact/signals';
import { remember, remembered } from './remember.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const kept = remembered('theme');
export const theme = signal<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system');
/** Counts up whenever the colours on the page have changed. */
export const shade = signal(0);

export function watchTheme(): void {
  effect(() => {
    const chosen = theme.value;
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    remember('theme', chosen === 'system' ? null : chosen);
    shade.value = shade.peek() + 1;
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    shade.value++;
  });
}
