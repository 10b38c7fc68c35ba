/** The rules that hold for an endpoint, arranged once so that a report finds its own in a few lookups. */
import type { SubjectKind } from '../fleet/fleet.ts';
import { kindOf } from './kinds/index.ts';
import type { RuleKind } from './kinds/kind.ts';
import type { Rule } from './rule.ts';
import { type EndpointPlace, reaches, type Scope, weightOf } from './scope.ts';

/** One thing that can be wrong, in levels, worst first. All levels of one instance share one alert. */
export interface RuleFamily {
  /** The id of the mildest rule. */
  id: string;
  /** The metric that people see. */
  metric: string;
  levels: { rule: Rule; kind: RuleKind }[];
  /** Verdicts are needed also when all is well, because missing samples would be a breach. */
  watchesSilence: boolean;
}

export interface RuleBook {
  /** Enabled and for this kind of endpoint. */
  rules: readonly Rule[];
  rule(id: string): Rule | undefined;
  byMeasurement: ReadonlyMap<string, readonly RuleFamily[]>;
  /** Judged by presence and time, one family each. */
  byPresence: readonly RuleFamily[];
  families: ReadonlyMap<string, RuleFamily>;
}

export const rankOf: Record<Rule['severity'], number> = { info: 0, warning: 1, critical: 2 };
/** The family that a rule belongs to. */
export const familyOf = (rule: Pick<Rule, 'id' | 'level_of'>): string => rule.level_of ?? rule.id;
/** Judged by presence and time: its verdict holds until the next one, so that time alone may fire and clear it. */
export const isTimed = (rule: Rule): boolean => kindOf(rule.when).judgeEndpoint !== undefined;

/** A rule within a scope. */
export interface ScopedRule {
  scope: Scope;
  rule: Rule;
}

/** Which rule holds for an endpoint, and which ones it overrides. */
export interface RuleChoice {
  rule: Rule;
  /** `all` where nothing more specific is set. */
  scope: Scope;
  gaveWay: Scope[];
}

export interface RuleBooks {
  /** The same object for all endpoints for which the same rules hold. */
  for(place: EndpointPlace): RuleBook;
  /** All rules, disabled ones too, with the origin of each. */
  explain(place: EndpointPlace): RuleChoice[];
  /** Names of rules by id, whatever the scope. */
  rule(id: string): Rule | undefined;
  all(): readonly Rule[];
}

export const everywhere: Scope = { of: 'all', target: '' };

/**
 * @param base each rule once, as it is without any scope
 * @param scoped the most specific one that reaches an endpoint replaces the others
 */
export function createRuleBooks(base: readonly Rule[], scoped: readonly ScopedRule[] = []): RuleBooks {
  const books = new Map<string, RuleBook>();
  const ordered = scoped
    .map((one, index) => ({ ...one, index }))
    .sort((a, b) => weightOf(b.scope) - weightOf(a.scope) || (a.scope.target < b.scope.target ? -1 : 1));
  const basic = new Map(base.map((rule) => [rule.id, rule]));
  const byId = new Map([...ordered.map(({ rule }) => rule).reverse(), ...base].map((rule) => [rule.id, rule]));

  function choices(place: EndpointPlace): RuleChoice[] {
    const reaching = Map.groupBy(
      ordered.filter(({ scope }) => reaches(scope, place)),
      ({ rule }) => rule.id,
    );
    return [...byId.keys()].flatMap((id): RuleChoice[] => {
      const everywhereToo = basic.get(id);
      const all = [...(reaching.get(id) ?? []), ...(everywhereToo ? [{ scope: everywhere, rule: everywhereToo }] : [])];
      const [first, ...others] = all;
      return first ? [{ rule: first.rule, scope: first.scope, gaveWay: others.map(({ scope }) => scope) }] : [];
    });
  }

  return {
    for(place) {
      let key: string = place.kind;
      for (const { scope, index } of ordered) if (reaches(scope, place)) key += `,${index}`;
      let book = books.get(key);
      if (!book) {
        book = arrange(
          choices(place).map(({ rule }) => rule),
          place.kind,
        );
        books.set(key, book);
      }
      return book;
    },
    explain: choices,
    rule: (id) => byId.get(id),
    all: () => [...byId.values()],
  };
}

function arrange(rules: readonly Rule[], kind: SubjectKind): RuleBook {
  const inForce = rules.filter((rule) => rule.enabled && (rule.applies === 'all' || rule.applies === kind));
  const families = new Map<string, RuleFamily>();
  for (const rule of inForce) {
    const id = familyOf(rule);
    const ruleKind = kindOf(rule.when);
    const family = families.get(id) ?? { id, metric: '', levels: [], watchesSilence: false };
    family.levels.push({ rule, kind: ruleKind });
    families.set(id, family);
  }
  const byMeasurement = new Map<string, RuleFamily[]>();
  const byPresence: RuleFamily[] = [];
  for (const family of families.values()) {
    family.levels.sort((a, b) => rankOf[b.rule.severity] - rankOf[a.rule.severity]);
    const { rule, kind: ruleKind } = family.levels[0] as RuleFamily['levels'][number];
    family.metric = ruleKind.metric(rule.when as never);
    family.watchesSilence = family.levels.at(-1)?.rule.no_data === 'alert';
    const measurement = ruleKind.measurement?.(rule.when as never);
    if (measurement === undefined) byPresence.push(family);
    else byMeasurement.set(measurement, [...(byMeasurement.get(measurement) ?? []), family]);
  }
  const byRule = new Map(inForce.map((rule) => [rule.id, rule]));
  return { rules: inForce, rule: (id) => byRule.get(id), byMeasurement, byPresence, families };
}
