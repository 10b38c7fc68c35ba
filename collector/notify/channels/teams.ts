/**
 * Microsoft Teams, by the webhook of a workflow ("When a Teams webhook request is received"), which takes an Adaptive Card:
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 * A TextBlock would read Markdown in names of machines; the runs of a RichTextBlock are text.
 */
import { Type } from 'typebox';
import { chatText, cut, fitted, httpChannel, type MessageTone, ofReader, secretUrl } from '../chat.ts';

const Settings = Type.Object({ url: secretUrl, ...ofReader }, { additionalProperties: false });

/** A message is 28 KB at most, the card around the text included. */
const textAtMost = 12_000;
const bytes = (text: string) => Buffer.byteLength(JSON.stringify(text));

const styles: Readonly<Record<MessageTone, string>> = {
  critical: 'attention',
  warning: 'warning',
  info: 'accent',
  ok: 'good',
};

const run = (text: string, more: object = {}) => ({
  type: 'RichTextBlock',
  inlines: [{ type: 'TextRun', text, ...more }],
});

export const teams = httpChannel({
  kind: 'teams',
  settings: Settings,
  isOwn: ({ hostname }) => /\.(?:logic\.azure|powerplatform|powerautomate)\.com$/.test(hostname),
  forms: [
    {
      schemes: ['workflows', 'workflow'],
      form: 'workflows://HOST/WORKFLOW/SIGNATURE',
      read({ host, port, path: [workflow, signature, ...more] }) {
        if (host === '' || !workflow || !signature || more.length > 0) return null;
        const query = new URLSearchParams({
          ...{ 'api-version': '2016-06-01', sp: '/triggers/manual/run', sv: '1.0', sig: signature },
        });
        const at = `${host}${port === null || port === 443 ? '' : `:${port}`}`;
        return {
          url: `https://${at}/workflows/${encodeURIComponent(workflow)}/triggers/manual/paths/invoke?${query}`,
        };
      },
    },
  ],
  check: ({ url }) =>
    URL.parse(url)?.hostname.endsWith('.webhook.office.com')
      ? [
          {
            path: ['url'],
            problem:
              'belongs to a connector, which Microsoft has ended; make a workflow with a webhook in Teams instead',
          },
        ]
      : [],
  address: ({ url }) => url,
  content(notification, { language, zone }) {
    const { title, lines, links, tone } = chatText(notification, language, zone);
    const head = cut(title, 1000);
    const text = fitted(lines, textAtMost, bytes);
    const content = {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.4',
      fallbackText: head,
      msteams: { width: 'Full' },
      body: [
        {
          type: 'Container',
          style: styles[tone],
          bleed: true,
          items: [run(head, { weight: 'Bolder', size: 'Medium' })],
        },
        ...text.split('\n').flatMap((line) => (line === '' ? [] : [run(line)])),
      ],
      actions: links.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
    };
    const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
    return {
      // Without a charset it counts two bytes per character.
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: { type: 'message', attachments: [attachment] },
    };
  },
});
