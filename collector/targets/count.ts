/** Counts the votes about each target, as results come and as time passes, and says what it is. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { Metric, Report } from '../../shared/report.ts';
import { isOfTarget, targetResultOf } from '../../shared/target.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { KeptTarget } from './store.ts';
import { subjectOf } from './subject.ts';
import {
  type Ballot,
  isAwaited,
  middle,
  type TargetState,
  type TargetVerdict,
  type Vote,
  verdictOf,
  voteOf,
} from './verdict.ts';

export interface CountParts {
  clock: Clock;
  /** Whether a watcher is connected, so that what it does not see is not its own outage. */
  isThere(watcher: string): boolean;
  /** Of its verdict, for the rules and the series. */
  onReport(subject: Endpoint, report: Report): void;
  /** Its state has changed. */
  onState(subject: Endpoint, state: TargetState): void;
}

/** A target with what is known of it now. */
export interface CountedTarget {
  target: KeptTarget;
  ballots: Map<string, Ballot>;
  /** Since when its watchers are asked as they are now. */
  askedAt: number;
  verdict: TargetVerdict | null;
  /** Null before the first verdict. */
  state: TargetState | null;
  since: number;
}

const noneYet: TargetVerdict = { state: 'unknown', votes: 0, down: 0 };

export function createCount(parts: CountParts) {
  const { clock, isThere, onState, onReport } = parts;
  const counted = new Map<string, CountedTarget>();
  /** The series of targets have an epoch per run, like those of agents. */
  const epoch = randomBytes(16).toString('hex');
  let seq = 0;

  const subject = ({ target, state, since }: CountedTarget) => subjectOf(target, state, since);
  const votes = ({ target, ballots }: CountedTarget, now: number): Vote[] =>
    [...ballots.values()].map((ballot) => voteOf(ballot, target, isThere(ballot.watcher), now));

  const awaited = ({ target, ballots, askedAt }: CountedTarget, now: number): number =>
    target.watchers.filter((one) => isAwaited(ballots.get(one), target, isThere(one), askedAt, now)).length;

  /** @param parts what was seen of it just now; null: only time has passed */
  function judge(one: CountedTarget, parts: readonly Metric[] | null): void {
    const now = clock.now();
    const verdict = verdictOf(votes(one, now), awaited(one, now), one.target.need);
    const before = one.verdict ?? noneYet;
    one.verdict = verdict;
    const isSame = verdict.state === before.state && verdict.votes === before.votes && verdict.down === before.down;
    // Right after a start nobody has looked yet: what it was before goes on until somebody has.
    if (verdict.state !== one.state && (one.state === null ? verdict.votes > 0 : one.ballots.size > 0)) {
      one.state = verdict.state;
      one.since = now;
      onState(subject(one), verdict.state);
    }
    if (one.state !== null && (parts !== null || !isSame))
      onReport(subject(one), reportOf(one, verdict, parts ?? [], now));
  }

  function reportOf(
    { ballots }: CountedTarget,
    { state, votes: cast, down }: TargetVerdict,
    more: readonly Metric[],
    at: number,
  ): Report {
    const ups = [...ballots.values()].filter(({ result }) => result === 'ok');
    const times = middle(ups.flatMap(({ fields }) => fields.total_ms ?? []));
    const days = [...ballots.values()].flatMap(({ fields }) => fields.days_left ?? []);
    const fields = {
      ...{ votes: cast, votes_down: down },
      ...(state === 'unknown' ? {} : { down: state === 'down' ? 1 : 0 }),
      ...(times === null ? {} : { time_ms: times }),
      ...(days.length === 0 ? {} : { certificate_days: Math.min(...days) }),
    };
    const metric = { name: 'target', tags: {}, fields, timestamp: at };
    const others = more.map(({ name, tags: { target: _, ...tags }, fields: numbers }) => ({
      name,
      tags,
      fields: numbers,
      timestamp: at,
    }));
    seq += 1;
    return { v: 1, epoch, seq, at, metrics: [metric, ...others] };
  }

  function take(watcher: string, metric: Metric, metrics: readonly Metric[]): void {
    const one = counted.get(metric.tags.target ?? '');
    if (!one?.target.enabled || !one.target.watchers.includes(watcher)) return;
    const before = one.ballots.get(watcher);
    const now = clock.now();
    const result = targetResultOf(metric.fields.result ?? Number.NaN);
    const failures = result === 'ok' ? 0 : (before?.failures ?? 0) + 1;
    const said = before && failures > 0 ? voteOf(before, one.target, true, now) : null;
    one.ballots.set(watcher, { watcher, result, fields: metric.fields, failures, before: said, at: now });
    const parts = metrics.filter(
      ({ name, tags }) => name !== 'target' && isOfTarget(name) && tags.target === one.target.id,
    );
    judge(one, leader(one, now) === watcher ? parts : []);
  }

  /** The first that sees it: parts of it (interfaces, supplies) come from one watcher, so that none is there twice. */
  function leader({ target, ballots }: CountedTarget, now: number): string | undefined {
    return target.watchers.find((watcher) => {
      const ballot = ballots.get(watcher);
      return ballot?.result === 'ok' && voteOf(ballot, target, isThere(watcher), now) !== null;
    });
  }

  return {
    /** These are counted from now on; of one that was known its votes stay. @param last how it was before the start */
    put(target: KeptTarget, last?: { state: TargetState; at: number }): void {
      const known = counted.get(target.id);
      if (known) {
        if (JSON.stringify(known.target) !== JSON.stringify(target)) known.askedAt = clock.now();
        if (!target.enabled && known.target.enabled)
          Object.assign(known, { verdict: null, state: null, since: clock.now() });
        known.target = target;
        for (const watcher of [...known.ballots.keys()])
          if (!target.enabled || !target.watchers.includes(watcher)) known.ballots.delete(watcher);
      } else {
        const before = target.enabled ? last : undefined;
        const since = before?.at ?? (target.enabled ? clock.now() : target.updatedAt);
        counted.set(target.id, {
          target,
          ballots: new Map(),
          askedAt: clock.now(),
          verdict: null,
          state: before?.state ?? null,
          since,
        });
      }
    },
    drop: (id: string) => void counted.delete(id),
    get: (id: string) => counted.get(id),
    all: () => counted.values(),
    subject,
    /** What a watcher saw. Of one that was not asked nothing is taken. */
    saw(watcher: string, metrics: readonly Metric[]): void {
      for (const metric of metrics) if (metric.name === 'target') take(watcher, metric, metrics);
    },
    /** Watchers came or went, or a result is no longer fresh. */
    tick(): void {
      for (const one of counted.values()) judge(one, null);
    },
  };
}
