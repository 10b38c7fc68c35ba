/**
 * The state machine of one alert: pending → firing → resolved, and unknown while its endpoint is away. Pure: samples
 * and the time go in, the next alert and its transition come out. No database, ticket or channel is involved.
 *
 * A value alert changes state only at a sample: a timer would fire on a spike of one sample just before the next good
 * one. Timers serve where silence is the evidence: absence, missing values, and a rule's `no_data`.
 */
import { rankOf } from '../evaluate/book.ts';
import type { LevelVerdict } from '../evaluate/evaluate.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Acknowledgement } from './acknowledgement.ts';
import { type FlapBits, noFlaps } from './flapping.ts';

/** Since when a level has been breached, and been good, without a break; ms UTC. */
interface LevelClocks {
  breachedSince: number | null;
  goodSince: number | null;
}

export interface LiveAlert {
  id: string;
  key: string;
  family: string;
  /** The level in force; while pending the worst one that is breached. */
  rule: Rule;
  endpoint: string;
  metric: string;
  tags: Record<string, string>;
  /** `inactive` has no row: kept only for rules to which missing samples are a breach. */
  state: 'inactive' | 'pending' | 'firing' | 'unknown';
  value: number | null;
  threshold: number | null;
  /** First breaching sample; time that counts for no clock is taken out while pending. */
  pendingAt: number;
  firedAt: number | null;
  acknowledgement: Acknowledgement | null;
  /** When it was acknowledged for the first time: the basis of mean time to acknowledge. */
  firstAcknowledgedAt: number | null;
  ticket: number | null;
  flaps: FlapBits;
  /** Flapping: it stays one firing alert until it is stable, whatever `state` is. */
  flapping: boolean;
  /** It had just ended to flap when it began to. */
  flapsAgain: boolean;
  /** By rule id. */
  clocks: Record<string, LevelClocks>;
  /** The breach is that no sample comes. */
  noData: boolean;
  /** Statuses of the levels at the last sample: the same again changes nothing before `nextAt`. */
  statuses: string;
  /** From when on a sample with the same statuses would be a transition; ms UTC, Infinity for never. */
  nextAt: number;
  /** The last sample about it. */
  dataAt: number;
  /** Since when its series is watched without a break: silence counts from here, or from the last sample if that is later. */
  watchedFrom: number;
  /** Flapping: the worst level of this episode. What is as bad as that is no news, and ends no acknowledgement. */
  worstInEpisode: Rule['severity'] | null;
  /** The last sample without a verdict: the instance is still there. */
  staleSince: number;
  /**
   * The pace of its series, ms: the shortest time that two gaps in a row did not exceed. A report may follow the one before at
   * once, and two such do not make a pace. null before the third sample.
   */
  everyMs: number | null;
  /** Between the last two samples, ms; null before the second. */
  lastGapMs: number | null;
}

export type TransitionReason =
  | 'not_held'
  | 'worse'
  | 'eased'
  | 'endpoint_gone'
  | 'back'
  | 'no_data'
  | 'retired'
  | 'rule_removed'
  | 'rule_changed'
  | 'gone'
  | 'reset'
  | 'ended_by_person'
  | 'endpoint_replaced';

export interface Transition {
  at: number;
  to: 'pending' | 'firing' | 'unknown' | 'resolved' | 'inactive';
  /** The rule whose level is in force afterwards; at the end the one before. */
  rule: Rule;
  reason?: TransitionReason;
}

export interface AlertStep {
  /** The alert after the step; null when there is none any more. */
  alert: LiveAlert | null;
  transition: Transition | null;
}

export interface NewAlert {
  id: string;
  key: string;
  family: string;
  endpoint: string;
  metric: string;
  tags: Record<string, string>;
}

/** A sample counts for this many of its intervals. */
const staleIntervals = 2.5;
/** 26 h: longer than the pause of the slowest daily check. */
export const goneDefaultS = 26 * 3600;

/** How long a sample counts; Infinity while the pace of its series is not known. */
function staleMsOf({ rule, everyMs, lastGapMs }: Pick<LiveAlert, 'rule' | 'everyMs' | 'lastGapMs'>): number {
  if (rule.stale_after_s !== undefined) return Math.round(rule.stale_after_s * 1000);
  // A whole number: half a millisecond is refused by PostgreSQL, and with it every alert of its batch.
  return Math.round(staleIntervals * (everyMs ?? lastGapMs ?? Number.POSITIVE_INFINITY));
}

function paceAfter({ everyMs, lastGapMs }: LiveAlert, gap: number): Pick<LiveAlert, 'everyMs' | 'lastGapMs'> {
  if (lastGapMs === null) return { everyMs, lastGapMs: gap };
  const longer = Math.max(lastGapMs, gap);
  return { everyMs: Math.min(everyMs ?? longer, longer), lastGapMs: gap };
}

const forMs = (rule: Rule) => Math.round(rule.for_s * 1000);
const clearMs = (rule: Rule) => Math.round(rule.clear_for_s * 1000);

function blank(birth: NewAlert, level: LevelVerdict, at: number): LiveAlert {
  return {
    ...birth,
    rule: level.rule,
    state: 'inactive',
    value: level.value,
    threshold: level.threshold,
    pendingAt: at,
    firedAt: null,
    acknowledgement: null,
    firstAcknowledgedAt: null,
    ticket: null,
    flaps: noFlaps,
    flapping: false,
    flapsAgain: false,
    clocks: {},
    noData: false,
    statuses: '',
    nextAt: Number.POSITIVE_INFINITY,
    dataAt: at,
    watchedFrom: at,
    worstInEpisode: null,
    staleSince: at,
    everyMs: null,
    lastGapMs: null,
  };
}

/** The verdicts of a sample as a short text: equal texts are equal verdicts. */
function statusesOf(levels: readonly LevelVerdict[]): string {
  let text = '';
  for (const { status } of levels) text += status[0];
  return text;
}

/**
 * One sample about an alert's instance.
 * @param levels worst first
 */
export function onSample(
  current: LiveAlert | null,
  levels: readonly LevelVerdict[],
  at: number,
  birth: () => NewAlert,
): AlertStep {
  // No verdict from this one: neither good nor bad.
  if (levels.every((level) => level.status === 'none')) return { alert: current, transition: null };
  if (current && at <= current.dataAt && current.statuses !== '') return { alert: current, transition: null };
  const mildest = levels.at(-1) as LevelVerdict;
  const breached = levels.find((level) => level.status === 'breach');
  const waitsForSilence = mildest.rule.no_data === 'alert';
  if (!current && !breached && !waitsForSilence) return { alert: null, transition: null };
  const before = current ? aged(current, at) : blank(birth(), breached ?? mildest, at);
  const alert: LiveAlert = { ...before, clocks: clocksAfter(before, levels, at), noData: false, dataAt: at };
  const step = decide(alert, levels, breached, at);
  // Nothing is wrong now, but missing samples would be: kept without a row.
  const watched =
    step.alert ??
    (waitsForSilence ? { ...blank(birth(), mildest, at), everyMs: alert.everyMs, lastGapMs: alert.lastGapMs } : null);
  if (watched) {
    watched.statuses = statusesOf(levels);
    watched.nextAt = nextChange(watched, levels);
  }
  return { alert: watched, transition: step.transition };
}

/** Takes out the time that no sample covered, and learns the interval of the series. */
function aged(alert: LiveAlert, at: number): LiveAlert {
  const gap = at - alert.dataAt;
  const counted = staleMsOf(alert);
  // Read back at a start, and its pace was not known yet: nobody can say that its breach held meanwhile.
  const known = alert.statuses === '' && !Number.isFinite(counted) && alert.watchedFrom > alert.dataAt ? 0 : counted;
  const surplus = alert.state === 'unknown' ? 0 : gap - known;
  // After a restart or an absence the first gap does not measure the interval.
  const paced = gap <= 0 || alert.statuses === '' ? alert : { ...alert, ...paceAfter(alert, gap) };
  if (!(surplus > 0) || alert.noData) return { ...paced };
  const later = (since: number | null) => (since === null ? null : since + surplus);
  const clocks = Object.fromEntries(
    Object.entries(alert.clocks).map(([id, { breachedSince, goodSince }]) => [
      id,
      { breachedSince: later(breachedSince), goodSince: later(goodSince) },
    ]),
  );
  const pendingAt = alert.state === 'pending' ? alert.pendingAt + surplus : alert.pendingAt;
  return { ...paced, clocks, pendingAt };
}

function clocksAfter(alert: LiveAlert, levels: readonly LevelVerdict[], at: number): LiveAlert['clocks'] {
  const clocks: LiveAlert['clocks'] = {};
  let breachedRank = -1;
  for (const { rule, status } of levels) {
    const before = alert.noData ? undefined : alert.clocks[rule.id];
    const rank = rankOf[rule.severity];
    // A level is breached as long as a worse one is, whatever its own conditions are.
    const isBreached = status === 'breach' || breachedRank > rank;
    if (isBreached) breachedRank = Math.max(breachedRank, rank);
    if (status === 'none' && !isBreached) clocks[rule.id] = before ?? { breachedSince: null, goodSince: null };
    else
      clocks[rule.id] = {
        breachedSince: isBreached ? (before?.breachedSince ?? at) : null,
        goodSince: !isBreached && (status === 'clear' || status === 'reset') ? (before?.goodSince ?? at) : null,
      };
  }
  return clocks;
}

function decide(
  alert: LiveAlert,
  levels: readonly LevelVerdict[],
  breached: LevelVerdict | undefined,
  at: number,
): AlertStep {
  switch (alert.state) {
    case 'inactive':
      return breached ? begin(alert, levels, breached, at) : { alert, transition: null };
    case 'pending':
      if (breached) return begin(alert, levels, breached, at);
      return { alert: null, transition: { at, to: 'inactive', rule: alert.rule, reason: 'not_held' } };
    case 'unknown':
      return back(alert, levels, at);
    case 'firing':
      return onFiring(alert, levels, at);
  }
}

/** Pending, or firing at the worst level that is due. */
function begin(alert: LiveAlert, levels: readonly LevelVerdict[], breached: LevelVerdict, at: number): AlertStep {
  const due = levels.find(({ rule }) => isDue(alert, rule, at));
  if (due) {
    const firing: LiveAlert = { ...alert, ...shownBy(due), state: 'firing', firedAt: at };
    return { alert: firing, transition: { at, to: 'firing', rule: due.rule } };
  }
  const pending: LiveAlert = { ...alert, ...shownBy(breached), state: 'pending' };
  const isNew = alert.state === 'inactive';
  if (isNew) pending.pendingAt = at;
  return { alert: pending, transition: isNew ? { at, to: 'pending', rule: breached.rule } : null };
}

function isDue(alert: LiveAlert, rule: Rule, at: number): boolean {
  const since = alert.clocks[rule.id]?.breachedSince ?? null;
  return since !== null && at - since >= forMs(rule);
}

const shownBy = (level: LevelVerdict) => ({ rule: level.rule, value: level.value, threshold: level.threshold });

/** The level of an alert from now on; null when it is good for all of them. */
function levelAfter(alert: LiveAlert, levels: readonly LevelVerdict[], at: number): LevelVerdict | null {
  const rank = rankOf[alert.rule.severity];
  for (const level of levels) {
    const { rule, status } = level;
    // Of two that are equally bad the present one stays until it is good, or until one before it begins.
    const begins = rule.id !== alert.rule.id && rankOf[rule.severity] >= rank;
    if (begins ? isDue(alert, rule, at) : status !== 'reset' && !isGood(alert, rule, at)) return level;
  }
  return null;
}

function isGood(alert: LiveAlert, rule: Rule, at: number): boolean {
  const since = alert.clocks[rule.id]?.goodSince ?? null;
  return since !== null && at - since >= clearMs(rule);
}

function onFiring(alert: LiveAlert, levels: readonly LevelVerdict[], at: number): AlertStep {
  const next = levelAfter(alert, levels, at);
  if (!next) return { alert: null, transition: resolvedBy(alert, levels, at) };
  const shown: LiveAlert = { ...alert, ...shownBy(next) };
  // Another level that is equally bad is the same to those who were told.
  if (next.rule.severity === alert.rule.severity) return { alert: shown, transition: null };
  const reason = rankOf[next.rule.severity] > rankOf[alert.rule.severity] ? 'worse' : 'eased';
  return { alert: shown, transition: { at, to: 'firing', rule: next.rule, reason } };
}

function resolvedBy({ rule }: LiveAlert, levels: readonly LevelVerdict[], at: number): Transition {
  const isReset = levels.some((level) => level.rule.id === rule.id && level.status === 'reset');
  return { at, to: 'resolved', rule, ...(isReset ? { reason: 'reset' } : {}) };
}

/** The endpoint is back: the same alert goes on, unless it is good and its rule needs no clear time. */
function back(alert: LiveAlert, levels: readonly LevelVerdict[], at: number): AlertStep {
  const next = levelAfter(alert, levels, at);
  if (!next) return { alert: null, transition: resolvedBy(alert, levels, at) };
  const rule = rankOf[next.rule.severity] > rankOf[alert.rule.severity] ? alert.rule : next.rule;
  const firing: LiveAlert = { ...alert, ...shownBy(next), rule, state: 'firing' };
  return { alert: firing, transition: { at, to: 'firing', rule, reason: 'back' } };
}

/** When the same statuses again would be a transition. */
function nextChange(alert: LiveAlert, levels: readonly LevelVerdict[]): number {
  const rank = rankOf[alert.rule.severity];
  let next = Number.POSITIVE_INFINITY;
  let isBeforeOwn = true;
  for (const { rule } of levels) {
    const isOwn = rule.id === alert.rule.id;
    if (isOwn) isBeforeOwn = false;
    const clock = alert.clocks[rule.id];
    if (!clock) continue;
    const canFire = alert.state === 'pending' || (isBeforeOwn && rankOf[rule.severity] >= rank);
    if (canFire && clock.breachedSince !== null) next = Math.min(next, clock.breachedSince + forMs(rule));
    if (alert.state === 'firing' && isOwn && clock.goodSince !== null)
      next = Math.min(next, clock.goodSince + clearMs(rule));
  }
  return next;
}

/** Whether a sample can be taken over without a look at the state machine: same verdict, in time, nothing due. */
export function changesNothing(alert: LiveAlert, levels: readonly LevelVerdict[], at: number): boolean {
  return (
    alert.state !== 'unknown' &&
    !alert.noData &&
    at < alert.nextAt &&
    at > alert.dataAt &&
    at - alert.dataAt <= staleMsOf(alert) &&
    statusesOf(levels) === alert.statuses
  );
}

/** Takes over the value of a sample that changes nothing else. The only change of an alert in place. */
export function refresh(alert: LiveAlert, levels: readonly LevelVerdict[], at: number): void {
  const shown = levels.find(({ rule }) => rule.id === alert.rule.id) ?? levels.at(-1);
  alert.value = shown?.value ?? alert.value;
  Object.assign(alert, paceAfter(alert, at - alert.dataAt));
  alert.dataAt = at;
}

/** When time alone changes it, ms UTC; null for never. `timed`: its verdicts hold until the next one. */
export function dueOf(alert: LiveAlert, timed: boolean): number | null {
  // One that is good waits for its next sample, and for no time.
  if (timed || alert.noData) return alert.state !== 'inactive' && Number.isFinite(alert.nextAt) ? alert.nextAt : null;
  const { no_data } = alert.rule;
  if (no_data === undefined || no_data === 'keep' || alert.state === 'unknown') return null;
  const staleAt = Math.max(alert.dataAt, alert.watchedFrom) + staleMsOf(alert);
  if (!Number.isFinite(staleAt)) return null;
  if (no_data === 'alert') return alert.state === 'inactive' ? staleAt : null;
  return alert.state === 'firing' ? staleAt + clearMs(alert.rule) : alert.state === 'pending' ? staleAt : null;
}

/** The time that `dueOf` returned has come. */
export function onDue(alert: LiveAlert, at: number, timed: boolean): AlertStep {
  if (timed || alert.noData) return onTimed(alert, at);
  if (alert.rule.no_data === 'ignore') {
    const to = alert.state === 'firing' ? 'resolved' : 'inactive';
    return { alert: null, transition: { at, to, rule: alert.rule, reason: 'no_data' } };
  }
  // Missing samples are a breach of the mildest level from now on.
  const clocks = { [alert.rule.id]: { breachedSince: at, goodSince: null } };
  const silent: LiveAlert = {
    ...alert,
    clocks,
    noData: true,
    value: null,
    pendingAt: at,
    nextAt: at + forMs(alert.rule),
  };
  if (forMs(alert.rule) === 0) return fireSilent(silent, at);
  return {
    alert: { ...silent, state: 'pending' },
    transition: { at, to: 'pending', rule: alert.rule, reason: 'no_data' },
  };
}

function fireSilent(alert: LiveAlert, at: number): AlertStep {
  const firing: LiveAlert = { ...alert, state: 'firing', firedAt: at, nextAt: Number.POSITIVE_INFINITY };
  return { alert: firing, transition: { at, to: 'firing', rule: alert.rule, reason: 'no_data' } };
}

/** The last verdict still holds. */
function onTimed(alert: LiveAlert, at: number): AlertStep {
  if (alert.noData) return fireSilent(alert, at);
  const level: LevelVerdict = { rule: alert.rule, value: alert.value, threshold: alert.threshold, status: 'breach' };
  if (alert.state === 'pending') {
    const firing: LiveAlert = { ...alert, ...shownBy(level), state: 'firing', firedAt: at };
    firing.nextAt = nextChange(firing, [level]);
    return { alert: firing, transition: { at, to: 'firing', rule: alert.rule } };
  }
  return { alert: null, transition: { at, to: 'resolved', rule: alert.rule } };
}

/** The endpoint is away: what it measured of itself is unknown from now on. */
export function onGone(alert: LiveAlert, at: number): AlertStep {
  if (alert.state === 'unknown') return { alert, transition: null };
  if (alert.state === 'inactive') return { alert: null, transition: null };
  if (alert.state === 'pending')
    return { alert: null, transition: { at, to: 'inactive', rule: alert.rule, reason: 'endpoint_gone' } };
  const unknown: LiveAlert = { ...alert, state: 'unknown', clocks: {}, statuses: '', nextAt: Number.POSITIVE_INFINITY };
  return { alert: unknown, transition: { at, to: 'unknown', rule: alert.rule, reason: 'endpoint_gone' } };
}

/** Ends it for a reason other than recovery. */
export function onEnd(alert: LiveAlert, at: number, reason: TransitionReason): AlertStep {
  if (alert.state === 'inactive') return { alert: null, transition: null };
  const to = alert.state === 'pending' ? 'inactive' : 'resolved';
  return { alert: null, transition: { at, to, rule: alert.rule, reason } };
}

/** The pace by which it waits for silence, ms; Infinity while that is not known, or it does not wait. */
export const silencePace = (alert: LiveAlert): number =>
  alert.rule.no_data === 'alert' || alert.rule.no_data === 'ignore' ? staleMsOf(alert) : Number.POSITIVE_INFINITY;

/**
 * The key of an alert: no values and no times in it, and no names that people change.
 * `endpoint/family/instance`, case-folded. Only compared, never taken apart.
 */
export function alertKey(endpoint: string, family: string, tags: Readonly<Record<string, string>>): string {
  let instance = '';
  for (const name of Object.keys(tags).sort()) {
    if (name === 'host' || name === 'site') continue;
    instance += `${instance ? ',' : ''}${name}=${tags[name]}`;
  }
  return `${endpoint}/${family}${instance ? `/${instance}` : ''}`.toLowerCase();
}
