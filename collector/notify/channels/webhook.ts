/**
 * A webhook in Alertmanager's v4 JSON, so that every receiver for Alertmanager accepts it: one alert per notification.
 * `Idempotency-Key` is the same at every repeat.
 */
import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { escaped, escapedLines, quoted } from '../../../shared/safe-text.ts';
import { defaultLanguage, type Language } from '../../../shared/words/index.ts';
import { isOutside } from '../../../shared/words/names.ts';
import type { Notification } from '../channel.ts';
import { httpChannel, ofReader, secretToken, secretUrl } from '../chat.ts';
import { webAddress } from '../forms.ts';
import { changedText, explained, headline, memberText, valueText } from '../notification-text.ts';

const Settings = Type.Object(
  {
    /** Whoever knows it may send: many receivers ask for nothing else. From a file: `url_file`. */
    url: secretUrl,
    /** Sent as `Authorization: Bearer`; from a file: `token_file`. */
    token: Type.Optional(secretToken('a token')),
    /** Of the summary; everything else is codes. */
    language: ofReader.language,
  },
  { additionalProperties: false },
);

/** Alertmanager's value for "has not ended". */
const never = '0001-01-01T00:00:00Z';

export const webhook = httpChannel({
  kind: 'webhook',
  keepsState: true,
  settings: Settings,
  forms: [
    {
      schemes: ['webhooks', 'webhook'],
      form: 'webhooks://HOST/PATH',
      read(address) {
        const { scheme, host, path } = address;
        return host === '' ? null : { url: webAddress(scheme === 'webhooks', address, path) };
      },
    },
  ],
  address: ({ url }) => url,
  content: (notification, { token, language }, name) => ({
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    body: alertmanagerJson(notification, name, language ?? defaultLanguage),
  }),
});

/** The v4 payload: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
export function alertmanagerJson(notification: Notification, receiver: string, language: Language): object {
  const alert = alertmanagerAlert(notification, language);
  const alerts = eachMember(notification, alert, language);
  const { alertname, instance } = alert.labels;
  return {
    version: '4',
    groupKey: `{}:{alertkey=${quoted(notification.key)}}`,
    truncatedAlerts: Math.max(0, (notification.members?.count ?? 1) - alerts.length),
    status: alert.status,
    receiver,
    groupLabels: { alertname, instance },
    commonLabels: commonOf(alerts.map(({ labels }) => labels)),
    commonAnnotations: alert.annotations,
    externalURL: URL.parse('/', notification.url)?.href ?? notification.url,
    alerts,
  };
}

const commonOf = ([first = {}, ...others]: Readonly<Record<string, string>>[]) =>
  Object.fromEntries(Object.entries(first).filter(([name, text]) => others.every((labels) => labels[name] === text)));

/** As in our labels and at `/api/v2/alerts`: a silence by one of them is about all levels. */
const nameOf = ({ family, rule }: Pick<Notification, 'family' | 'rule'>) => family ?? rule.id;

const fingerprintOf = (key: string) => createHash('sha256').update(key).digest('hex').slice(0, 16);

/** One entry per alert that a message about several names. */
export function eachMember(
  { key, alertKey = key, members, url }: Notification,
  alert: ReturnType<typeof alertmanagerAlert>,
  language: Language = defaultLanguage,
) {
  const all = [...(members?.list ?? []), ...(members?.resolved ?? [])];
  if (all.length === 0) return [{ ...alert, fingerprint: fingerprintOf(alertKey) }];
  return all.map((member) => {
    const { key: own, family, rule, tags, endpoint, severity, metric, since, endedAt, value, threshold } = member;
    const measured = {
      ...(value === null ? {} : { value: String(value) }),
      ...(threshold === null ? {} : { threshold: String(threshold) }),
    };
    const { id, name, kind, site } = endpoint;
    const place = { ...tags, ...(site === null ? {} : { site }), endpoint: id, instance: name, kind, metric, severity };
    const named = {
      ...place,
      alertname: nameOf({ ...(family === undefined ? {} : { family }), rule }),
      ...senders(member),
    };
    const page = URL.parse(`/alerts/${encodeURIComponent(member.alert)}`, url)?.href;
    return {
      ...alert,
      labels: { ...alert.labels, ...eachEscaped(named) },
      annotations: { ...alert.annotations, ...eachReadable({ summary: memberText(member, language) }), ...measured },
      ...(page ? { generatorURL: page } : {}),
      // What has ended is named as it was when it began, so that a receiver can close it.
      status: endedAt === undefined ? 'firing' : 'resolved',
      startsAt: new Date(since).toISOString(),
      endsAt: endedAt === undefined ? never : new Date(endedAt).toISOString(),
      fingerprint: fingerprintOf(own),
    };
  });
}

/** One alert, in the words of Alertmanager. */
export function alertmanagerAlert(notification: Notification, language: Language = defaultLanguage) {
  return {
    status: notification.event === 'resolved' ? 'resolved' : 'firing',
    labels: labelsOf(notification),
    annotations: annotationsOf(notification, language),
    startsAt: new Date(notification.startedAt).toISOString(),
    endsAt: notification.endedAt === null ? never : new Date(notification.endedAt).toISOString(),
    generatorURL: notification.url,
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
    alertname: nameOf(notification),
    ...senders(notification),
  });
}

/** Other monitoring has named its alert and its instance: receivers and routes there know it by these. */
const senders = ({ rule, tags }: Pick<Notification, 'rule' | 'tags'>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tags).filter(([name]) => isOutside(rule) && (name === 'alertname' || name === 'instance')),
  );

/** Receivers show them in terminals and chats. */
const eachEscaped = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, escaped(text)]));

/** Texts for people keep their lines. */
const eachReadable = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, escapedLines(text)]));

function annotationsOf(notification: Notification, language: Language): Record<string, string> {
  const said = explained(notification, language, 'UTC');
  const changed = changedText(notification, language, 'UTC');
  return eachReadable({
    summary: headline(notification, language),
    event: notification.event,
    ...(said.length > 0 ? { description: said.join('\n') } : {}),
    ...(changed === null ? {} : { what_changed: changed }),
    ...(notification.value === null
      ? {}
      : { value: String(notification.value), value_text: valueText(notification, notification.value, language) }),
    ...(notification.threshold === null ? {} : { threshold: String(notification.threshold) }),
    ...(notification.unit === '' ? {} : { unit: notification.unit }),
    ...(notification.why === null ? {} : { why: notification.why }),
    ...(notification.stillSilent ? { still_silent: notification.stillSilent.names.join(', ') } : {}),
    ...(notification.ticket === null ? {} : { ticket: String(notification.ticket) }),
    ...(notification.links?.acknowledge ? { acknowledge_url: notification.links.acknowledge } : {}),
    ...(notification.links?.silence ? { silence_url: notification.links.silence } : {}),
    ...(notification.runbook ? { runbook: notification.runbook } : {}),
  });
}
