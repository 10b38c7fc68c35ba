/**
 * A webhook in Alertmanager's v4 JSON, so that every receiver for Alertmanager accepts it: one alert per notification.
 * `Idempotency-Key` is the same at every repeat.
 */
import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { escaped, quoted } from '../../../shared/safe-text.ts';
import { defaultLanguage, type Language, languages } from '../../../shared/words/index.ts';
import type { ChannelType, Notification } from '../channel.ts';
import { post, urlFault } from '../http.ts';
import { headline, valueText } from '../notification-text.ts';

const Settings = Type.Object(
  {
    /** Whoever knows it may send: many receivers ask for nothing else. From a file: `url_file`. */
    url: Type.String({ minLength: 1, want: 'an http or https address', check: urlFault, secret: true }),
    /** Sent as `Authorization: Bearer`; from a file: `token_file`. */
    token: Type.Optional(Type.String({ minLength: 1, want: 'a token', check: tokenFault, secret: true })),
    /** Of the summary; everything else is codes. */
    language: Type.Optional(Type.Enum([...languages])),
  },
  { additionalProperties: false },
);

/** Alertmanager's value for "has not ended". */
const never = '0001-01-01T00:00:00Z';

export const webhook: ChannelType = {
  kind: 'webhook',
  settings: Settings,
  hostOf: ({ url }: Static<typeof Settings>) => new URL(url).hostname,
  create(name, { url, token, language = defaultLanguage }: Static<typeof Settings>, outgoing) {
    const target = new URL(url);
    return {
      kind: 'webhook',
      async send(notification, signal) {
        const body = JSON.stringify(alertmanagerJson(notification, name, language));
        const headers: Record<string, string> = {
          'content-type': 'application/json',
          'user-agent': 'evenkeel',
          'idempotency-key': notification.id,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        };
        await post(name, outgoing, target, { body, headers, signal });
      },
    };
  },
};

/** A token that a header cannot carry would make fetch fail with the whole header in its error. */
function tokenFault(text: string): string | null {
  return /^[ -~]+$/.test(text) ? null : 'must be a token on one line, of ASCII characters only';
}

/** The v4 payload: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
export function alertmanagerJson(notification: Notification, receiver: string, language: Language): object {
  const status = notification.event === 'resolved' ? 'resolved' : 'firing';
  const labels = labelsOf(notification);
  const annotations = annotationsOf(notification, language);
  return {
    version: '4',
    groupKey: `{}:{alertkey=${quoted(notification.key)}}`,
    truncatedAlerts: 0,
    status,
    receiver,
    groupLabels: { alertname: notification.rule.id, instance: escaped(notification.endpoint.name) },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: URL.parse('/', notification.url)?.href ?? notification.url,
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: new Date(notification.startedAt).toISOString(),
        endsAt: notification.endedAt === null ? never : new Date(notification.endedAt).toISOString(),
        generatorURL: notification.url,
        fingerprint: createHash('sha256').update(notification.key).digest('hex').slice(0, 16),
      },
    ],
  };
}

/** Our labels last: a tag cannot override the severity. */
function labelsOf(notification: Notification): Record<string, string> {
  const { endpoint } = notification;
  return eachEscaped({
    ...notification.tags,
    ...(endpoint.site === null ? {} : { site: endpoint.site }),
    endpoint: endpoint.id,
    kind: endpoint.kind,
    metric: notification.metric,
    instance: endpoint.name,
    severity: notification.severity,
    alertname: notification.rule.id,
  });
}

/** Receivers show them in terminals and chats. */
const eachEscaped = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, escaped(text)]));

function annotationsOf(notification: Notification, language: Language): Record<string, string> {
  return eachEscaped({
    summary: headline(notification, language),
    event: notification.event,
    ...(notification.value === null
      ? {}
      : { value: String(notification.value), value_text: valueText(notification, notification.value, language) }),
    ...(notification.threshold === null ? {} : { threshold: String(notification.threshold) }),
    ...(notification.unit === '' ? {} : { unit: notification.unit }),
    ...(notification.why === null ? {} : { why: notification.why }),
    ...(notification.ticket === null ? {} : { ticket: String(notification.ticket) }),
  });
}
