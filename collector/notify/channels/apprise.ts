/** A server of Apprise, which opens many more services: https://github.com/caronc/apprise-api, `POST /notify/KEY`. */
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { below, chatText, cut, fitted, httpChannel, type MessageTone, ofReader, serverUrl } from '../chat.ts';
import { webAddress } from '../forms.ts';

const Settings = Type.Object(
  {
    url: serverUrl,
    /** Of the stored configuration: whoever knows it may send; from a file: `key_file`. */
    key: Type.String({ pattern: '^[\\w-]{1,128}$', secret: true, want: 'a key of letters, digits, - and _' }),
    /** Only to services with this tag. */
    tag: Type.Optional(Type.String({ pattern: '^[\\w, -]{1,200}$', want: 'a tag' })),
    ...ofReader,
  },
  { additionalProperties: false },
);

const types: Readonly<Record<MessageTone, string>> = {
  critical: 'failure',
  warning: 'warning',
  info: 'info',
  ok: 'success',
};

export const apprise = httpChannel({
  kind: 'apprise',
  settings: Settings,
  forms: [
    {
      schemes: ['apprises', 'apprise'],
      form: 'apprises://HOST/KEY',
      read(address) {
        const { scheme, host, path, query } = address;
        const key = path.at(-1);
        if (host === '' || key === undefined) return null;
        const tag = query.tag ?? query.tags;
        const url = webAddress(scheme === 'apprises', address, path.slice(0, -1));
        return { url, key, ...(tag === undefined ? {} : { tag }) };
      },
    },
  ],
  address: ({ url, key }) => below(url, `notify/${key}`),
  content(notification, { tag, language, zone }) {
    const { title, lines, links, tone } = chatText(notification, language, zone);
    const ways = links.map(({ label, url }) => `${label}: ${url}`).join('\n');
    const body = [fitted(lines, 4000 - ways.length), ways].filter((part) => part !== '').join('\n\n');
    return {
      body: {
        ...{ title: cut(title, 250), body, type: types[tone], format: 'text' },
        ...(tag === undefined ? {} : { tag }),
      },
    };
  },
  // One of the services behind it did not take it.
  retry: [424],
  /** Its answer where nothing is stored under the key. */
  judge(status, channel) {
    if (status === 204)
      throw fail('CHANNEL_REFUSED', { channel, reason: 'its server has no configuration under the key' });
  },
});
