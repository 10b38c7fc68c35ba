/**
 * `npm run bench -- baseline [--machines 20]`: how often the default rules of kind baseline would alert on simulated machines in
 * a month if they notified, beside how often metrics leave a fixed range; and what it costs to learn what is usual.
 */

import { tried } from '../../collector/alerts/tried.ts';
import { habitOf } from '../../collector/baseline/habits.ts';
import { usualThen } from '../../collector/baseline/replayed.ts';
import { hoursOfWeek, learn, newNormalSince, type UsualPoint, weekMs } from '../../collector/baseline/usual.ts';
import { defaultRules } from '../../collector/evaluate/defaults.ts';
import { booksOf } from '../../collector/evaluate/merge.ts';
import type { Endpoint } from '../../collector/fleet/fleet.ts';
import type { SeriesLine, SeriesQuery } from '../../collector/series/series.ts';
import { openState } from '../../collector/state/open.ts';
import { fieldOf } from '../../shared/metrics.ts';
import { metricsAt } from '../simulate/fast.ts';
import { isAsleep, isRestarting, type Machine, makeMachine } from '../simulate/machine.ts';
import { wordsOf } from '../support/arguments.ts';
import { freshPlace } from '../support/state.ts';

const slotMs = 300_000;
const dayMs = 86_400_000;
const now = Date.parse('2026-11-28T00:00:00Z');
const days = 72;

/** One value of each five minutes: more scatter than their means have. */
function linesOf(machine: Machine, metrics: ReadonlySet<string>): SeriesLine[] {
  const lines = new Map<string, SeriesLine>();
  for (let at = now - days * dayMs; at < now; at += slotMs) {
    if (isAsleep(machine, at) || isRestarting(machine, at)) continue;
    for (const { name, tags, fields } of metricsAt(machine, at))
      for (const [field, value] of Object.entries(fields)) {
        const metric = `${name}.${field}`;
        if (!metrics.has(metric)) continue;
        const key = metric + JSON.stringify(tags);
        const line = lines.get(key) ?? { metric, tags, agg: 'mean', points: [] };
        line.points.push([at, value]);
        lines.set(key, line);
      }
  }
  return [...lines.values()];
}

/** As the series answer: what is asked for, of counters the rate unless another aggregate is named. */
function answer(lines: readonly SeriesLine[], { metrics, from, to, agg }: SeriesQuery): SeriesLine[] {
  return lines.flatMap((line) => {
    if (!metrics.includes(line.metric)) return [];
    const points = line.points.filter(([at]) => at >= from && at < to);
    if (agg !== undefined || fieldOf(line.metric)?.kind !== 'counter') return [{ ...line, points }];
    const rates = points.map(([at, value], n): [number, number | null] => {
      const [before, last] = points[n - 1] ?? [0, null];
      const grew = value !== null && last !== null && value >= last;
      return [at, grew ? ((value - last) / (at - before)) * 1000 : null];
    });
    return [{ ...line, points: rates }];
  });
}

const endpointOf = (id: string, kind: Machine['kind']): Endpoint => ({
  ...{ id, bucket: '01', name: id, kind, kindWhy: [], site: null, tags: [], platform: 'linux', arch: 'x64' },
  ...{ version: null, enrolledAt: 0, retiredAt: null, session: null, bootId: null, lastSeenAt: now },
  ...{ intervalMs: 10_000, clockOffsetMs: 0, people: null, stateSince: 0, state: 'online', stateReason: null },
});

export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({ args, options: { machines: { type: 'string', default: '20' } } });
  const count = Number(values.machines);
  const own = defaultRules.filter(({ when }) => when.kind === 'baseline');
  const metrics = new Set(own.flatMap(({ when }) => ('field' in when ? [`${when.measurement}.${when.field}`] : [])));
  const state = await openState(freshPlace());
  const machines = Array.from({ length: count }, (_, n) => makeMachine(7, n, now));
  const known = new Map(machines.map((machine, n) => [`m${n}`, linesOf(machine, metrics)]));
  const series = {
    query: async (wanted: SeriesQuery) => ({
      ...{ from: wanted.from, to: wanted.to, step: slotMs, resolution: '5m' as const },
      series: answer(known.get(wanted.endpoint) ?? [], wanted),
    }),
    latest: (id: string) => (known.get(id) ?? []).map(({ metric, tags }) => ({ metric, tags, at: now, value: 0 })),
  };
  let all = 0;
  async function triedOn(id: string) {
    const books = booksOf(defaultRules, [{ id, notify: true }]);
    const rules = [books.rule(id)].flatMap((rule) => rule ?? []);
    const sum = { after: 0, seconds: 0, endpoints: 0 };
    // One at a time: a preview looks at as many as it can in its time.
    for (const [n, machine] of machines.entries()) {
      const found = await tried({
        ...{ series, endpoints: [endpointOf(`m${n}`, machine.kind)], groupsOf: () => [], now },
        ...{ books: [booksOf(defaultRules, []), books], families: new Set([id]), rules },
        viewOf: () => ({ endpoint: () => ({}), inventory: () => ({}), latest: () => undefined }),
        usualThen: (endpoint, wanted, span) => usualThen({ state, series, zone: 'UTC' }, endpoint, wanted, span),
      });
      for (const key of ['after', 'seconds', 'endpoints'] as const) sum[key] += found?.[key] ?? 0;
    }
    return sum;
  }

  for (const rule of own) {
    const sum = await triedOn(rule.id);
    all += sum.after;
    const perWeek = sum.after / ((count * 30) / 7);
    figure(
      `${rule.id}: left its range for 30 min ${sum.after} times in 30 days on ${sum.endpoints} of ${count} machines, ` +
        `${perWeek.toFixed(3)} per endpoint and week, ${(sum.seconds / 864 / 30 / count).toFixed(2)} % of the time`,
    );
  }
  figure(`all ${own.length} rules: ${(all / ((count * 30) / 7)).toFixed(3)} per endpoint and week`);
  // The same figure must find what is there: two hours of a busy CPU on each machine.
  const busy = { from: now - 15 * dayMs, to: now - 15 * dayMs + 2 * 3_600_000 };
  for (const line of [...known.values()].flat())
    if (line.metric === 'cpu.usage_active')
      line.points = line.points.map(([at, value]) => [at, at >= busy.from && at < busy.to ? 99 : value]);
  const planted = await triedOn('unusual-cpu');
  figure(`two busy hours planted on each machine: found on ${planted.endpoints} of ${count}`);
  await state.destroy();
  cost(known);
}

/** Of one series and night: today's hours are learned, and hourly means looked through for a new normal. */
function cost(known: ReadonlyMap<string, SeriesLine[]>): void {
  const lines = [...known.values()].flat().filter(({ metric }) => metric === 'cpu.usage_active');
  const hourOf = hoursOfWeek('Europe/Berlin', new Set());
  const from = now - 6 * weekMs;
  const whole = lines.map(({ points }) =>
    points.flatMap(([at, value]): UsualPoint[] => (value === null || at < from ? [] : [[at, value]])),
  );
  const today = new Set(Array.from({ length: 28 }, (_, n) => hourOf(now + n * 3_600_000)));
  const of = whole.map((points) => ({
    near: points.filter(([at]) => today.has(hourOf(at))),
    hourly: points.filter(([at]) => at % 3_600_000 === 0),
  }));
  const habit = habitOf('cpu.usage_active');
  const began = process.threadCpuUsage();
  for (const { near, hourly } of of) {
    const usual = learn(near, now, hourOf, habit);
    for (const hour of today) usual(hour);
    newNormalSince(hourly, now, hourOf, habit);
  }
  const { user, system } = process.threadCpuUsage(began);
  figure(
    `${((user + system) / 1000 / lines.length).toFixed(1)} ms CPU to learn a series for a day, of rules that notify`,
  );
}

const figure = (text: string) => console.log(`FIGURE baseline: ${text}`);
