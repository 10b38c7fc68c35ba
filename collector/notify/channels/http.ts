/**
 * Any service that takes an HTTP request, such as an SMS gateway: method, address, headers and body are written by the admin, with
 * values such as `{title}` in them (../template.ts). In a body of JSON, a form, and the address each value is escaped for its place.
 */
import { type Static, Type } from 'typebox';
import type { Fault } from '../../../shared/shape.ts';
import { duration } from '../../../shared/words/format.ts';
import { defaultLanguage, type Language } from '../../../shared/words/index.ts';
import { formatMeasured, ruleName } from '../../../shared/words/names.ts';
import type { FormAddress, Notification } from '../channel.ts';
import { chatText, cut, fitted, httpChannel, ofReader, secretToken } from '../chat.ts';
import { webAddress } from '../forms.ts';
import { headerFault, urlFault } from '../http.ts';
import { formatTime, instanceOf, valueText } from '../notification-text.ts';
import { filled, hasValue, inTemplate, type TemplateValue, templateFault } from '../template.ts';

const methods = ['POST', 'PUT', 'GET'] as const;
const formats = ['json', 'form', 'text'] as const;

/** The names of values, and the filters that each takes. */
const names: Readonly<Record<string, readonly string[]>> = {
  ...{ title: [], text: [], sms: [], event: [], severity: [], host: [], site: [], rule: [], instance: [], id: [] },
  ...{
    value: ['unit', 'number', 'duration'],
    limit: ['unit', 'number', 'duration'],
    since: ['time', 'duration', 'number'],
    url: [],
    ticket: [],
    count: [],
  },
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

/** Every value as this text; a count is always a number. */
const valuesAs = (text: string) => ({
  ...Object.fromEntries(Object.keys(names).map((name) => [name, { plain: text }])),
  count: { plain: '1' },
});

/** The machine that is connected to is never chosen by a value, however the slashes before it are written. */
function hostFixed(url: string): string | null {
  const [one, other] = ['one.example', 'other.example'].map(
    (text) => URL.parse(filled(url, valuesAs(text), encodeURIComponent))?.origin,
  );
  return one === undefined || one !== other || /^https?:[\\/]*[^\\/?#]*\{/i.test(url)
    ? 'has a value in the name of its host; values stand behind it'
    : null;
}

function bodyFaults({ body, format = 'json', method }: Settings): Fault[] {
  if (body === undefined) return [];
  if (method === 'GET') return [{ path: ['body'], problem: 'is given, and GET sends none' }];
  if (format !== 'json') return [];
  try {
    JSON.parse(filled(body, valuesAs('a "text"'), escapes.json));
    return [];
  } catch {
    return [{ path: ['body'], problem: 'is no JSON with values in place; a value stands in quotes: "{title}"' }];
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
    [url, ...headers, body].some((text) => hasValue(text, 'recipient')),
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
    endedAt,
    members,
    recipient = to,
  } = notification;
  const url = links[0]?.url ?? '';
  const plain = (text: string | number | null) => ({ plain: inTemplate(String(text ?? '')) });
  const measured = (number: number | null) => {
    const unit = number === null ? '' : inTemplate(valueText(notification, number, language));
    const lasts = number === null ? '' : duration(number, language);
    return { plain: unit, unit, number: number === null ? '' : String(number), duration: lasts };
  };
  const limit = inTemplate(formatMeasured(language, notification).limit ?? '');
  return {
    ...{ title: { plain: title }, text: { plain: fitted(lines, textAtMost) }, url: { plain: url } },
    sms: { plain: `${cut(title, smsAtMost - url.length - 1)} ${url}` },
    ...{ event: plain(event), severity: plain(severity), host: plain(endpoint.name), site: plain(endpoint.site) },
    ...{ rule: plain(ruleName(language, rule)), instance: plain(instanceOf(notification)), id: plain(id) },
    ...{ value: measured(value), limit: { ...measured(threshold), plain: limit, unit: limit } },
    since: {
      ...{ plain: new Date(startedAt).toISOString(), time: formatTime(startedAt, zone), number: String(startedAt) },
      duration: duration(Math.max(0, ((endedAt ?? Date.now()) - startedAt) / 1000), language),
    },
    ...{ ticket: plain(ticket), count: plain(members?.count ?? 1), recipient: plain(recipient) },
  };
}
