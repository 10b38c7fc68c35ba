/**
 * Routing: who hears of an alert, along a tree. Pure.
 *
 * Depth first, the first node that matches wins, `continue` tries the next sibling as well; a node sends only where none
 * of its children matched. Its hours are a matcher: outside of them the node does not match and the search goes on.
 */
import { type Weekday, weekdays } from '../../shared/calendar.ts';
import type { Labels } from '../alerts/labels.ts';
import { type Matcher, matches } from '../alerts/matcher.ts';
import { endOfHours, hoursClock, isInside } from '../on-call/hours.ts';

export interface RouteHours {
  /** IANA. */
  zone: string;
  /** Default: every day. Hours over midnight belong to the day on which they begin. */
  days?: readonly Weekday[] | undefined;
  /** Local `HH:MM`; default: the whole day. */
  start?: string | undefined;
  end?: string | undefined;
}

/** What a node inherits from the one above it; in ms. */
export interface RouteSettings {
  /** Labels by which alerts are grouped. */
  by?: readonly string[] | undefined;
  wait?: number | undefined;
  interval?: number | undefined;
  /** By severity; null: none. */
  repeat?: Readonly<Record<string, number | null>> | undefined;
}

export interface RouteNode extends RouteSettings {
  name: string;
  match?: readonly Matcher[] | undefined;
  when?: RouteHours | undefined;
  /** Without any it has those of the node above it. */
  receivers?: readonly string[] | undefined;
  continue?: boolean | undefined;
  children?: readonly RouteNode[] | undefined;
}

/** It has receivers, always, and matches everything. */
export interface RouteTree extends Omit<RouteNode, 'name' | 'match' | 'when' | 'continue'> {
  receivers: readonly string[];
}

export interface QuietHours {
  /** IANA. */
  zone: string;
  /** Local `HH:MM`. */
  start: string;
  end: string;
  /** Severities that are notified all the same. */
  letsThrough: readonly string[];
}

export interface Routed {
  receiver: string;
  /** Names of the nodes, such as `root/berlin`. */
  path: string;
  /** Held: quiet hours, until they end. */
  action: 'now' | 'held';
  until?: number;
  settings: RouteSettings;
}

/** @param quietOf quiet hours of a receiver, if it has any */
export function route(
  tree: RouteTree,
  quietOf: (receiver: string) => QuietHours | null | undefined,
  labels: Labels,
  at: number,
): Routed[] {
  const found = new Map<string, Routed>();
  const { severity = '' } = labels;
  visit({ ...tree, name: 'root', match: [], when: undefined }, '', [], {});
  return [...found.values()];

  /** @returns whether it matched, and so whether something was sent */
  function visit(node: RouteNode, above: string, inherited: readonly string[], settingsAbove: RouteSettings): boolean {
    if (!holds(node, labels, at)) return false;
    const path = above === '' ? node.name : `${above}/${node.name}`;
    const receivers = node.receivers && node.receivers.length > 0 ? node.receivers : inherited;
    const settings = inherit(settingsAbove, node);
    let isSent = false;
    for (const child of node.children ?? []) {
      if (!visit(child, path, receivers, settings)) continue;
      isSent = true;
      if (!child.continue) return true;
    }
    if (isSent) return true;
    for (const receiver of receivers) {
      // By two paths: the first one counts.
      if (found.has(receiver)) continue;
      const until = quietUntil(quietOf(receiver), String(severity), at);
      const held = until === null ? { action: 'now' as const } : { action: 'held' as const, until };
      found.set(receiver, { receiver, path, ...held, settings });
    }
    return true;
  }
}

function inherit(above: RouteSettings, node: RouteSettings): RouteSettings {
  const { by = above.by, wait = above.wait, interval = above.interval, repeat } = node;
  return { by, wait, interval, repeat: repeat || above.repeat ? { ...above.repeat, ...repeat } : undefined };
}

const holds = ({ match = [], when }: RouteNode, labels: Labels, at: number): boolean =>
  match.every((matcher) => matches(matcher, labels)) && (when === undefined || isInside(clockOf(when), at));

const clockOf = ({ zone, days = weekdays, start = '00:00', end = '24:00' }: RouteHours) =>
  hoursClock(zone, [{ days, from: start, to: end }]);

/** The end of the quiet hours that hold this severity back at an instant; null: nothing does. */
export function quietUntil(quiet: QuietHours | null | undefined, severity: string, at: number): number | null {
  if (!quiet || quiet.letsThrough.includes(severity)) return null;
  return endOfHours(hoursClock(quiet.zone, [{ days: weekdays, from: quiet.start, to: quiet.end }]), at);
}
