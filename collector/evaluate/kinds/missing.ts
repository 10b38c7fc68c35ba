/** A value that does not come though the endpoint reports: "unknown" is never silently treated as good. */

import { type Static, Type } from 'typebox';
import { reason } from '../../../shared/reason.ts';
import { shown } from '../../../shared/shape.ts';
import { lossMeasurement, type RuleKind, seconds } from './kind.ts';

const When = Type.Object(
  {
    kind: Type.Literal('missing'),
    measurement: Type.String(),
    field: Type.String(),
    after_s: seconds(1),
  },
  { additionalProperties: false },
);

/** How long a machine that has just come back has to report what it measures seldom. */
const settlingMs = 3_600_000;

export const missing = {
  kind: 'missing',
  schema: When,
  faults({ measurement }) {
    if (measurement !== lossMeasurement) return [];
    const name = shown(measurement);
    const why = reason('rule_lost_only', { name });
    return [{ path: ['measurement'], problem: `${name} is there only when something was lost`, why }];
  },
  metric: ({ measurement, field }) => `${measurement}.${field}`,
  limit: ({ after_s }) => after_s,
  note({ id, when }, report, memory, now) {
    const came = report.metrics.some(({ name, fields }) => name === when.measurement && when.field in fields);
    if (came) memory.seen.set(id, now);
    return came;
  },
  judgeEndpoint({ id, when }, endpoint, memory, now) {
    const seenAt = memory.seen.get(id);
    // Counted from when this collector began to watch: after its restart the wait begins anew.
    const since = seenAt ?? memory.since;
    // The clock may have been put back since.
    const value = Math.max(0, Math.round((now - since) / 1000));
    const dueAt = Math.max(since + when.after_s * 1000, endpoint.stateSince + settlingMs);
    const shown = { value, threshold: when.after_s };
    if (endpoint.state !== 'online') return { ...shown, status: 'none', dueAt: null };
    if (now >= dueAt) return { ...shown, status: 'breach', dueAt: null };
    // Not seen since the start, and too early for a verdict: an alert from before goes on.
    return { ...shown, status: seenAt === undefined ? 'none' : 'clear', dueAt };
  },
} as const satisfies RuleKind<Static<typeof When>>;
