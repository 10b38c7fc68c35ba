/** How far an endpoint has taken its settings, and why not. Pure. */
import type { TakenState } from '../../shared/agent-layer.ts';
import { settingsLevel } from '../../shared/agent-level.ts';
import { listKeys } from '../../shared/agent-settings.ts';
import type { Applied } from '../../shared/applied.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { WantedSettings } from './merge.ts';

export interface SaidSettings extends Applied {
  /** ms UTC. */
  at: number;
}

const ofMachine = ['setting_locked', 'setting_own'];

/** Whether a layer says something about a key of an agent, such as `checks.software`. */
const isSet = ({ values, document }: WantedSettings, wanted: string) =>
  values.some(({ key, part }) => `${key}.${part}.`.startsWith(`${wanted}.`)) ||
  listKeys.some((key) => key === wanted && document[key] !== undefined);

/** Why it has not taken what is set for it. What the machine holds back although nothing is set is no reason. */
export const problemsOf = (said: SaidSettings | undefined, wanted: WantedSettings): Applied['problems'] =>
  (said?.problems ?? []).filter(({ code, params }) => !ofMachine.includes(code) || isSet(wanted, String(params?.key)));

const isAnySet = ({ values, document }: WantedSettings): boolean =>
  values.length > 0 || listKeys.some((key) => document[key] !== undefined);

/** Whether there is anything for it to take: a setting is in force, or it still has one that was taken away. */
export const isConcerned = (said: SaidSettings | undefined, wanted: WantedSettings): boolean =>
  isAnySet(wanted) || (said !== undefined && said.remote !== 'off' && said.digest !== wanted.digest);

/** @param wanted what it is to have */
export function takenState(
  { level, state }: Pick<Endpoint, 'level' | 'state'>,
  said: SaidSettings | undefined,
  wanted: WantedSettings,
): TakenState {
  if (level !== undefined && level < settingsLevel) return 'old';
  if (said?.remote === 'off') return isAnySet(wanted) ? 'locked' : 'taken';
  // What was refused is not what it has: its digest is that of the settings before.
  if (said?.result === 'refused') return 'refused';
  if (said?.digest !== wanted.digest) return state === 'online' ? 'waiting' : 'offline';
  const problems = problemsOf(said, wanted);
  if (said.result === 'ok' || (problems.length === 0 && said.problems.length > 0)) return 'taken';
  return problems.every(({ code }) => ofMachine.includes(code)) ? 'locked' : 'partly';
}
