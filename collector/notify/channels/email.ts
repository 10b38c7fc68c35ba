/** Mail by SMTP. Plain text only: what endpoints call themselves never becomes markup in somebody's mail program. */
import { createTransport } from 'nodemailer';
import { Type } from 'typebox';
import { fail, reasonOf } from '../../../shared/errors.ts';
import type { ChannelType, Notice } from '../channel.ts';
import { bodyText, headline } from '../notice.ts';
import { checkSettings } from '../settings.ts';

const Settings = Type.Object(
  {
    host: Type.String({ minLength: 1 }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** TLS from the first byte (port 465). Otherwise STARTTLS where the server offers it. */
    secure: Type.Optional(Type.Boolean()),
    /** Refuse to send without TLS. Default: true when a user is given, so that no password goes in the clear. */
    require_tls: Type.Optional(Type.Boolean()),
    user: Type.Optional(Type.String({ minLength: 1 })),
    /** From a file: `password_file`. */
    password: Type.Optional(Type.String({ minLength: 1 })),
    from: Type.String({ minLength: 3 }),
    to: Type.Union([Type.String({ minLength: 3 }), Type.Array(Type.String({ minLength: 3 }), { minItems: 1 })]),
    language: Type.Optional(Type.Union([Type.Literal('en'), Type.Literal('ja')])),
    zone: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

export const email: ChannelType = {
  kind: 'email',
  create(name, raw) {
    const settings = checkSettings(name, Settings, raw);
    const { host, user, password, from, to, language = 'en', zone = 'UTC' } = settings;
    if (user !== undefined && password === undefined)
      throw fail('BAD_SETTING', {
        what: `channels.${name}.password_file`,
        problem: 'is missing, though a user is given',
      });
    checkZone(name, zone);
    const secure = settings.secure ?? settings.port === 465;
    const options = {
      host,
      port: settings.port ?? (secure ? 465 : 587),
      secure,
      requireTLS: !secure && (settings.require_tls ?? user !== undefined),
      ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 10_000,
      // A message is text that we made: nothing in it may read a file or fetch an address.
      disableFileAccess: true,
      disableUrlAccess: true,
    };
    return {
      kind: 'email',
      async send(notice, signal) {
        const transport = createTransport(options);
        const abort = () => transport.close();
        signal.addEventListener('abort', abort, { once: true });
        try {
          await Promise.race([transport.sendMail({ from, to, ...contentOf(notice, language, zone) }), aborted(signal)]);
        } catch (thrown) {
          throw fail(
            isFinal(thrown) ? 'CHANNEL_REFUSED' : 'CHANNEL_FAILED',
            { channel: name, reason: reasonOf(thrown) },
            thrown,
          );
        } finally {
          signal.removeEventListener('abort', abort);
          transport.close();
        }
      },
    };
  },
};

function checkZone(name: string, zone: string): void {
  try {
    Temporal.Now.zonedDateTimeISO(zone);
  } catch (thrown) {
    throw fail('BAD_SETTING', { what: `channels.${name}.zone`, problem: `"${zone}" is not a time zone` }, thrown);
  }
}

function contentOf(notice: Notice, language: 'en' | 'ja', zone: string) {
  // Mails about one alert make one thread: the first carries the id that the later ones refer to.
  const thread = `<${Buffer.from(`${notice.key}/${notice.startedAt}`).toString('base64url')}@evenkeel>`;
  return {
    subject: `[Evenkeel] ${headline(notice, language)}`,
    text: bodyText(notice, language, zone),
    messageId: `<${notice.id}@evenkeel>`,
    inReplyTo: thread,
    references: thread,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Evenkeel-Key': notice.key },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error('no answer in time'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** SMTP says 5xx for what will not work the next time either; a wrong log-in is of that kind. */
function isFinal(thrown: unknown): boolean {
  const { responseCode, code } = thrown as { responseCode?: number; code?: string };
  if (responseCode !== undefined) return responseCode >= 500;
  return code === 'EAUTH' || code === 'EENVELOPE';
}
