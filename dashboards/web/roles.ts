/** The roles, in the order of what they may do. The schema's own list would bring its whole library to the browser. */
import type { Role } from '../../shared/api.ts';

export type { Role } from '../../shared/api.ts';
export const roles = ['viewer', 'operator', 'manager', 'admin'] as const satisfies readonly Role[];

export function mayDo(role: Role | null, needed: Role): boolean {
  return role !== null && roles.indexOf(role) >= roles.indexOf(needed);
}
