/** The title of the window, and its icon: both repeat how many critical alerts wait for somebody. */
import { effect, signal } from '@preact/signals';

const title = signal('Evenkeel');
const waiting = signal(0);

export function setTitle(text: string): void {
  title.value = text;
}

/** How many wait. It is told, so that the start of the app needs no words, whose change would load the page anew. */
export function setWaiting(count: number): void {
  waiting.value = count;
}

/** Follows title and count from now on. */
export function watchTitle(): void {
  effect(() => {
    const isWaiting = waiting.value > 0;
    document.title = isWaiting ? `(${waiting.value}) ${title.value}` : title.value;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const file = isWaiting ? '/mark-alert.svg' : '/mark.svg';
    if (icon && icon.getAttribute('href') !== file) icon.setAttribute('href', file);
  });
}
