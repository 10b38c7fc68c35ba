/**
 * Any service that takes an HTTP request, such as an SMS gateway: method, address, headers and body are written by the admin, with
 * values such as `{title}` in them (../template.ts). In a body of JSON, a form, and the address each value is escaped for its place.
 */
import { type Static, Type } from 'typebox';
import type { Fault } from '../../../shared/shape.ts';
import { defaultLanguage, type Language } from '../../../shared/words/index.ts';
import { formatMeasured, ruleName } from '../../../shared/words/names.ts';
import type { FormAddress, Notification } from '../channel.ts';
import { chatText, cut, fitted, httpChannel, ofReader, secretToken } from '../chat.ts';
import { webAddress } from '../forms.ts';
import { headerFault, urlFault } from '../http.ts';
import { formatTime, instanceOf, valueText } from '../notification-text.ts';
import { filled, inTemplate, type TemplateValue, templateFault } from '../template.ts';

const methods = ['POST', 'PUT', 'GET'] as const;
const formats = ['json', 'form', 'text'] as const;

/** The names of values, and the filters that each takes. */
const names: Readonly<Record<string, readonly string[]>> = {
  ...{ title: [], text: [], sms: [], event: [], severity: [], host: [], site: [], rule: [], instance: [], id: [] },
  ...{ value: ['unit', 'number'], limit: ['unit', 'number'], since: ['time'], url: [], ticket: [], count: [] },
  recipient: [],
};

const templated = (text: string) => templateFault(text, names);

const Settings = Type.Object(
  {
    /** May hold values: `https://sms.example.org/send?to={recipient}&text={sms}`. */
    url: Type.String({
      ...{ minLength: 1, maxLength: 2000, want: 'an http or https address', secret: true },
      check: (text: string) => urlFault(text.replace(/[{}|]/g, 'x')) ?? templated(text) ?? hostFixed(text),
    }),
    method: Type.Optional(Type.Enum([...methods])),
    /** `X-Api-Key: secret`, one per line of a page. */
    headers: Type.Optional(
      Type.Array(
        Type.String({
          ...{ maxLength: 1000, secret: true, want: 'a header such as "X-Api-Key: secret"' },
          check: (text: string) =>
            /^[A-Za-z0-9-]{1,80}: ?[^\s]/.test(text)
              ? (headerFault(text) ?? templated(text))
              : 'is not a header; write it like "X-Api-Key: secret"',
        }),
        { minItems: 1, maxItems: 20 },
      ),
    ),
    /** Sent as `Authorization: Bearer`; from a file: `token_file`. */
    token: Type.Optional(secretToken('a token')),
    format: Type.Optional(Type.Enum([...formats])),
    body: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, check: templated })),
    /** Stands for `{recipient}`, such as a telephone number. */
    to: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    ...ofReader,
  },
  { additionalProperties: false },
);
type Settings = Static<typeof Settings>;

const usualBody =
  '{"title": "{title}", "text": "{text}", "event": "{event}", "severity": "{severity}", "host": "{host}", "url": "{url}", "id": "{id}"}';

/** Of a text message, with the link. */
const smsAtMost = 300;
const textAtMost = 4000;

const types: Readonly<Record<(typeof formats)[number], string>> = {
  json: 'application/json; charset=utf-8',
  form: 'application/x-www-form-urlencoded',
  text: 'text/plain; charset=utf-8',
};
const escapes: Readonly<Record<(typeof formats)[number], (text: string) => string>> = {
  json: (text) => JSON.stringify(text).slice(1, -1),
  form: encodeURIComponent,
  text: (text) => text,
};

/** The machine that is connected to is never chosen by a value. */
function hostFixed(url: string): string | null {
  return /^https?:\/\/[^/?#]*\{/i.test(url) ? 'has a value in the name of its host; values stand behind it' : null;
}

function bodyFaults({ body, format = 'json', method }: Settings): Fault[] {
  if (body === undefined) return [];
  if (method === 'GET') return [{ path: ['body'], problem: 'is given, and GET sends none' }];
  if (format !== 'json') return [];
  try {
    JSON.parse(
      filled(body, Object.fromEntries(Object.keys(names).map((name) => [name, { plain: '1' }])), escapes.json),
    );
    return [];
  } catch {
    return [{ path: ['body'], problem: 'is no JSON with values in place; a text stands in quotes: "{title}"' }];
  }
}

const form = (secure: string, plain: string, format: (typeof formats)[number]) => ({
  schemes: [secure, plain],
  form: `${secure}://HOST/PATH`,
  read(address: FormAddress) {
    const { scheme, host, path } = address;
    return host === '' ? null : { url: webAddress(scheme === secure, address, path), format };
  },
});

export const http = httpChannel({
  kind: 'http',
  settings: Settings,
  forms: [form('jsons', 'json', 'json'), form('forms', 'form', 'form')],
  check: bodyFaults,
  isAddress: (_, { url, headers = [], body = '' }) =>
    [url, ...headers, body].some((text) => text.includes('{recipient}')),
  address: ({ url }) => url,
  content(notification, { url, method, headers = [], token, format = 'json', body, to, language, zone }) {
    const values = valuesOf(notification, language, zone, to);
    const usual =
      format === 'json'
        ? usualBody
        : format === 'form'
          ? 'title={title}&text={text}&url={url}'
          : '{title}\n{text}\n{url}';
    const own = headers.map((line): [string, string] => {
      const colon = line.indexOf(':');
      const value = filled(line.slice(colon + 1).trim(), values, (text) => text.replace(/[^ -~]/g, '?'));
      return [line.slice(0, colon).toLowerCase(), value];
    });
    return {
      url: filled(url, values, encodeURIComponent),
      ...(method === undefined ? {} : { method }),
      headers: {
        ...(method === 'GET' ? {} : { 'content-type': types[format] }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...Object.fromEntries(own),
      },
      body: method === 'GET' ? '' : filled(body ?? usual, values, escapes[format]),
    };
  },
});

function valuesOf(
  notification: Notification,
  language: Language = defaultLanguage,
  zone = 'UTC',
  to = '',
): Record<string, TemplateValue> {
  const { title, lines, links } = chatText(notification, language, zone);
  const {
    event,
    severity,
    endpoint,
    rule,
    value,
    threshold,
    ticket,
    id,
    startedAt,
    members,
    recipient = to,
  } = notification;
  const url = links[0]?.url ?? '';
  const plain = (text: string | number | null) => ({ plain: inTemplate(String(text ?? '')) });
  const measured = (number: number | null) => {
    const unit = number === null ? '' : inTemplate(valueText(notification, number, language));
    return { plain: unit, unit, number: number === null ? '' : String(number) };
  };
  const limit = inTemplate(formatMeasured(language, notification).limit ?? '');
  return {
    ...{ title: { plain: title }, text: { plain: fitted(lines, textAtMost) }, url: { plain: url } },
    sms: { plain: `${cut(title, smsAtMost - url.length - 1)} ${url}` },
    ...{ event: plain(event), severity: plain(severity), host: plain(endpoint.name), site: plain(endpoint.site) },
    ...{ rule: plain(ruleName(language, rule)), instance: plain(instanceOf(notification)), id: plain(id) },
    ...{ value: measured(value), limit: { ...measured(threshold), plain: limit, unit: limit } },
    since: { plain: new Date(startedAt).toISOString(), time: formatTime(startedAt, zone) },
    ...{ ticket: plain(ticket), count: plain(members?.count ?? 1), recipient: plain(recipient) },
  };
}
