/** What the groups of a person at a provider come to here. */
import type { Role } from '../../shared/api.ts';
import { roles } from './roles.ts';

/** What one group gives. */
export interface Grant {
  role: Role;
  /** Names of the sites that it is limited to; null: all. */
  sites: readonly string[] | null;
}

/**
 * The highest role of all groups. It is limited to sites only where every group that gives it is.
 * @returns null: none of the groups gives anything
 */
export function grantOf(groups: readonly string[], grants: ReadonlyMap<string, Grant>): Grant | null {
  const given = groups.flatMap((group) => grants.get(group) ?? []);
  const role = roles.findLast((one) => given.some((grant) => grant.role === one));
  if (role === undefined) return null;
  const sites = given.filter((grant) => grant.role === role).map((grant) => grant.sites);
  return { role, sites: sites.includes(null) ? null : [...new Set(sites.flatMap((one) => one ?? []))].sort() };
}

const valueAt = (claims: unknown, key: string): unknown =>
  typeof claims === 'object' && claims !== null && Object.hasOwn(claims, key)
    ? (claims as Record<string, unknown>)[key]
    : undefined;

/**
 * The groups in a token. `overage`: there are more than the provider puts into it (Entra ID names their place instead);
 * `absent`: there is no such claim.
 * @param claim its name, or a path such as `realm_access.roles`
 */
export function groupsIn(claims: object, claim: string): readonly string[] | 'overage' | 'absent' {
  const found = valueAt(claims, claim) ?? claim.split('.').reduce<unknown>(valueAt, claims);
  if (typeof found === 'string') return [found];
  if (Array.isArray(found)) return found.filter((one) => typeof one === 'string');
  const isElsewhere = valueAt(valueAt(claims, '_claim_names'), claim) !== undefined;
  return isElsewhere || valueAt(claims, 'hasgroups') === true ? 'overage' : 'absent';
}
