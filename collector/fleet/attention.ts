/** Why an endpoint needs attention: its verdicts in the alert engine, and nothing else. Pure. */
import type { EndpointRow } from '../../shared/api.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import { instanceOf } from '../notify/notification-text.ts';

/** Worst first; one per family, with a count of its instances. What is pending is nobody's work yet: it is not in it. */
export function attentionOf(held: readonly HeldAlert[]): EndpointRow['attention'] {
  const families = new Map<string, EndpointRow['attention'][number]>();
  for (const { family, rule, severity, state, metric, tags, id, since, isAcknowledged } of held) {
    if (state === 'pending') continue;
    const known = families.get(family);
    if (known) known.count++;
    else
      families.set(family, {
        code: family,
        rule,
        metric,
        severity,
        state,
        detail: instanceOf({ tags }),
        alert: id,
        since,
        acknowledged: isAcknowledged,
        count: 1,
      });
  }
  return [...families.values()];
}

/** How many fire, by severity, and how many critical ones wait for a person. */
export function alertCounts(held: readonly HeldAlert[]): EndpointRow['alerts'] {
  const counts = { critical: 0, warning: 0, info: 0, unacknowledged: 0 };
  for (const { severity, state, isAcknowledged, isSuppressed } of held) {
    if (state !== 'firing') continue;
    counts[severity]++;
    if (severity === 'critical' && !isAcknowledged && !isSuppressed) counts.unacknowledged++;
  }
  return counts;
}

/** The worst verdict about one metric (and one instance), of all rules that use it. */
export function heldAbout(
  held: readonly HeldAlert[],
  metrics: readonly string[],
  tags: Readonly<Record<string, string>> = {},
): HeldAlert | undefined {
  const names = Object.keys(tags);
  return held.find(
    ({ metric, tags: of }) => metrics.includes(metric) && names.every((name) => of[name] === tags[name]),
  );
}
