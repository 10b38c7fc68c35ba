/**
 * Discord, by a webhook: https://discord.com/developers/docs/resources/webhook#execute-webhook
 * Nobody is mentioned, whatever a machine calls itself; Markdown in names is escaped.
 */
import { Type } from 'typebox';
import { chatText, colours, cut, fitted, httpChannel, ofReader, secretUrl } from '../chat.ts';

const Settings = Type.Object({ url: secretUrl, ...ofReader }, { additionalProperties: false });

/** Of an embed, in characters. */
const [titleAtMost, textAtMost] = [256, 4000];

const escaped = (text: string) => text.replace(/[\\*_~`|>#[\]()<@:-]/g, '\\$&');
const length = (text: string) => escaped(text).length;

export const discord = httpChannel({
  kind: 'discord',
  settings: Settings,
  isOwn: ({ hostname, pathname }) =>
    /^(?:\w+\.)?discord(?:app)?\.com$/.test(hostname) && pathname.includes('/webhooks/'),
  forms: [
    {
      schemes: ['discord'],
      form: 'discord://WEBHOOK_ID/TOKEN',
      read({ host, path: [token, ...more] }) {
        if (!/^\d{5,25}$/.test(host) || !token || !/^[\w-]{1,100}$/.test(token) || more.length > 0) return null;
        return { url: `https://discord.com/api/webhooks/${host}/${token}` };
      },
    },
  ],
  address: ({ url }) => url,
  content(notification, { language, zone }) {
    const { title, lines, links, tone } = chatText(notification, language, zone);
    const way = links.map(({ label, url }) => `[${escaped(label)}](${url})`).join('  ·  ');
    // What does not fit into the title, such as a count, is the first line of the text.
    const isShort = length(title) <= titleAtMost;
    const facts = isShort ? lines : [title, ...lines];
    const text = escaped(fitted(facts, textAtMost - way.length - 2, length));
    const embed = {
      title: escaped(cut(title, titleAtMost, length)),
      description: text === '' ? way : `${text}\n\n${way}`,
      url: links[0]?.url,
      color: Number.parseInt(colours[tone].slice(1), 16),
      timestamp: new Date(notification.endedAt ?? notification.startedAt).toISOString(),
    };
    return { body: { username: 'Evenkeel', embeds: [embed], allowed_mentions: { parse: [] } } };
  },
});
