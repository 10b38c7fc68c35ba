/**
 * One crosshair over all charts of a page: where the pointer or the arrow keys are, or the moment that was pinned. A
 * pinned one stands in the address, so that a reload and a sent link show the same moment.
 */
import { computed, signal } from '@preact/signals';
import { search, setQuery } from '../router.ts';

/** ms; null: nowhere. */
export const hoveredAt = signal<number | null>(null);

export const pinnedAt = computed(() => {
  const at = Number(new URLSearchParams(search.value).get('at'));
  return Number.isSafeInteger(at) && at > 0 ? at : null;
});

export const crosshairAt = computed(() => pinnedAt.value ?? hoveredAt.value);

/** Replaces the address: arrows move a pin by one point, and Back is for zooms. */
export function pin(at: number | null): void {
  hoveredAt.value = null;
  if (at !== pinnedAt.value) setQuery({ at: at === null ? null : String(Math.round(at)) });
}
