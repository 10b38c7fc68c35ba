/** Names that only the collector itself acts under: in the history of tickets and alerts, and in the audit log. */
import { fail } from '../../shared/errors.ts';
import { dictionaries } from '../../shared/words/index.ts';

/** What else is read as these letters: Cyrillic, Greek, Armenian and digits that a reader takes for them. */
const alike: Readonly<Record<string, string>> = {
  ...{ о: 'o', ο: 'o', օ: 'o', '0': 'o', і: 'i', ι: 'i', ı: 'i', '1': 'l', l: 'l', '|': 'l', ӏ: 'l' },
  ...{ м: 'm', μ: 'm', н: 'n', п: 'n', ո: 'n', т: 't', τ: 't', г: 'r', а: 'a', α: 'a', с: 'c', ϲ: 'c', е: 'e', ε: 'e' },
  ...{ ѕ: 's', у: 'y', υ: 'u', ν: 'v', к: 'k', κ: 'k', р: 'p', ρ: 'p', х: 'x', χ: 'x', ԁ: 'd', ѵ: 'v' },
};

/** Equal for names that a reader may take for one another. `i` and `l` are one letter, as 1 stands for both. */
const looksOf = (name: string): string =>
  [...name.normalize('NFKD').toLowerCase()]
    // Some letters are seen by nobody.
    .filter((one) => /[\p{L}\p{N}]/u.test(one) && !/\p{Default_Ignorable_Code_Point}/u.test(one))
    .map((one) => alike[one] ?? one)
    .join('')
    .replaceAll('l', 'i');

const actors = 'actor.';
/** As stored, and as people read it in each language. */
const reserved = new Set(
  [
    ...['evenkeel', 'system', 'unknown', 'monitor'],
    ...[...dictionaries.values()].flatMap((words) => [...words].filter(([key]) => key.startsWith(actors)).flat()),
  ].map((name) => looksOf(name.replace(actors, ''))),
);

/** @throws EvenkeelError CONFLICT, also for what only looks like such a name */
export function refuseReserved(name: string): void {
  if (reserved.has(looksOf(name)))
    throw fail('CONFLICT', {
      problem: `the collector itself acts under the name "${name}", or one that looks like it; choose another one`,
    });
}
