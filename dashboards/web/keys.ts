/** Keys without a modifier that act on a page: never while somebody types or composes, and off for whoever wants none. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { remember, remembered } from './remember.ts';
import type { Key } from './words/words.ts';

export const keysOn = signal(remembered('keys') !== 'off');

/** What is open over the page. */
export const asked = signal<'find' | 'keys' | null>(null);

export function setKeys(on: boolean): void {
  keysOn.value = on;
  remember('keys', on ? null : 'off');
}

export function isTyping({ target, isComposing, keyCode }: KeyboardEvent): boolean {
  // 229: some browsers report the key that ends a composition after it has ended.
  if (isComposing || keyCode === 229) return true;
  if (!(target instanceof HTMLElement)) return false;
  const isBox = target instanceof HTMLInputElement && target.type === 'checkbox';
  return target.isContentEditable || (!isBox && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/**
 * What keys do, by `key` of the event, such as `j`, or two one after the other, such as `g f`. With its word a key stands in
 * the list that `?` shows; null: the browser does it by itself.
 */
export type PageKeys = Readonly<Record<string, (() => void) | readonly [word: Key, act: (() => void) | null]>>;

/** Of the parts of the page that is shown, and of the frame around it. */
const lists = { page: new Set<{ current: PageKeys }>(), frame: new Set<{ current: PageKeys }>() };

/** Keys that have a word. */
export const wordedKeys = (of: keyof typeof lists) =>
  [...lists[of]].flatMap(({ current }) =>
    Object.entries(current).flatMap(([key, entry]) => (typeof entry === 'function' ? [] : [[key, entry[0]] as const])),
  );

/** The second of two keys comes soon after the first. */
const togetherMs = 1500;
const first = { key: '', until: 0 };

/** What was typed before the search had come: it begins with it. */
const typedAhead = { text: '' };

export function takeTypedAhead(): string {
  const { text } = typedAhead;
  typedAhead.text = '';
  return text;
}

/** Something is about to open over the page: no key is meant for the page any more. */
function waits(event: KeyboardEvent): boolean {
  if (asked.value === null || document.querySelector('dialog[open]')) return false;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.keyCode === 229) return false;
  if (event.key === 'Backspace') typedAhead.text = typedAhead.text.slice(0, -1);
  else if (event.key.length === 1) typedAhead.text += event.key;
  event.preventDefault();
  event.stopImmediatePropagation();
  return true;
}

function press(event: KeyboardEvent): void {
  if (waits(event)) return;
  if (!keysOn.value || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event) || document.querySelector('dialog[open]')) return;
  const two = event.timeStamp < first.until ? `${first.key} ${event.key}` : '';
  Object.assign(first, { key: event.key, until: event.timeStamp + togetherMs });
  for (const key of [two, event.key])
    for (const { current } of [...lists.page, ...lists.frame]) {
      const entry = Object.hasOwn(current, key) ? current[key] : undefined;
      const act = typeof entry === 'function' ? entry : entry?.[1];
      if (!act) continue;
      event.preventDefault();
      first.until = 0;
      act();
      return;
    }
}

addEventListener('keydown', press);

export function useKeys(keys: PageKeys, of: keyof typeof lists = 'page'): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    lists[of].add(latest);
    return () => void lists[of].delete(latest);
  }, []);
}
