/**
 * What happens in a history: sites with people and endpoints, when laptops sleep, which outages there were. All of it is
 * known before it happens, so that what the collector counts can be compared with it.
 */
import { holidaysOf } from '../../../collector/calendars/holidays.ts';
import { businessTime, type Calendar } from '../../../shared/calendar.ts';
import type { Span } from '../../../shared/intervals.ts';
import { type Absence, type AbsenceKind, type Machine, makeMachine } from '../machine.ts';
import { createRandom, noise } from '../random.ts';
import type { Trouble } from '../troubles.ts';

const minute = 60_000;
const day = 86_400_000;

export interface SitePlan {
  name: string;
  /** IANA. */
  zone: string;
  /** Where its holidays come from, such as DE-BE. */
  region: string;
  people: number;
  /** By host name; how many people depend on each. */
  servers: Readonly<Record<string, number>>;
  laptops: readonly string[];
  /** Who handles its tickets. */
  desk: readonly string[];
}

/** What was down, from when to when (ms UTC) and why. Of a laptop that sleeps then, nothing. */
export interface ScriptedOutage {
  /** Host names. */
  hosts: readonly string[];
  from: number;
  to: number;
  how: Exclude<AbsenceKind, 'sleep'>;
}

export interface ScriptedTrouble extends Trouble {
  host: string;
}

/** Work on a whole site that somebody announces. */
export interface PlannedWork {
  site: string;
  reason: string;
  /** When it is entered, ms UTC. */
  enteredAt: number;
  /** As the REST interface takes it: once, or again and again. */
  when: { from: number; to: number } | { repeat: { cron: string; zone: string; durationMin: number } };
}

/** A change that somebody plans through the REST interface, and how it ends. */
export interface ScriptedChange {
  site: string;
  /** Default the whole site. */
  hosts?: readonly string[];
  title: string;
  description: string;
  /** When it is entered, ms UTC. */
  enteredAt: number;
  from: number;
  to: number;
  /** The title of the change that it repairs. */
  repairs?: string;
  /** Without: it is still to come, or nobody has said how it went. */
  end?: {
    at: number;
    cancelled?: string;
    outcome?: 'success' | 'with_issues' | 'failed';
    reason?: string;
    objectiveMet?: boolean;
    rolledBack?: boolean;
  };
}

/** Endpoints that somebody puts together when they join, whatever their site is. */
export interface GroupPlan {
  name: string;
  note: string;
  /** Host names. */
  hosts: readonly string[];
}

export interface HistoryPlan {
  seed: number;
  /** ms UTC. */
  startAt: number;
  sites: readonly SitePlan[];
  outages: readonly ScriptedOutage[];
  troubles: readonly ScriptedTrouble[];
  works: readonly PlannedWork[];
  changes: readonly ScriptedChange[];
  groups?: readonly GroupPlan[];
  /** By host name. */
  tags?: Readonly<Record<string, readonly string[]>>;
}

export interface PlannedMachine {
  site: string;
  people: number | null;
  machine: Machine;
}

const laptopHours = (zone: string, holidays: readonly string[]): Calendar => {
  const hours = [
    ['08:40', '12:20'],
    ['13:00', '17:40'],
  ] as const;
  return { zone, weekly: { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours }, holidays, overrides: {} };
};

export async function datesOff(region: string, { start, end }: Span) {
  const year = (at: number) => new Date(at).getUTCFullYear();
  return holidaysOf(region, { from: year(start), to: year(end) }, 'en');
}

/** @param until ms UTC: the plan reaches a few days further, for a fleet that goes on */
export async function machinesOf(plan: HistoryPlan, until: number): Promise<PlannedMachine[]> {
  const span = { start: plan.startAt, end: until + 7 * day };
  const made: PlannedMachine[] = [];
  // Before a laptop's first night in the plan.
  const firstStart: Absence = { from: span.start - 3 * day, to: span.start - 3 * day + minute, how: 'restart' };
  for (const site of plan.sites) {
    const holidays = (await datesOff(site.region, span)).map(({ date }) => date);
    const hours = businessTime(laptopHours(site.zone, holidays), span.start - day, span.end);
    const add = (hostname: string, kind: Machine['kind'], people: number | null) => {
      const own = makeMachine(plan.seed, made.length, span.start, kind);
      const sleeps = kind === 'server' ? [] : sleepsOf(own.seed, hours, span);
      const scripted = plan.outages.filter(({ hosts }) => hosts.includes(hostname));
      made.push({
        ...{ site: site.name, people },
        machine: {
          ...own,
          hostname,
          zone: offsetOf(site.zone, span.start),
          sleepShare: kind === 'server' ? 0 : 0.2,
          troubles: plan.troubles.filter(({ host }) => host === hostname),
          absences: [firstStart, ...scripted.reduce(overlaid, sleeps)],
        },
      });
    };
    for (const [hostname, people] of Object.entries(site.servers)) add(hostname, 'server', people);
    for (const hostname of site.laptops) add(hostname, 'workstation', null);
  }
  return made;
}

/** Hours from UTC. */
const offsetOf = (zone: string, at: number) =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds / 3.6e12;

/** The lid is closed outside the hours of the office, at lunch, and on some days altogether; one in five stays on. */
function sleepsOf(seed: number, hours: readonly Span[], { start, end }: Span): Absence[] {
  if (noise(seed, 5) < 0.2) return [];
  const random = createRandom(seed + 77);
  const whole = (ms: number) => Math.round(ms / 1000) * 1000;
  const awake: Span[] = [];
  for (let n = 0; n + 1 < hours.length; n += 2) {
    const [morning, afternoon] = [hours[n] as Span, hours[n + 1] as Span];
    const jitter = () => whole((random() - 0.5) * 40 * minute);
    const spans = [
      { start: morning.start + jitter(), end: morning.end + whole(random() * 15 * minute) },
      { start: afternoon.start + whole(random() * 15 * minute), end: afternoon.end + jitter() },
    ];
    // A day off; a lunch at the desk.
    if (random() < 0.08) continue;
    if (random() < 0.3) awake.push({ start: (spans[0] as Span).start, end: (spans[1] as Span).end });
    else awake.push(...spans);
  }
  const edges = [start - day, ...awake.flatMap((span) => [span.start, span.end]), end];
  const sleeps: Absence[] = [];
  for (let n = 0; n + 1 < edges.length; n += 2)
    sleeps.push({ from: edges[n] as number, to: edges[n + 1] as number, how: 'sleep' });
  return sleeps.filter(({ from, to }) => to > from);
}

/** A machine that sleeps then notices nothing; one that is awake goes to sleep after it. */
function overlaid(absences: Absence[], { from, to, how }: ScriptedOutage): Absence[] {
  if (absences.some((one) => one.from <= from && one.to > from)) return absences;
  const later = absences.map((one) => (one.from > from && one.from < to ? { ...one, from: to + minute } : one));
  const rest = later.filter((one) => one.to - one.from > minute);
  return [...rest, { from, to, how }].sort((a, b) => a.from - b.from);
}
