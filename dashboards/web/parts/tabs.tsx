/** What stands beside each other, each with an address of its own: parts of a page, or pages of one entry of the menu. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface TabLink {
  href: string;
  word: string;
  isHere: boolean;
  /** How many are behind it. */
  count?: ComponentChildren;
}

export function Tabs({ label, of }: { label: string; of: readonly TabLink[] }) {
  const row = useRef<HTMLElement>(null);
  const here = of.findIndex(({ isHere }) => isHere);
  // On a phone the row is longer than the screen: the one that is open is in sight.
  useLayoutEffect(() => {
    const tab = row.current?.children[here];
    if (row.current && tab instanceof HTMLElement)
      row.current.scrollLeft =
        tab.offsetLeft - row.current.offsetLeft - (row.current.clientWidth - tab.offsetWidth) / 2;
  }, [here]);
  return (
    <nav class="tabs" aria-label={label} ref={row}>
      {of.map(({ href, word, isHere, count }) => (
        <a key={href} href={href} aria-current={isHere ? 'page' : undefined}>
          {word} {count && <span class="quiet">{count}</span>}
        </a>
      ))}
    </nav>
  );
}
