/**
 * Rules on stored history, before they are in force: how often they would have fired. Bounded in time: of a large fleet
 * it looks at as many endpoints as it can in that time, and says at how many.
 */
import { catalogue } from '../../shared/metrics.ts';
import type { Metric } from '../../shared/report.ts';
import type { UsualThen } from '../baseline/replayed.ts';
import { familyOf, isTimed, type RuleBooks } from '../evaluate/book.ts';
import { kindOf } from '../evaluate/kinds/index.ts';
import type { EndpointView } from '../evaluate/kinds/kind.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { SeriesLine, SeriesStore } from '../series/series.ts';
import { breathe } from '../state/breathe.ts';
import { createReplay } from './replay.ts';

/** One time that it would have fired; `to` null: it would still. */
export interface TriedTime {
  endpoint: { id: string; name: string };
  tags: Readonly<Record<string, string>>;
  from: number;
  to: number | null;
}

export interface Tried {
  /** The oldest value of the last 30 days; null: there is none. */
  since: number | null;
  /** Endpoints that have such a value, and as many of these as were looked at. */
  having: number;
  looked: number;
  /** How often it fired, by the rules of now and by those that are tried. */
  before: number;
  after: number;
  /** On so many endpoints, and for so long in all, by those that are tried. */
  endpoints: number;
  seconds: number;
  /** Of those that are tried, the newest ones. */
  times: TriedTime[];
}

interface TriedParts {
  series: Pick<SeriesStore, 'query' | 'latest'>;
  endpoints: readonly Endpoint[];
  groupsOf(id: string): readonly string[];
  /** Of now, and those that are tried. */
  books: readonly [RuleBooks, RuleBooks];
  families: ReadonlySet<string>;
  rules: readonly Rule[];
  now: number;
  /** What was usual of an endpoint then, for rules that judge by it. */
  usualThen(endpoint: Endpoint, metrics: readonly string[], span: { from: number; to: number }): Promise<UsualThen>;
  viewOf(id: string): EndpointView;
  /** After so long no further endpoint is looked at. */
  withinMs?: number;
}

const stepMs = 300_000;
const dayMs = 86_400_000;
const daysAtMost = 30;
const usualWithinMs = 3000;
const timesAtMost = 10;

/** @returns null where history cannot say it: presence, and what is derived each night */
export async function tried({
  series,
  endpoints,
  groupsOf,
  books,
  families,
  rules,
  now,
  usualThen,
  viewOf,
  withinMs = usualWithinMs,
}: TriedParts): Promise<Tried | null> {
  if (rules.length === 0 || rules.some((rule) => isTimed(rule) || rule.when.kind === 'forecast')) return null;
  const metrics = [...new Set(rules.flatMap(metricsOf))];
  const byUsual = rules.some(({ when }) => when.kind === 'baseline');
  // The step that runs counts as well: of a machine that came today there is not much more.
  const to = Math.ceil(now / stepMs) * stepMs;
  const having = endpoints.filter(({ id }) => series.latest(id).some(({ metric }) => metrics.includes(metric)));
  const result: Tried = {
    since: null,
    having: having.length,
    looked: 0,
    before: 0,
    after: 0,
    endpoints: 0,
    seconds: 0,
    times: [],
  };
  const isNew = !books[0].all().some((rule) => families.has(familyOf(rule)));
  const until = performance.now() + withinMs;
  for (const endpoint of having) {
    if (result.looked > 0 && performance.now() > until) break;
    const from = to - daysAtMost * dayMs;
    const { series: lines } = await series.query({
      endpoint: endpoint.id,
      metrics,
      from,
      to,
      step: stepMs,
      // What is usual are means.
      agg: byUsual ? 'mean' : 'max',
    });
    // Of what is not kept of the past: the endpoint as it is today, and no value that is not in these lines.
    const view: EndpointView = { ...viewOf(endpoint.id), latest: () => undefined };
    if (byUsual) view.usual = await usualThen(endpoint, metrics, { from, to });
    const reports = reportsOf(lines);
    const first = reports[0]?.[0];
    result.looked++;
    if (first === undefined) continue;
    result.since = Math.min(result.since ?? first, first);
    const groups = groupsOf(endpoint.id);
    if (!isNew) result.before += (await fires(books[0], endpoint, groups, families, reports, view)).length;
    const found = await fires(books[1], endpoint, groups, families, reports, view);
    const end = reports.at(-1)?.[0] ?? to;
    result.after += found.length;
    result.seconds += found.reduce((sum, one) => sum + ((one.to ?? end) - one.from) / 1000, 0);
    result.times.push(...found);
    if (found.length > 0) result.endpoints++;
  }
  result.seconds = Math.round(result.seconds);
  result.times = result.times.sort((one, other) => other.from - one.from).slice(0, timesAtMost);
  return result;
}

function metricsOf({ when }: Rule): string[] {
  if ('all' in when) return when.all.map(({ field, measurement }) => `${measurement ?? when.measurement}.${field}`);
  if ('field' in when) return [`${when.measurement}.${when.field}`];
  const kind = kindOf(when);
  const wanted = kind.looksAt?.(when as never) ?? [kind.measurement?.(when as never) ?? ''];
  return catalogue.flatMap(({ measurement, field }) =>
    wanted.includes(measurement) ? [`${measurement}.${field}`] : [],
  );
}

/** As reports of one instant each, oldest first. */
function reportsOf(lines: readonly SeriesLine[]): [at: number, metrics: Metric[]][] {
  const instants = new Map<number, Map<string, Metric>>();
  for (const { metric, tags, points } of lines) {
    const [name = '', field = ''] = metric.split('.');
    const key = `${name} ${JSON.stringify(tags)}`;
    for (const [at, value] of points) {
      if (value === null) continue;
      const here = instants.get(at) ?? new Map<string, Metric>();
      instants.set(at, here);
      const known = here.get(key);
      if (known) known.fields[field] = value;
      else here.set(key, { name, tags, fields: { [field]: value }, timestamp: at });
    }
  }
  return [...instants].sort(([a], [b]) => a - b).map(([at, all]) => [at, [...all.values()]]);
}

async function fires(
  books: RuleBooks,
  endpoint: Endpoint,
  groups: readonly string[],
  families: ReadonlySet<string>,
  reports: readonly [at: number, metrics: Metric[]][],
  view: EndpointView,
): Promise<TriedTime[]> {
  const since = reports[0]?.[0] ?? 0;
  const online: Endpoint = { ...endpoint, state: 'online', stateReason: null, stateSince: since, lastSeenAt: since };
  const replay = createReplay(books, online, groups, view);
  const open = new Map<string, TriedTime>();
  const found: TriedTime[] = [];
  const { id, name } = endpoint;
  for (const [at, metrics] of reports) {
    // Reports go on to be judged meanwhile.
    await breathe();
    for (const { family, code, tags, at: when } of await replay.report(metrics, at)) {
      if (!families.has(family)) continue;
      const key = `${family} ${JSON.stringify(tags)}`;
      const fired = open.get(key);
      if (code === 'firing' && !fired) {
        const one: TriedTime = { endpoint: { id, name }, tags, from: when, to: null };
        found.push(one);
        open.set(key, one);
      } else if (code === 'resolved' && fired) {
        fired.to = when;
        open.delete(key);
      }
    }
  }
  return found;
}
