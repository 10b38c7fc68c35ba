/** One simulated endpoint of a history: signs on, reports, leaves and comes back when its script says so. */
import type { Address } from '../../../shared/topics.ts';
import { createMeasuring } from '../agent.ts';
import type { Credential } from '../endpoint.ts';
import { type Absence, bootedAt, type Machine } from '../machine.ts';
import { createRandom, hex } from '../random.ts';
import { bootIdOf } from '../sections.ts';
import type { DirectSource } from './direct-source.ts';
import type { VirtualTime } from './virtual-time.ts';

const minute = 60_000;
const hour = 60 * minute;
/** A broker notices that nobody answers after one and a half keep-alives. */
const willAfter = 90_000;

/** How often a healthy endpoint reports in the last part of a history, and long before it. */
const denser = [
  { before: 5 * minute, every: 10_000 },
  { before: hour, every: minute },
  { before: 24 * hour, every: 15 * minute },
  { before: 7 * 24 * hour, every: hour },
] as const;
/** A laptop is awake for some hours only, and makes up for its backup in one of them. */
const sparse = { server: 3 * hour, workstation: hour } as const;
/** Of a trouble: so long rules may need to see that it has begun, or is over. What has been noticed changes slowly. */
const watched = [
  { within: hour, every: 5 * minute },
  { within: 16 * hour, every: 15 * minute },
] as const;
/** Rules learn the pace of a series from its reports: no two are closer than those of a real agent. */
const closest = 10_000;

export interface Guest {
  readonly machine: Machine;
  readonly credential: Credential;
  /** When something of it happens next, ms UTC. */
  next(): number;
  /** What is due now. */
  run(): Promise<void>;
}

export interface GuestParts {
  machine: Machine;
  credential: Credential;
  source: DirectSource;
  time: VirtualTime;
  /** The present, ms UTC: near it an endpoint reports as often as a real agent, long before as often as its troubles need. */
  end: number;
}

export function createGuest({ machine, credential, source, time, end }: GuestParts): Guest {
  const { clock } = time;
  const random = createRandom(machine.seed);
  const epoch = hex(random, 32);
  const address: Address = source.connect(credential.endpoint, credential.secret);
  const absences = machine.absences ?? [];
  const edges = machine.troubles.flatMap(({ from, to }) => [from, to ?? from]).sort((a, b) => a - b);
  const startedAt = clock.now();
  let seq = 0;
  let session = '';
  let isKnown = false;
  let state: 'away' | 'here' | 'cut' = 'away';
  let n = absences.findIndex(({ to }) => to > startedAt);
  if (n < 0) n = absences.length;
  let will: { at: number; session: string } | null = null;
  const backlog: object[] = [];
  let reportAt = startedAt;

  const measuring = createMeasuring({
    ...{ machine, clock, waiting: () => backlog.length },
    send: (section, data) =>
      source.publish(address, 'inventory', { v: 1, epoch, seq: ++seq, at: clock.now(), section, data }),
  });

  /** Every few minutes when something goes wrong, and until rules have seen that it no longer is. */
  function intervalAt(at: number): number {
    // Of what waits in an outbox, every report proves only its own time.
    if (state === 'cut') return closest;
    const usual = denser.find(({ before }) => at >= end - before)?.every ?? sparse[machine.kind];
    const isWatched = machine.troubles.some(({ from, to = Infinity }) => at >= from && at < to + hour);
    if (!isWatched) return usual;
    const since = at - (edges.findLast((edge) => edge <= at) ?? at);
    return Math.min(usual, watched.find(({ within }) => since < within)?.every ?? hour);
  }

  function nextReport(at: number): number {
    const interval = intervalAt(at);
    const regular = Math.ceil((at + closest) / interval) * interval;
    const denserFrom = denser.map(({ before }) => end - before).filter((from) => from >= at + closest);
    const next = Math.min(regular, ...denserFrom);
    const edge = edges.find((one) => one > at) ?? Infinity;
    return edge < next + closest ? edge : next;
  }

  async function report(): Promise<void> {
    const at = clock.now();
    reportAt = nextReport(at);
    const interval_s = Math.max(10, (reportAt - at) / 1000);
    const message = { v: 1, epoch, seq: ++seq, at, interval_s, ...(await measuring.measure()) };
    if (state === 'cut') backlog.push(message);
    else source.publish(address, 'report', message);
  }

  function signOn(after: Absence | undefined): void {
    const at = clock.now();
    session = hex(random, 16);
    will = null;
    const isNew = after === undefined || after.how === 'restart' || isCrash(after);
    const slept = after?.how === 'sleep' ? { slept_s: (after.to - after.from) / 1000 } : { slept_s: 0 };
    source.publish(address, 'presence', {
      ...{ state: 'online', session, boot_id: bootIdOf(machine, at), version: '0.1.0' },
      started_at: Math.round(bootedAt(machine, at) + 15_000),
      previous_shutdown: !isKnown ? 'unknown' : after && isCrash(after) ? 'unclean' : 'clean',
      uptime_s: Math.round((at - bootedAt(machine, at)) / 1000),
      ...(after && isCrash(after) ? { shutdown_cause: after.how, shutdown_source: 'journal' } : {}),
      ...(isNew ? {} : { ...slept, stood_still_s: 0, stalled: false }),
    });
    isKnown = true;
  }

  /** The last proof of life comes first: it is from there that the absence counts. */
  async function leave(absence: Absence): Promise<void> {
    await report();
    await source.settled();
    if (absence.how === 'sleep' || absence.how === 'restart') {
      source.publish(address, 'presence', { state: 'offline', session, reason: absence.how });
    } else if (absence.from + willAfter < absence.to) will = { at: absence.from + willAfter, session };
    state = absence.how === 'cut' ? 'cut' : 'away';
    if (state === 'cut') reportAt = nextReport(clock.now());
    await source.settled();
  }

  async function arrive(after: Absence | undefined): Promise<void> {
    signOn(after);
    await source.settled();
    state = 'here';
    for (const late of backlog.splice(0)) source.publish(address, 'backlog', late);
    await report();
  }

  const absence = (): Absence | undefined => absences[n];
  const isIn = (one: Absence | undefined, at: number) => one !== undefined && at >= one.from;

  return {
    machine,
    credential,
    next() {
      const next = absence();
      const now = clock.now();
      const at = [will?.at ?? Infinity];
      if (state === 'away') at.push(isIn(next, now) ? (next?.to ?? Infinity) : now);
      else at.push(reportAt, state === 'cut' ? (next?.to ?? Infinity) : (next?.from ?? Infinity));
      return Math.min(...at);
    },
    async run() {
      const now = clock.now();
      const next = absence();
      if (will && will.at <= now) {
        source.publish(address, 'presence', { state: 'lost', session: will.session });
        will = null;
        await source.settled();
      }
      if (state === 'here' && isIn(next, now)) await leave(next as Absence);
      else if (state !== 'here' && isIn(next, now) && now >= (next as Absence).to) {
        n++;
        await arrive(next);
      } else if (state === 'away' && !isIn(next, now)) await arrive(undefined);
      else if (state !== 'away' && reportAt <= now) await report();
    },
  };
}

const isCrash = ({ how }: Absence) => how === 'crash' || how === 'power_loss';
