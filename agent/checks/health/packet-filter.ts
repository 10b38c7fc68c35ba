/**
 * What rules of a packet filter do to a connection from outside, whichever tool wrote them. Chains that nothing jumps
 * to from an input hook, and rules that keep out only certain senders (fail2ban, block lists), malformed packets or
 * floods, are no firewall: every other sender still gets in.
 */

/**
 * How much of what comes in a rule looks at: every new connection; some of it, from any sender (a port, an interface);
 * only certain senders or odd packets; or matches that cannot be seen here.
 */
export type Reach = 'all' | 'part' | 'narrow' | 'unclear';

export interface FilterRule {
  reach: Reach;
  verdict: 'accept' | 'drop' | 'return' | null;
  jumps: readonly { target: string; reach: Reach; final: boolean }[];
}

export interface Chain {
  /** Hangs at the hook for what comes in to this machine. */
  input: boolean;
  policy: 'accept' | 'drop';
  rules: FilterRule[];
}

interface ChainOutcome {
  filters: boolean;
  /** Some rule may filter, but its matches cannot be seen. */
  unclear: boolean;
  /** Everything that comes so far is let in, whatever follows. */
  opens: boolean;
}

const order: readonly Reach[] = ['all', 'part', 'unclear', 'narrow'];
export const narrowest = (reaches: readonly Reach[]): Reach =>
  order[Math.max(0, ...reaches.map((reach) => order.indexOf(reach)))] ?? 'narrow';

/** Chains that these programs keep for themselves: they guard containers and virtual machines, or ban single senders. */
export const foreign = /^(docker|kube|cni|cali|flannel|libvirt|cilium|netavark|weave|f2b|fail2ban|sshguard|crowdsec)/i;

/** Whether any input chain keeps something out. Null: it depends on matches that cannot be seen here. */
export function filtersInput(chains: ReadonlyMap<string, Chain>): boolean | null {
  // Each chain is followed once: the rules come from outside, and many jumps to the same chains must cost no more.
  const known = new Map<string, ChainOutcome>();
  const outcomes = [...chains].filter(([, chain]) => chain.input).map(([name]) => follow(chains, name, known));
  if (outcomes.some(({ filters }) => filters)) return true;
  return outcomes.some(({ unclear }) => unclear) ? null : false;
}

function follow(chains: ReadonlyMap<string, Chain>, name: string, known: Map<string, ChainOutcome>): ChainOutcome {
  const before = known.get(name);
  if (before) return before;
  const outcome: ChainOutcome = { filters: false, unclear: false, opens: false };
  // The kernel refuses loops; a text that has one must still end here.
  known.set(name, outcome);
  const chain = chains.get(name);
  if (!chain) return outcome;
  const ended = chain.rules.some((rule) => apply(rule, outcome, chains, known));
  if (!ended && chain.input && chain.policy === 'drop') outcome.filters = true;
  return outcome;
}

/** @returns true when no new connection gets past this rule */
function apply(
  rule: FilterRule,
  outcome: ChainOutcome,
  chains: ReadonlyMap<string, Chain>,
  known: Map<string, ChainOutcome>,
): boolean {
  for (const jump of rule.jumps) {
    const reach = narrowest([rule.reach, jump.reach]);
    if (reach === 'narrow') continue;
    const inner = follow(chains, jump.target, known);
    if (reach === 'unclear') outcome.unclear ||= inner.filters || inner.unclear;
    else {
      outcome.filters ||= inner.filters;
      outcome.unclear ||= inner.unclear;
      if (reach === 'all' && inner.opens) outcome.opens = true;
    }
    if (reach === 'all' && (jump.final || inner.opens)) return true;
  }
  if (rule.verdict === 'drop' && rule.reach === 'unclear') outcome.unclear = true;
  if (rule.verdict === 'drop' && (rule.reach === 'all' || rule.reach === 'part')) outcome.filters = true;
  if (rule.verdict === 'accept' && rule.reach === 'all') outcome.opens = true;
  return rule.verdict !== null && rule.reach === 'all';
}

const narrowAddress = /^(127\.|22[4-9]\.|23\d\.|255\.255\.255\.255|::1(\/|$)|ff[0-9a-f]{2}:)/i;

/** Connections to addresses that cannot be reached from outside, and broadcasts, are a small part of what comes in. */
export const destinationReach = (addresses: readonly string[]): Reach =>
  addresses.every((address) => narrowAddress.test(address)) ? 'narrow' : 'part';

export const protocolReach = (protocols: readonly string[]): Reach => {
  if (protocols.some((protocol) => /^(all|0)$/i.test(protocol))) return 'all';
  return protocols.every((protocol) => /icmp|^igmp$/i.test(protocol)) ? 'narrow' : 'part';
};

/** States of connection tracking: what counts is whether a new connection is meant. */
export const stateReach = (states: readonly string[], negated: boolean): Reach =>
  states.some((state) => state.toLowerCase() === 'new') === negated ? 'narrow' : 'all';
