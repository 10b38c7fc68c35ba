/** ntfy, on ntfy.sh or a server of your own, as JSON: https://docs.ntfy.sh/publish/#publish-as-json */
import { Type } from 'typebox';
import {
  basic,
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
  {
    /** On a public server whoever knows it may read and send. */
    topic: Type.String({ pattern: '^[-_A-Za-z0-9]{1,64}$', secret: true, want: 'a topic of letters, digits, - and _' }),
    url: Type.Optional(serverUrl),
    token: Type.Optional(secretToken('an access token')),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    password: Type.Optional(secretToken('a password')),
    ...ofReader,
  },
  { additionalProperties: false },
);

const priorities: Readonly<Record<MessageTone, number>> = { critical: 5, warning: 4, info: 2, ok: 3 };
/** Shown as emoji. */
const emoji: Readonly<Record<MessageTone, string>> = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
  ok: 'white_check_mark',
};

const topicPattern = /^[-_A-Za-z0-9]{1,64}$/;
/** A longer message becomes an attached file. */
const bytesAtMost = 4096;
const bytes = (text: string) => Buffer.byteLength(text);
const buttonsAtMost = 3;

export const ntfy = httpChannel({
  kind: 'ntfy',
  settings: Settings,
  forms: [
    {
      schemes: ['ntfy', 'ntfys'],
      form: 'ntfys://HOST/TOPIC, or ntfy://TOPIC for ntfy.sh',
      read(address) {
        const { scheme, host, user, password, path } = address;
        const [topic = host, ...more] = path;
        if (!topicPattern.test(topic) || more.length > 0) return null;
        const login = password === '' ? { token: user } : user === '' ? { token: password } : { user, password };
        const server = path.length === 0 ? {} : { url: webAddress(scheme === 'ntfys', address) };
        return { topic, ...server, ...(user === '' && password === '' ? {} : login) };
      },
    },
  ],
  check: ({ user, password }) =>
    (user === undefined) === (password === undefined)
      ? []
      : user === undefined
        ? [{ path: ['password'], problem: 'is given without a user' }]
        : [{ path: ['user'], problem: 'is given without a password' }],
  address: ({ url = 'https://ntfy.sh' }) => url,
  isAddress: (text) => topicPattern.test(text),
  content(notification, { topic: own, token, user, password, language, zone }) {
    const { title, lines, links, tone } = chatText(notification, language, zone);
    // A phone shows two lines of a title.
    const head = cut(title, 250);
    const facts = head === title ? lines : [title, ...lines];
    const login =
      token !== undefined ? `Bearer ${token}` : user !== undefined ? basic(user, password ?? '') : undefined;
    return {
      ...(login === undefined ? {} : { headers: { authorization: login } }),
      body: {
        ...{
          topic: notification.recipient ?? own,
          title: head,
          message: fitted(facts, bytesAtMost - 96, bytes) || head,
        },
        ...{ priority: priorities[tone], tags: [emoji[tone]], click: links[0]?.url },
        actions: links.slice(0, buttonsAtMost).map(({ label, url }) => ({ action: 'view', label, url })),
      },
    };
  },
});
