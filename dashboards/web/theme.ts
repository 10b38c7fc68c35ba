/** Light, dark or the system's choice. Charts are canvases and do not follow CSS: they watch `shade`. */
import { effect, signal } from '@preact/signals';
import { me } from './net/session.ts';
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

/** How close the rows of tables stand; `auto`: a finger needs more room than a mouse. */
export const densities = ['auto', 'compact', 'comfortable', 'touch'] as const;
export type Density = (typeof densities)[number];

const densityName = () => `density.${me.value?.user ?? ''}` as const;
export const density = () => densities.find((one) => one === remembered(densityName())) ?? 'auto';

export function setDensity(next: Density): void {
  remember(densityName(), next === 'auto' ? null : next);
  document.documentElement.dataset.density = next;
}

/** That of whoever is logged in. */
export const watchDensity = () =>
  effect(() => {
    document.documentElement.dataset.density = density();
  });
