/** Mail by SMTP, as text and as HTML in which every text is escaped: names that endpoints give themselves never become markup. */
import { connect, type Socket } from 'node:net';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { type Static, Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { toRequester } from '../../../shared/notification.ts';
import { isNotAllowed, type Outgoing } from '../../../shared/outgoing.ts';
import { escaped } from '../../../shared/safe-text.ts';
import { defaultLanguage, type Language, languages } from '../../../shared/words/index.ts';
import { hostFault } from '../../settings/hosts.ts';
import { zoneFault } from '../../settings/settings.ts';
import type { ChannelType, Notification } from '../channel.ts';
import { chatText } from '../chat.ts';
import { mailHtml } from '../mail-html.ts';
import { bodyText, headline } from '../notification-text.ts';
import { plainReason } from '../plain-reason.ts';

const address = Type.String({ minLength: 3, want: 'a mail address', check: addressFault });

const EmailSettings = Type.Object(
  {
    host: Type.String({ minLength: 1, want: 'the host of a mail server', check: hostFault }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** TLS from the first byte (port 465). Otherwise STARTTLS where the server offers it. */
    secure: Type.Optional(Type.Boolean()),
    /** Refuse to send without TLS. Default: true when a user is given, so that no password goes in the clear. */
    require_tls: Type.Optional(Type.Boolean()),
    user: Type.Optional(Type.String({ minLength: 1 })),
    /** From a file: `password_file`. */
    password: Type.Optional(Type.String({ minLength: 1, want: 'a password', secret: true })),
    from: address,
    to: Type.Union([address, Type.Array(address, { minItems: 1 })]),
    language: Type.Optional(Type.Enum([...languages])),
    zone: Type.Optional(Type.String({ minLength: 1, want: 'a time zone such as Asia/Tokyo', check: zoneFault })),
  },
  { additionalProperties: false },
);
type EmailSettings = Static<typeof EmailSettings>;

export const email: ChannelType = {
  kind: 'email',
  settings: EmailSettings,
  check({ user, password }: EmailSettings) {
    if ((user === undefined) === (password === undefined)) return [];
    return user === undefined
      ? [{ path: ['password'], problem: 'is given without a user' }]
      : [{ path: ['user'], problem: 'is given without a password: password_file is missing' }];
  },
  forms: [
    {
      schemes: ['mailto', 'mailtos'],
      form: 'mailto://USER:PASSWORD@SERVER?from=evenkeel@example.org&to=it@example.org',
      read({ scheme, user, password, host, port, path, query }) {
        const server = query.smtp ?? host;
        const sender = query.from ?? (user.includes('@') ? user : user && `${user}@${host}`);
        const to = (query.to ?? sender).split(',').filter((one) => one !== '');
        if (server === '' || sender === '' || to.length === 0 || path.length > 0) return null;
        const login = user === '' || password === '' ? {} : { user, password };
        const way = { ...(port === null ? {} : { port }), ...(scheme === 'mailtos' ? { secure: true } : {}) };
        return { host: server, ...way, ...login, from: sender, to };
      },
    },
  ],
  isAddress: (text) => addressFault(text) === null,
  hostOf: ({ host }: EmailSettings) => host,
  secretsGoTo: ({ host, port, secure, require_tls }: EmailSettings) =>
    JSON.stringify([host, port, secure, require_tls]),
  create(name, settings: EmailSettings, outgoing) {
    const { host, user, password, from, to, language = defaultLanguage, zone = 'UTC' } = settings;
    const secure = settings.secure ?? settings.port === 465;
    const options = {
      host,
      port: settings.port ?? (secure ? 465 : 587),
      secure,
      requireTLS: !secure && (settings.require_tls ?? user !== undefined),
      ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
      greetingTimeout: 10_000,
      socketTimeout: 10_000,
      // The text of a message must never make the mailer read a file or fetch an address.
      disableFileAccess: true,
      disableUrlAccess: true,
    };
    async function deliver(message: SendMailOptions, signal: AbortSignal): Promise<void> {
      const transport = createTransport({
        ...options,
        getSocket: (_: object, done: (error: Error | null, found?: { connection: Socket }) => void) =>
          connectTo(outgoing, options, signal).then((connection) => done(null, { connection }), done),
      });
      const abort = () => transport.close();
      signal.addEventListener('abort', abort, { once: true });
      try {
        await Promise.race([transport.sendMail({ from, ...message }), aborted(signal)]);
      } catch (thrown) {
        const code = isFinal(thrown) || isNotAllowed(thrown) ? 'CHANNEL_REFUSED' : 'CHANNEL_FAILED';
        throw fail(code, { channel: name, reason: plainReason(thrown, host) }, thrown);
      } finally {
        signal.removeEventListener('abort', abort);
        transport.close();
      }
    }
    return {
      kind: 'email',
      send: (notification, signal) =>
        deliver({ to: notification.recipient ?? to, ...contentOf(notification, language, zone) }, signal),
      mail: ({ attachment, answers, ...mail }, id, signal) =>
        deliver(
          {
            ...mail,
            messageId: `<${id}@evenkeel>`,
            ...(answers === undefined
              ? {}
              : { inReplyTo: `<${answers}@evenkeel>`, references: `<${answers}@evenkeel>` }),
            headers: { 'Auto-Submitted': 'auto-generated' },
            attachments:
              attachment === null
                ? []
                : [{ filename: attachment.name, contentType: attachment.type, content: attachment.content }],
          },
          signal,
        ),
    };
  },
};

/** The mailer would look the name up itself. */
function connectTo(outgoing: Outgoing, { host, port }: { host: string; port: number }, signal: AbortSignal) {
  return new Promise<Socket>((resolve, reject) => {
    outgoing.check(host);
    const socket = connect({ host, port, signal, lookup: outgoing.lookup });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** `a@example.org`, `Name <a@example.org>`, or several separated by commas. */
export function addressFault(text: string): string | null {
  const isAddress = (one: string) => {
    const inner = /<([^<>]*)>\s*$/.exec(one)?.[1] ?? one;
    return /^[^\s@<>,]+@[^\s@<>,]+$/.test(inner.trim());
  };
  return text.split(',').every(isAddress) ? null : 'is not a mail address; write it like it@example.org';
}

const subjectOf = (notification: Notification, language: Language) =>
  notification.thread === undefined
    ? `[Evenkeel] ${headline(notification, language)}`
    : `${notification.thread.tag} ${headline(notification, language)}`;

/** Mails about one alert form one thread: the first has the id to which later ones refer. */
function threadHeaders({ id, key, startedAt, thread }: Notification) {
  const first = `<${Buffer.from(`${key}/${startedAt}`).toString('base64url')}@evenkeel>`;
  if (thread === undefined) return { messageId: `<${id}@evenkeel>`, inReplyTo: first, references: first };
  const { messageId, answers, replyTo } = thread;
  const refers = answers === null ? { references: first } : { inReplyTo: answers, references: `${first} ${answers}` };
  return { messageId, replyTo, ...refers };
}

function contentOf(notification: Notification, channelLanguage: Language, zone: string) {
  const language = notification.language ?? channelLanguage;
  return {
    subject: subjectOf(notification, language),
    text: bodyText(notification, language, zone),
    // Whoever asked for a ticket gets a letter, not a table of facts.
    ...(toRequester.has(notification.event)
      ? {}
      : { html: mailHtml(chatText(notification, language, zone), language) }),
    ...threadHeaders(notification),
    headers: {
      'Auto-Submitted': notification.event === 'received' ? 'auto-replied' : 'auto-generated',
      'X-Evenkeel-Key': escaped(notification.key),
      // What Exchange reads in place of the header above.
      ...(toRequester.has(notification.event) ? { 'X-Auto-Response-Suppress': 'All' } : {}),
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error('no answer in time'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** SMTP answers 5xx for permanent failures; a wrong log-in is one. */
function isFinal(thrown: unknown): boolean {
  const { responseCode, code } = thrown as { responseCode?: number; code?: string };
  if (responseCode !== undefined) return responseCode >= 500;
  return code === 'EAUTH' || code === 'EENVELOPE';
}
