/**
 * Error budgets: how long an endpoint may be down in a period for its availability to reach its target, and what is left
 * of that. The target of its kind is that of the index; people set others for a site, a group, a tag or one endpoint.
 *
 *   budget = (1 − target) · time up or down in the whole period        used = down        left = budget − used
 */
import { businessClock } from '../../shared/calendar.ts';
import { fail } from '../../shared/errors.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { KpiQuery } from './answer.ts';
import type { Month } from './month.ts';
import type { Months } from './months.ts';
import { periodOf } from './period.ts';
import type { EndpointFact } from './question.ts';
import { endpointsIn } from './question.ts';

type TargetScope = Database['availability_targets']['scope'];
/** The later one in this list is the closer one, and holds. */
const scopes: readonly TargetScope[] = ['site', 'tag', 'group', 'endpoint'];
export type BudgetBy = 'endpoint' | 'site' | 'group' | 'tag';

export interface TargetVersion {
  scope: TargetScope;
  /** Id of the site, group or endpoint; the tag itself. */
  target: string;
  /** Null: withdrawn. */
  percent: number | null;
  at: number;
  by: string;
  reason: string;
}

/** Of the last ones: more nobody reads. */
const versionsShown = 1000;

/** Every change, newest first. */
export async function targetVersions(state: State): Promise<TargetVersion[]> {
  const rows = await state
    .selectFrom('availability_targets')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(versionsShown)
    .execute();
  return rows.map(({ scope, target, percent, at, by_user: by, reason }) => ({
    scope,
    target,
    percent,
    at,
    by,
    reason,
  }));
}

/** @throws EvenkeelError BAD_REQUEST */
export async function setTarget(state: State, { by, ...row }: TargetVersion): Promise<void> {
  if (row.percent !== null && !(row.percent > 0 && row.percent < 100))
    throw fail('BAD_REQUEST', {
      problem: `a target of ${row.percent} % cannot be kept or cannot be missed: give one above 0 and below 100, such as 99.9`,
    });
  await state
    .insertInto('availability_targets')
    .values({ ...row, by_user: by })
    .execute();
}

/** Those in force at an instant, by scope and target. */
async function targetsAt(state: State, at: number): Promise<Map<string, number>> {
  const rows = await state
    .selectFrom('availability_targets')
    .select(['scope', 'target', 'percent'])
    .where('at', '<=', at)
    .orderBy('id')
    .execute();
  const newest = new Map(rows.map(({ scope, target, percent }) => [`${scope} ${target}`, percent]));
  return new Map([...newest].flatMap(([key, percent]) => (percent === null ? [] : [[key, percent] as const])));
}

/** Minutes. */
interface Budget {
  up: number;
  down: number;
  /** Of the whole period, up and down. */
  whole: number;
  /** Null where nothing was up or down. */
  budget: number | null;
}

export interface BudgetRow extends Budget {
  /** Id of the endpoint or group, name of the site, the tag; null: endpoints of no site. */
  key: string | null;
  endpoints: number;
  /** Percent; of several endpoints the one that their budgets come to. */
  target: number;
  /** Which scope it comes from; null for several, and for the target of the kind. */
  from: TargetScope | null;
}

interface Member {
  endpoint: EndpointFact;
  tags: string[];
  groups: string[];
  row: BudgetRow;
}

/**
 * The most overspent first. Groups and tags are those of now.
 * @throws EvenkeelError BAD_REQUEST when the period is none
 */
export async function budgetsOf(
  state: State,
  months: Months,
  query: KpiQuery,
  { kind, by, endpoint }: { kind: 'server' | 'workstation'; by: BudgetBy; endpoint?: string | undefined },
): Promise<{ asOf: number; closed: boolean; standard: number; rows: BudgetRow[] }> {
  const { month, closed } = await months.of(query.period, query.scope, query.zone);
  const standard = month.definition.parts[kind === 'server' ? 'servers' : 'workstations'].target;
  const targets = await targetsAt(state, closed?.closedAt ?? query.now);
  const members = await membersOf(state, query, month, { kind, endpoint, standard, targets });
  const keysOf = ({ endpoint: { id, site }, groups, tags }: Member): (string | null)[] =>
    ({ endpoint: [id], site: [site], group: groups, tag: tags })[by];
  const rows = new Map<string | null, BudgetRow>();
  for (const member of members)
    for (const key of keysOf(member)) rows.set(key, added(rows.get(key), { ...member.row, key }));
  const left = ({ budget, down }: BudgetRow) => (budget === null ? Number.POSITIVE_INFINITY : budget - down);
  const name = ({ key }: BudgetRow) => key ?? '';
  return {
    ...{ asOf: month.asOf, closed: closed !== null, standard },
    rows: [...rows.values()].sort((a, b) => compare(left(a), left(b)) || compare(name(a), name(b))),
  };
}

/** Infinity minus itself is NaN: hence no subtraction. */
const compare = <T extends string | number>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);

function added(sum: BudgetRow | undefined, row: BudgetRow): BudgetRow {
  if (!sum) return row;
  const { up, down, whole, endpoints } = row;
  const all = {
    up: sum.up + up,
    down: sum.down + down,
    whole: sum.whole + whole,
    endpoints: sum.endpoints + endpoints,
  };
  const budget = row.budget === null ? sum.budget : (sum.budget ?? 0) + row.budget;
  const target = budget === null ? Math.max(sum.target, row.target) : 100 * (1 - budget / all.whole);
  return { ...sum, ...all, budget, target, from: sum.from === row.from ? sum.from : null };
}

interface MemberParts {
  kind: 'server' | 'workstation';
  endpoint: string | undefined;
  standard: number;
  targets: ReadonlyMap<string, number>;
}

async function membersOf(state: State, query: KpiQuery, month: Month, parts: MemberParts): Promise<Member[]> {
  const { kind, endpoint: only, standard, targets } = parts;
  const { period } = periodOf(query);
  const evidence = new Map(
    (month.figures[`availability_${kind}`]?.evidence ?? []).map((item) => [item.endpoint, item] as const),
  );
  const all = await endpointsIn(state, { ...query.scope, kind, endpoint: only }, period);
  const sites = new Map(
    (await state.selectFrom('sites').select(['id', 'name']).execute()).map(({ id, name }) => [name, id]),
  );
  const ahead = await timeAhead(state, query.zone, period, month.asOf);
  const members: Member[] = [];
  for (const some of chunks(all)) {
    const ids = some.map(({ id }) => id);
    const rows = await state
      .selectFrom('endpoints')
      .select(['id', 'tags', 'enrolled_at'])
      .where('id', 'in', ids)
      .execute();
    const known = new Map(rows.map((row) => [row.id, row]));
    const joined = await state
      .selectFrom('group_members')
      .select(['group_id', 'endpoint'])
      .where('endpoint', 'in', ids)
      .execute();
    const groupsOf = Map.groupBy(joined, ({ endpoint }) => endpoint);
    for (const endpoint of some) {
      const item = evidence.get(endpoint.id);
      if (!item) continue;
      const { tags: text = '[]', enrolled_at: enrolled = 0 } = known.get(endpoint.id) ?? {};
      const tags = JSON.parse(text) as string[];
      const groups = (groupsOf.get(endpoint.id) ?? []).map(({ group_id }) => group_id);
      const keys = { site: [sites.get(endpoint.site ?? '') ?? ''], tag: tags, group: groups, endpoint: [endpoint.id] };
      const { target, from } = targetOf(keys, targets, standard);
      const [up, down] = [item.part / 60, (item.whole - item.part) / 60];
      const whole = (up + down) * (endpoint.retired_at === null ? ahead(endpoint.site, enrolled) : 1);
      const budget = whole > 0 ? (1 - target / 100) * whole : null;
      members.push({ endpoint, tags, groups, row: { key: null, endpoints: 1, up, down, whole, budget, target, from } });
    }
    await breathe();
  }
  return members;
}

/** Of several groups or tags the strictest target. */
function targetOf(
  keys: Readonly<Record<TargetScope, readonly string[]>>,
  targets: ReadonlyMap<string, number>,
  standard: number,
): { target: number; from: TargetScope | null } {
  const closest = scopes.toReversed().flatMap((scope) => {
    const own = keys[scope].flatMap((key) => targets.get(`${scope} ${key}`) ?? []);
    return own.length === 0 ? [] : [{ target: Math.max(...own), from: scope }];
  });
  return closest[0] ?? { target: standard, from: null };
}

/**
 * How much longer the whole period is than what has passed of it, in service hours of a site: the budget is that of the
 * period from its first day on, as far as the rest goes on like the part that has passed.
 */
async function timeAhead(state: State, zone: string, { start, end }: { start: number; end: number }, asOf: number) {
  if (asOf >= end) return () => 1;
  const calendarOf = await readCalendars(state, zone);
  const clocks = new Map<string | null, ReturnType<typeof businessClock>>();
  return (site: string | null, enrolled: number) => {
    const clock = clocks.get(site) ?? businessClock(calendarOf(site, 'service').calendar);
    clocks.set(site, clock);
    const passed = clock.between(Math.max(start, Math.min(enrolled, asOf)), asOf);
    return passed > 0 ? (passed + clock.between(asOf, end)) / passed : 1;
  };
}
