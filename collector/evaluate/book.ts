/** The rules, arranged once so that a report finds its own in a few lookups. */
import type { EndpointKind } from '../fleet/fleet.ts';
import type { Rule } from './rule.ts';

export type MetricRule = Rule & { when: Extract<Rule['when'], { kind: 'metric' }> };
export type SilentRule = Rule & { when: Extract<Rule['when'], { kind: 'silent' }> };
export type MissingRule = Rule & { when: Extract<Rule['when'], { kind: 'missing' }> };

/** One thing that can be wrong, in levels, worst first. All levels of one instance share one alert. */
export interface Family {
  /** The id of the mildest rule. */
  id: string;
  levels: MetricRule[];
}

export interface RuleBook {
  rules: readonly Rule[];
  rule(id: string): Rule | undefined;
  /** The family that a rule belongs to. */
  familyOf(rule: Rule): string;
  metric: Record<EndpointKind, Map<string, Family[]>>;
  silent: Record<EndpointKind, SilentRule[]>;
  missing: Record<EndpointKind, MissingRule[]>;
}

export const rankOf: Record<Rule['severity'], number> = { info: 0, warning: 1, critical: 2 };

/** Arranges the enabled rules. Disabled ones are left out: their alerts end as `rule_removed`. */
export function createRuleBook(rules: readonly Rule[]): RuleBook {
  const enabled = rules.filter((rule) => rule.enabled);
  const byId = new Map(enabled.map((rule) => [rule.id, rule]));
  const familyOf = (rule: Rule) => rule.level_of ?? rule.id;
  return {
    rules: enabled,
    rule: (id) => byId.get(id),
    familyOf,
    metric: {
      server: familiesFor('server', enabled, familyOf),
      workstation: familiesFor('workstation', enabled, familyOf),
    },
    silent: ofKind<SilentRule>('silent', enabled),
    missing: ofKind<MissingRule>('missing', enabled),
  };
}

function applies(rule: Rule, kind: EndpointKind): boolean {
  return rule.applies === 'all' || rule.applies === kind;
}

function ofKind<T extends Rule>(kind: Rule['when']['kind'], rules: readonly Rule[]): Record<EndpointKind, T[]> {
  const wanted = (rule: Rule): rule is T => rule.when.kind === kind;
  return {
    server: rules.filter((rule) => applies(rule, 'server')).filter(wanted),
    workstation: rules.filter((rule) => applies(rule, 'workstation')).filter(wanted),
  };
}

function familiesFor(
  kind: EndpointKind,
  rules: readonly Rule[],
  familyOf: (rule: Rule) => string,
): Map<string, Family[]> {
  const families = new Map<string, Family>();
  for (const rule of rules) {
    if (rule.when.kind !== 'metric' || !applies(rule, kind)) continue;
    const id = familyOf(rule);
    const family = families.get(id) ?? { id, levels: [] };
    family.levels.push(rule as MetricRule);
    families.set(id, family);
  }
  const byMeasurement = new Map<string, Family[]>();
  for (const family of families.values()) {
    family.levels.sort((a, b) => rankOf[b.severity] - rankOf[a.severity]);
    const measurement = (family.levels[0] as MetricRule).when.measurement;
    const list = byMeasurement.get(measurement) ?? [];
    list.push(family);
    byMeasurement.set(measurement, list);
  }
  return byMeasurement;
}
