/**
 * What this collector serves at the moment: its buckets, and the leader, where what comes after a verdict is decided. Each
 * round it says that it runs, drops what is no longer its own, gives back what another is to have, and takes what is free.
 */
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { type ClusterMember, type ClusterSeen, type Leases, leaseMs } from './leases.ts';
import { buckets, sharesOf } from './share.ts';

/** Of all that happens with everything. */
export const leaderItem = 'leader';

/** A few rounds may fail before others take over. */
const everyMs = 2000;
/** How far a clock may be off before somebody is told. */
const clockMs = 5000;

export interface BucketChange {
  gained: readonly string[];
  lost: readonly string[];
}

export interface Leader {
  member: ClusterMember;
  /** Of its lease. */
  token: number;
  isMine: boolean;
}

export interface Holdings {
  holds(bucket: string): boolean;
  /** Sorted. */
  all(): readonly string[];
  onChange(listener: (change: BucketChange) => void): () => void;
  /** Who leads; null while nobody does. */
  leader(): Leader | null;
  onLeader(listener: (leader: Leader | null) => void): () => void;
  /** Those that run, as of the last round. */
  members(): readonly ClusterMember[];
  /** Instance of the collector that serves a bucket. */
  holderOf(bucket: string): string | null;
  /** Between rounds that succeeded so long passes that another may have taken over: nothing is to be done until the next. */
  isSure(): boolean;
  /** What the clock of the database is ahead of ours, ms. */
  aheadMs(): number;
  /** One round now; joins one that is on its way. @throws EvenkeelError CLUSTER_NAME_TAKEN, STATE_UNAVAILABLE */
  round(): Promise<void>;
  /** Leads no longer: it could not be opened here. */
  giveLead(): Promise<void>;
  stop(): Promise<void>;
}

export interface HoldingsParts {
  leases: Leases;
  me: Pick<ClusterMember, 'name' | 'instance'>;
  clock: Clock;
  log: Log;
  /** Not before this does it lead, monotonic: another may open what this one could not. */
  leaderPauseMs?: number;
}

export function createHoldings({ leases, me, clock, log, leaderPauseMs = 20_000 }: HoldingsParts): Holdings {
  const mine = new Map<string, number>();
  const clocks = compareClocks(clock, log);
  const [ofBuckets, ofLeader] = [new Set<(change: BucketChange) => void>(), new Set<(leader: Leader | null) => void>()];
  let seen: ClusterSeen | null = null;
  let leader: Leader | null = null;
  let sureUntil = 0;
  let leaderFrom = 0;
  let running: Promise<void> | null = null;
  let isStopped = false;
  let trouble: string | null = null;

  async function once(): Promise<void> {
    const [sentAt, wall] = [clock.monotonic(), clock.now()];
    const now = await leases.beat();
    clocks.look(now.at, wall);
    seen = now;
    const lost = [...mine].filter(([item, token]) => {
      const lease = now.leases.get(item);
      return lease?.holder !== me.instance || lease.token !== token;
    });
    const gone = lost.map(([item]) => item);
    drop(gone);
    if (gone.length > 0) log.warn({ leases: gone.length }, 'Others serve what this collector did not renew in time');
    sureUntil = sentAt + leaseMs;

    const shares = sharesOf(now.members.map(({ name }) => name));
    const own = buckets.filter((bucket) => shares.get(bucket) === me.name);
    const wanted = [...(clock.monotonic() >= leaderFrom ? [leaderItem] : []), ...own];
    const surplus = [...mine.keys()].filter((item) => item !== leaderItem && shares.get(item) !== me.name);
    if (surplus.length > 0) {
      drop(surplus);
      await leases.give(surplus);
    }
    const alive = new Set(now.members.map(({ instance }) => instance));
    const isFree = (item: string) => {
      const holder = now.leases.get(item)?.holder ?? null;
      return holder === null || !alive.has(holder);
    };
    const kept = wanted.filter((item) => !mine.has(item) && now.leases.get(item)?.holder === me.instance);
    for (const item of kept) mine.set(item, now.leases.get(item)?.token as number);
    const free = wanted.filter((item) => !mine.has(item) && isFree(item));
    const taken = free.length > 0 ? await leases.take(free) : new Map<string, number>();
    for (const [item, token] of taken) mine.set(item, token);
    tellBuckets(
      [...kept, ...taken.keys()].filter((item) => item !== leaderItem),
      [],
    );
    lookAtLeader(now);
    if (trouble !== null) log.info({ was: trouble }, 'The collectors share their work again');
    trouble = null;
  }

  function drop(items: readonly string[]): void {
    for (const item of items) mine.delete(item);
    tellBuckets(
      [],
      items.filter((item) => item !== leaderItem),
    );
    if (items.includes(leaderItem)) setLeader(null);
  }

  function tellBuckets(gained: readonly string[], lost: readonly string[]): void {
    if (gained.length + lost.length === 0) return;
    log.info(
      { gained: gained.length, lost: lost.length, now: mine.size - (mine.has(leaderItem) ? 1 : 0) },
      'Buckets moved',
    );
    for (const listener of ofBuckets) listener({ gained, lost });
  }

  function setLeader(next: Leader | null): void {
    const isSame = next?.token === leader?.token && next?.member.instance === leader?.member.instance;
    leader = next;
    if (isSame) return;
    log.info({ leader: next?.member.name ?? null }, 'Another collector leads now');
    for (const listener of ofLeader) listener(next);
  }

  function lookAtLeader(now: ClusterSeen): void {
    const token = mine.get(leaderItem);
    const holder = token !== undefined ? me.instance : (now.leases.get(leaderItem)?.holder ?? null);
    const member = now.members.find(({ instance }) => instance === holder);
    const found = token ?? now.leases.get(leaderItem)?.token;
    setLeader(member && found !== undefined ? { member, token: found, isMine: token !== undefined } : null);
  }

  function round(): Promise<void> {
    running ??= once().finally(() => {
      running = null;
    });
    return running;
  }

  const timer = setInterval(() => {
    round().catch((thrown: unknown) => {
      // Another run of this name took what was ours.
      if (thrown instanceof EvenkeelError && thrown.code === 'CLUSTER_NAME_TAKEN') drop([...mine.keys()]);
      const reason = reasonOf(thrown);
      if (reason !== trouble && !isStopped)
        log.error({ reason }, 'This collector cannot say that it runs; others take over if that lasts');
      trouble = reason;
    });
  }, everyMs);

  return {
    holds: (bucket) => mine.has(bucket),
    all: () => [...mine.keys()].filter((item) => item !== leaderItem).sort(),
    onChange(listener) {
      ofBuckets.add(listener);
      return () => void ofBuckets.delete(listener);
    },
    leader: () => leader,
    onLeader(listener) {
      ofLeader.add(listener);
      return () => void ofLeader.delete(listener);
    },
    members: () => seen?.members ?? [],
    holderOf: (bucket) => (mine.has(bucket) ? me.instance : (seen?.leases.get(bucket)?.holder ?? null)),
    isSure: () => clock.monotonic() < sureUntil,
    aheadMs: clocks.aheadMs,
    round,
    async giveLead() {
      leaderFrom = clock.monotonic() + leaderPauseMs;
      drop([leaderItem]);
      await leases.give([leaderItem]);
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running?.catch(() => undefined);
      drop([...mine.keys()]);
      await leases.leave();
    },
  };
}

/** Our clock beside that of the database. */
function compareClocks(clock: Clock, log: Log) {
  let ahead = 0;
  let isTold = false;
  return {
    aheadMs: () => ahead,
    /** @param at what the database's said, asked at `sentAt` of ours */
    look(at: number, sentAt: number): void {
      ahead = at - (clock.now() + sentAt) / 2;
      const isOff = Math.abs(ahead) >= clockMs;
      if (isOff && !isTold)
        log.error(
          { seconds: Math.round(-ahead / 1000) },
          'The clock of this machine is off from that of the database by that; ours is corrected by it. Set the clocks by NTP',
        );
      isTold = isOff;
    },
  };
}
