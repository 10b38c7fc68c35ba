/**
 * Whose turn it is to take a release, what became of each turn, and when to stop: canary, then a tenth, then all. Pure: the same
 * facts give the same answer, so that a repeat after a crash changes nothing twice.
 */
import { createHash } from 'node:crypto';
import { type AgentRelease, compareVersions } from '../../shared/release.ts';
import type { UpdateReport } from '../../shared/update.ts';
import { type UpdateNumbers, type UpdatePlace, type UpdateRing, versionPattern } from '../../shared/update-choices.ts';

export type TurnResult = 'open' | 'late' | 'proven' | 'fell_back' | 'silent' | 'refused';

export interface Turn {
  ring: UpdateRing;
  /** When it was told, ms UTC. */
  at: number;
  /** The version that it ran then. */
  from: string | null;
  result: TurnResult;
  resultAt: number;
}

/** An endpoint as this logic sees it. */
export interface RingMachine {
  id: string;
  tags: readonly string[];
  version: string | null;
  /** linux-x64; null: not known. */
  target: string;
  /** Its agent knows the setting `update`. */
  isAble: boolean;
  isOnline: boolean;
  /** Gone without a goodbye. */
  isLost: boolean;
  /** Last proof of life, ms UTC. */
  seenAt: number | null;
  said: UpdateReport | null;
  turn: Turn | null;
}

/** Of it, those files that lie in the folder. */
export type RingRelease = Pick<AgentRelease, 'version' | 'sequence' | 'from' | 'files'>;

export interface RingRollout {
  stage: UpdateRing;
  stageAt: number;
  /** Failures until then were seen by a person, who went on. */
  resumedAt: number;
}

export interface RingFacts {
  now: number;
  numbers: UpdateNumbers;
  release: RingRelease;
  rollout: RingRollout;
  machines: readonly RingMachine[];
  /** Before that silence is the collector's own: it was off, or cut off. */
  listeningSince: number;
}

export interface StopReason {
  why: 'failed' | 'restarts' | 'memory' | 'cpu' | 'checks' | 'missing';
  ring: UpdateRing;
  /** What was counted or measured, and its limit. */
  found: number;
  limit: number;
}

export interface RingDecision {
  results: { id: string; result: TurnResult }[];
  /** Told, not begun, and switched off: another goes first. */
  taken: string[];
  offers: { id: string; ring: UpdateRing }[];
  stage: UpdateRing | null;
  stop: StopReason | null;
}

const toldForms: ReadonlySet<string> = new Set(['deb', 'rpm']);
const failures: ReadonlySet<TurnResult> = new Set(['fell_back', 'silent', 'refused']);
/** Refusals that say something of the machine, not of the release. */
const ownReasons: ReadonlySet<string> = new Set(['update_no_room', 'update_not_taken', 'update_not_copied']);
const isFailure = ({ result }: Pick<Turn, 'result'>): boolean => failures.has(result);
const isUnderWay = ({ result }: Turn) => result === 'open';
/** What is delivered to it while the rollout runs. */
export const isTold = ({ result }: Turn): boolean => result === 'open' || result === 'late';

const versionForm = new RegExp(versionPattern, 'u');
const isVersion = (text: string) => versionForm.test(text);

/** Another order for each version: it is not always the same machines that go first. */
export const orderOf = (id: string, version: string): string =>
  createHash('sha256').update(`${id} ${version}`).digest('hex');

/** Why an endpoint without a turn gets none, or that it waits for one. */
export function placeOf(machine: RingMachine, release: RingRelease): UpdatePlace {
  const { version, turn, isAble, target, isOnline, said } = machine;
  // A version of another form is not judged: it is offered, and its agent decides.
  const older = version === null || !isVersion(version) || compareVersions(version, release.version) < 0;
  if (!older) return 'has';
  if (turn && turn.result !== 'proven') return turn.result === 'open' ? 'turn' : turn.result;
  // It had the release, and went back from it.
  if (turn) return 'fell_back';
  if (!isAble) return 'old';
  // What a package manager has put there it replaces as well: people are told.
  if (said && (toldForms.has(said.form) || said.allow === 'notify')) return 'told';
  if (said?.allow === 'off') return 'locked';
  const own = said?.form ?? null;
  if (!release.files.some((file) => file.target === (said?.target ?? target) && (own === null || file.form === own)))
    return 'no_package';
  if (version !== null && isVersion(version) && compareVersions(version, release.from) < 0) return 'step';
  return isOnline ? 'waiting' : 'offline';
}

/** All that may take it or have been told: the rings are shares of these. */
const concerned = ({ machines, release }: RingFacts) =>
  machines.filter((one) => one.turn !== null || ['waiting', 'offline'].includes(placeOf(one, release)));

const share = (percent: number, of: number) => Math.ceil((percent * of) / 100);

/** The ring of each. What was told in a ring stays in it; the rest is filled up in the order of the hash, those that are on first. */
export function ringsOf(facts: RingFacts): Map<string, UpdateRing> {
  const { numbers, release } = facts;
  const all = concerned(facts);
  const order = new Map(all.map(({ id }) => [id, orderOf(id, release.version)]));
  const isTagged = ({ tags }: RingMachine) => tags.some((tag) => tag.toLowerCase() === 'canary');
  const rank = (one: RingMachine) => [one.turn?.ring === 'canary' ? 0 : 1, isTagged(one) ? 0 : 1, one.isOnline ? 0 : 1];
  const byRank = [...all].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const at = left.findIndex((value, n) => value !== right[n]);
    if (at >= 0) return (left[at] as number) - (right[at] as number);
    return (order.get(a.id) as string) < (order.get(b.id) as string) ? -1 : 1;
  });
  const rings = new Map<string, UpdateRing>();
  for (const { id, turn } of all) if (turn) rings.set(id, turn.ring);
  const canaries = byRank.filter(({ turn }) => turn?.ring === 'canary');
  const free = byRank.filter(({ turn }) => turn === null);
  const add = (one: RingMachine) => {
    canaries.push(one);
    rings.set(one.id, 'canary');
  };
  const tagged = all.filter(isTagged).length;
  // Past the canaries nobody becomes one any more.
  if (facts.rollout.stage === 'canary') {
    for (const one of free)
      if (!canaries.some(({ target }) => target === one.target) && canaries.length < numbers.canary_most) add(one);
    // Beside those that people have chosen there is one of each target that has none.
    const wanted =
      tagged > 0 ? tagged + canaries.filter((one) => !isTagged(one)).length : share(numbers.canary_percent, all.length);
    for (const one of free) if (canaries.length < Math.min(wanted, numbers.canary_most) && !rings.has(one.id)) add(one);
  }
  const rest = all
    .filter(({ id }) => !rings.has(id))
    .sort((a, b) => ((order.get(a.id) as string) < (order.get(b.id) as string) ? -1 : 1));
  const seconds = all.filter(({ turn }) => turn?.ring === 'second').length;
  const left = facts.rollout.stage === 'all' ? 0 : Math.max(0, share(numbers.second_percent, all.length) - seconds);
  for (const [n, { id }] of rest.entries()) rings.set(id, n < left ? 'second' : 'all');
  return rings;
}

/** What became of a turn by what its agent says and whether it is there; null: nothing new. */
function resultOf(machine: RingMachine, facts: RingFacts): TurnResult | 'taken' | null {
  const { turn, said, version, isOnline, isLost, seenAt } = machine;
  const { release, numbers, now, listeningSince } = facts;
  // Fallen back after it was proven still counts; what a person has to look at is not judged again.
  if (!turn || (!isTold(turn) && turn.result !== 'proven' && turn.result !== 'silent')) return null;
  const { sequence } = release;
  const about =
    said !== null && said.version === release.version && (said.sequence ?? sequence) === sequence ? said : null;
  if (about?.state === 'fell-back') return 'fell_back';
  if (turn.result === 'proven') return null;
  if (about?.state === 'proven' || (version === release.version && about?.state !== 'trial' && isOnline))
    return 'proven';
  if (about?.state === 'refused') return ownReasons.has(about.reason?.code ?? '') ? 'late' : 'refused';
  if (turn.result === 'silent') return null;
  const hasBegun = about !== null && about.state !== 'idle';
  const since = Math.max(turn.at, listeningSince, seenAt ?? 0);
  const limit = numbers.silent_s * 1000;
  if (!isOnline && (hasBegun || isLost)) return now - since > limit ? 'silent' : null;
  if (!isOnline) return 'taken';
  // It is there and says why it does nothing, or loads for hours: it may still take it, and holds nobody up.
  if (turn.result === 'open' && about?.state === 'idle' && about.reason) return 'late';
  return turn.result === 'open' && now - Math.max(turn.at, listeningSince) > 4 * limit ? 'late' : null;
}

const highAvailability = ({ tags }: RingMachine) =>
  tags.filter((tag) => /^ha:./i.test(tag)).map((tag) => tag.toLowerCase());

export function atOnce({ numbers }: Pick<RingFacts, 'numbers'>, of: number): number {
  return Math.max(1, Math.min(numbers.at_once, Math.floor((numbers.at_once_percent * of) / 100)));
}

/** How many failures in a ring of this size end the rollout. */
export function failureLimit(ring: UpdateRing, size: number, numbers: UpdateNumbers): number {
  if (ring === 'canary') return 1;
  const percent = ring === 'second' ? numbers.stop_second_percent : numbers.stop_all_percent;
  return Math.max(numbers.stop_count, share(percent, size));
}

const order: readonly UpdateRing[] = ['canary', 'second', 'all'];

/** More than a fifth of those that are not being updated are silent together: it was the collector, or the way to it. */
export function isCutOff({ machines, numbers }: Pick<RingFacts, 'machines' | 'numbers'>): boolean {
  const others = machines.filter(({ turn, isOnline, isLost }) => (isOnline || isLost) && !(turn && isUnderWay(turn)));
  const silent = others.filter(({ isOnline }) => !isOnline).length;
  return silent > 1 && silent * 100 > numbers.pause_percent * others.length;
}

/** @param isPaused nobody is told, and no silence counts */
export function decide(facts: RingFacts, isPaused: boolean): RingDecision {
  const { numbers, rollout, machines, now } = facts;
  const decision: RingDecision = { results: [], taken: [], offers: [], stage: null, stop: null };
  const turns = new Map<string, Turn>();
  for (const machine of machines) {
    const { id, turn } = machine;
    if (!turn) continue;
    const found = resultOf(machine, facts);
    // A silence under a pause is nobody's failure.
    const result = isPaused && found === 'silent' ? null : found;
    if (result === 'taken') decision.taken.push(id);
    else turns.set(id, result ? { ...turn, result, resultAt: now } : turn);
    if (result !== null && result !== 'taken') decision.results.push({ id, result });
  }
  const rings = ringsOf(facts);
  const sizeOf = (ring: UpdateRing) => [...rings.values()].filter((one) => one === ring).length;
  for (const ring of order) {
    const failed = [...turns.values()].filter(
      (turn) => turn.ring === ring && isFailure(turn) && turn.resultAt > rollout.resumedAt,
    ).length;
    const limit = failureLimit(ring, sizeOf(ring), numbers);
    if (failed >= limit) return { ...decision, stop: { why: 'failed', ring, found: failed, limit } };
  }
  if (isPaused) return decision;
  decision.stage = nextStage(facts, turns, rings);
  const stage = decision.stage ?? rollout.stage;
  decision.offers = offersOf({ ...facts, rollout: { ...rollout, stage } }, turns, rings);
  return decision;
}

/** A ring has had its time, and somebody in it runs the release. */
function nextStage(
  { numbers, rollout, now, machines }: RingFacts,
  turns: ReadonlyMap<string, Turn>,
  rings: ReadonlyMap<string, UpdateRing>,
): UpdateRing | null {
  const { stage, stageAt } = rollout;
  if (stage === 'all') return null;
  const ofRing = machines.filter(({ id }) => rings.get(id) === stage);
  const lasts = (stage === 'canary' ? numbers.canary_s : numbers.second_s) * 1000;
  if (now - stageAt < lasts) return null;
  const isSettled = ({ id, isOnline }: RingMachine) => {
    const turn = turns.get(id);
    return turn ? !isUnderWay(turn) : !isOnline;
  };
  const proven = ofRing.some(({ id }) => turns.get(id)?.result === 'proven');
  if (!ofRing.every(isSettled) || !proven) return null;
  return stage === 'canary' ? 'second' : 'all';
}

function offersOf(
  facts: RingFacts,
  turns: ReadonlyMap<string, Turn>,
  rings: ReadonlyMap<string, UpdateRing>,
): RingDecision['offers'] {
  const { machines, release, rollout } = facts;
  const open = machines.filter(({ id }) => turns.get(id)?.result === 'open');
  const busy = new Set(open.flatMap(highAvailability));
  let room = atOnce(facts, rings.size) - open.length;
  const reach = order.indexOf(rollout.stage);
  const offers: RingDecision['offers'] = [];
  const waiting = machines
    .filter((one) => !one.turn && placeOf(one, release) === 'waiting')
    .map((one) => ({ one, ring: rings.get(one.id) ?? 'all', by: orderOf(one.id, release.version) }))
    .sort((a, b) => order.indexOf(a.ring) - order.indexOf(b.ring) || (a.by < b.by ? -1 : 1));
  for (const { one, ring } of waiting) {
    if (room <= 0) break;
    const pairs = highAvailability(one);
    if (order.indexOf(ring) > reach || pairs.some((tag) => busy.has(tag))) continue;
    for (const tag of pairs) busy.add(tag);
    offers.push({ id: one.id, ring });
    room--;
  }
  return offers;
}
