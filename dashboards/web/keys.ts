/** Keys without a modifier that act on a page: never while somebody types or composes, and off for whoever wants none. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { remember, remembered } from './remember.ts';

export const keysOn = signal(remembered('keys') !== 'off');

export function setKeys(on: boolean): void {
  keysOn.value = on;
  remember('keys', on ? null : 'off');
}

function isTyping({ target, isComposing, keyCode }: KeyboardEvent): boolean {
  // 229: some browsers report the key that ends a composition after it has ended.
  if (isComposing || keyCode === 229) return true;
  if (!(target instanceof HTMLElement)) return false;
  const isBox = target instanceof HTMLInputElement && target.type === 'checkbox';
  return target.isContentEditable || (!isBox && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** By `key` of the event, such as `j`. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!keysOn.value || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event) || document.querySelector('dialog[open]')) return;
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
