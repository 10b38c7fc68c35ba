/**
 * The state machine of one alert: pending → firing → resolved. Pure: verdicts and the time go in, the next alert and
 * what happened come out. Nothing here knows a database, a ticket or a channel.
 *
 * - pending: the verdict breaches; it must go on for `for_s`. One good reading ends it without a trace.
 * - firing: ends when the readings have been on the good side of the clear level for `clear_for_s`.
 * - asleep: the endpoint is off, so that nothing can be known. Saved as resolved with the reason `silent`; when the
 *   endpoint is back and still bad it fires on as the same alert, and nobody is told twice.
 */
import { rankOf } from '../evaluate/book.ts';
import type { Level } from '../evaluate/evaluate.ts';
import type { Rule } from '../evaluate/rule.ts';

export interface Active {
  id: string;
  key: string;
  family: string;
  rule: Rule;
  endpoint: string;
  metric: string;
  tags: Record<string, string>;
  state: 'pending' | 'firing' | 'asleep';
  value: number | null;
  threshold: number | null;
  pendingAt: number;
  firedAt: number | null;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  ticket: number | null;
  /** When the condition began to hold again without a break; a pending alert counts `for_s` from here. */
  clearSince: number | null;
  /** A worse level has been breached since. */
  worse: { rule: Rule; since: number } | null;
  /** The last reading about it; an alert of a thing that is gone must end. */
  dataAt: number;
}

export type Happening =
  | 'begun'
  | 'fired'
  | 'escalated'
  | 'eased'
  /** Was only pending: no trace is kept. */
  | 'dropped'
  | 'cleared'
  | 'slept'
  | 'woke';

export interface Step {
  /** What is so now; null when there is no alert any more. */
  alert: Active | null;
  /** In order; empty when nothing changed that must be saved. */
  happened: Happening[];
}

export interface Birth {
  id: string;
  key: string;
  family: string;
  endpoint: string;
  metric: string;
  tags: Record<string, string>;
}

/** 26 h: longer than the pause of the slowest daily check. */
const goneDefaultS = 26 * 3600;

/**
 * One verdict about an alert's instance.
 * @param levels worst first
 */
export function onVerdict(current: Active | null, levels: readonly Level[], now: number, birth: () => Birth): Step {
  const breached = levels.find((level) => level.status === 'breach');
  if (!current) return breached ? begin(birth(), breached, now) : { alert: null, happened: [] };
  // Nothing can be told from this reading: neither good nor bad.
  if (levels.every((level) => level.status === 'none')) return { alert: current, happened: [] };
  if (current.state === 'pending') return onPending(current, breached, now);
  return onFiring(current, levels, now);
}

function begin(birth: Birth, level: Level, now: number): Step {
  const alert: Active = {
    ...birth,
    rule: level.rule,
    state: 'pending',
    value: level.value,
    threshold: level.threshold,
    pendingAt: now,
    firedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    ticket: null,
    clearSince: null,
    worse: null,
    dataAt: now,
  };
  const next = fireIfRipe(alert, now);
  return { alert: next.alert, happened: ['begun', ...next.happened] };
}

function fireIfRipe(alert: Active, now: number): { alert: Active; happened: Happening[] } {
  if (now - alert.pendingAt < alert.rule.for_s * 1000) return { alert, happened: [] };
  return { alert: { ...alert, state: 'firing', firedAt: now }, happened: ['fired'] };
}

function onPending(current: Active, breached: Level | undefined, now: number): Step {
  if (!breached) return { alert: null, happened: ['dropped'] };
  return fireIfRipe({ ...current, ...shownBy(breached), dataAt: now }, now);
}

const shownBy = (level: Level) => ({ rule: level.rule, value: level.value, threshold: level.threshold });

function onFiring(current: Active, levels: readonly Level[], now: number): Step {
  const rank = rankOf[current.rule.severity];
  const keeping = levels.find(
    ({ status, rule }) => status === 'breach' || (status === 'hold' && rankOf[rule.severity] <= rank),
  );
  if (!keeping) return onGood(current, levels, now);
  const awake: Active = { ...current, state: 'firing', clearSince: null, dataAt: now };
  const woke: Happening[] = current.state === 'asleep' ? ['woke'] : [];
  if (keeping.rule.id === current.rule.id)
    return { alert: { ...awake, ...shownBy(keeping), worse: null }, happened: woke };
  if (rankOf[keeping.rule.severity] > rank) return onWorse(awake, keeping, now, woke);
  return { alert: { ...awake, ...shownBy(keeping), worse: null }, happened: [...woke, 'eased'] };
}

function onWorse(current: Active, worse: Level, now: number, woke: Happening[]): Step {
  const since = current.worse?.rule.id === worse.rule.id ? current.worse.since : now;
  const next: Active = { ...current, value: worse.value, worse: { rule: worse.rule, since } };
  if (now - since < worse.rule.for_s * 1000) return { alert: next, happened: woke };
  const alert: Active = { ...next, ...shownBy(worse), worse: null };
  return { alert, happened: [...woke, 'escalated'] };
}

function onGood(current: Active, levels: readonly Level[], now: number): Step {
  const own = levels.find((level) => level.rule.id === current.rule.id) ?? levels[0];
  const clearSince = current.clearSince ?? now;
  const alert: Active = { ...current, value: own?.value ?? current.value, clearSince, worse: null, dataAt: now };
  return clearIfRipe(alert, now);
}

function clearIfRipe(alert: Active, now: number): Step {
  const ripe = alert.clearSince !== null && now - alert.clearSince >= alert.rule.clear_for_s * 1000;
  return ripe ? { alert: null, happened: ['cleared'] } : { alert, happened: [] };
}

/**
 * Time has passed without a reading.
 * @param onlineSince ms UTC, null when the endpoint does not report: only while it does can time alone make a pending
 *   alert fire, or a thing be gone
 */
export function onTime(current: Active, now: number, onlineSince: number | null): Step & { gone?: true } {
  if (onlineSince === null) return { alert: current, happened: [] };
  if (now - Math.max(current.dataAt, onlineSince) >= (current.rule.gone_s ?? goneDefaultS) * 1000)
    return { alert: null, happened: [current.state === 'pending' ? 'dropped' : 'cleared'], gone: true };
  return current.state === 'pending' ? fireIfRipe(current, now) : clearIfRipe(current, now);
}

/** The endpoint has gone: what it measured of itself is unknown from now on. */
export function onAway(current: Active): Step {
  if (current.state === 'pending') return { alert: null, happened: ['dropped'] };
  if (current.state === 'asleep') return { alert: current, happened: [] };
  return { alert: { ...current, state: 'asleep', clearSince: null, worse: null }, happened: ['slept'] };
}

/**
 * The key of an alert: no values and no times in it, and no names that people change.
 * `endpoint/family/instance`, case-folded.
 */
export function alertKey(endpoint: string, family: string, tags: Readonly<Record<string, string>>): string {
  let instance = '';
  for (const name of Object.keys(tags).sort()) {
    if (name === 'host' || name === 'site') continue;
    instance += `${instance ? ',' : ''}${name}=${tags[name]}`;
  }
  return `${endpoint}/${family}${instance ? `/${instance}` : ''}`.toLowerCase();
}
