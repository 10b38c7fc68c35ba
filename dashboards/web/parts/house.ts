/** Who of the house can be chosen: users, found and shown by what the directory of people calls them as well. */
import { useLoad } from '../net/load.ts';
import type { Page } from '../net/request.ts';

export function useHouse(isAsked = true) {
  const { data } = useLoad<Page<string> & { called: Readonly<Record<string, string>> }>(isAsked ? 'users/names' : null);
  const nameOf = (user: string): string => data?.called[user] ?? '';
  return {
    /** Null: not known yet. */
    names: data?.items ?? null,
    /** `ada (Ada Lang)` */
    shown: (user: string): string => (nameOf(user) === '' ? user : `${user} (${nameOf(user)})`),
    nameOf,
  };
}
