/** The part `inhibit:` of evenkeel.yaml, and the inhibitions that are built in. */
import { type Static, Type } from 'typebox';
import { EvenkeelError } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import { type Fault, shown } from '../../shared/shape.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import { fitsMissing, impossibleIn, type Matcher, matches, parseMatcher } from '../alerts/matcher.ts';
import type { InhibitRule } from './inhibition-graph.ts';

const closed = { additionalProperties: false } as const;
const Matchers = Type.Array(Type.String({ maxLength: 1200 }), { minItems: 1, maxItems: 20 });

export const InhibitSettings = Type.Array(
  Type.Object(
    { source: Matchers, target: Matchers, equal: Type.Optional(Type.Array(Type.String({ maxLength: 128 }))) },
    closed,
  ),
  { maxItems: 200 },
);
export type InhibitSettings = Static<typeof InhibitSettings>;

const Names = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 20 });
const maxItems = 20;

/** What whole sites are reached by way of, by the names of endpoints and targets. */
export const UplinkSettings = Type.Array(
  Type.Object(
    {
      site: Type.String({ minLength: 1, maxLength: 128 }),
      parents: Type.Optional(Names),
      groups: Type.Optional(Type.Array(Names, { minItems: 1, maxItems })),
    },
    closed,
  ),
  { maxItems: 1000 },
);
export type UplinkSettings = Static<typeof UplinkSettings>;

/** What is wrong with uplinks whose shape is right; whether there are such sites and endpoints is known to the state only. */
export function faultsOfUplinks(uplinks: UplinkSettings): Fault[] {
  const seen = new Set<string>();
  return uplinks.flatMap(({ site, parents, groups }, n): Fault[] => {
    const isTwice = seen.has(nameKey(site));
    seen.add(nameKey(site));
    return [
      ...(isTwice
        ? [{ path: [n, 'site'], problem: `is ${shown(site)}, which stands above already; one entry per site` }]
        : []),
      ...(parents || groups
        ? []
        : [
            { path: [n], problem: 'needs `parents: [core-router]`, or `groups: [[isp-a, isp-b]]` for redundant lines' },
          ]),
    ];
  });
}

const of = (...texts: string[]) => texts.map(parseMatcher);

/** When the collector is cut off, nothing is known of others; when a site is, its targets are no news. */
export const builtInRules: readonly InhibitRule[] = [
  {
    source: of('rule="collector-isolated"'),
    target: of('rule=~"site-down|server-down|workstation-not-seen|target-down|service-unavailable"'),
    equal: [],
  },
  { source: of('rule="site-down"'), target: of('rule="target-down"'), equal: ['site'] },
];

/** What is wrong with rules whose shape is right. */
export function faultsOfInhibit(settings: InhibitSettings): Fault[] {
  const faults: Fault[] = [];
  const rules = settings.map(({ source, target, equal = [] }, n): InhibitRule => {
    const side = (name: 'source' | 'target', texts: readonly string[]) => {
      const matchers = texts.flatMap((text, i) => {
        try {
          const matcher = parseMatcher(text);
          const why = impossibleIn(matcher);
          if (why) faults.push({ path: [n, name, i], problem: `is ${shown(text)}: ${formatReasons('en', [why])}` });
          return matcher;
        } catch (thrown) {
          if (!(thrown instanceof EvenkeelError)) throw thrown;
          faults.push({ path: [n, name, i], problem: thrown.message });
          return [];
        }
      });
      if (matchers.length === texts.length && matchers.every(fitsMissing))
        faults.push({
          path: [n, name],
          problem: 'fits nearly every alert; give at least one matcher that asks for a value, such as rule="site-down"',
        });
      return matchers;
    };
    return { source: side('source', source), target: side('target', target), equal };
  });
  const circle = faults.length === 0 ? circleIn(rules) : null;
  if (circle)
    faults.push({
      path: [circle[0] ?? 0],
      problem: `goes in a circle: ${circle.map((n) => `inhibit[${n}]`).join(' → ')}; nobody would hear of any of them`,
    });
  return faults;
}

export const inhibitRulesOf = (settings: InhibitSettings): InhibitRule[] =>
  settings.map(({ source, target, equal = [] }) => {
    return { source: source.map(parseMatcher), target: target.map(parseMatcher), equal };
  });

/** An alert that fits all of `target` may fit all of `source`, as far as that can be read off them. */
const leadsTo = (target: readonly Matcher[], source: readonly Matcher[]) =>
  source.every((one) => target.some((other) => other.label === one.label && overlap(other, one)));

/** A value fits both: the same condition, or one of the values that stand in them. */
function overlap(a: Matcher, b: Matcher): boolean {
  if (a.op === b.op && a.value === b.value) return true;
  return [...valuesIn(a), ...valuesIn(b)].some((value) => [a, b].every((one) => matches(one, { [one.label]: value })));
}

/** `a` of `="a"`, `a` and `b` of `=~"a|b"`; what a negation leaves stands nowhere. */
const valuesIn = ({ op, value }: Matcher): string[] =>
  op === '=' ? [value] : op === '=~' ? value.split(/[|()]/).filter((word) => /^[\w-]+$/.test(word)) : [];

/** Rules of which each one's target is the next one's source. */
function circleIn(rules: readonly InhibitRule[]): number[] | null {
  const next = rules.map(({ target }) =>
    rules.flatMap(({ source, target: other }, n) => (leadsTo(target, source) && !leadsTo(other, source) ? n : [])),
  );
  const walk = (n: number, path: readonly number[]): number[] | null => {
    const at = path.indexOf(n);
    if (at >= 0) return [...path.slice(at), n];
    for (const one of next[n] ?? []) {
      const found = walk(one, [...path, n]);
      if (found) return found;
    }
    return null;
  };
  for (const n of rules.keys()) {
    const found = walk(n, []);
    if (found) return found;
  }
  return null;
}
