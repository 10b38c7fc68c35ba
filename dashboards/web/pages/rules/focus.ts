/** Where the keyboard goes when a part of the page takes the place of another. */
import { useEffect, useRef } from 'preact/hooks';

/** Focuses the first match inside the element once it is there, and again whenever `turn` changes. */
export function useFocus<T extends HTMLElement>(selector: string, turn: unknown = 0) {
  const ref = useRef<T>(null);
  // Read again or drawn again: another turn is a reason to look again
  useEffect(() => ref.current?.querySelector<HTMLElement>(selector)?.focus(), [turn]);
  return ref;
}
