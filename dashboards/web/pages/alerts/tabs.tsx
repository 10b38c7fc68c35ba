/** What fires, what keeps it from being heard, and what makes it fire stand beside each other. */
import { Tabs } from '../../parts/tabs.tsx';
import { t } from '../../words/words.ts';

const tabs = {
  now: '/alerts',
  history: '/alerts?state=all',
  silences: '/silences',
  maintenance: '/maintenance',
  rules: '/rules',
} as const;
type AlertTab = keyof typeof tabs;

const wordOf = (tab: AlertTab) => (tab === 'now' || tab === 'history' ? t(`alert.tab.${tab}`) : t(`page.${tab}`));

export const AlertTabs = ({ current }: { current: AlertTab }) => (
  <Tabs
    label={t('page.alerts')}
    of={(Object.keys(tabs) as AlertTab[]).map((tab) => ({
      ...{ href: tabs[tab], word: wordOf(tab), isHere: tab === current },
    }))}
  />
);
