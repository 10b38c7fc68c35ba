/**
 * Who hears of an alert, as far as groups need it: the routes and people of the settings and pages, or, where nothing of
 * that is said, every channel that takes its severity.
 */
import type { Reached, Routing } from '../routing/routing.ts';
import { type GroupSeverity, wayKey } from './group.ts';
import type { Way } from './notification.ts';
import { type ChannelRoute, routesFor } from './route.ts';

export interface Receivers extends Routing {
  /** Who hears of an alert depends neither on the time nor on what people change. */
  isFixed?: true;
}

/** The ways of a person by which a message may still go, in their order. */
export function waysLeft(
  receivers: Receivers,
  user: string,
  { severity, at, tried }: { severity: GroupSeverity; at: number; tried: readonly Way[] },
): Way[] {
  const known = new Set(tried.map(wayKey));
  return receivers
    .reach(`person:${user}`, severity, at)
    .flatMap(({ heldUntil, ...way }) => (heldUntil === null && !known.has(wayKey(way)) ? [way] : []));
}

/** The first way of each of them, and of no person two. */
export function waysOf(receivers: Receivers, targets: readonly string[], severity: GroupSeverity, at: number): Way[] {
  const found = new Map<string, Way>();
  for (const target of targets) {
    const users = new Set<string | null>();
    for (const { heldUntil, ...way } of receivers.reach(target, severity, at)) {
      if (heldUntil !== null || (way.user !== null && users.has(way.user))) continue;
      users.add(way.user);
      found.set(way.user ?? wayKey(way), way);
    }
  }
  return [...found.values()];
}

const channelPrefix = 'channel:';

/** Without routes: the channels of the settings, each with the severities that it takes. */
export function channelsOnly(routes: readonly ChannelRoute[]): Receivers {
  const reach = (receiver: string): Reached[] =>
    receiver.startsWith(channelPrefix)
      ? [{ channel: receiver.slice(channelPrefix.length), recipient: null, user: null, heldUntil: null }]
      : [];
  return {
    route: ({ severity }) =>
      routesFor(routes, severity as GroupSeverity).map((name) => {
        return { receiver: channelPrefix + name, path: 'root', action: 'now', settings: {} };
      }),
    reach,
    policy: () => null,
    standsIn: () => null,
    whoIs: () => (target) => [target],
    isFixed: true,
  };
}
