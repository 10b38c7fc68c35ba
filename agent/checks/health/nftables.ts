/** `nft -j list ruleset` as chains of a packet filter. Pure and total. */

import { leadsSomewhere } from '../network.ts';
import { type Loose, looseJson, objectOf, objectsOf, textOf } from '../parse.ts';
import {
  type Chain,
  destinationReach,
  type FilterRule,
  filtersInput,
  foreign,
  narrowest,
  protocolReach,
  type Reach,
  stateReach,
} from './packet-filter.ts';

/** Whether IPv4 and IPv6 are filtered; undefined when the text is no list of rules. */
export function parseNft(text: string): { v4: boolean | null; v6: boolean | null; inputs: number } | undefined {
  const { nftables } = objectOf(looseJson(text));
  if (!Array.isArray(nftables)) return undefined;
  const entries = objectsOf(nftables);
  const off = new Set(
    entries.map(({ table }) => objectOf(table)).flatMap((table) => (isOff(table) ? [tableOf(table, table.name)] : [])),
  );
  const chains = chainsOf(entries, off);
  const of = (families: readonly string[]) =>
    filtersInput(new Map([...chains].filter(([name]) => families.includes(name.slice(0, name.indexOf(' '))))));
  const inputs = [...chains.values()].filter((chain) => chain.input).length;
  return { v4: of(['inet', 'ip']), v6: of(['inet', 'ip6']), inputs };
}

const tableOf = ({ family }: Loose, name: unknown) => `${family} ${name}`;
const nameOf = (entry: Loose, chain: unknown) => `${tableOf(entry, entry.table)} ${chain}`;

/** nft 1.0.6 prints the table's name in the place of its flags. */
const isOff = ({ flags, name }: Loose) => flags === name || [flags].flat().includes('dormant');

function chainsOf(entries: readonly Loose[], off: ReadonlySet<string>): Map<string, Chain> {
  const chains = new Map<string, Chain>();
  const maps = new Map<string, unknown>();
  for (const entry of entries) {
    const chain = objectOf(entry.chain);
    const map = objectOf(entry.map);
    if (map.name !== undefined) maps.set(nameOf(map, map.name), map.elem);
    if (chain.name === undefined || off.has(tableOf(chain, chain.table)) || foreign.test(String(chain.table))) continue;
    const input = chain.hook === 'input' && chain.type !== 'nat';
    chains.set(nameOf(chain, chain.name), { input, policy: chain.policy === 'drop' ? 'drop' : 'accept', rules: [] });
  }
  for (const entry of entries) {
    const rule = objectOf(entry.rule);
    const chain = chains.get(nameOf(rule, rule.chain));
    if (chain) for (const one of rulesOf(rule, maps)) chain.rules.push(one);
  }
  return chains;
}

const neutral = new Set(['counter', 'log', 'comment', 'mangle', 'notrack', 'flow']);
const targets = /^(jump|goto)$/;

/** One rule; a verdict map makes one of each of its elements. */
function rulesOf(rule: Loose, maps: ReadonlyMap<string, unknown>): FilterRule[] {
  const reaches: Reach[] = [];
  const found: FilterRule[] = [];
  const add = (verdict: Loose, reach: Reach) => found.push(ruleOf(verdict, rule, narrowest([...reaches, reach])));
  for (const expression of objectsOf(rule.expr)) {
    const [kind = '', value] = Object.entries(expression)[0] ?? [];
    if (kind === 'match') reaches.push(matchReach(objectOf(value)));
    else if (kind === 'xt') addExtension(objectOf(value), reaches, add);
    else if (kind === 'vmap') {
      const { key, data } = objectOf(value);
      for (const [element, verdict] of elementsOf(data, rule, maps))
        add(objectOf(verdict), narrowest([leftReach(objectOf(key), valuesOf(element), false), 'part']));
    } else if (/^(accept|drop|reject|return)$/.test(kind) || targets.test(kind)) add(expression, 'all');
    else if (!neutral.has(kind)) reaches.push('narrow');
  }
  return found;
}

function ruleOf(verdict: Loose, rule: Loose, reach: Reach): FilterRule {
  const [kind = '', value] = Object.entries(verdict)[0] ?? [];
  const target = textOf(objectOf(value).target) ?? '';
  if (targets.test(kind)) {
    const jump = { target: nameOf(rule, target), reach: 'all' as const, final: kind === 'goto' };
    return { reach, verdict: null, jumps: foreign.test(target) ? [] : [jump] };
  }
  const word = kind === 'reject' ? 'drop' : kind;
  return { reach, verdict: word === 'accept' || word === 'drop' || word === 'return' ? word : null, jumps: [] };
}

/** Rules that iptables wrote: nft knows the names of their matches, but not what they compare. */
function addExtension({ type, name }: Loose, reaches: Reach[], add: (verdict: Loose, reach: Reach) => void): void {
  if (type === 'target') {
    if (name === 'REJECT') add({ reject: null }, 'all');
  } else if (name === 'comment') return;
  else if (name === 'multiport' || name === 'tcp' || name === 'udp') reaches.push('part');
  else reaches.push(name === 'conntrack' || name === 'state' ? 'unclear' : 'narrow');
}

function elementsOf(data: unknown, rule: Loose, maps: ReadonlyMap<string, unknown>): [unknown, unknown][] {
  const named = typeof data === 'string' ? maps.get(nameOf(rule, data.replace(/^@/, ''))) : objectOf(data).set;
  const elements: unknown[] = Array.isArray(named) ? named : [];
  return elements.filter((element): element is [unknown, unknown] => Array.isArray(element) && element.length === 2);
}

/** The plain values on the right of a match, out of sets, lists and ranges. */
function valuesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(valuesOf);
  if (typeof value !== 'object' || value === null) return [String(value)];
  const { set, prefix, elem, val } = value as Loose;
  const inner = set ?? objectOf(prefix).addr ?? objectOf(elem).val ?? val;
  return inner === undefined
    ? []
    : [inner].flat().flatMap((one) => (typeof one === 'object' ? valuesOf(one) : [String(one)]));
}

function matchReach({ op, left, right }: Loose): Reach {
  const { concat } = objectOf(left);
  if (!Array.isArray(concat)) return leftReach(objectOf(left), valuesOf(right), op === '!=');
  return narrowest(['part', ...objectsOf(concat).map((part) => leftReach(part, [], false))]);
}

/** What is compared, and with what. Comparisons that are not named here look at the sender or at odd packets. */
function leftReach(left: Loose, values: readonly string[], negated: boolean): Reach {
  const meta = objectOf(left.meta).key;
  const { protocol, field } = objectOf(left.payload);
  if (meta === 'iifname' || meta === 'iif') return interfaceReach(values, negated);
  if (meta === 'nfproto') return 'all';
  if (meta === 'l4proto' || field === 'nexthdr' || (protocol === 'ip' && field === 'protocol'))
    return negated ? 'part' : protocolReach(values);
  if (field === 'dport') return 'part';
  if (field === 'daddr' && protocol !== 'ether')
    return values.length === 0 || negated ? 'part' : destinationReach(values);
  if (objectOf(left.ct).key === 'state') return stateReach(values, negated);
  const { result, flags } = objectOf(left.fib);
  if (result === 'type' && [flags].flat().includes('daddr'))
    return values.includes('local') !== negated ? 'all' : 'narrow';
  return 'narrow';
}

function interfaceReach(names: readonly string[], negated: boolean): Reach {
  const outer = names.length === 0 || names.some(leadsSomewhere);
  if (negated) return outer ? 'part' : 'all';
  return outer ? 'part' : 'narrow';
}
