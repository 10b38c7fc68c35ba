/**
 * PagerDuty, by its Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview
 * What fires is triggered, what somebody has is acknowledged, and what has ended is resolved under one `dedup_key`. A test opens an incident of severity info.
 */
import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { escaped } from '../../../shared/safe-text.ts';
import type { Notification } from '../channel.ts';
import { chatText, cut, fitted, httpChannel, ofReader, secretToken, serverUrl } from '../chat.ts';

const Settings = Type.Object(
  {
    /** Of the integration "Events API v2" of a service; from a file: `routing_key_file`. */
    routing_key: secretToken('an integration key'),
    /** In Europe: https://events.eu.pagerduty.com/v2/enqueue */
    url: Type.Optional(serverUrl),
    ...ofReader,
  },
  { additionalProperties: false },
);

const [summaryAtMost, keyAtMost, textAtMost] = [1024, 255, 4000];

const keyOf = (key: string) =>
  key.length <= keyAtMost ? escaped(key) : `evenkeel-${createHash('sha256').update(key).digest('hex')}`;

function actionOf({ event }: Notification): 'trigger' | 'resolve' | 'acknowledge' {
  if (event === 'resolved') return 'resolve';
  return event === 'acknowledged' ? 'acknowledge' : 'trigger';
}

export const pagerduty = httpChannel({
  kind: 'pagerduty',
  keepsState: true,
  takesAcknowledgement: true,
  settings: Settings,
  forms: [
    {
      schemes: ['pagerduty'],
      form: 'pagerduty://INTEGRATION_KEY, with ?region=eu in Europe',
      // In Apprise's form a key of the REST API follows the @; events need none.
      read({ user, host, path, query: { region = 'us' } }) {
        const key = user === '' ? host : user;
        if (!/^\w{6,64}$/.test(key) || path.length > 0 || !['us', 'eu'].includes(region)) return null;
        return {
          routing_key: key,
          ...(region === 'eu' ? { url: 'https://events.eu.pagerduty.com/v2/enqueue' } : {}),
        };
      },
    },
  ],
  address: ({ url = 'https://events.pagerduty.com/v2/enqueue' }) => url,
  content(notification, { routing_key, language, zone }) {
    const { title, lines, links } = chatText(notification, language, zone);
    const { key, event, severity, endpoint, rule, startedAt } = notification;
    return {
      body: {
        ...{ routing_key, event_action: actionOf(notification), dedup_key: keyOf(key) },
        payload: {
          summary: cut(title, summaryAtMost),
          source: escaped(endpoint.name) || 'evenkeel',
          severity: event === 'test' ? 'info' : severity,
          timestamp: new Date(startedAt).toISOString(),
          component: rule.id,
          ...(endpoint.site === null ? {} : { group: escaped(endpoint.site) }),
          class: event,
          custom_details: { text: fitted(lines, textAtMost), id: notification.id },
        },
        ...{ client: 'Evenkeel', client_url: links[0]?.url },
        links: links.map(({ label, url }) => ({ href: url, text: label })),
      },
    };
  },
});
