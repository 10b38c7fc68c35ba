/** Under whose name something was done: people and tokens under their own, the collector and machines under these. */
import { findWord, type Language } from './index.ts';

const machine = 'the machine ';

/** As stored: it names the machine as it was called then. No person can have such a name (collector/accounts/reserved.ts). */
export const machineActor = (name: string): string => `${machine}${name}`;

/** In words; a person's or a token's name stays as it is. */
export function actorIn(language: Language, actor: string): string {
  if (actor.startsWith(machine))
    return findWord(language, 'actor.machine', { name: actor.slice(machine.length) }) ?? actor;
  return findWord(language, `actor.${actor}`) ?? actor;
}
