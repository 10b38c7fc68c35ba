/**
 * An Alertmanager, whose own routes and silences then apply: https://prometheus.io/docs/alerting/latest/alerts_api/
 * It takes what is not sent again for ended; so what fires says that it goes on until a month from now.
 */
import { Type } from 'typebox';
import type { Notification } from '../channel.ts';
import { basic, below, httpChannel, ofReader, secretToken, serverUrl } from '../chat.ts';
import { webAddress } from '../forms.ts';
import { severities } from '../settings.ts';
import { alertmanagerAlert, eachMember } from './webhook.ts';

const Settings = Type.Object(
  {
    url: serverUrl,
    token: Type.Optional(secretToken('a token')),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    password: Type.Optional(secretToken('a password')),
    /** Of the summary; everything else is codes. */
    language: ofReader.language,
  },
  { additionalProperties: false },
);

/**
 * An Alertmanager knows an alert by its labels: one that got worse is another to it. So what it is in one severity has
 * ended in the others; of what it never heard of, an Alertmanager tells nobody that it has ended.
 */
function inEachSeverity(one: ReturnType<typeof eachMember>[number], now: number) {
  const { status, labels, annotations, generatorURL, startsAt, endsAt } = one;
  const goesOn = new Date(now + firesForMs).toISOString();
  return severities.map((severity) => {
    const isFiring = status === 'firing' && labels.severity === severity;
    const end = isFiring ? goesOn : status === 'firing' ? startsAt : endsAt;
    return { labels: { ...labels, severity }, annotations, generatorURL, startsAt, endsAt: end };
  });
}

const isFirst = ({ event }: Notification) => event === 'firing' || event === 'test';

/** Longer than any acknowledgement or silence, during which nothing is sent again. */
const firesForMs = 31 * 86_400_000;

export const alertmanager = httpChannel({
  kind: 'alertmanager',
  keepsState: true,
  settings: Settings,
  forms: [
    {
      schemes: ['alertmanagers', 'alertmanager'],
      form: 'alertmanagers://HOST:9093',
      read(address) {
        const { scheme, host, user, password, path } = address;
        if (host === '') return null;
        const login = user === '' ? {} : { user, password };
        return { url: webAddress(scheme === 'alertmanagers', address, path), ...login };
      },
    },
  ],
  address: ({ url }) => below(url, 'api/v2/alerts'),
  content(notification, { token, user, password, language }) {
    const login =
      token !== undefined ? `Bearer ${token}` : user !== undefined ? basic(user, password ?? '') : undefined;
    return {
      ...(login === undefined ? {} : { headers: { authorization: login } }),
      // What fires for the first time was nothing else before.
      body: eachMember(notification, alertmanagerAlert(notification, language), language).flatMap((one) =>
        inEachSeverity(one, notification.sentAt ?? notification.startedAt).filter(
          ({ labels }) => !isFirst(notification) || labels.severity === one.labels.severity,
        ),
      ),
    };
  },
});
