/**
 * The forms in which Prometheus and Alertmanager send alerts. Both are theirs and grow: what is not read here is ignored.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and
 * https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
import { type Static, Type } from 'typebox';
import { oneLinePattern } from '../../shared/safe-text.ts';
import { type Fault, faultsOf } from '../../shared/shape.ts';
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
const PostedAlert = Type.Object({ labels: Texts, annotations: Type.Optional(Texts), ...times });
const WebhookAlert = Type.Object({ status: Type.Enum(['firing', 'resolved']), ...PostedAlert.properties });

/** Each is looked at by itself: one that is faulty must not take the others with it, as its sender sends none of them again. */
const alerts = (more: string) =>
  Type.Array(
    Type.Unknown({
      description: `labels with an alertname, annotations, startsAt, endsAt, generatorURL${more}; one that is faulty is refused, the others are taken`,
    }),
    { maxItems: alertsAtMost },
  );
export const PostedAlerts = alerts('');
export const WebhookMessage = Type.Object({
  version: Type.Optional(Type.String({ maxLength: 8 })),
  alerts: alerts(', status (firing or resolved)'),
});

export interface ReadAlerts {
  alerts: OutsideAlert[];
  /** Of the others, with the place of each in what was sent. */
  faults: Fault[];
  refused: number;
}

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

type Posted = Static<typeof PostedAlert>;

function outsideAlert(posted: Posted, endsAt: number | null, isOver: boolean): OutsideAlert {
  const { labels, annotations = {}, startsAt, generatorURL } = posted;
  return { labels, annotations, startsAt: instant(startsAt), endsAt, isOver, url: linkOf(generatorURL) };
}

function readEach<T extends Posted>(
  sent: readonly unknown[],
  path: readonly string[],
  schema: object,
  read: (alert: T) => OutsideAlert,
): ReadAlerts {
  const found: ReadAlerts = { alerts: [], faults: [], refused: 0 };
  sent.forEach((one, n) => {
    const place = [...path, n];
    const faults = faultsOf(schema, one, place);
    if (faults.length === 0 && !(one as T).labels.alertname?.trim())
      faults.push({ path: [...place, 'labels'], problem: 'must have an alertname, the name of the alert' });
    found.faults.push(...faults);
    if (faults.length > 0) found.refused++;
    else found.alerts.push(read(one as T));
  });
  return found;
}

/** From an Alertmanager: it says what is over, and when it repeats is its own affair. */
export const fromWebhook = ({ alerts }: Static<typeof WebhookMessage>): ReadAlerts =>
  readEach<Static<typeof WebhookAlert>>(alerts, ['alerts'], WebhookAlert, (alert) => {
    const isOver = alert.status === 'resolved';
    return outsideAlert(alert, isOver ? instant(alert.endsAt) : null, isOver);
  });

/** From Prometheus itself: each repeat names the end that holds unless the next one comes. */
export const fromPrometheus = (alerts: Static<typeof PostedAlerts>, now: number): ReadAlerts =>
  readEach<Posted>(alerts, [], PostedAlert, (alert) => {
    const end = instant(alert.endsAt);
    return outsideAlert(alert, end, end !== null && end <= now);
  });
