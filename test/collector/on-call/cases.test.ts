/** The worked cases of schedules, escalation and routes, where their file is at hand. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Labels } from '../../../collector/alerts/labels.ts';
import type { MatcherOp } from '../../../collector/alerts/matcher.ts';
import {
  type EscalationLog,
  type EscalationOutcome,
  onDue,
  onEvent,
  start,
} from '../../../collector/on-call/escalation.ts';
import { type OnCallSchedule, onCallAt, type Rotation } from '../../../collector/on-call/schedule.ts';
import { type QuietHours, type RouteNode, type RouteTree, route } from '../../../collector/routing/route.ts';
import type { Weekday } from '../../../shared/calendar.ts';

const file = fileURLToPath(new URL('../../../../shared/alert-cases.json', import.meta.url));
const ms = (iso: string) => Date.parse(iso);
const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

interface ScheduleInput {
  schedule: {
    zone: string;
    layers: {
      name: string;
      users: string[];
      rotation: Rotation;
      until?: string;
      holidays?: string[];
      hours?: { days: Weekday[]; from: string; to: string }[];
    }[];
    overrides: { created: string; from: string; to: string; user: string; replace?: string }[];
    fallback?: string | null;
  };
  at: string[];
}

function onCall({ schedule, at }: ScheduleInput) {
  const read: OnCallSchedule = {
    zone: schedule.zone,
    layers: schedule.layers.map((layer) => ({ ...layer, until: layer.until ? ms(layer.until) : undefined })),
    overrides: schedule.overrides.map(({ created, from, to, ...rest }) => ({
      ...{ created: ms(created), from: ms(from), to: ms(to) },
      ...rest,
    })),
    fallback: schedule.fallback ?? null,
  };
  return { onCall: at.map((one) => ({ at: one, ...onCallAt(read, ms(one)) })) };
}

interface EscalationInput {
  policy: { steps: { wait_s: number; targets: string[] }[]; repeat: number; fallback: string };
  schedules: Record<string, [string, string, string][]>;
  settings: { after_maintenance_s: number; wait_s: number };
  start: string;
  events: { at: string; type: string; by?: string; until?: string; on?: boolean; sticky?: boolean }[];
  until: string;
}

function escalation({ policy, schedules, settings, start: begin, events, until }: EscalationInput) {
  const who = (target: string, at: number) => {
    const [kind, name = ''] = target.split(':');
    if (kind !== 'schedule') return [target];
    return (schedules[name] ?? []).filter(([from, to]) => ms(from) <= at && at < ms(to)).map(([, , user]) => user);
  };
  const read = {
    name: 'policy',
    steps: policy.steps.map(({ wait_s, targets }) => ({ wait: wait_s * 1000, targets })),
    repeat: policy.repeat,
    fallback: policy.fallback,
  };
  const log: EscalationLog[] = [];
  const take = (outcome: EscalationOutcome) => {
    log.push(...outcome.log);
    return outcome.run;
  };
  const before = events.filter(({ at }) => ms(at) < ms(begin));
  const held = before.filter(({ on, type }) => on && !before.some((other) => other.type === type && !other.on));
  let run = take(
    start(
      read,
      ms(begin),
      who,
      held.map(({ type }) => type),
    ),
  );
  const runTo = (at: number) => {
    while (run.nextAt !== null && run.nextAt <= at) run = take(onDue(run, run.nextAt, who));
  };
  for (const event of events.slice(before.length)) {
    const at = ms(event.at);
    runTo(at);
    const { type, on } = event;
    if (type === 'acknowledge') run = take(onEvent(run, { type, until: event.until ? ms(event.until) : null }, at));
    else if (type === 'withdraw' || type === 'resolve') run = take(onEvent(run, { type }, at));
    else if (type === 'worse' || type === 'worsen')
      run = take(onEvent(run, { type: 'worse', isSticky: event.sticky ?? false }, at));
    else if (type === 'unknown' || type === 'endpointGone')
      run = take(onEvent(run, { type: on === false ? 'back' : 'unknown' }, at));
    else if (type === 'back' || type === 'endpointBack') run = take(onEvent(run, { type: 'back' }, at));
    else if (on === true) run = take(onEvent(run, { type: 'suppress', by: type }, at));
    else if (on === false) {
      const after = type === 'maintenance' ? settings.after_maintenance_s : type === 'silence' ? settings.wait_s : 0;
      run = take(onEvent(run, { type: 'release', by: type, after: after * 1000 }, at));
    } else throw new Error(`no such event: ${type}`);
    runTo(at);
  }
  runTo(ms(until));
  return { log: log.map((entry) => ({ ...entry, at: iso(entry.at) })) };
}

interface NodeInput {
  name: string;
  match?: [string, MatcherOp, string][];
  when?: RouteNode['when'];
  receivers?: string[];
  continue?: boolean;
  children?: NodeInput[];
}
interface RouteInput {
  tree: Omit<NodeInput, 'name'> & { receivers: string[] };
  people: Record<string, { quiet?: { zone: string; start: string; end: string; lets_through?: string[] } }>;
  alert: Labels;
  at: string;
}

function routed({ tree, people, alert, at }: RouteInput) {
  const nodeOf = ({ match = [], children = [], ...rest }: NodeInput): RouteNode => ({
    ...rest,
    match: match.map(([label, op, value]) => ({ label, op, value })),
    children: children.map(nodeOf),
  });
  const quietOf = (receiver: string): QuietHours | null => {
    const quiet = people[receiver]?.quiet;
    return quiet ? { ...quiet, letsThrough: quiet.lets_through ?? ['critical'] } : null;
  };
  const found = route(nodeOf({ ...tree, name: 'root' }) as RouteTree, quietOf, alert, ms(at));
  return {
    receivers: found.map(({ receiver, path, action, until }) => ({
      ...{ receiver, path, action },
      ...(until === undefined ? {} : { until: iso(until) }),
    })),
  };
}

const functions: Record<string, (input: never) => unknown> = { onCallAt: onCall, escalation, route: routed };

if (!existsSync(file)) test('the worked cases are not at hand', () => console.log('the cases lie beside the project'));
else {
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
    cases: { id: string; fn: string; title: string; input: never; expected: unknown }[];
  };
  for (const { id, fn, title, input, expected } of cases) {
    const run = functions[fn];
    if (run) test(`${id}: ${title}`, () => assert.equal(run(input), expected));
  }
}

test.run();
