/**
 * An Alertmanager, whose own routes and silences then apply: https://prometheus.io/docs/alerting/latest/alerts_api/
 * It takes what is not sent again for ended; so what fires says that it goes on until a month from now.
 */
import { Type } from 'typebox';
import { basic, below, httpChannel, ofReader, secretToken, serverUrl } from '../chat.ts';
import { webAddress } from '../forms.ts';
import { alertmanagerAlert } from './webhook.ts';

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

/** Longer than any acknowledgement or silence, during which nothing is sent again. */
const firesForMs = 31 * 86_400_000;

export const alertmanager = httpChannel({
  kind: 'alertmanager',
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
    const { status, endsAt, startsAt, labels, annotations, generatorURL } = alertmanagerAlert(notification, language);
    const until = status === 'resolved' ? endsAt : new Date(notification.startedAt + firesForMs).toISOString();
    const login =
      token !== undefined ? `Bearer ${token}` : user !== undefined ? basic(user, password ?? '') : undefined;
    return {
      ...(login === undefined ? {} : { headers: { authorization: login } }),
      body: [{ labels, annotations, generatorURL, startsAt, endsAt: until }],
    };
  },
});
