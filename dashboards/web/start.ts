/** The page that the app starts with: of a manager the numbers, else the fleet, or what was chosen in this browser. */
import { signal } from '@preact/signals';
import { me } from './net/session.ts';
import { remember, remembered } from './remember.ts';

export const startPages = ['fleet', 'alerts', 'tickets', 'stability'] as const;
export type StartPage = (typeof startPages)[number];

const chosen = signal(remembered('start'));

export const startPage = (): StartPage =>
  startPages.find((page) => page === chosen.value) ?? (me.value?.role === 'manager' ? 'stability' : 'fleet');

export function chooseStart(page: StartPage): void {
  chosen.value = page;
  remember('start', page);
}
