import { wordOr } from '../../words/words.ts';

/** Names of products are the same in every language. */
const products: Readonly<Record<string, string>> = {
  ...{ slack: 'Slack', teams: 'Microsoft Teams', discord: 'Discord', telegram: 'Telegram', gotify: 'Gotify' },
  ...{ pagerduty: 'PagerDuty', alertmanager: 'Alertmanager' },
};
export const kindName = (kind: string) => products[kind] ?? wordOr('channels.kind', kind, kind);
