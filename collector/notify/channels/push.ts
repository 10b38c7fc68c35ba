/** Messages in browsers and in the installed app, on the devices on which people have switched them on. */
import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import type { Outgoing } from '../../../shared/outgoing.ts';
import { defaultLanguage, type Language, word } from '../../../shared/words/index.ts';
import type { ChannelType, Notification } from '../channel.ts';
import { chatText, cut, fitted, ofReader } from '../chat.ts';
import type { Device, DevicesToPush } from '../devices.ts';
import { post } from '../http.ts';
import { encrypted, plainBytesAtMost, vapidHeader } from '../web-push.ts';
import { addressFault } from './email.ts';

const PushSettings = Type.Object(
  {
    /** Whom the services of the makers of browsers may write to when something is wrong with what we send. */
    subject: Type.String({
      minLength: 3,
      maxLength: 300,
      want: 'a mail address or an https address',
      check: subjectFault,
    }),
    ...ofReader,
  },
  { additionalProperties: false },
);
type PushSettings = Static<typeof PushSettings>;

function subjectFault(text: string): string | null {
  if (text.startsWith('https://')) return URL.canParse(text) ? null : 'is no https address';
  return addressFault(text.replace(/^mailto:/, ''));
}
const claimed = (subject: string) => (/^(?:https:|mailto:)/.test(subject) ? subject : `mailto:${subject}`);

/** As long as a message is tried: one of yesterday wakes nobody. */
const keptS = 12 * 3600;
const bytes = (text: string) => Buffer.byteLength(text);
/** The browser has ended it, or has never heard of it. */
const goneStatuses: readonly number[] = [404, 410];

/** Nothing but what is shown, and one link by which its reader acknowledges. */
function payloadOf(notification: Notification, { language = defaultLanguage, zone }: PushSettings): Buffer {
  const { title, lines } = chatText(notification, language, zone);
  const { severity, event, key, links } = notification;
  const level = event === 'test' ? '' : word(language, `severity.${severity}`);
  const shown = level === '' || title.startsWith(level) ? lines : [level, ...lines];
  const payload = {
    ...{ title: cut(title, 600, bytes), body: fitted(shown, 1400, bytes), lang: language, severity },
    tag: topicOf(key),
    url: pageOf(notification),
    ...(links?.acknowledge ? { acknowledge: withLanguage(links.acknowledge, language) } : {}),
    words: {
      acknowledge: word(language, 'notification.acknowledge'),
      failed: word(language, 'notification.notAcknowledged'),
    },
  };
  return Buffer.from(JSON.stringify(payload));
}

/** A message takes the place of the last one about the same, in the service and on the device. */
const topicOf = (key: string) => createHash('sha256').update(key).digest('base64url').slice(0, 32);

function withLanguage(link: string, language: Language): string {
  const url = new URL(link);
  url.searchParams.set('language', language);
  return url.href;
}

/** Where one reads on: the alert; of several the list. */
function pageOf({ url, alert, members, about }: Notification): string {
  const { list = [] } = members ?? {};
  const only = list.length === 1 ? list[0]?.alert : members === null ? alert : undefined;
  if (about !== undefined || (only == null && list.length === 0)) return url;
  return new URL(only == null ? '/alerts' : `/alerts/${encodeURIComponent(only)}`, url).href;
}

interface Sending {
  name: string;
  subject: string;
  payload: Buffer;
  notification: Notification;
  outgoing: Outgoing;
  devices: DevicesToPush;
  signal: AbortSignal;
}

/** @returns whether its service has accepted it, or why not */
async function sendTo(device: Device, sending: Sending): Promise<true | EvenkeelError> {
  const { name, subject, payload, notification, outgoing, devices, signal } = sending;
  const endpoint = new URL(device.endpoint);
  const isUrgent = notification.severity === 'critical' || notification.event === 'test';
  try {
    const status = await post(name, outgoing, endpoint, {
      headers: {
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        'user-agent': 'evenkeel',
        'idempotency-key': notification.id,
        ttl: String(keptS),
        urgency: isUrgent ? 'high' : notification.severity === 'warning' ? 'normal' : 'low',
        topic: topicOf(notification.key),
        authorization: vapidHeader(endpoint, subject, await devices.keys(), Date.now()),
      },
      body: encrypted(payload, device),
      told: goneStatuses,
      signal,
    });
    if (!goneStatuses.includes(status)) {
      await devices.tried(device, notification.id, null);
      return true;
    }
    await devices.gone(device);
    return fail('CHANNEL_REFUSED', {
      channel: name,
      reason: `${device.name} of ${device.user_name} takes none any more`,
    });
  } catch (thrown) {
    if (!(thrown instanceof EvenkeelError)) throw thrown;
    await devices.tried(device, null, reasonOf(thrown).slice(0, 500));
    return thrown;
  }
}

export const push: ChannelType = {
  kind: 'push',
  settings: PushSettings,
  forms: [
    {
      schemes: ['push'],
      form: 'push://it@example.org',
      read: ({ user, host, password, port, path }) =>
        user === '' || host === '' || password !== '' || port !== null || path.length > 0
          ? null
          : { subject: `${user}@${host}` },
    },
  ],
  hostOf: () => null,
  secretsGoTo: () => '',
  isPersonal: true,
  create(name, settings: PushSettings, outgoing, devices) {
    const subject = claimed(settings.subject);
    return {
      kind: 'push',
      /** To each device once. Where one person has several, one that is reached is enough. */
      async send(notification, signal) {
        const payload = payloadOf(notification, settings);
        if (payload.length > plainBytesAtMost)
          throw fail('CHANNEL_REFUSED', { channel: name, reason: `it would be ${payload.length} bytes long` });
        const user = notification.recipient ?? null;
        const found = (await devices.reached(user)).filter(({ id }) => [undefined, id].includes(notification.device));
        if (found.length === 0) {
          const who = user === null ? 'nobody who may act on alerts has' : `${user} has not`;
          throw fail('CHANNEL_REFUSED', { channel: name, reason: `${who} switched messages on in any browser` });
        }
        const sending = { name, subject, payload, notification, outgoing, devices, signal };
        // A repeat goes to those that it has not reached.
        const isDone = ({ last_message }: Device) => last_message === notification.id;
        const each = await Promise.all(
          found.map(async (one) => ({ of: one.user_name, came: isDone(one) || (await sendTo(one, sending)) })),
        );
        const missed = [...Map.groupBy(each, ({ of }) => of).values()].filter((all) =>
          all.every(({ came }) => came !== true),
        );
        const why = missed.flat().flatMap(({ came }) => (came === true ? [] : [came]));
        const thrown =
          why.find(({ retryable }) => retryable) ??
          (missed.length === new Set(each.map(({ of }) => of)).size ? why[0] : undefined);
        if (thrown) throw thrown;
      },
    };
  },
};
