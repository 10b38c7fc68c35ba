/** The addresses of the app, on the History API. `match` is pure; the rest keeps the present address in signals. */
import { signal } from '@preact/signals';

export type Route =
  | { page: 'fleet' }
  | { page: 'endpoint'; id: string }
  | { page: 'alerts' }
  | { page: 'tickets' }
  | { page: 'ticket'; id: number }
  | { page: 'stability' }
  | { page: 'kpi'; id: string }
  | { page: 'protection' }
  | { page: 'patches' }
  | { page: 'sites' }
  | { page: 'site'; id: string }
  | { page: 'groups' }
  | { page: 'group'; id: string }
  | { page: 'rules' }
  | { page: 'rule'; id: string }
  | { page: 'add' }
  | { page: 'setup' }
  | { page: 'login' }
  | { page: 'settings' }
  | { page: 'missing' };

export type PageName = Route['page'];

const plain = [
  'alerts',
  'tickets',
  'stability',
  'protection',
  'patches',
  'sites',
  'groups',
  'rules',
  'add',
  'setup',
  'login',
  'settings',
] as const;

/** Pages of one thing, by the address of their list. */
const details = new Map([
  ['endpoints', 'endpoint'],
  ['sites', 'site'],
  ['groups', 'group'],
  ['rules', 'rule'],
  ['stability', 'kpi'],
] as const satisfies [string, PageName][]) as ReadonlyMap<string, 'endpoint' | 'site' | 'group' | 'rule' | 'kpi'>;

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    // `%zz` is no valid escape: such an address leads nowhere.
    return null;
  }
}

/** The page that a path names; `missing` when it names none. */
export function match(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  const [first, second] = parts;
  if (first === undefined) return { page: 'fleet' };
  if (parts.length === 1) {
    const page = plain.find((name) => name === first);
    return page ? { page } : { page: 'missing' };
  }
  if (parts.length !== 2 || second === undefined) return { page: 'missing' };
  const detail = details.get(first);
  if (detail) {
    const id = decoded(second);
    return id === null ? { page: 'missing' } : { page: detail, id };
  }
  if (first === 'tickets' && /^[1-9]\d{0,9}$/.test(second)) return { page: 'ticket', id: Number(second) };
  return { page: 'missing' };
}

/** `/tickets/7`; ids are escaped. */
export const to = {
  endpoint: (id: string) => `/endpoints/${encodeURIComponent(id)}`,
  site: (id: string) => `/sites/${encodeURIComponent(id)}`,
  group: (id: string) => `/groups/${encodeURIComponent(id)}`,
  kpi: (id: string) => `/stability/${encodeURIComponent(id)}`,
  rule: (id: string) => `/rules/${encodeURIComponent(id)}`,
  ticket: (id: number) => `/tickets/${id}`,
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

function read(): void {
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
  requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true }));
}

/** Ordinary links work without a component of their own; new tabs, downloads and other sites are left alone. */
export function followLinks(): void {
  addEventListener('popstate', read);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    if (link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
