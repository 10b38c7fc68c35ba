/** The title of the window, and its icon: both repeat how many critical alerts wait for somebody. */
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { me } from './net/session.ts';
import { path } from './router.ts';

const ofPage = signal('');
/** What a page is about stands before all else. */
const ofObject = signal<string | null>(null);
const waiting = signal(0);

export function setTitle(text: string): void {
  ofPage.value = text;
}

/** How many wait. It is told, so that the start of the app needs no words, whose change would load the page anew. */
export function setWaiting(count: number): void {
  waiting.value = count;
}

interface Visit {
  path: string;
  title: string;
  /** The next one to log in here does not see it. */
  user: string | null;
}
/** What was looked at last, the newest first: in memory only, so that it ends with the page. */
export const visits: Visit[] = [];
const mostVisits = 12;

/** Names what the page is about, such as `build-0005`; null while that is not known. */
export function useTitle(title: string | null): void {
  useEffect(() => {
    ofObject.value = title;
    if (title === null) return;
    const at = visits.findIndex((visit) => visit.path === path.value);
    if (at >= 0) visits.splice(at, 1);
    visits.unshift({ path: path.value, title, user: me.value?.user ?? null });
    visits.length = Math.min(visits.length, mostVisits);
    return () => {
      ofObject.value = null;
    };
  }, [title]);
}

/** Follows title and count from now on. */
export function watchTitle(): void {
  effect(() => {
    const isWaiting = waiting.value > 0;
    const title = [ofObject.value ?? ofPage.value, 'Evenkeel'].filter(Boolean).join(' · ');
    document.title = isWaiting ? `(${waiting.value}) ${title}` : title;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const file = isWaiting ? '/mark-alert.svg' : '/mark.svg';
    if (icon && icon.getAttribute('href') !== file) icon.setAttribute('href', file);
  });
}
