/**
 * Person-hours lost to incidents, inside the working hours of each group of people.
 *
 *   L = Σ over groups ∫ over their working time Σ over people of the largest factor that hits each one
 *
 * Where only head counts are known, the sets are taken as nested: the smallest loss that the counts allow. What no one
 * confirmed, and what fell into planned maintenance, is kept apart from the headline.
 */
import { businessClock, type Calendar, weeksOf } from '../../../shared/calendar.ts';
import { type Span, union } from '../../../shared/intervals.ts';
import { creditOf, type ImpactLayer, type PeopleHit, stoppedOf } from './impact-layers.ts';

/** People of one site with one calendar; a shared machine is a group of its seats. */
export interface PeopleGroup {
  /** Working hours. */
  calendar: Calendar;
  headcount: number;
  /** Groups of one site count together for its business-down hours; without it a group is a site of its own. */
  site?: string;
  /** Accepted planned work: what is lost in it is planned. */
  maintenance?: readonly Span[];
}

export interface LossSegment {
  start: number;
  /** Null while it lasts. */
  end: number | null;
  /** 1 cannot work, 0.5 a major part is blocked, 0.2 a nuisance, 0 none. */
  factor: number;
  /** Who, by group: how many, or the ids of people. */
  affected: Readonly<Record<string, PeopleHit>>;
  /** False until a person confirmed it. */
  confirmed?: boolean;
  /** What it is about was in accepted planned work: what is lost is planned. */
  planned?: boolean;
}

export interface ImpactIncident {
  id: string;
  segments: readonly LossSegment[];
}

export interface LostHoursInput {
  period: Span;
  /** Where the period is not over: what lasts is counted until then, ms UTC. */
  now?: number;
  /** Working time before it is in no share: what was lost then is not known. ms UTC */
  since?: number;
  groups: Readonly<Record<string, PeopleGroup>>;
  incidents: readonly ImpactIncident[];
  /** Share of a site that must be stopped for it to be down, 0 to 1; a half without it. */
  downThreshold?: number;
  /** Of the weeks. */
  zone?: string;
}

/** Person-hours in three parts that do not overlap. */
export interface LostBuckets {
  /** Confirmed and not planned: the headline. */
  lost: number;
  planned: number;
  /** What unconfirmed impact adds to it. */
  unconfirmed: number;
}

export interface LostHours extends LostBuckets {
  /** Person-hours of all groups, until now at the latest. */
  scheduled: number;
  /** lost ÷ scheduled; null without working time. */
  lostSharePct: number | null;
  /** Hours in which so much of a site was stopped entirely in working time, added up over sites. */
  businessDown: number;
  businessDownBySite: Record<string, (Span & { hours: number })[]>;
  /** Their sum is the whole. Most lost first. */
  byIncident: (LostBuckets & { incident: string; isOpen: boolean; byGroup: Record<string, LostBuckets> })[];
  byWeek: (Span & LostBuckets)[];
}

const hourMs = 3_600_000;
const none = (): LostBuckets => ({ lost: 0, planned: 0, unconfirmed: 0 });

export function lostBusinessHours(input: LostHoursInput): LostHours {
  const {
    period,
    now = period.end,
    since = period.start,
    groups,
    incidents,
    downThreshold = 0.5,
    zone = 'UTC',
  } = input;
  const window = { start: period.start, end: Math.max(period.start, Math.min(period.end, now)) };
  const weeks = weeksOf(zone, window).map((week) => ({ ...week, ...none() }));
  const byIncident = new Map<string, LostHours['byIncident'][number]>();
  const stopped = new Map<string, Stopped[]>();
  const known = Math.min(window.end, Math.max(window.start, since));
  let scheduled = 0;
  for (const name of Object.keys(groups).sort()) {
    const group = groups[name] as PeopleGroup;
    scheduled += (group.headcount * businessClock(group.calendar).between(known, window.end)) / hourMs;
    const impacts = impactsOn(name, incidents, window);
    for (const { id, isOpen } of impacts) {
      const incident = byIncident.get(id) ?? { incident: id, isOpen: false, ...none(), byGroup: {} };
      incident.isOpen ||= isOpen;
      incident.byGroup[name] = none();
      byIncident.set(id, incident);
    }
    for (const slice of slicesOf(group, impacts, weeks)) {
      const week = weeks[slice.week] as LostBuckets;
      for (const { id, bucket, people } of creditOf(slice.active, group.headcount)) {
        const hours = (people * slice.openMs) / hourMs;
        const which = slice.isPlanned ? 'planned' : bucket;
        const incident = byIncident.get(id) as LostHours['byIncident'][number];
        (incident.byGroup[name] as LostBuckets)[which] += hours;
        week[which] += hours;
      }
      const people = slice.isPlanned ? 0 : stoppedOf(slice.active, group.headcount);
      const hours = people > 0 ? businessClock(group.calendar).open(slice.start, slice.end) : [];
      const site = group.site ?? name;
      const own = stopped.get(site) ?? [];
      own.push(...hours.map((part) => ({ ...part, people })));
      stopped.set(site, own);
    }
  }
  const list = [...byIncident.values()];
  const total = none();
  for (const incident of list) for (const part of Object.values(incident.byGroup)) add(incident, part);
  for (const incident of list) add(total, incident);
  const businessDownBySite = downOf(groups, stopped, downThreshold);
  return {
    ...total,
    scheduled,
    lostSharePct: scheduled > 0 ? 100 * (total.lost / scheduled) : null,
    businessDown: Object.values(businessDownBySite).reduce(
      (sum, parts) => sum + parts.reduce((own, { hours }) => own + hours, 0),
      0,
    ),
    businessDownBySite,
    byIncident: list.sort((a, b) => b.lost - a.lost || (a.incident < b.incident ? -1 : 1)),
    byWeek: weeks,
  };
}

function add(to: LostBuckets, part: LostBuckets): void {
  to.lost += part.lost;
  to.planned += part.planned;
  to.unconfirmed += part.unconfirmed;
}

function impactsOn(group: string, incidents: readonly ImpactIncident[], window: Span): ImpactLayer[] {
  return incidents.flatMap(({ id, segments }) =>
    segments.flatMap(({ start, end, factor, affected, confirmed = true, planned = false }) => {
      const people = affected[group];
      const until = Math.min(end ?? window.end, window.end);
      if (people === undefined || !(until > Math.max(start, window.start))) return [];
      return {
        id,
        start: Math.max(start, window.start),
        since: start,
        end: until,
        factor: Math.min(1, Math.max(0, factor)),
        people,
        confirmed,
        isPlanned: planned,
        isOpen: end === null,
      };
    }),
  );
}

interface Slice extends Span {
  openMs: number;
  week: number;
  isPlanned: boolean;
  active: ImpactLayer[];
}

/** The working time of a group, cut wherever something changes. */
function* slicesOf(group: PeopleGroup, impacts: readonly ImpactLayer[], weeks: readonly Span[]): Generator<Slice> {
  const clock = businessClock(group.calendar);
  const planned = union(group.maintenance ?? []);
  const edges = [...weeks, ...planned, ...impacts].flatMap(({ start, end }) => [start, end]);
  const cuts = [...new Set(edges)].sort((a, b) => a - b);
  const waiting = [...impacts].sort((a, b) => a.start - b.start);
  let active: ImpactLayer[] = [];
  let [next, week, plan] = [0, 0, 0];
  for (const [n, start] of cuts.entries()) {
    const end = cuts[n + 1];
    while (waiting[next] && (waiting[next] as ImpactLayer).start <= start) active.push(waiting[next++] as ImpactLayer);
    active = active.filter((impact) => impact.end > start);
    if (end === undefined || active.length === 0) continue;
    while ((weeks[week]?.end ?? Infinity) <= start) week++;
    while ((planned[plan]?.end ?? Infinity) <= start) plan++;
    const openMs = clock.between(start, end);
    if (openMs > 0) yield { start, end, openMs, week, isPlanned: (planned[plan]?.start ?? Infinity) <= start, active };
  }
}

/** Working time of a group in which so many of it were stopped. */
interface Stopped extends Span {
  people: number;
}

function downOf(
  groups: LostHoursInput['groups'],
  stopped: ReadonlyMap<string, readonly Stopped[]>,
  threshold: number,
): LostHours['businessDownBySite'] {
  const sites = [...stopped].map(([site, parts]) => {
    const own = Object.entries(groups).filter(([name, group]) => (group.site ?? name) === site);
    const headcount = own.reduce((sum, [, group]) => sum + group.headcount, 0);
    const down = crowded(parts, threshold * headcount);
    return [site, down.map((part) => ({ ...part, hours: (part.end - part.start) / hourMs }))] as const;
  });
  return Object.fromEntries(sites.filter(([, parts]) => parts.length > 0));
}

/** When at least so many people are stopped, over all groups of a site. */
function crowded(parts: readonly Stopped[], least: number): Span[] {
  const steps = parts
    .flatMap(({ start, end, people }) => [
      { at: start, by: people },
      { at: end, by: -people },
    ])
    .sort((a, b) => a.at - b.at);
  const spans: Span[] = [];
  let people = 0;
  steps.forEach(({ at, by }, n) => {
    people += by;
    const end = steps[n + 1]?.at ?? at;
    // Fractions of people (part-time) add up to a bit less than their sum.
    if (people > 0 && people >= least - 1e-9) spans.push({ start: at, end });
  });
  return union(spans);
}
