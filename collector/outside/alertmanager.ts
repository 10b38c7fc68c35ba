/**
 * The forms in which Prometheus and Alertmanager send alerts. Both are theirs and grow: what is not read here is ignored.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and
 * https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
import { type Static, Type } from 'typebox';
import { oneLinePattern } from '../../shared/safe-text.ts';
import type { OutsideAlert } from './outside.ts';

/** More in one request is refused before it is read. */
const alertsAtMost = 500;
const Texts = Type.Record(Type.String({ minLength: 1, maxLength: 128 }), Type.String({ maxLength: 4096 }), {
  maxProperties: 64,
});
/** With its zone: without one it would be read in the zone of this process. */
const When = Type.Optional(
  Type.String({
    ...{ maxLength: 40, pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?(Z|[+-]\\d\\d:\\d\\d)$' },
    want: 'an instant in ISO 8601 with its zone, such as 2026-11-28T14:00:00Z',
  }),
);
const Address = Type.Optional(Type.String({ maxLength: 4096, pattern: oneLinePattern, want: 'an address' }));

const times = { startsAt: When, endsAt: When, generatorURL: Address };
export const PostedAlerts = Type.Array(Type.Object({ labels: Texts, annotations: Type.Optional(Texts), ...times }), {
  maxItems: alertsAtMost,
});
export const WebhookMessage = Type.Object({
  version: Type.Optional(Type.String({ maxLength: 8 })),
  alerts: Type.Array(
    Type.Object({
      status: Type.Enum(['firing', 'resolved']),
      labels: Texts,
      annotations: Type.Optional(Texts),
      ...times,
    }),
    { maxItems: alertsAtMost },
  ),
});

/** What Go writes for an instant that was not set: it has not ended. */
const unset = /^0001-/;

function instant(text: string | undefined): number | null {
  if (text === undefined || unset.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** Only such an address may become a link. */
function linkOf(text: string | undefined): string | null {
  const protocol = URL.parse(text ?? '')?.protocol;
  return text !== undefined && (protocol === 'http:' || protocol === 'https:') ? text : null;
}

type Posted = Static<typeof PostedAlerts>[number];

function outsideAlert({ labels, annotations = {}, endsAt, generatorURL }: Posted, isOver: boolean): OutsideAlert {
  return { labels, annotations, endsAt: isOver ? null : instant(endsAt), isOver, url: linkOf(generatorURL) };
}

/** From an Alertmanager: it says what is over, and when it repeats is its own affair. */
export const fromWebhook = ({ alerts }: Static<typeof WebhookMessage>): OutsideAlert[] =>
  alerts.map(({ status, endsAt: _, ...alert }) => outsideAlert(alert, status === 'resolved'));

/** From Prometheus itself: each repeat names the end that holds unless the next one comes. */
export function fromPrometheus(alerts: Static<typeof PostedAlerts>, now: number): OutsideAlert[] {
  return alerts.map((alert) => {
    const end = instant(alert.endsAt);
    return outsideAlert(alert, end !== null && end <= now);
  });
}
