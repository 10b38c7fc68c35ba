/**
 * Rules on stored history, before they are in force: how often they would have fired. Bounded in time: of a large fleet
 * it looks at as many endpoints as it can in that time, and says at how many.
 */
import { catalogue } from '../../shared/metrics.ts';
import type { Metric } from '../../shared/report.ts';
import type { UsualThen } from '../baseline/replayed.ts';
import { isTimed, type RuleBooks } from '../evaluate/book.ts';
import { kindOf } from '../evaluate/kinds/index.ts';
import type { EndpointView } from '../evaluate/kinds/kind.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { SeriesLine, SeriesStore } from '../series/series.ts';
import { createReplay } from './replay.ts';

export interface Tried {
  /** Whole days of history that there are, at most 30. */
  days: number;
  /** Endpoints looked at. */
  looked: number;
  /** How often it fired, by the rules of now and by those that are tried. */
  before: number;
  after: number;
  /** On so many endpoints, and for so long in all, by those that are tried. */
  endpoints: number;
  seconds: number;
}

interface TriedParts {
  series: Pick<SeriesStore, 'query'>;
  endpoints: readonly Endpoint[];
  groupsOf(id: string): readonly string[];
  /** Of now, and those that are tried. */
  books: readonly [RuleBooks, RuleBooks];
  families: ReadonlySet<string>;
  rules: readonly Rule[];
  now: number;
  /** What was usual of an endpoint then, for rules that judge by it. */
  usualThen(endpoint: Endpoint, metrics: readonly string[], span: { from: number; to: number }): Promise<UsualThen>;
}

const stepMs = 300_000;
const dayMs = 86_400_000;
const daysAtMost = 30;
const withinMs = 1500;
/** Of what is not kept of the past. */
const nothing = { endpoint: () => ({}), inventory: () => ({}), latest: () => undefined };

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
}: TriedParts): Promise<Tried | null> {
  if (rules.length === 0 || rules.some((rule) => isTimed(rule) || rule.when.kind === 'forecast')) return null;
  const metrics = [...new Set(rules.flatMap(metricsOf))];
  const byUsual = rules.some(({ when }) => when.kind === 'baseline');
  const to = Math.floor(now / stepMs) * stepMs;
  const result: Tried = { days: 0, looked: 0, before: 0, after: 0, endpoints: 0, seconds: 0 };
  const until = performance.now() + withinMs;
  for (const endpoint of endpoints) {
    if (performance.now() > until) break;
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
    const view: EndpointView | null = byUsual
      ? { ...nothing, usual: await usualThen(endpoint, metrics, { from, to }) }
      : null;
    const reports = reportsOf(lines);
    const first = reports[0]?.[0];
    result.looked++;
    if (first === undefined) continue;
    result.days = Math.max(result.days, Math.round((to - first) / dayMs));
    const [was, is] = [
      await fires(books[0], endpoint, groupsOf(endpoint.id), families, reports, view),
      await fires(books[1], endpoint, groupsOf(endpoint.id), families, reports, view),
    ];
    result.before += was.times;
    result.after += is.times;
    result.seconds += is.seconds;
    if (is.times > 0) result.endpoints++;
  }
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
  view: EndpointView | null,
): Promise<{ times: number; seconds: number }> {
  const since = reports[0]?.[0] ?? 0;
  const online: Endpoint = { ...endpoint, state: 'online', stateReason: null, stateSince: since, lastSeenAt: since };
  const replay = createReplay(books, online, groups, view);
  const open = new Map<string, number>();
  let [times, seconds] = [0, 0];
  for (const [at, metrics] of reports)
    for (const change of await replay.report(metrics, at)) {
      if (!families.has(change.family)) continue;
      const key = `${change.family} ${JSON.stringify(change.tags)}`;
      const began = open.get(key);
      if (change.code === 'firing' && began === undefined) {
        times++;
        open.set(key, change.at);
      } else if (change.code === 'resolved' && began !== undefined) {
        seconds += (change.at - began) / 1000;
        open.delete(key);
      }
    }
  const end = reports.at(-1)?.[0] ?? 0;
  for (const began of open.values()) seconds += (end - began) / 1000;
  return { times, seconds: Math.round(seconds) };
}
