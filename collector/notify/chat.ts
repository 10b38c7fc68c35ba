/** What channels over HTTP share: the words of a notification in parts, colours, and how a text is cut to what a receiver takes. */
import { type Static, type TObject, Type } from 'typebox';
import type { Fault } from '../../shared/shape.ts';
import { defaultLanguage, type Language, languages } from '../../shared/words/index.ts';
import { zoneFault } from '../settings/settings.ts';
import type { ChannelType, Notification, UrlForm } from './channel.ts';
import { headerFault, post, urlFault } from './http.ts';
import { bodyText, headline, linksOf } from './notification-text.ts';

/** Of every channel that is read by people. */
export const ofReader = {
  language: Type.Optional(Type.Enum([...languages])),
  zone: Type.Optional(Type.String({ minLength: 1, want: 'a time zone such as Asia/Tokyo', check: zoneFault })),
};
/** Whoever knows it may send: many receivers ask for nothing else. */
export const secretUrl = Type.String({
  ...{ minLength: 1, maxLength: 2000, want: 'an http or https address', check: urlFault, secret: true },
});
export const serverUrl = Type.String({
  ...{ minLength: 1, maxLength: 2000, want: 'an http or https address', check: urlFault },
});
export const secretToken = (want: string) =>
  Type.String({ minLength: 1, maxLength: 500, want, check: headerFault, secret: true });

export type MessageTone = 'critical' | 'warning' | 'info' | 'ok';

/** As on the pages: the fills of the light theme. */
export const colours: Readonly<Record<MessageTone, string>> = {
  critical: '#d0342c',
  warning: '#c07f00',
  info: '#3b7fc9',
  ok: '#2f9e5b',
};

export interface ChatText {
  /** One line, with the count of a group. */
  title: string;
  /** One fact per line, without the title and without links. */
  lines: string[];
  /** The first leads to the alert or ticket. */
  links: { label: string; url: string }[];
  tone: MessageTone;
}

const toneOf = ({ event, severity }: Pick<Notification, 'event' | 'severity'>): MessageTone =>
  event === 'resolved' ? 'ok' : severity;

export function chatText(notification: Notification, language: Language = defaultLanguage, zone = 'UTC'): ChatText {
  const title = headline(notification, language);
  const lines = bodyText(notification, language, zone).trimEnd().split('\n');
  const links = linksOf(notification, language);
  const facts = lines.filter((line) => line !== title && !links.some(({ url }) => line.endsWith(url)));
  while (facts[0] === '') facts.shift();
  return { title, lines: facts, links, tone: toneOf(notification) };
}

/**
 * Whole lines of a text as long as there is room, then `…`: a list at the end becomes shorter.
 * @param length of a text as the receiver counts it
 */
export function fitted(lines: readonly string[], room: number, length = (text: string) => text.length): string {
  let kept = '';
  for (const [n, line] of lines.entries()) {
    const next = n === 0 ? line : `${kept}\n${line}`;
    const isLast = n === lines.length - 1;
    if (length(next) + (isLast ? 0 : 2) > room) return n === 0 ? cut(line, room, length) : `${kept}\n…`;
    kept = next;
  }
  return kept;
}

/** One line, cut where there is no more room; no character is cut in two. */
export function cut(text: string, room: number, length = (part: string) => part.length): string {
  if (length(text) <= room) return text;
  const letters = [...text];
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (length(`${letters.slice(0, middle).join('')}…`) <= room) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join('').trimEnd()}…`;
}

/** For HTML, Telegram and Slack: nothing in it is markup. */
export const htmlEscaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

interface HttpContent {
  /** Anything but a text is written as JSON. */
  body: string | object;
  headers?: Readonly<Record<string, string>>;
  method?: string;
  /** Where it is not always the same. */
  url?: string;
}

interface HttpKind<Shape extends TObject> {
  kind: string;
  settings: Shape;
  forms: readonly UrlForm[];
  isOwn?(url: URL): boolean;
  check?(settings: Static<Shape>): Fault[];
  /** Where it posts to. */
  address(settings: Static<Shape>): string;
  content(notification: Notification, settings: Static<Shape>, name: string): HttpContent;
  /** Statuses beside the usual ones that are worth another try. */
  retry?: readonly number[];
  takesAcknowledgement?: true;
  keepsState?: true;
  isAddress?(text: string, settings: Static<Shape>): boolean;
  /** Of a status that is no error. @throws EvenkeelError */
  judge?(status: number, name: string): void;
}

/** A channel that makes one request per notification. */
export function httpChannel<Shape extends TObject>(type: HttpKind<Shape>): ChannelType {
  const {
    kind,
    settings: shape,
    forms,
    isOwn,
    check,
    address,
    content,
    judge,
    retry = [],
    takesAcknowledgement,
    keepsState,
  } = type;
  return {
    ...{ kind, settings: shape, forms },
    ...(isOwn ? { isOwn } : {}),
    ...(type.isAddress ? { isAddress: type.isAddress as (text: string, settings: never) => boolean } : {}),
    ...(check ? { check: check as (settings: never) => Fault[] } : {}),
    hostOf: (settings: Static<Shape>) => new URL(address(settings)).hostname,
    secretsGoTo: (settings: Static<Shape>) => new URL(address(settings)).origin,
    create(name, settings: Static<Shape>, outgoing) {
      const target = new URL(address(settings));
      return {
        kind,
        ...(takesAcknowledgement ? { takesAcknowledgement } : {}),
        ...(keepsState ? { keepsState } : {}),
        async send(notification, signal) {
          const { body, headers, method, url } = content(notification, settings, name);
          const status = await post(name, outgoing, url === undefined ? target : new URL(url), {
            ...(method === undefined ? {} : { method }),
            retry,
            headers: {
              ...(typeof body === 'string' ? {} : { 'content-type': 'application/json' }),
              'user-agent': 'evenkeel',
              'idempotency-key': notification.id,
              ...headers,
            },
            body: typeof body === 'string' ? body : JSON.stringify(body),
            signal,
          });
          judge?.(status, name);
        },
      };
    },
  };
}

/** An address of a server, with a path below it. */
export const below = (url: string, path: string): string => `${url.replace(/\/+$/, '')}/${path}`;

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
