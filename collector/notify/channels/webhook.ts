/**
 * A webhook in Alertmanager's v4 JSON, so that everything which takes Alertmanager's notices takes ours: one alert a
 * notice. `Idempotency-Key` is the same at every repeat.
 */
import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { fail, reasonOf } from '../../../shared/errors.ts';
import { defaultLanguage, type Language, languages } from '../../../shared/words/index.ts';
import type { ChannelType, Notice } from '../channel.ts';
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

const redirectsAtMost = 3;
/** What Alertmanager writes for "has not ended". */
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
        await post(name, target, { method: 'POST', body, headers, redirect: 'manual', signal });
      },
    };
  },
};

function urlFault(text: string): string | null {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return 'is not an http or https address; write it like https://example.org/hook';
  return url.username || url.password ? 'holds a password; use token_file instead' : null;
}

/** What a header cannot carry would make fetch fail with the whole header in its message. */
function tokenFault(text: string): string | null {
  return /^[ -~]+$/.test(text) ? null : 'must be a token on one line, of ASCII characters only';
}

async function post(channel: string, target: URL, request: RequestInit, redirects = 0): Promise<void> {
  let response: Response;
  try {
    response = await fetch(target, request);
  } catch (thrown) {
    throw fail('CHANNEL_FAILED', { channel, reason: networkReason(thrown) }, thrown);
  }
  // The answer's text is nobody's business; dropping it frees the connection.
  await response.body?.cancel();
  if (response.ok) return;
  const location = response.headers.get('location');
  if (response.status >= 300 && response.status < 400 && location !== null) {
    const next = URL.parse(location, target);
    if (next?.origin === target.origin && redirects < redirectsAtMost)
      return post(channel, next, request, redirects + 1);
    throw fail('CHANNEL_REFUSED', { channel, reason: `it redirects to ${next?.origin ?? 'no valid address'}` });
  }
  const reason = `HTTP ${response.status}`;
  // A receiver that is too busy or not there yet may take it later; one that says "no" will say it again.
  const later = response.status >= 500 || [408, 425, 429].includes(response.status);
  throw fail(later ? 'CHANNEL_FAILED' : 'CHANNEL_REFUSED', { channel, reason });
}

/** fetch says only "fetch failed"; the cause has the host and the code. */
function networkReason(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error && cause.message ? cause.message : reasonOf(thrown);
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

/** Ours last: a tag cannot pretend to be the severity. */
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
