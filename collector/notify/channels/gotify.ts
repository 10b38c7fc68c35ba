/** Gotify: https://gotify.net/docs/pushmsg and https://gotify.net/docs/msgextras; the message is shown as plain text. */
import { Type } from 'typebox';
import {
  below,
  chatText,
  cut,
  fitted,
  httpChannel,
  type MessageTone,
  ofReader,
  secretToken,
  serverUrl,
} from '../chat.ts';
import { webAddress } from '../forms.ts';

const Settings = Type.Object(
  { url: serverUrl, token: secretToken('the token of an application'), ...ofReader },
  { additionalProperties: false },
);

/** From 8 on a phone makes a sound that breaks through, from 4 on the usual one. */
const priorities: Readonly<Record<MessageTone, number>> = { critical: 8, warning: 5, info: 2, ok: 4 };

export const gotify = httpChannel({
  kind: 'gotify',
  settings: Settings,
  forms: [
    {
      schemes: ['gotifys', 'gotify'],
      form: 'gotifys://HOST/TOKEN',
      read(address) {
        const { scheme, host, path } = address;
        const token = path.at(-1);
        if (host === '' || token === undefined) return null;
        return { url: webAddress(scheme === 'gotifys', address, path.slice(0, -1)), token };
      },
    },
  ],
  address: ({ url }) => below(url, 'message'),
  content(notification, { token, language, zone }) {
    const { title, lines, links, tone } = chatText(notification, language, zone);
    const [first] = links;
    const ways = links.map(({ label, url }) => `${label}: ${url}`).join('\n');
    const message = [fitted(lines, 4000 - ways.length), ways].filter((part) => part !== '').join('\n\n');
    return {
      headers: { 'x-gotify-key': token },
      body: {
        ...{ title: cut(title, 1000), message, priority: priorities[tone] },
        extras: {
          'client::display': { contentType: 'text/plain' },
          'client::notification': { click: { url: first?.url } },
        },
      },
    };
  },
});
