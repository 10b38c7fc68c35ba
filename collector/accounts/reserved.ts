/** Names that only the collector itself acts under: in the history of tickets and alerts, and in the audit log. */
import { fail } from '../../shared/errors.ts';
import { machineActor } from '../../shared/words/actors.ts';
import { dictionaries } from '../../shared/words/index.ts';
import type { State } from '../state/open.ts';

/** What else is read as these letters: Cyrillic, Greek, Armenian and digits that a reader takes for them. */
const alike: Readonly<Record<string, string>> = {
  ...{ о: 'o', ο: 'o', օ: 'o', '0': 'o', і: 'i', ι: 'i', ı: 'i', '1': 'l', l: 'l', '|': 'l', ӏ: 'l' },
  ...{ м: 'm', μ: 'm', н: 'n', п: 'n', ո: 'n', т: 't', τ: 't', г: 'r', а: 'a', α: 'a', с: 'c', ϲ: 'c', е: 'e', ε: 'e' },
  ...{ ѕ: 's', у: 'y', υ: 'u', ν: 'v', к: 'k', κ: 'k', р: 'p', ρ: 'p', х: 'x', χ: 'x', ԁ: 'd', ѵ: 'v' },
};

/** Where marks are an accent, or vowels that most writers leave out: a reader takes ada, àda and ådà for one another. */
const accented = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{N}]/u;
/** Of no script, so that it is an ornament on any letter. */
const ornament = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/u;
const soundOfKana = /[\u3099\u309a]/u;

/** In other scripts a mark makes another letter of it, as が of か, or is a vowel: \u0e01\u0e34, \u0915\u093f. */
function isRead(mark: string, base: string): boolean {
  if (base === '' || accented.test(base) || ornament.test(mark)) return false;
  return !soundOfKana.test(mark) || `${base}${mark}`.normalize('NFC').length === 1;
}

/** Equal for names that a reader may take for one another. `i` and `l` are one letter, as 1 stands for both. */
function looksOf(name: string): string {
  let base = '';
  let looks = '';
  for (const one of name.normalize('NFKD').toLowerCase()) {
    // Some letters are seen by nobody.
    if (/\p{Default_Ignorable_Code_Point}/u.test(one)) continue;
    if (/[\p{L}\p{N}]/u.test(one)) {
      base = one;
      looks += alike[one] ?? one;
    } else if (/\p{M}/u.test(one) && isRead(one, base)) {
      base = `${base}${one}`.normalize('NFC');
      looks += one;
    }
  }
  return looks.replaceAll('l', 'i');
}

const actors = 'actor.';
/** As stored, and as people read it in each language. */
const reserved = new Set(
  [
    ...['evenkeel', 'system', 'unknown', 'monitor', 'ticket policy', 'automatic', 'setup', 'console', 'agent'],
    ...[...dictionaries.values()].flatMap((words) => [...words].filter(([key]) => key.startsWith(actors)).flat()),
  ].map((name) => looksOf(name.replace(actors, ''))),
);

/** Words that make no other name of one: "the collector (local)" reads as the collector. As whole words: people are called Thea. */
const filler = new Set(['the', 'local'].map(looksOf));
const onlyReserved = new RegExp(`^(?:${[...reserved].filter((one) => one !== '').join('|')})*$`, 'u');

function isReserved(name: string): boolean {
  const words = name.split(/[^\p{L}\p{N}\p{M}]+/u).map(looksOf);
  const without = words.filter((word) => !filler.has(word)).join('');
  return (
    onlyReserved.test(looksOf(name)) || onlyReserved.test(without) || onlyReserved.test(`${looksOf('local')}${without}`)
  );
}

/** How the names of machines begin and end as authors, in each language: "the machine web-1". */
const ofMachines = [
  machineActor('\0'),
  ...[...dictionaries.values()].map((words) => words.get('actor.machine') ?? ''),
].map((text) => text.split(/\0|\{\{name\}\}/).map(looksOf));
const isLikeMachine = (name: string) =>
  ofMachines.some(([start = '', end = '']) => looksOf(name).startsWith(start) && looksOf(name).endsWith(end));

/** @throws EvenkeelError CONFLICT, also for what only looks like such a name, or has nothing to read */
export function refuseReserved(name: string): void {
  if (looksOf(name) === '')
    throw fail('CONFLICT', { problem: `the name "${name}" has no letter and no digit; choose another one` });
  if (isReserved(name) || isLikeMachine(name))
    throw fail('CONFLICT', {
      problem: `the collector itself acts under the name "${name}", or one that looks like it; choose another one`,
    });
}

/**
 * What is done by users and by tokens is kept under the name alone, so a token named like a person would sign as them.
 * @param tokensSince tokens that ended before do not count: a new one may take over the name of the one before
 * @throws EvenkeelError CONFLICT, also for what only looks the same
 */
export async function refuseTaken(db: State, name: string, tokensSince: number): Promise<void> {
  const users = await db.selectFrom('users').select('name').execute();
  const tokens = await db.selectFrom('tokens').select(['name', 'revoked_at', 'expires_at']).execute();
  const taken = tokens.filter((one) => Math.min(one.revoked_at ?? Infinity, one.expires_at ?? Infinity) > tokensSince);
  const looks = looksOf(name);
  const isLike = (one: { name: string }) => looksOf(one.name) === looks;
  for (const [kind, names] of [['user', users] as const, ['token', taken] as const])
    if (names.some(isLike))
      throw fail('CONFLICT', {
        problem: `the name "${name}" is taken: a ${kind} has it, or one that looks like it; choose another one`,
      });
}
