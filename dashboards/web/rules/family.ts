/** Rules as people think of them: one thing that can be wrong, in levels, and the scopes in which it differs. Pure. */

import type { Static } from 'typebox';
import type { RuleEntry, RuleShown as RuleSchema } from '../../../shared/api.ts';

export type WebRule = Static<typeof RuleSchema>;
export type RuleReach = RuleEntry['scope'];

export interface Family {
  /** The id of the mildest rule. */
  id: string;
  entries: readonly RuleEntry[];
}

export const everywhere: RuleReach = { of: 'all', target: '' };
/** Ordered by specificity: the last one that reaches an endpoint applies. */
export const scopeKinds = [
  'all',
  'kind',
  'site',
  'group',
  'tag',
  'endpoint',
] as const satisfies readonly RuleReach['of'][];

export const isSame = (a: RuleReach, b: RuleReach): boolean => a.of === b.of && a.target === b.target;
export const familyOf = (rule: Pick<WebRule, 'id' | 'level_of'>): string => rule.level_of ?? rule.id;

export function familiesOf(entries: readonly RuleEntry[]): Family[] {
  const families = Map.groupBy(entries, ({ rule }) => familyOf(rule));
  return [...families].map(([id, own]) => ({ id, entries: own }));
}

const ranks = { info: 0, warning: 1, critical: 2 } as const;

/** The levels as they are within a scope, the mildest first; what is not overridden there is as everywhere. */
export function levelsAt({ entries }: Family, scope: RuleReach): RuleEntry[] {
  const levels = new Map<string, RuleEntry>();
  for (const entry of entries) if (isSame(entry.scope, everywhere)) levels.set(entry.rule.id, entry);
  for (const entry of entries) if (isSame(entry.scope, scope)) levels.set(entry.rule.id, entry);
  return [...levels.values()].sort((a, b) => ranks[a.rule.severity] - ranks[b.rule.severity]);
}

/** All endpoints first, then the scopes in which it differs, the most specific last. */
export function scopesOf({ entries }: Family): RuleReach[] {
  const found: RuleReach[] = [everywhere];
  for (const { scope } of entries) if (!found.some((one) => isSame(one, scope))) found.push(scope);
  const rank = ({ of }: RuleReach) => scopeKinds.indexOf(of);
  return found.sort((a, b) => rank(a) - rank(b) || a.target.localeCompare(b.target, 'en', { numeric: true }));
}

/** The overrides within a scope, of any owner. */
export const overridesAt = (family: Family, scope: RuleReach): RuleEntry[] =>
  family.entries.filter((entry) => isSame(entry.scope, scope) && entry.overrides !== null);

/** All of it is set in the settings file, which no form changes. */
export function isFixedAt(family: Family, scope: RuleReach): boolean {
  return levelsAt(family, scope).every((one) => one.owner === 'file' && isSame(one.scope, scope));
}

/** Where its form begins: everywhere, or for a rule that holds in some scopes only, in one of them. */
export const basicScope = (family: Family): RuleReach =>
  levelsAt(family, everywhere).length > 0 ? everywhere : (scopesOf(family).at(-1) ?? everywhere);

/** `edit=site&target=Berlin`: the form for a scope on the page of a rule. */
export const editQuery = ({ of, target }: RuleReach): Record<string, string | null> => ({
  edit: of,
  target: target || null,
});

export function reachIn(query: string): RuleReach | null {
  const params = new URLSearchParams(query);
  const of = scopeKinds.find((one) => one === params.get('edit'));
  return of === undefined ? null : { of, target: of === 'all' ? '' : (params.get('target') ?? '') };
}

/** What the address of a new rule says of a value that somebody saw in a chart: what it was, and of what. */
export interface SeenValue {
  metric: string;
  tags: Readonly<Record<string, string>>;
  value: number;
  /** A counter: the value is its growth per second. */
  isRate: boolean;
}

/** As a query; where it holds is beside it. */
export const seenQuery = ({ metric, tags, value, isRate }: SeenValue): Record<string, string> => ({
  ...{ new: '1', metric, limit: String(value) },
  ...(isRate ? { kind: 'rate' } : {}),
  tags: Object.entries(tags)
    .map((pair) => pair.join('='))
    .join(', '),
});
