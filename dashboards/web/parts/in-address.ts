/** States of a page that stand in its address, so that a link and Back lead to them; else used as `useState` is. */
import { search, setQuery } from '../router.ts';

/** Null: not there. */
export const useTextIn = (name: string): [string | null, (value: string | null) => void] => [
  new URLSearchParams(search.value).get(name),
  (value) => setQuery({ [name]: value }),
];

export const useFlagIn = (name: string): [boolean, (isOn: boolean) => void] => [
  new URLSearchParams(search.value).has(name),
  (isOn) => setQuery({ [name]: isOn ? '1' : null }),
];
