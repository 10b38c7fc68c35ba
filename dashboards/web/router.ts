/** The addresses of the app, on the History API. `match` is pure; the rest keeps the present address in signals. */
import { signal } from '@preact/signals';

/** The value of one part of an address; null where the part of the pattern does not allow it. */
function valueIn(pattern: string, part: string): string | null {
  if (pattern === ':number') return /^[1-9]\d{0,9}$/.test(part) ? part : null;
  try {
    return decodeURIComponent(part);
  } catch {
    // `%zz` is no valid escape: such an address leads nowhere.
    return null;
  }
}

const partsOf = (path: string) => path.split('/').filter((part) => part !== '');

/**
 * The first page whose pattern fits the path, and the values of the pattern's `:id` (any text) and `:number` (from 1) in
 * their order; null when none fits.
 */
export function match<Page extends string>(path: string, patterns: Iterable<readonly [Page, string]>) {
  const parts = partsOf(path);
  for (const [page, pattern] of patterns) {
    const wanted = partsOf(pattern);
    const fixed = wanted.every((part, at) => part.startsWith(':') || part === parts[at]);
    if (wanted.length !== parts.length || !fixed) continue;
    const values = wanted.flatMap((part, at) => (part.startsWith(':') ? [valueIn(part, parts[at] as string)] : []));
    if (values.every((value) => value !== null)) return { page, values };
  }
  return null;
}

/** What is watched from outside has ids of its own: of the page, or of the settings file. */
const isTarget = (id: string) => /^(?:t[a-z0-9]{15}|f[0-9a-f]{15})$/.test(id);

const isService = (id: string) => /^s[a-z0-9]{15}$/.test(id);
const watchedAt = (id: string) => (isTarget(id) ? `/targets/${id}` : isService(id) ? `/services/${id}` : null);

/** `/tickets/7`; ids are escaped. */
export const to = {
  alert: (id: string) => `/alerts/${encodeURIComponent(id)}`,
  endpoint: (id: string) => watchedAt(id) ?? `/endpoints/${encodeURIComponent(id)}`,
  site: (id: string) => `/sites/${encodeURIComponent(id)}`,
  group: (id: string) => `/groups/${encodeURIComponent(id)}`,
  kpi: (id: string) => `/stability/${encodeURIComponent(id)}`,
  rule: (id: string) => `/rules/${encodeURIComponent(id)}`,
  change: (id: number) => `/changes/${id}`,
  ticket: (id: number) => `/tickets/${id}`,
  article: (id: string) => `/knowledge/${encodeURIComponent(id)}`,
  incident: (id: number) => `/incidents/${id}`,
  /** Where whom it hit is corrected. */
  impact: (id: number) => `/incidents/${id}?impact=correct`,
};

/** The present query with some values changed; null takes a value away. Always starts with `?` or is empty. */
export function withQuery(search: string, changes: Readonly<Record<string, string | null>>): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name);
    else params.set(name, value);
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** Where a log-in may lead: only a path of this app, never another site. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/';
}

const inBrowser = typeof location !== 'undefined';
export const path = signal(inBrowser ? location.pathname : '/');
export const search = signal(inBrowser ? location.search : '');

/** How each page was left: what its address asked for, and how far down it was. */
const left = new Map<string, { query: string; y: number }>();
const scrolled = signal(0);

/** The query with which a page was left, such as `?site=Berlin`; else empty. */
export const leftAt = (page: string): string => left.get(page)?.query ?? '';

function read(): void {
  if (location.pathname !== path.value) left.set(path.value, { query: search.value, y: scrolled.value });
  path.value = location.pathname;
  search.value = location.search;
}

/** Goes to `href` (same origin). `replace` leaves no entry in the history: for filters and redirects. */
export function navigate(href: string, { replace = false } = {}): void {
  const before = location.pathname;
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  read();
  if (location.pathname !== before) arrive();
}

/** Sets values of the query of the present page. */
export function setQuery(changes: Readonly<Record<string, string | null>>, options = { replace: true }): void {
  navigate(`${location.pathname}${withQuery(location.search, changes)}`, options);
}

/** A new page begins at its top, and the keyboard with it. */
function arrive(): void {
  scrollTo(0, 0);
  isArriving = true;
  requestAnimationFrame(focusHeading);
}

/** Whoever reads on meanwhile is not moved. */
const moves = ['wheel', 'keydown', 'pointerdown'] as const;

/** A page that somebody comes back to is as it was left, as soon as it is long enough; the keyboard is where it came from. */
function comeBack(from: string): void {
  const [here, end, at] = [path.value, performance.now() + 3000, left.get(path.value)?.y ?? 0];
  let isOver = false;
  const stop = () => {
    isOver = true;
  };
  for (const move of moves) addEventListener(move, stop, { once: true });
  const step = () => {
    if (isOver || path.value !== here || performance.now() > end) return;
    scrollTo(0, at);
    const link = [...document.querySelectorAll<HTMLAnchorElement>('main a')].find((one) => one.pathname === from);
    link?.focus({ preventScroll: true });
    if (!link || scrollY < at - 1) requestAnimationFrame(step);
  };
  isArriving = false;
  requestAnimationFrame(step);
}

let isArriving = false;

/** Again when the page has come, where its file had to be fetched. */
export function focusHeading(): void {
  const heading = isArriving ? document.querySelector<HTMLElement>('main h1') : null;
  if (!heading) return;
  isArriving = false;
  heading.focus({ preventScroll: true });
}

/** Ordinary links work without a component of their own; new tabs, downloads and other sites are left alone. */
export function followLinks(): void {
  addEventListener('scroll', () => {
    scrolled.value = scrollY;
  });
  addEventListener('popstate', () => {
    const from = path.value;
    read();
    if (path.value !== from) comeBack(from);
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    if (link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    const from = path.value;
    navigate(link.pathname + link.search);
    if (link.dataset.back !== undefined && path.value !== from) comeBack(from);
  });
}
