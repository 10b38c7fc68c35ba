/** `iptables -S` and `iptables-save`, for IPv4 and IPv6, as chains of a packet filter. Pure and total. */

import { leadsSomewhere } from '../network.ts';
import { linesOf } from '../parse.ts';
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

/** Whether the rules of the table `filter` keep something out; undefined when the text names no policy of INPUT. */
export function parseIptables(text: string): boolean | null | undefined {
  const chains = new Map<string, Chain>();
  let table = 'filter';
  for (const line of linesOf(text)) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    if (!/^[-:[]/.test(line)) continue;
    const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
    // iptables-save -c puts the counters first.
    if (words[0]?.startsWith('[')) words.shift();
    if (table === 'filter') addLine(chains, words);
  }
  return chains.has('INPUT') ? filtersInput(chains) : undefined;
}

function addLine(chains: Map<string, Chain>, [first = '', second = '', third = '', ...rest]: readonly string[]): void {
  const named = first.startsWith(':') ? [first.slice(1), second] : first === '-P' ? [second, third] : null;
  const [name = '', policy] = named ?? (first === '-N' ? [second] : []);
  if (name !== '')
    chains.set(name, { input: name === 'INPUT', policy: policy === 'DROP' ? 'drop' : 'accept', rules: [] });
  if (first === '-A') chains.get(second)?.rules.push(ruleOf([third, ...rest]));
}

const verdicts: Record<string, FilterRule['verdict']> = {
  ACCEPT: 'accept',
  DROP: 'drop',
  REJECT: 'drop',
  RETURN: 'return',
};
/** Modules whose options are read below, or that compare nothing. */
const modules = new Set(['comment', 'conntrack', 'state', 'multiport', 'tcp', 'udp', 'sctp', 'dccp', 'addrtype']);
/** How `--syn`, a new TCP connection, is printed. */
const newTcp = 'FIN,SYN,RST,ACKSYN';

function ruleOf(words: readonly string[]): FilterRule {
  const reaches: Reach[] = ['all'];
  let negated = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const value = words[at + 1] ?? '';
    if (word === '!') {
      negated = true;
      continue;
    }
    // The target and what belongs to it come last.
    if (word === '-j' || word === '-g') return withTarget(narrowest(reaches), value, word === '-g');
    if (word === '-m') reaches.push(modules.has(value) ? 'all' : 'narrow');
    else if (word === '--tcp-flags') reaches.push(!negated && value + words[++at + 1] === newTcp ? 'part' : 'narrow');
    else if (word !== '--comment') reaches.push(optionReach(word, value.split(','), negated));
    negated = false;
    if (word !== '--syn' && word !== '-f') at += 1;
  }
  return { reach: narrowest(reaches), verdict: null, jumps: [] };
}

function withTarget(reach: Reach, target: string, final: boolean): FilterRule {
  const verdict = verdicts[target] ?? null;
  const jumps = verdict !== null || foreign.test(target) ? [] : [{ target, reach: 'all' as const, final }];
  return { reach, verdict, jumps };
}

function optionReach(option: string, values: readonly string[], negated: boolean): Reach {
  switch (option) {
    case '-i': {
      const outer = values.some((name) => leadsSomewhere(name) && name !== '+');
      if (values.includes('+')) return 'all';
      return negated ? (outer ? 'part' : 'all') : outer ? 'part' : 'narrow';
    }
    case '-p':
      return negated ? 'part' : protocolReach(values);
    case '-d':
      return values.some((value) => /^(0\.0\.0\.0|::)\/0$/.test(value))
        ? 'all'
        : negated
          ? 'part'
          : destinationReach(values);
    case '-s':
      return !negated && values.some((value) => /^(0\.0\.0\.0|::)\/0$/.test(value)) ? 'all' : 'narrow';
    case '--dport':
    case '--dports':
      return 'part';
    case '--ctstate':
    case '--state':
      return stateReach(values, negated);
    case '--syn':
      return negated ? 'narrow' : 'part';
    case '--dst-type':
      return values.includes('LOCAL') !== negated ? 'all' : 'narrow';
    default:
      return 'narrow';
  }
}
