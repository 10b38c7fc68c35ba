/**
 * The interface of this room to the pipeline: who hears of an alert, by which ways, and who is on call. All from memory.
 *
 * Nobody who has not written routes loses a message: then every channel is notified of the severities that it takes, and
 * so they are where all that the routes name is gone.
 */
import type { Labels } from '../alerts/labels.ts';
import type { EscalationPolicy, WhoIs } from '../on-call/escalation.ts';
import {
  type OnCall,
  type OnCallOverride,
  type OnCallSchedule,
  onCallAt,
  type Shift,
  shiftsOf,
} from '../on-call/schedule.ts';
import { policyOf, quietOf, scheduleOf, treeOf } from './compile.ts';
import { type DocumentsStore, routesName } from './documents.ts';
import { kindOfReceiver, nameOfReceiver } from './receiver.ts';
import { type QuietHours, quietUntil, type Routed, type RouteTree, route } from './route.ts';

export interface KnownChannel {
  name: string;
  severities: readonly string[];
  /** It reaches people by their name, where they give no address. */
  isPersonal?: boolean;
  /** Whether a person may give this in place of its address; without it that is not known. */
  isAddress?(text: string): boolean;
}

/** One way by which a message reaches somebody. */
export interface Reached {
  /** Null: the channel itself. */
  user: string | null;
  channel: string;
  /** An address of the person in place of those of the channel. */
  recipient: string | null;
  /** Quiet hours: not before then. */
  heldUntil: number | null;
}

export interface Unreached {
  receiver: string;
  /** no_way: the person has named no channel that is there; off: cannot log in any more; gap: nobody is on call; gone: deleted. */
  why: 'no_way' | 'off' | 'gap' | 'gone';
}

/** Whoever is on call cannot be reached, and the fallback of the schedule is notified in their place. */
export interface StandIn extends Unreached {
  schedule: string;
  fallback: string;
}

export interface Routing {
  /** Never empty while there are channels for this severity. */
  route(labels: Labels, at: number): Routed[];
  /** The ways of a receiver, of each person in the order in which they want to be reached. */
  reach(receiver: string, severity: string, at: number): Reached[];
  policy(name: string): EscalationPolicy | null;
  /** Of a schedule, where its fallback is notified although it is the turn of somebody. */
  standsIn(target: string, at: number): StandIn | null;
  /** For an escalation: persons and channels that a target reaches; one in quiet hours is not reached. */
  whoIs(severity: string): WhoIs;
}

export interface RoutingMemory extends Routing {
  /** Receivers that the routes lead to and that are not there any more. */
  gone(labels: Labels, at: number): Routed[];
  /** Persons and channels, quiet hours aside. */
  resolve(target: string, at: number): string[];
  /** Why a target reaches nobody, and of whom that is said; null: it does reach somebody. */
  unreached(target: string, at: number): Unreached | null;
  scheduleAt(name: string, at: number): OnCallSchedule | null;
  onCall(name: string, at: number): OnCall;
  /** Over all versions of the schedule. */
  shifts(name: string, from: number, to: number): Shift[];
}

interface RoutingMemoryParts {
  documents: DocumentsStore;
  channels(): readonly KnownChannel[];
  isActive(user: string): boolean;
  overridesOf(schedule: string): readonly OnCallOverride[];
}

/** Schedules that stand in for each other. */
const fallbacksAtMost = 10;

export function createRoutingMemory(parts: RoutingMemoryParts): RoutingMemory {
  const { documents, channels } = parts;
  const compiled = new WeakMap<object, RouteTree>();

  const isPersonal = (name: string) => channels().some((channel) => channel.name === name && channel.isPersonal);
  const hasChannel = (name: string) => channels().some((channel) => channel.name === name);

  function treeAt(at: number): RouteTree | null {
    const content = documents.contentAt('routes', routesName, at);
    if (!content) return null;
    const known = compiled.get(content) ?? treeOf(content);
    compiled.set(content, known);
    return known;
  }

  function quietAt(receiver: string, at: number): QuietHours | null {
    const name = nameOfReceiver(receiver);
    if (kindOfReceiver(receiver) === 'person') {
      const { quiet } = documents.contentAt('person', name, at) ?? {};
      return quiet ? quietOf(quiet) : null;
    }
    if (kindOfReceiver(receiver) !== 'channel') return null;
    const own = documents.contentAt('routes', routesName, at)?.quiet?.find(({ channel }) => channel === name);
    return own ? quietOf(own) : null;
  }

  function scheduleAt(name: string, at: number): OnCallSchedule | null {
    const content = documents.contentAt('schedule', name, at);
    return content && scheduleOf(content, parts.overridesOf(name));
  }

  function onCall(name: string, at: number): OnCall {
    const schedule = scheduleAt(name, at);
    return schedule ? onCallAt(schedule, at) : { user: null, by: 'gap' };
  }

  function resolve(target: string, at: number, depth = 0): string[] {
    const name = nameOfReceiver(target);
    const kind = kindOfReceiver(target);
    if (kind === 'channel') return hasChannel(name) ? [target] : [];
    if (kind === 'person') return waysOf(name, at).length > 0 ? [target] : [];
    if (kind !== 'schedule' || depth > fallbacksAtMost) return [];
    const { user, by } = onCall(name, at);
    if (user === null) return [];
    if (by === 'fallback') return resolve(user, at, depth + 1);
    const found = resolve(`person:${user}`, at, depth + 1);
    // Whoever cannot be reached is as nobody: the alert of tonight does not wait for their settings.
    const fallback = found.length > 0 ? null : (scheduleAt(name, at)?.fallback ?? null);
    return fallback === null ? found : resolve(fallback, at, depth + 1);
  }

  function standsIn(target: string, at: number): StandIn | null {
    if (kindOfReceiver(target) !== 'schedule') return null;
    const name = nameOfReceiver(target);
    const { user, by } = onCall(name, at);
    const fallback = scheduleAt(name, at)?.fallback ?? null;
    if (user === null || by === 'fallback' || fallback === null) return null;
    const lacking = unreached(`person:${user}`, at);
    return lacking && resolve(fallback, at).length > 0 ? { ...lacking, schedule: target, fallback } : null;
  }

  function unreached(target: string, at: number, depth = 0): Unreached | null {
    if (resolve(target, at).length > 0) return null;
    const name = nameOfReceiver(target);
    const kind = kindOfReceiver(target);
    if (kind === 'person') return { receiver: target, why: parts.isActive(name) ? 'no_way' : 'off' };
    if (kind !== 'schedule' || scheduleAt(name, at) === null) return { receiver: target, why: 'gone' };
    const { user, by } = onCall(name, at);
    if (user === null || depth > fallbacksAtMost) return { receiver: target, why: 'gap' };
    return unreached(by === 'fallback' ? user : `person:${user}`, at, depth + 1);
  }

  function waysOf(user: string, at: number) {
    if (!parts.isActive(user)) return [];
    return (documents.contentAt('person', user, at)?.ways ?? []).filter(({ channel }) => hasChannel(channel));
  }

  const everyChannel = (labels: Labels): Routed[] =>
    channels()
      .filter(({ severities }) => severities.includes(String(labels.severity)))
      .map(({ name }) => ({ receiver: `channel:${name}`, path: 'root', action: 'now', settings: {} }));

  const canReach = ({ receiver }: Routed, at: number): boolean =>
    kindOfReceiver(receiver) === 'policy'
      ? documents.contentAt('policy', nameOfReceiver(receiver), at) !== null
      : resolve(receiver, at).length > 0;

  const routed = (labels: Labels, at: number): Routed[] | null => {
    const tree = treeAt(at);
    return tree && route(tree, (receiver) => quietAt(receiver, at), labels, at);
  };

  function isGone(receiver: string, at: number): boolean {
    const name = nameOfReceiver(receiver);
    if (kindOfReceiver(receiver) === 'policy') return documents.contentAt('policy', name, at) === null;
    return kindOfReceiver(receiver) === 'channel' ? !hasChannel(name) : unreached(receiver, at)?.why === 'gone';
  }

  return {
    route(labels, at) {
      const found = routed(labels, at);
      if (!found) return everyChannel(labels);
      const reached = found.filter((one) => canReach(one, at));
      return reached.length > 0 ? reached : everyChannel(labels);
    },
    gone: (labels, at) => (routed(labels, at) ?? []).filter(({ receiver }) => isGone(receiver, at)),
    reach(receiver, severity, at) {
      return resolve(receiver, at).flatMap((one): Reached[] => {
        const name = nameOfReceiver(one);
        const heldUntil = quietUntil(quietAt(one, at), severity, at);
        if (kindOfReceiver(one) === 'channel') return [{ user: null, channel: name, recipient: null, heldUntil }];
        return waysOf(name, at).map(({ channel, address }) => ({
          ...{ user: name, channel, recipient: isPersonal(channel) ? name : (address ?? null), heldUntil },
        }));
      });
    },
    policy(name) {
      const content = documents.contentAt('policy', name, Number.POSITIVE_INFINITY);
      return content && policyOf(name, content);
    },
    whoIs: (severity) => (target, at) =>
      resolve(target, at).filter((one) => quietUntil(quietAt(one, at), severity, at) === null),
    standsIn,
    resolve: (target, at) => resolve(target, at),
    unreached: (target, at) => unreached(target, at),
    scheduleAt,
    onCall,
    shifts(name, from, to) {
      const edges = documents
        .versions('schedule', name)
        .map((version) => version.from)
        .filter((at) => at > from && at < to);
      const starts = [from, ...new Set(edges.sort((a, b) => a - b))];
      const parted = starts.flatMap((start, i) => {
        const end = starts[i + 1] ?? to;
        const schedule = scheduleAt(name, start);
        return schedule ? shiftsOf(schedule, start, end) : [{ start, end, user: null, by: 'gap' }];
      });
      const joined: Shift[] = [];
      for (const shift of parted) {
        const last = joined.at(-1);
        if (last && last.user === shift.user && last.by === shift.by) last.end = shift.end;
        else joined.push({ ...shift });
      }
      return joined;
    },
  };
}
