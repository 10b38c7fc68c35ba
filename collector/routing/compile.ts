/** Documents that people write, as what is computed with. Pure. They have been checked. */
import { parseDuration } from '../../shared/duration.ts';
import type {
  PolicyContent,
  QuietContent,
  RouteNodeContent,
  RoutesContent,
  ScheduleContent,
} from '../../shared/on-call.ts';
import { parseMatcher } from '../alerts/matcher.ts';
import type { EscalationPolicy } from '../on-call/escalation.ts';
import type { OnCallOverride, OnCallSchedule } from '../on-call/schedule.ts';
import { defaultStepWait } from './check.ts';
import type { QuietHours, RouteNode, RouteSettings, RouteTree } from './route.ts';

export const scheduleOf = (
  { zone, layers, fallback }: ScheduleContent,
  overrides: readonly OnCallOverride[],
): OnCallSchedule => ({ zone, layers, overrides, fallback: fallback ?? null });

export const policyOf = (name: string, { steps, repeat = 0, fallback }: PolicyContent): EscalationPolicy => ({
  name,
  steps: steps.map(({ targets, wait }) => ({
    targets,
    wait: wait === undefined ? defaultStepWait : parseDuration(wait),
  })),
  repeat,
  fallback: fallback ?? null,
});

export const quietOf = ({ zone, start, end, letsThrough = ['critical'] }: QuietContent): QuietHours => ({
  ...{ zone, start, end, letsThrough },
});

export const treeOf = (content: RoutesContent): RouteTree => ({
  ...settingsOf(content),
  receivers: content.receivers ?? [],
  children: (content.children ?? []).map(nodeOf),
});

const nodeOf = (content: RouteNodeContent): RouteNode => ({
  ...settingsOf(content),
  name: content.name,
  match: (content.match ?? []).map(parseMatcher),
  when: content.when,
  receivers: content.receivers,
  continue: content.continue,
  children: (content.children ?? []).map(nodeOf),
});

const msOr = (text: string | number | undefined) => (text === undefined ? undefined : parseDuration(text));

const settingsOf = ({ by, wait, interval, repeat }: RoutesContent): RouteSettings => ({
  ...{ by, wait: msOr(wait), interval: msOr(interval) },
  repeat:
    repeat && Object.fromEntries(Object.entries(repeat).map(([severity, every]) => [severity, parseDuration(every)])),
});
