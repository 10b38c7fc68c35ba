/** Services that settings name, here or from afar: they are to run, whatever the system would say of them. Pure. */
import { type Reason, reason } from '../../../shared/reason.ts';
import type { HealthStatus } from './source.ts';

export interface Service {
  name: string;
  status: HealthStatus;
  why: Reason;
}

export type ServiceState = 'running' | 'stopped' | 'absent';

/**
 * The services in trouble, and those of the named ones that do not run. One that is in trouble already keeps its reason.
 * @param stateOf null: this system does not say how a single service is
 */
export function withNamed(
  found: readonly Service[],
  names: readonly string[],
  stateOf: ((name: string) => ServiceState) | null,
): Service[] {
  const isThere = (name: string) => found.some((one) => one.name === name || one.name === `${name}.service`);
  const missing = names.flatMap((name): Service[] => {
    if (isThere(name)) return [];
    if (stateOf === null) return [{ name, status: 'unknown', why: reason('service_named_unseen') }];
    const state = stateOf(name);
    if (state === 'running') return [];
    const why = reason(state === 'absent' ? 'service_named_absent' : 'service_named_stopped');
    return [{ name, status: 'critical', why }];
  });
  return [...found, ...missing];
}
