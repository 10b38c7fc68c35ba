import { may } from '../../net/session.ts';
import { Tabs } from '../../parts/tabs.tsx';
import { t } from '../../words/words.ts';

const tabs = {
  now: '/oncall',
  routes: '/oncall/routes',
  escalation: '/oncall/escalation',
  channels: '/oncall/channels',
} as const;
type OnCallTab = keyof typeof tabs;

/** Channels hold secrets: they are the admins' page. */
export const OnCallTabs = ({ current }: { current: OnCallTab }) => (
  <Tabs
    label={t('page.onCall')}
    of={(Object.keys(tabs) as OnCallTab[])
      .filter((tab) => tab !== 'channels' || may('admin'))
      .map((tab) => ({ href: tabs[tab], word: t(`onCall.tab.${tab}`), isHere: tab === current }))}
  />
);
