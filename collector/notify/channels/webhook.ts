/**
 * A webhook in Alertmanager's v4 JSON, so that every receiver for Alertmanager accepts it: one alert per notification.
 * `Idempotency-Key` is the same at every repeat.
 */
import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { defaultLanguage, type Language, languages } from '../../../shared/words/index.ts';
import type { ChannelType, Notice } from '../channel.ts';
import { post, urlFault } from '../http.ts';
import { headline, valueText } from '../notice.ts';

const Settings = Type.Object(
  {
    url: Type.String({ minLength: 1, want: 'an http or https address', check: urlFault }),
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
  create(name, { url, token, language = defaultLanguage }: Static<typeof Settings>) {
    const target = new URL(url);
    return {
      kind: 'webhook',
      async send(notice, signal) {
        const body = JSON.stringify(alertmanagerJson(notice, name, language));
        const headers: Record<string, string> = {
          'content-type': 'application/json',
          'user-agent': 'evenkeel',
          'idempotency-key': notice.id,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        };
        await post(name, target, { body, headers, signal });
      },
    };
  },
};

/** A token that a header cannot carry would make fetch fail with the whole header in its error. */
function tokenFault(text: string): string | null {
  return /^[ -~]+$/.test(text) ? null : 'must be a token on one line, of ASCII characters only';
}

/** The v4 payload: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
export function alertmanagerJson(notice: Notice, receiver: string, language: Language): object {
  const status = notice.event === 'resolved' ? 'resolved' : 'firing';
  const labels = labelsOf(notice);
  const annotations = annotationsOf(notice, language);
  return {
    version: '4',
    groupKey: `{}:{alertkey="${notice.key}"}`,
    truncatedAlerts: 0,
    status,
    receiver,
    groupLabels: { alertname: notice.rule.id, instance: notice.endpoint.name },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: URL.parse('/', notice.url)?.href ?? notice.url,
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: new Date(notice.startedAt).toISOString(),
        endsAt: notice.endedAt === null ? never : new Date(notice.endedAt).toISOString(),
        generatorURL: notice.url,
        fingerprint: createHash('sha256').update(notice.key).digest('hex').slice(0, 16),
      },
    ],
  };
}

/** Our labels last: a tag cannot override the severity. */
function labelsOf(notice: Notice): Record<string, string> {
  const { endpoint } = notice;
  return {
    ...notice.tags,
    ...(endpoint.site === null ? {} : { site: endpoint.site }),
    endpoint: endpoint.id,
    kind: endpoint.kind,
    metric: notice.metric,
    instance: endpoint.name,
    severity: notice.severity,
    alertname: notice.rule.id,
  };
}

function annotationsOf(notice: Notice, language: Language): Record<string, string> {
  return {
    summary: headline(notice, language),
    event: notice.event,
    ...(notice.value === null
      ? {}
      : { value: String(notice.value), value_text: valueText(notice, notice.value, language) }),
    ...(notice.threshold === null ? {} : { threshold: String(notice.threshold) }),
    ...(notice.unit === '' ? {} : { unit: notice.unit }),
    ...(notice.why === null ? {} : { why: notice.why }),
    ...(notice.ticket === null ? {} : { ticket: String(notice.ticket) }),
  };
}
