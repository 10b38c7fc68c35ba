/** The title of the window, and its icon: both repeat how many critical alerts wait for somebody. */
import { effect, signal } from '@preact/signals';
import { fleetFilters } from './fleet/filters.ts';

const title = signal('Evenkeel');

export function setTitle(text: string): void {
  title.value = text;
}

/** Follows the count from now on. */
export function watchTitle(): void {
  effect(() => {
    const waiting = fleetFilters.value?.data?.alerts.unacknowledged ?? 0;
    document.title = waiting > 0 ? `(${waiting}) ${title.value}` : title.value;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const file = waiting > 0 ? '/mark-alert.svg' : '/mark.svg';
    if (icon && icon.getAttribute('href') !== file) icon.setAttribute('href', file);
  });
}
