import { may } from '../../net/session.ts';
import { t } from '../../words/words.ts';

const tabs = {
  now: '/oncall',
  routes: '/oncall/routes',
  escalation: '/oncall/escalation',
  channels: '/oncall/channels',
} as const;

/** Channels hold secrets: they are the admins' page. */
const shownTabs = () =>
  (Object.keys(tabs) as (keyof typeof tabs)[]).filter((tab) => tab !== 'channels' || may('admin'));

export function OnCallTabs({ current }: { current: keyof typeof tabs }) {
  return (
    <nav class="tabs" aria-label={t('page.onCall')}>
      {shownTabs().map((tab) => (
        <a key={tab} href={tabs[tab]} aria-current={tab === current ? 'page' : undefined}>
          {t(`onCall.tab.${tab}`)}
        </a>
      ))}
    </nav>
  );
}
