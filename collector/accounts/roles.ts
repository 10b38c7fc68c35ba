/** Four ordered roles: each may do all that the one before it may. */
import { type Role, roles } from '../../shared/api.ts';

export type { Role } from '../../shared/api.ts';
export { roles } from '../../shared/api.ts';

export function isRole(word: string): word is Role {
  return (roles as readonly string[]).includes(word);
}

export function mayDo(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
