/**
 * Presence: births, goodbyes, last wills, and silence measured on the collector's own monotonic clock. Each change is
 * saved as a signal and as the state of the endpoint, and only then published.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Presence } from '../../shared/presence.ts';
import { createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';
import { type BacklogSpans, createBacklogSpans } from './backlog-spans.ts';
import type { Endpoint, Fleet } from './fleet.ts';
import { graceAfterStart, judgePresence, judgeReport, judgeSilence, type PresenceChange } from './presence-rules.ts';
import { oneAtATime } from './turns.ts';
import { startCollectorWatch } from './watch.ts';

const tickMs = 1000;
/** A tick this late means that this process, not the fleet, was standing still: a suspended machine, a long stall. */
const stalledMs = 5000;
/** Transit time of a report: a younger one proves no more than its receipt does. */
const lateMs = 1000;

export interface PresenceParts {
  state: State;
  fleet: Fleet;
  clock: Clock;
  log: Log;
  /** Called after the change was saved, to evaluate and publish it. Must not throw. */
  onChange(endpoint: Endpoint): Promise<void>;
  /** The agent of an endpoint understands more or less than before, or this is its first birth. */
  onLevel?(endpoint: Endpoint): void;
  /** False while nothing can come of any endpoint, as when an external broker is away. Left out: it always can. */
  hears?(): boolean;
  /** Overrides the computed grace period, for tests of a whole collector. */
  graceMs?: number;
}

export interface PresenceTracker {
  /** A message on the topic `presence`, or a last will. */
  receive(endpoint: Endpoint, message: Presence): Promise<void>;
  /** Takes a live report. Returns nothing when the state does not change. */
  reported(endpoint: Endpoint): Promise<void> | undefined;
  /** A live report made at `at` (ms UTC) proves time before it was received, in which its endpoint was not connected. */
  isLate(endpoint: Endpoint, at: number): boolean;
  backlog: BacklogSpans;
  /** End of the grace period after the start, ms UTC; null when it is over. */
  graceUntil(): number | null;
  /** Looks for endpoints that fell silent; called every second by itself. */
  tick(): Promise<void>;
  close(): Promise<void>;
}

export async function createPresence(parts: PresenceParts): Promise<PresenceTracker> {
  const { state, fleet, clock, log } = parts;
  const watch = await startCollectorWatch(parts);
  const grace = parts.graceMs ?? graceAfterStart(watch.blindMs);
  const startedAt = clock.monotonic();
  let judgeFrom = startedAt;
  let lastTick = startedAt;
  let lastTickAt = clock.now();
  /** ms UTC since when this process has been watching without a stop. */
  let watchingSince = lastTickAt;
  /** Since when nothing could come, ms UTC; until when agents may need to come back afterwards, monotonic. */
  let deafSince: number | null = null;
  let returnsUntil = startedAt;
  const inTurn = oneAtATime();
  const group = createGroup(state);

  async function apply(endpoint: Endpoint, change: PresenceChange | null, lastSeen: number | null): Promise<void> {
    if (!change) return;
    const { signal, ...next } = change;
    const row = {
      endpoint: endpoint.id,
      at: clock.now(),
      kind: signal.kind,
      session: next.session ?? endpoint.session,
      boot_id: next.bootId ?? endpoint.bootId,
      reason: signal.reason,
      last_seen: lastSeen,
      ...(signal.birth ? { birth: JSON.stringify(signal.birth) } : {}),
    };
    await group(async (db) => void (await db.insertInto('signals').values(row).execute()));
    const { level } = endpoint;
    await fleet.setState(endpoint.id, next);
    if (next.level !== undefined && next.level !== level) parts.onLevel?.(endpoint);
    await parts.onChange(endpoint);
  }

  /** Judged inside the turn: what an earlier message of the same endpoint changed must count. */
  const change = (endpoint: Endpoint, judge: () => PresenceChange | null, seen = () => endpoint.lastSeenAt) =>
    inTurn.run(endpoint.id, () => apply(endpoint, judge(), seen()));

  const stoodStill = () => clock.monotonic() - lastTick > stalledMs || clock.now() - lastTickAt > stalledMs;

  /** Silence means nothing while nobody can be heard, nor right after: agents come back when the broker does. */
  function noteHearing(now: number, changes: Promise<void>[]): void {
    const hears = parts.hears?.() ?? true;
    if (!hears) deafSince ??= clock.now();
    else if (deafSince !== null) {
      const since = deafSince;
      deafSince = null;
      watchingSince = clock.now();
      returnsUntil = now + (parts.graceMs ?? graceAfterStart(watchingSince - since));
      const saving = watch.interrupted(since, watchingSince).catch((thrown) => {
        log.warn({ err: thrown }, 'Could not save the time in which no endpoint could be heard');
      });
      changes.push(saving);
    }
    if (!hears || now < returnsUntil) judgeFrom = now;
  }

  async function tick(): Promise<void> {
    const now = clock.monotonic();
    const changes: Promise<void>[] = [];
    if (stoodStill()) {
      judgeFrom = now;
      watchingSince = clock.now();
      changes.push(
        watch.interrupted(lastTickAt, watchingSince).catch((thrown) => {
          log.warn({ err: thrown }, 'Could not save the time in which the collector stood still');
        }),
      );
    }
    lastTick = now;
    lastTickAt = clock.now();
    noteHearing(now, changes);
    const graceLeft = startedAt + grace - now;
    const judge = (endpoint: Endpoint) => {
      const silence = Math.min(fleet.silentFor(endpoint.id) ?? Infinity, now - judgeFrom);
      return judgeSilence(endpoint, silence, graceLeft);
    };
    for (const endpoint of fleet.all()) if (judge(endpoint)) changes.push(change(endpoint, () => judge(endpoint)));
    // Side by side: a site that goes dark is a thousand changes, and they share their commits.
    await Promise.all(changes);
  }

  let ticking: Promise<void> | undefined;
  const timer = setInterval(() => {
    ticking ??= tick()
      .catch((thrown) =>
        log.error({ err: thrown }, 'Could not update the state of silent endpoints; tried again in a second'),
      )
      .finally(() => {
        ticking = undefined;
      });
  }, tickMs);
  timer.unref();

  return {
    receive(endpoint, message) {
      // The silence ends with the birth: its first report may be an interval away.
      const before = endpoint.lastSeenAt;
      if (message.state !== 'online') return change(endpoint, () => judgePresence(endpoint, message));
      fleet.received(endpoint.id, clock.now());
      return change(
        endpoint,
        () => judgePresence(endpoint, message),
        () => before,
      );
    },
    reported: (endpoint) => (judgeReport(endpoint) ? change(endpoint, () => judgeReport(endpoint)) : undefined),
    // Not yet by the tick, when reports were read first after a stop.
    isLate({ state, stateSince }, at) {
      const now = clock.now();
      if (now - at < lateMs) return false;
      return state !== 'online' || at < Math.max(stateSince, stoodStill() ? now : watchingSince);
    },
    backlog: createBacklogSpans({ state, monotonic: clock.monotonic }),
    graceUntil: () => {
      const left = startedAt + grace - clock.monotonic();
      return left > 0 ? clock.now() + left : null;
    },
    tick,
    async close() {
      clearInterval(timer);
      await ticking;
      await inTurn.idle();
      await watch.close();
    },
  };
}
