/** How far an endpoint has taken its settings, and why not. Pure. */
import type { TakenState } from '../../shared/agent-layer.ts';
import { settingsLevel } from '../../shared/agent-level.ts';
import type { Applied } from '../../shared/applied.ts';
import type { Endpoint } from '../fleet/fleet.ts';

export interface SaidSettings extends Applied {
  /** ms UTC. */
  at: number;
}

/** @param wanted digest of what it is to have */
export function takenState(
  { level, state }: Pick<Endpoint, 'level' | 'state'>,
  said: SaidSettings | undefined,
  wanted: string,
): TakenState {
  if (level !== undefined && level < settingsLevel) return 'old';
  if (said?.remote === 'off') return 'locked';
  // What was refused is not what it has: its digest is that of the settings before.
  if (said?.result === 'refused') return 'refused';
  if (said?.digest !== wanted) return state === 'online' ? 'waiting' : 'offline';
  if (said.result === 'ok') return 'taken';
  const ofMachine = ['setting_locked', 'setting_own'];
  return said.problems.every(({ code }) => ofMachine.includes(code)) ? 'locked' : 'partly';
}
