/**
 * Slack, by an incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * `&`, `<` and `>` are its markup: `<!channel>` would call everybody. The bar at the side has the colour of the severity.
 */
import { Type } from 'typebox';
import { defaultLanguage, type Language, word } from '../../../shared/words/index.ts';
import type { Notification } from '../channel.ts';
import { chatText, colours, cut, fitted, httpChannel, ofReader, secretUrl } from '../chat.ts';

const Settings = Type.Object(
  {
    url: secretUrl,
    ...ofReader,
    buttons: Type.Optional(
      Type.Boolean({ description: 'under messages about alerts; the webhook is of the app that `chat` listens by' }),
    ),
  },
  { additionalProperties: false },
);

/** What each types for whoever presses it: see collector/chat. */
function buttonsOf({ event, alert, ticket }: Notification, language: Language) {
  const of = ticket === null ? (alert ? `alert:${alert}` : null) : String(ticket);
  if (of === null || event === 'resolved') return [];
  const deeds = [
    ['acknowledge', word(language, 'act.do.acknowledge'), `acknowledge ${of}`],
    ['silence', word(language, 'act.do.silence'), `silence ${of} 2h`],
    ...(ticket === null ? [] : [['take', word(language, 'chat.take'), `take ${ticket}`]]),
  ] as const;
  const elements = deeds.map(([name, text, value]) => ({
    ...{ type: 'button', action_id: `keel-${name}`, value },
    text: { type: 'plain_text', text },
  }));
  return [{ type: 'actions', elements }];
}

/** Of the text of a section. */
const sectionAtMost = 3000;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const length = (text: string) => escaped(text).length;
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });

export const slack = httpChannel({
  kind: 'slack',
  settings: Settings,
  isOwn: ({ hostname }) => hostname === 'hooks.slack.com',
  forms: [
    {
      schemes: ['slack'],
      form: 'slack://TokenA/TokenB/TokenC',
      read({ host, path }) {
        const tokens = [host, ...path];
        if (tokens.length !== 3 || !tokens.every((token) => /^\w{1,60}$/.test(token))) return null;
        return { url: `https://hooks.slack.com/services/${tokens.join('/')}` };
      },
    },
  ],
  address: ({ url }) => url,
  content(notification, { language, zone, buttons }) {
    const { title, lines, links, tone } = chatText(notification, language, zone);
    const head = escaped(cut(title, sectionAtMost - 2, length));
    const text = escaped(fitted(lines, sectionAtMost, length));
    const way = links.map(({ label, url }) => `<${escaped(url)}|${escaped(label)}>`).join('  ·  ');
    const blocks = [
      section(`*${head}*`),
      ...(text === '' ? [] : [section(text)]),
      section(way),
      ...(buttons ? buttonsOf(notification, language ?? defaultLanguage) : []),
    ];
    // `text` is what a phone shows of it; with an attachment beside it, it would stand there twice.
    return { body: { attachments: [{ color: colours[tone], fallback: head, blocks }] } };
  },
});
