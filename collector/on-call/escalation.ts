/**
 * Escalation: who is notified when nobody reacts. Pure; a run is plain JSON, so that a restart goes on with it.
 *
 * `nextAt` is when `onDue` has to be called. What is due at an instant runs before what arrives at it; an event can leave
 * `nextAt` at its own instant, and is then followed by `onDue`.
 */

export interface EscalationStep {
  /** Receivers: `person:…`, `schedule:…`, `channel:…`. */
  targets: readonly string[];
  /** From this step to the next one, ms; of the last one: to the next round. */
  wait: number;
}

export interface EscalationPolicy {
  name: string;
  steps: readonly EscalationStep[];
  /** Further rounds. */
  repeat: number;
  /** Is notified once when nobody reacted. */
  fallback: string | null;
}

export interface EscalationRun {
  /** As it was at the start: an edited policy applies to new runs. */
  policy: EscalationPolicy;
  /** When something is due, ms; null: nothing is. */
  nextAt: number | null;
  round: number;
  /** Steps of the round that are done. */
  step: number;
  /** The next step is due then; null: exhausted. Counts only while nothing holds the run. */
  stepAt: number | null;
  /** What the last step waits, for a return from unknown. */
  lastWait: number;
  /** Somebody was reached in this round. */
  hasReached: boolean;
  /** Once nothing holds it, it begins at step 1. */
  restarts: boolean;
  /** Null: not acknowledged. */
  acknowledged: { until: number | null } | null;
  /** What suppresses it, and when that lets go; null: it lasts. */
  holds: Record<string, number | null>;
  isUnknown: boolean;
  hasEnded: boolean;
  /** All who were notified, in order. */
  notified: string[];
  /**
   * Of the last step: whom it may still reach, and whether a step before it in this round has reached anybody. Runs of
   * an earlier version lack it.
   */
  reaching?: { at: number; users: readonly string[]; hadReached: boolean };
}

export type EscalationEvent =
  | { type: 'acknowledge'; until: number | null }
  /** Withdrawn, or a hand-over that was not accepted. */
  | { type: 'withdraw' }
  | { type: 'suppress'; by: string }
  /** @param after ms until it may be notified again */
  | { type: 'release'; by: string; after: number }
  | { type: 'unknown' }
  | { type: 'back' }
  /** A worse level; an acknowledgement that is sticky stays. */
  | { type: 'worse'; isSticky: boolean }
  /** The message of the step at `stepAt` was given up for this user: they do not hear of it. */
  | { type: 'unreached'; user: string; stepAt: number }
  | { type: 'resolve' }
  /** Another policy takes over: nobody is notified. */
  | { type: 'stop' };

export interface EscalationLog {
  at: number;
  event: 'notify' | 'skipped' | 'exhausted' | 'acknowledgement ended' | 'resolved';
  round?: number;
  step?: number;
  users: string[];
}

export interface EscalationOutcome {
  run: EscalationRun;
  log: EscalationLog[];
}

/** Whom a target reaches at an instant; nobody: the step is empty. */
export type WhoIs = (target: string, at: number) => readonly string[];

/** @param suppressedBy what suppresses it from the start on */
export function start(
  policy: EscalationPolicy,
  at: number,
  who: WhoIs,
  suppressedBy: readonly string[] = [],
): EscalationOutcome {
  const run: EscalationRun = {
    ...{ policy, nextAt: null, round: 1, step: 0, stepAt: at, lastWait: 0, hasReached: false, restarts: false },
    ...{ acknowledged: null, isUnknown: false, hasEnded: false, notified: [] },
    holds: Object.fromEntries(suppressedBy.map((by) => [by, null])),
  };
  run.restarts = suppressedBy.length > 0;
  const log: EscalationLog[] = [];
  advance(run, at, who, log);
  return settled(run, log);
}

export function onDue(before: EscalationRun, at: number, who: WhoIs): EscalationOutcome {
  const run = structuredClone(before);
  const log: EscalationLog[] = [];
  const until = run.acknowledged?.until ?? null;
  if (until !== null && until <= at) endAcknowledgement(run, at, log);
  for (const [by, letsGo] of Object.entries(run.holds)) if (letsGo !== null && letsGo <= at) delete run.holds[by];
  advance(run, at, who, log);
  return settled(run, log);
}

export function onEvent(before: EscalationRun, event: EscalationEvent, at: number): EscalationOutcome {
  const run = structuredClone(before);
  const log: EscalationLog[] = [];
  if (run.hasEnded) return { run, log };
  switch (event.type) {
    case 'acknowledge':
      run.acknowledged = { until: event.until === null ? null : Math.max(event.until, at) };
      break;
    case 'withdraw':
      if (run.acknowledged) endAcknowledgement(run, at, log);
      break;
    case 'worse':
      if (run.acknowledged && !event.isSticky) endAcknowledgement(run, at, log);
      break;
    case 'suppress':
      run.holds[event.by] = null;
      run.restarts = true;
      break;
    case 'release':
      if (event.by in run.holds) run.holds[event.by] = at + event.after;
      break;
    case 'unknown':
      run.isUnknown = true;
      break;
    case 'back':
      if (run.isUnknown && run.stepAt !== null) run.stepAt = at + run.lastWait;
      run.isUnknown = false;
      break;
    case 'unreached':
      loseUser(run, event.user, event.stepAt, at);
      break;
    case 'resolve':
      // Whoever was not notified that it fires is not notified that it ended.
      if (run.notified.length > 0) log.push({ at, event: 'resolved', users: [...run.notified] });
      run.hasEnded = true;
      break;
    case 'stop':
      run.hasEnded = true;
  }
  // A new run begins with whoever is on call then; until `onDue` it is only due.
  if (run.restarts && isFree(run)) run.stepAt = at;
  return settled(run, log);
}

/** A step that has lost all whom it notified is as one that was empty: its wait is not spent. */
function loseUser(run: EscalationRun, user: string, stepAt: number, at: number): void {
  const { reaching } = run;
  if (!reaching || reaching.at !== stepAt || !reaching.users.includes(user)) return;
  const users = reaching.users.filter((one) => one !== user);
  run.reaching = { ...reaching, users };
  if (users.length > 0 || run.stepAt === null) return;
  run.stepAt = at;
  run.hasReached = reaching.hadReached;
}

function endAcknowledgement(run: EscalationRun, at: number, log: EscalationLog[]): void {
  run.acknowledged = null;
  run.restarts = true;
  log.push({ at, event: 'acknowledgement ended', users: [] });
}

const isFree = (run: EscalationRun): boolean =>
  !run.hasEnded && run.acknowledged === null && !run.isUnknown && Object.keys(run.holds).length === 0;

function settled(run: EscalationRun, log: EscalationLog[]): EscalationOutcome {
  run.nextAt = nextOf(run);
  return { run, log };
}

function nextOf(run: EscalationRun): number | null {
  if (run.hasEnded) return null;
  if (isFree(run)) return run.stepAt;
  const letGo = Object.values(run.holds).filter((at) => at !== null);
  const times = [...letGo, run.acknowledged?.until ?? null].filter((at) => at !== null);
  return times.length > 0 ? Math.min(...times) : null;
}

function advance(run: EscalationRun, at: number, who: WhoIs, log: EscalationLog[]): void {
  if (!isFree(run)) return;
  if (run.restarts) Object.assign(run, { restarts: false, round: 1, step: 0, hasReached: false, stepAt: at });
  if (run.stepAt === null || run.stepAt > at) return;
  const { steps, repeat } = run.policy;
  for (;;) {
    if (run.step >= steps.length) {
      // A round in which nobody was reached is not repeated.
      if (!run.hasReached || run.round > repeat) {
        exhaust(run, at, who, log);
        return;
      }
      Object.assign(run, { round: run.round + 1, step: 0, hasReached: false });
    }
    const step = steps[run.step] as EscalationStep;
    run.step++;
    const users = [...new Set(step.targets.flatMap((target) => [...who(target, at)]))];
    const place = { round: run.round, step: run.step, users };
    // An empty step does not cost its wait.
    if (users.length === 0) {
      log.push({ at, event: 'skipped', ...place });
      continue;
    }
    log.push({ at, event: 'notify', ...place });
    note(run, users);
    run.reaching = { at, users, hadReached: run.hasReached };
    Object.assign(run, { hasReached: true, lastWait: step.wait, stepAt: at + step.wait });
    return;
  }
}

function exhaust(run: EscalationRun, at: number, who: WhoIs, log: EscalationLog[]): void {
  const users = run.policy.fallback === null ? [] : [...new Set(who(run.policy.fallback, at))];
  log.push({ at, event: 'exhausted', users });
  note(run, users);
  run.stepAt = null;
}

function note(run: EscalationRun, users: readonly string[]): void {
  for (const user of users) if (!run.notified.includes(user)) run.notified.push(user);
}
