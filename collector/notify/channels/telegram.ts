/** Telegram, by a bot: https://core.telegram.org/bots/api#sendmessage, as HTML in which every text is escaped. */
import { Type } from 'typebox';
import { below, chatText, cut, fitted, htmlEscaped, httpChannel, ofReader, serverUrl } from '../chat.ts';

const Settings = Type.Object(
  {
    /** Of the bot, from @BotFather; from a file: `token_file`. */
    token: Type.String({
      ...{ minLength: 1, maxLength: 200, secret: true, want: 'the token of a bot, such as 123456:ABC-DEF' },
      check: (text: string) => (/^[\w:-]+$/.test(text) ? null : 'is not the token of a bot, such as 123456:ABC-DEF'),
    }),
    chat_id: Type.String({
      ...{ minLength: 1, maxLength: 100, want: 'a chat such as "-1001234567890" or "@channel"' },
      check: chatFault,
    }),
    /** A topic of a group. */
    thread: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Of a Bot API server of your own. */
    url: Type.Optional(serverUrl),
    ...ofReader,
  },
  { additionalProperties: false },
);

/** Of a message, after its entities are read. */
const textAtMost = 4096;

function chatFault(text: string): string | null {
  return /^(?:-?\d{1,20}|@?\w{1,40})$/.test(text) ? null : 'is not a chat; write its number or its @name';
}

export const telegram = httpChannel({
  kind: 'telegram',
  settings: Settings,
  forms: [
    {
      schemes: ['tgram', 'telegram'],
      form: 'tgram://BOTTOKEN/CHAT_ID',
      read({ authority, path: [chat, ...more] }) {
        const [, chatId = '', thread] = /^(.*?)(?::(\d{1,10}))?$/.exec(chat ?? '') ?? [];
        if (!/^\d{3,20}:[\w-]{5,80}$/.test(authority) || more.length > 0 || chatFault(chatId) !== null) return null;
        return { token: authority, chat_id: chatId, ...(thread === undefined ? {} : { thread: Number(thread) }) };
      },
    },
  ],
  address: ({ url = 'https://api.telegram.org', token }) => below(url, `bot${token}/sendMessage`),
  isAddress: (text) => chatFault(text) === null,
  content(notification, { language, zone, chat_id, thread }) {
    const { title, lines, links, tone } = chatText(notification, language, zone);
    const head = cut(title, 1000);
    const way = links.map(({ label, url }) => `${label}: ${url}`);
    const room = textAtMost - head.length - way.join('\n').length - 4;
    const parts = [`<b>${htmlEscaped(head)}</b>`, htmlEscaped(fitted(lines, room)), htmlEscaped(way.join('\n'))];
    return {
      body: {
        chat_id: notification.recipient ?? chat_id,
        // A topic is one of the group of the channel.
        ...(thread === undefined || notification.recipient !== undefined ? {} : { message_thread_id: thread }),
        text: parts.filter((part) => part !== '').join('\n\n'),
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
        disable_notification: tone === 'info',
      },
    };
  },
});
