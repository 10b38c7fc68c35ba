/**
 * A test of rules as text, one thing per line:
 *
 *     endpoint db-1 server site=Berlin tag=db
 *     every 10s                      # how often it reports
 *     rule cpu                       # what the wants are about
 *     usual cpu.usage_active 10 30   # what is usual at any hour, for rules of kind baseline
 *     at 0 cpu.usage_active 95
 *     at 40m cpu.usage_active 10     # `none`: it comes no more; `at 50m offline`, `at 1h online`
 *     want nothing before 15m
 *     want firing between 16m and 40m
 *     want resolved by 1h
 */
import { parseDuration } from '../../shared/duration.ts';
import { catalogue, fieldOf } from '../../shared/metrics.ts';
import { nearest } from '../../shared/nearest.ts';
import type { Metric } from '../../shared/report.ts';
import { shown } from '../../shared/shape.ts';
import { familyOf, type RuleBooks } from '../evaluate/book.ts';
import type { UsualBounds } from '../evaluate/kinds/kind.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { createReplay, type ReplayedChange } from './replay.ts';

export interface TimelineFault {
  line: number;
  problem: string;
}

interface TimelineStep {
  line: number;
  at: number;
  set?: { name: string; field: string; tags: Record<string, string>; value: number | null };
  presence?: 'online' | 'offline' | 'lost';
}

interface Want {
  line: number;
  rule: string;
  what: string;
  from: number;
  to: number;
}

const states: readonly string[] = ['nothing', 'pending', 'firing', 'resolved'];
/** A whole second past 1970, so that 0 is a time like any other. */
const start = Date.parse('2026-01-05T00:00:00Z');
const reportsAtMost = 500_000;

interface Script {
  endpoint: Endpoint;
  everyMs: number;
  steps: TimelineStep[];
  wants: Want[];
  /** By metric, with any tags. */
  usual: Map<string, UsualBounds>;
  faults: TimelineFault[];
}

/** Runs it. @returns how many wants there are, and those that did not come true with what was seen */
export async function runTimeline(text: string, books: RuleBooks): Promise<{ wants: number; faults: TimelineFault[] }> {
  const script = parse(text, books);
  if (script.faults.length > 0) return { wants: script.wants.length, faults: script.faults };
  if (script.wants.length === 0)
    return {
      wants: 0,
      faults: [{ line: 1, problem: 'nothing is wanted; add a line such as: want firing between 10m and 11m' }],
    };
  const end = Math.max(...script.wants.map(({ to }) => to), ...script.steps.map(({ at }) => at));
  if (end / script.everyMs > reportsAtMost)
    return {
      wants: 0,
      faults: [
        {
          line: 1,
          problem: `${Math.ceil(end / script.everyMs)} reports are too many; report less often with: every 5m`,
        },
      ],
    };
  const changes = await replayed(script, books, end);
  return {
    wants: script.wants.length,
    faults: script.wants.flatMap((want) => {
      const family = familyOf(books.rule(want.rule) ?? { id: want.rule });
      return checked(
        want,
        changes.filter((one) => one.family === family),
      );
    }),
  };
}

async function replayed(
  { endpoint, everyMs, steps, usual }: Script,
  books: RuleBooks,
  end: number,
): Promise<ReplayedChange[]> {
  const nothing = { endpoint: () => ({}), inventory: () => ({}), latest: () => undefined };
  const view = usual.size === 0 ? null : { ...nothing, usual: (metric: string) => usual.get(metric) };
  const replay = createReplay(books, endpoint, [], view);
  const values = new Map<string, Metric>();
  const changes: ReplayedChange[] = [];
  const rest = [...steps].sort((a, b) => a.at - b.at);
  for (let at = 0; at <= end; at += everyMs) {
    while (rest[0] && rest[0].at <= at) {
      const { set, presence, at: when } = rest.shift() as TimelineStep;
      if (set) apply(values, set);
      if (!presence) continue;
      Object.assign(endpoint, {
        state: presence,
        stateReason: presence === 'lost' ? 'timeout' : null,
        stateSince: start + when,
        lastSeenAt: start + when,
      });
      changes.push(...(await replay.pass(start + when)));
    }
    const now = start + at;
    if (endpoint.state === 'online') {
      endpoint.lastSeenAt = now;
      const metrics = [...values.values()]
        .filter(({ fields }) => Object.keys(fields).length > 0)
        .map((one) => ({ ...one, timestamp: now }));
      changes.push(...(await replay.report(metrics, now)));
    }
    changes.push(...(await replay.pass(now)));
  }
  return changes;
}

function apply(values: Map<string, Metric>, { name, field, tags, value }: NonNullable<TimelineStep['set']>): void {
  const key = `${name} ${JSON.stringify(tags)}`;
  const { fields: before = {} } = values.get(key) ?? {};
  const { [field]: _, ...others } = before;
  values.set(key, { name, tags, fields: value === null ? others : { ...others, [field]: value }, timestamp: start });
}

/** How the alerts of a rule stand at each change, and between changes. */
function checked({ line, rule, what, from, to }: Want, changes: readonly ReplayedChange[]): TimelineFault[] {
  const seen: { at: number; state: string; level: string }[] = [{ at: 0, state: 'nothing', level: '' }];
  for (const { at, code, rule: level } of changes) {
    const last = seen.at(-1)?.state ?? 'nothing';
    const state = stateAfter[code] ?? last;
    seen.push({ at: at - start, state, level });
  }
  // What held at the begin of the span, and what happened in it.
  const before = seen.findLast(({ at }) => at <= from) ?? seen[0];
  const inside = [before, ...seen.filter(({ at }) => at > from && at < to)].filter((one) => one !== undefined);
  const wrong = inside.find((one) => !fits(what, one.state));
  if (what === 'resolved' && from === 0) {
    const found = seen.findLast(({ at }) => at <= to);
    return found?.state === 'resolved'
      ? []
      : [{ line, problem: `want ${what} of ${rule} by ${clock(to)}, seen: ${story(seen)}` }];
  }
  if (!wrong) return [];
  return [
    {
      line,
      problem: `want ${what} of ${rule} between ${clock(from)} and ${clock(to)}, but it was ${wrong.state} at ${clock(Math.max(wrong.at, from))}; seen: ${story(seen)}`,
    },
  ];
}

const stateAfter: Readonly<Record<string, string>> = {
  ...{
    pending: 'pending',
    dropped: 'nothing',
    firing: 'firing',
    worse: 'firing',
    eased: 'firing',
    back: 'firing',
    unknown: 'unknown',
    resolved: 'resolved',
  },
};

const fits = (wanted: string, state: string) =>
  wanted === 'nothing' ? state !== 'firing' && state !== 'unknown' : wanted === state;

const story = (seen: readonly { at: number; state: string; level: string }[]) =>
  seen.length === 1
    ? 'nothing at all'
    : seen
        .slice(1, 9)
        .map(({ at, state, level }) => `${state} (${level}) at ${clock(at)}`)
        .join(', ') + (seen.length > 9 ? ', …' : '');

function clock(ms: number): string {
  const parts = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return parts.map((part, n) => (part > 0 ? `${part}${'hms'[n]}` : '')).join('') || '0';
}

function parse(text: string, books: RuleBooks): Script {
  const script: Script = {
    endpoint: endpointNamed('test'),
    everyMs: 10_000,
    steps: [],
    wants: [],
    usual: new Map(),
    faults: [],
  };
  let rule: string | null = null;
  for (const [n, whole] of text.split(/\r?\n/).entries()) {
    const line = n + 1;
    const words = whole
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/)
      .filter(Boolean);
    if (words.length === 0) continue;
    try {
      rule = read(script, books, words, line, rule) ?? rule;
    } catch (thrown) {
      script.faults.push({ line, problem: (thrown as Error).message.replace(/^BAD_DURATION: /, '') });
    }
  }
  return script;
}

const directives = ['endpoint', 'every', 'rule', 'usual', 'at', 'want'];

function read(
  script: Script,
  books: RuleBooks,
  words: readonly string[],
  line: number,
  rule: string | null,
): string | null {
  const [first = '', ...rest] = words;
  switch (first) {
    case 'endpoint':
      describeEndpoint(script.endpoint, rest);
      return null;
    case 'every':
      script.everyMs = duration(rest[0]);
      if (script.everyMs < 1000) throw new Error(`${shown(rest[0])} is too often; every 1s is the shortest`);
      return null;
    case 'rule':
      return knownRule(books, rest[0] ?? '');
    case 'usual':
      script.usual.set(...usualOf(rest));
      return null;
    case 'at':
      script.steps.push(stepOf(rest, line));
      return null;
    case 'want':
      script.wants.push(wantOf(rest, line, books, rule));
      return null;
    default: {
      const guess = nearest(first, directives);
      throw new Error(
        `${shown(first)} begins no line${guess ? `; did you mean ${guess}?` : `; known: ${directives.join(', ')}`}`,
      );
    }
  }
}

function knownRule(books: RuleBooks, id: string): string {
  const ids = books.all().map((one) => one.id);
  if (ids.includes(id)) return id;
  const guess = nearest(id, ids);
  throw new Error(`${shown(id)} is no rule that we know${guess ? `; did you mean ${guess}?` : ''}`);
}

function duration(word: string | undefined): number {
  if (word === undefined) throw new Error('a time is missing, such as 10m');
  try {
    return parseDuration(word);
  } catch {
    throw new Error(`${shown(word)} is no time; write it like 0, 30s, 10m, 1.5h or 7d`);
  }
}

function stepOf(words: readonly string[], line: number): TimelineStep {
  const at = duration(words[0]);
  const [, what = '', given] = words;
  if (what === 'online' || what === 'offline' || what === 'lost') return { line, at, presence: what };
  const match = /^([a-z_]+\.[a-z0-9_]+)(?:\{(.*)\})?$/.exec(what);
  if (!match)
    throw new Error(
      `${shown(what)} must be a metric such as cpu.usage_active or disk.used_percent{path=/}, or online, offline, lost`,
    );
  const [, metric = '', tags = ''] = match;
  checkMetric(metric);
  const value = given === 'none' ? null : Number(given);
  if (given === undefined || Number.isNaN(value)) throw new Error(`${shown(given)} must be a number, or none`);
  const [name = '', field = ''] = metric.split('.');
  const pairs = tags === '' ? [] : tags.split(',').map((pair) => pair.split('=', 2) as [string, string]);
  return { line, at, set: { name, field, tags: Object.fromEntries(pairs), value } };
}

function checkMetric(metric: string): void {
  if (fieldOf(metric)) return;
  const guess = nearest(
    metric,
    catalogue.map((row) => `${row.measurement}.${row.field}`),
  );
  throw new Error(`${shown(metric)} is not measured${guess ? `; did you mean ${guess}?` : ''}`);
}

function usualOf([metric = '', low, high]: readonly string[]): [string, UsualBounds] {
  checkMetric(metric);
  const [least, most] = [low, high].map((text) => (text === undefined ? Number.NaN : Number(text)));
  if (least === undefined || most === undefined || !(least <= most))
    throw new Error(`${shown(metric)} must be followed by the least and the greatest usual value, such as: 10 30`);
  return [metric, { low: least, high: most, since: null }];
}

function wantOf(words: readonly string[], line: number, books: RuleBooks, current: string | null): Want {
  const [what = '', ...rest] = words;
  if (!states.includes(what)) throw new Error(`${shown(what)} cannot be wanted; known: ${states.join(', ')}`);
  const of = rest[0] === 'of' ? knownRule(books, rest[1] ?? '') : current;
  if (of === null) throw new Error('of which rule? Write before it a line such as: rule cpu');
  const [how, first, and, second] = rest[0] === 'of' ? rest.slice(2) : rest;
  const want = { line, rule: of, what };
  if (how === 'before' || how === 'by') return { ...want, from: 0, to: duration(first) };
  if (how === 'at') return { ...want, from: duration(first), to: duration(first) + 1 };
  if (how === 'between' && and === 'and') {
    const [from, to] = [duration(first), duration(second)];
    if (to <= from) throw new Error(`between ${shown(first)} and ${shown(second)} there is no time`);
    return { ...want, from, to };
  }
  throw new Error(`${shown(how)} says no time; write: between 10m and 11m, before 10m, by 1h, or at 5m`);
}

function describeEndpoint(endpoint: Endpoint, words: readonly string[]): void {
  for (const word of words) {
    const [key = '', value] = word.split('=', 2);
    if (key === 'site' && value) endpoint.site = value;
    else if (key === 'tag' && value) endpoint.tags = [...endpoint.tags, value];
    else if (value === undefined && (key === 'server' || key === 'workstation')) endpoint.kind = key;
    else if (value === undefined) [endpoint.id, endpoint.name] = [key, key];
    else throw new Error(`${shown(word)} must be a name, server, workstation, site=… or tag=…`);
  }
}

const endpointNamed = (name: string): Endpoint => ({
  ...{
    id: name,
    bucket: '01',
    name,
    kind: 'server',
    kindWhy: [],
    site: null,
    tags: [],
    platform: 'linux',
    arch: 'x64',
  },
  ...{
    version: null,
    enrolledAt: 0,
    retiredAt: null,
    session: null,
    bootId: null,
    lastSeenAt: start,
    intervalMs: 10_000,
  },
  ...{ clockOffsetMs: 0, people: null, stateSince: start, state: 'online', stateReason: null },
});
