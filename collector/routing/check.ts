/** What is wrong with schedules, policies, routes and people beyond their shape, each with its place. Pure. */
import { isDate, isTime, minutesOf } from '../../shared/calendar.ts';
import { formatDuration, parseDuration } from '../../shared/duration.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { namesThere, nearest } from '../../shared/nearest.ts';
import type {
  PersonContent,
  PolicyContent,
  QuietContent,
  RouteNodeContent,
  RoutesContent,
  ScheduleContent,
} from '../../shared/on-call.ts';
import { shownName } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import type { Path } from '../../shared/shape.ts';
import { zoneNamed } from '../../shared/zone.ts';
import { impossibleIn, parseMatcher } from '../alerts/matcher.ts';
import { kindOfReceiver, nameOfReceiver, receiverKinds } from './receiver.ts';

/** All that refers to each other. */
export interface Documents {
  schedules: ReadonlyMap<string, ScheduleContent>;
  policies: ReadonlyMap<string, PolicyContent>;
  routes: RoutesContent | null;
  people: ReadonlyMap<string, PersonContent>;
}

/** Null: not known here, and so not checked. */
export interface KnownNames {
  channels: readonly string[] | null;
  /** Who can log in. */
  users: readonly string[] | null;
  /** Whether a channel sends to this in place of its own address; without it that is not known. */
  isAddress?(channel: string, text: string): boolean;
  /** Kinds of which some names could not be read: none of these is called unknown. */
  unread?: ReadonlySet<string>;
}

export interface DocumentFault {
  path: Path;
  why: Reason;
}

const minute = 60_000;
const hour = 60 * minute;
export const defaultStepWait = 5 * minute;
/** Of groups, where no route says another one. */
const usualInterval = 5 * minute;
const depthAtMost = 8;
const nodesAtMost = 500;
const answersBeside = ['override', 'fallback', 'gap'];

type Find = (path: Path, why: Reason) => void;

/** What a node takes over from those above it. */
interface Inherited {
  interval: string | number | undefined;
  repeat: Readonly<Record<string, string | number>>;
}

export interface DocumentChecks {
  schedule(content: ScheduleContent, name: string, path: Path): DocumentFault[];
  policy(content: PolicyContent, path: Path): DocumentFault[];
  routes(content: RoutesContent, path: Path): DocumentFault[];
  person(content: PersonContent, path: Path): DocumentFault[];
}

/** @param documents with those that are checked */
export function checksOf(documents: Documents, known: KnownNames): DocumentChecks {
  const collect = (work: (find: Find) => void): DocumentFault[] => {
    const faults: DocumentFault[] = [];
    work((path, why) => void faults.push({ path, why }));
    return faults;
  };

  function userFault(name: string): Reason | null {
    if (known.users === null || known.users.includes(name)) return null;
    return reason('oncall_no_user', { name: shownName(name), ...namesThere(name, known.users) });
  }

  function receiverFault(text: string, kinds: readonly string[]): Reason | null {
    const kind = kindOfReceiver(text);
    const name = nameOfReceiver(text);
    if (kind === null || name === '' || !kinds.includes(kind)) {
      const meant = kind === null ? nearest(text.split(':')[0] ?? '', receiverKinds) : undefined;
      const values = { text: shownName(text), kinds: kinds.map((one) => `${one}:…`).join(', ') };
      return meant
        ? reason('oncall_receiver_meant', { ...values, meant: `${meant}:` })
        : reason('oncall_receiver', values);
    }
    if (kind === 'person') return userFault(name);
    const { schedules, policies } = documents;
    const names = { channel: known.channels, schedule: [...schedules.keys()], policy: [...policies.keys()] }[kind];
    if (names === null || names.includes(name) || known.unread?.has(kind)) return null;
    return reason(`oncall_no_${kind}`, { name: shownName(name), ...namesThere(name, names) });
  }

  const receivers = (find: Find, list: readonly string[], kinds: readonly string[], path: Path) => {
    for (const [i, text] of list.entries()) {
      const why = receiverFault(text, kinds);
      if (why) find([...path, i], why);
    }
  };

  /** A schedule whose fallback is a schedule, and so on, until one comes again. */
  function circleFrom(name: string): string[] | null {
    const seen = [name];
    for (let at: string | undefined = name; at !== undefined; ) {
      const fallback: string = documents.schedules.get(at)?.fallback ?? '';
      at = kindOfReceiver(fallback) === 'schedule' ? nameOfReceiver(fallback) : undefined;
      if (at === name) return [...seen, name];
      if (at === undefined || seen.includes(at)) return null;
      seen.push(at);
    }
    return null;
  }

  return {
    schedule: (content, name, path) =>
      collect((find) => {
        checkZone(find, content.zone, [...path, 'zone']);
        twiceNamed(find, content.layers, [...path, 'layers']);
        for (const [i, layer] of content.layers.entries()) {
          const at = [...path, 'layers', i];
          if (answersBeside.includes(layer.name)) find([...at, 'name'], reason('oncall_name', { name: layer.name }));
          if (layer.users.length === 0)
            find([...at, 'users'], reason('oncall_nobody', { layer: shownName(layer.name) }));
          for (const [n, user] of layer.users.entries()) {
            const why = userFault(user);
            if (why) find([...at, 'users', n], why);
          }
          const { start } = layer.rotation;
          const [date = '', time = ''] = start.split('T');
          if (!/^.{10}T.{5}$/.test(start) || !isDate(date) || !isTime(time) || time === '24:00')
            find([...at, 'rotation', 'start'], reason('oncall_start', { text: shownName(start) }));
          for (const [n, { from, to }] of (layer.hours ?? []).entries())
            checkHours(find, from, to, [...at, 'hours', n]);
          for (const [n, day] of (layer.holidays ?? []).entries())
            if (!isDate(day)) find([...at, 'holidays', n], reason('oncall_date', { text: shownName(day) }));
        }
        if (content.fallback === undefined) return;
        const at = [...path, 'fallback'];
        const why = receiverFault(content.fallback, ['channel', 'person', 'schedule']);
        if (why) find(at, why);
        const circle = circleFrom(name);
        if (circle) find(at, reason('oncall_circle', { names: circle.join(' → ') }));
      }),

    policy: ({ steps, fallback }, path) =>
      collect((find) => {
        for (const [i, { targets, wait }] of steps.entries()) {
          receivers(find, targets, ['person', 'schedule', 'channel'], [...path, 'steps', i, 'targets']);
          checkDuration(find, wait, minute, 24 * hour, [...path, 'steps', i, 'wait']);
        }
        const why = fallback === undefined ? null : receiverFault(fallback, ['channel', 'person', 'schedule']);
        if (why) find([...path, 'fallback'], why);
      }),

    routes: (content, path) =>
      collect((find) => {
        if ((content.receivers ?? []).length === 0) find(path, reason('oncall_root'));
        let nodes = 0;
        const visit = (node: RouteNodeContent | RoutesContent, at: Path, depth: number, above: Inherited) => {
          receivers(find, node.receivers ?? [], receiverKinds, [...at, 'receivers']);
          checkDuration(find, node.wait, 0, 5 * minute, [...at, 'wait']);
          checkDuration(find, node.interval, 0, 24 * hour, [...at, 'interval']);
          const pace = { interval: node.interval ?? above.interval, repeat: { ...above.repeat, ...node.repeat } };
          const interval = durationOr(pace.interval, usualInterval);
          for (const [severity, every] of Object.entries(node.repeat ?? {}))
            checkDuration(find, every, interval, 7 * 24 * hour, [...at, 'repeat', severity]);
          // What is inherited is not to be shorter than an interval that is given here.
          for (const [severity, every] of Object.entries(above.repeat))
            if (node.interval !== undefined && node.repeat?.[severity as keyof typeof node.repeat] === undefined)
              checkDuration(find, node.interval, 0, durationOr(every, 24 * hour), [...at, 'interval']);
          twiceNamed(find, node.children ?? [], [...at, 'children']);
          if (depth === depthAtMost && (node.children ?? []).length > 0) {
            find([...at, 'children'], reason('oncall_deep', { limit: depthAtMost }));
            return;
          }
          for (const [i, child] of (node.children ?? []).entries()) {
            const childAt = [...at, 'children', i];
            nodes++;
            checkNode(find, child, childAt);
            visit(child, childAt, depth + 1, pace);
          }
        };
        visit(content, path, 0, { interval: undefined, repeat: {} });
        if (nodes > nodesAtMost) find(path, reason('oncall_many', { count: nodes, limit: nodesAtMost }));
        for (const [i, quiet] of (content.quiet ?? []).entries()) {
          const why = receiverFault(`channel:${quiet.channel}`, ['channel']);
          if (why) find([...path, 'quiet', i, 'channel'], why);
          checkQuiet(find, quiet, [...path, 'quiet', i]);
        }
      }),

    person: ({ ways, quiet }, path) =>
      collect((find) => {
        for (const [i, { channel, address }] of ways.entries()) {
          const why = receiverFault(`channel:${channel}`, ['channel']);
          if (why) find([...path, 'ways', i, 'channel'], why);
          else if (address !== undefined && known.isAddress?.(channel, address) === false)
            find(
              [...path, 'ways', i, 'address'],
              reason('oncall_address', { channel: shownName(channel), text: shownName(address) }),
            );
        }
        if (quiet) checkQuiet(find, quiet, [...path, 'quiet']);
      }),
  };
}

function checkNode(find: Find, { match = [], when }: RouteNodeContent, path: Path): void {
  for (const [i, text] of match.entries()) {
    try {
      const why = impossibleIn(parseMatcher(text));
      if (why) find([...path, 'match', i], why);
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError) || !thrown.why[0]) throw thrown;
      find([...path, 'match', i], thrown.why[0]);
    }
  }
  if (!when) return;
  checkZone(find, when.zone, [...path, 'when', 'zone']);
  checkHours(find, when.start ?? '00:00', when.end ?? '24:00', [...path, 'when'], 'start', 'end');
}

function checkQuiet(find: Find, { zone, start, end }: QuietContent, path: Path): void {
  checkZone(find, zone, [...path, 'zone']);
  checkHours(find, start, end, path, 'start', 'end');
}

function checkHours(find: Find, from: string, to: string, path: Path, first = 'from', last = 'to'): void {
  const wrong = [
    ...(isTime(from) && from !== '24:00' ? [] : [[first, from] as const]),
    ...(isTime(to) ? [] : [[last, to] as const]),
  ];
  for (const [key, text] of wrong) find([...path, key], reason('oncall_time', { text: shownName(text) }));
  if (wrong.length === 0 && minutesOf(from) === minutesOf(to))
    find([...path, last], reason('oncall_no_time', { time: from }));
}

function checkZone(find: Find, zone: string, path: Path): void {
  try {
    zoneNamed(zone);
  } catch (thrown) {
    if (!(thrown instanceof EvenkeelError) || !thrown.why[0]) throw thrown;
    find(path, thrown.why[0]);
  }
}

function checkDuration(find: Find, text: string | number | undefined, least: number, most: number, path: Path): void {
  if (text === undefined) return;
  const ms = durationOr(text, Number.NaN);
  if (!(ms >= least && ms <= most))
    find(
      path,
      reason('oncall_duration', {
        ...{ text: shownName(String(text)), least: formatDuration(least), most: formatDuration(most) },
      }),
    );
}

function durationOr(text: string | number | undefined, standard: number): number {
  if (text === undefined) return standard;
  try {
    return parseDuration(text);
  } catch {
    return standard;
  }
}

function twiceNamed(find: Find, list: readonly { name: string }[], path: Path): void {
  for (const [i, { name }] of list.entries())
    if (list.findIndex((other) => other.name === name) !== i)
      find([...path, i, 'name'], reason('oncall_twice', { name: shownName(name) }));
}

/** The same person twice in a time is a mistake, or the later one is meant to win: whoever writes it says so. */
export function overlapOf<Span extends { from: number; to: number }>(
  wish: { from: number; to: number },
  others: readonly Span[],
): Span | null {
  return others.find((other) => other.from < wish.to && wish.from < other.to) ?? null;
}
