/** Settings in sections, each with an address of its own and one sentence that answers. */
import { Fragment, type VNode } from 'preact';
import type { Token } from '../../../../shared/api.ts';
import type { LogIn } from '../../../../shared/log-ins.ts';
import type { OwnBackupStatus } from '../../../../shared/own-backup.ts';
import type { FactorRule } from '../../../../shared/second-factor.ts';
import { number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Box, PageHead } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Choices } from '../../parts/field.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import type { Role } from '../../roles.ts';
import { search, withQuery } from '../../router.ts';
import { chooseStart, startPage, startPages } from '../../start.ts';
import { theme, themes } from '../../theme.ts';
import { aboutLanguage, language, languages, speak, t } from '../../words/words.ts';
import { type PageName, pages } from '../index.ts';
import { OwnWays } from '../on-call/own-ways.tsx';
import { StatusSettings } from '../status/settings.tsx';
import { Account } from './account.tsx';
import { Certificate } from './certificate.tsx';
import { ChatRooms, OwnChatAccounts } from './chat.tsx';
import { Collectors } from './collectors.tsx';
import { Desks } from './desks.tsx';
import { Directory } from './directory.tsx';
import { LogIns } from './log-ins.tsx';
import { MailInBox } from './mail.tsx';
import { Mirrors } from './mirrors.tsx';
import { OwnBackup } from './own-backup.tsx';
import { OptionalParts, useParts } from './parts.tsx';
import { ProviderSettings } from './provider.tsx';
import { OwnDevices } from './push.tsx';
import { endOf, Tokens } from './tokens.tsx';
import { FactorRoles, type ListedUser, Users } from './users.tsx';

const sections = ['you', 'people', 'logIn', 'tokens', 'parts', 'collector'] as const;
type SettingsSection = (typeof sections)[number];
/** Who sees which. */
const needed = { you: 'viewer', parts: 'operator' } as const satisfies Partial<Record<SettingsSection, Role>>;
const addressOf = (section: SettingsSection) =>
  `/settings${withQuery('', { section: section === 'you' ? null : section })}`;
const say = (value: number) => number(value, language.value);

function Browser() {
  return (
    <Box title={t('settings.browser')}>
      <div class="row settings-row">
        <div class="field">
          <span class="label">{t('settings.language')}</span>
          <Choices
            label={t('settings.language')}
            value={language.value}
            options={languages.map((name) => [name, aboutLanguage(name).name] as const)}
            onChoose={speak}
          />
        </div>
        <div class="field">
          <span class="label">{t('settings.theme')}</span>
          <Choices
            label={t('settings.theme')}
            value={theme.value}
            options={themes.map((name) => [name, t(`theme.${name}`)] as const)}
            onChoose={(name) => {
              theme.value = name;
            }}
          />
        </div>
        <div class="field">
          <span class="label">{t('settings.start')}</span>
          <Choices
            label={t('settings.start')}
            value={startPage()}
            options={startPages.map((name) => [name, t(`page.${name}`)] as const)}
            onChoose={chooseStart}
          />
        </div>
      </div>
    </Box>
  );
}

/** One sentence for each: what people open it for. */
function YouLead() {
  const list = useLoad<Page<LogIn>>('me/sessions');
  const { user = null, role = null } = me.value ?? {};
  if (list.data === null || role === null) return null;
  const n = <a href="#log-ins">{say(list.data.items.length)}</a>;
  return <Sentence of="settings.lead.you" values={{ name: user, role: t(`role.${role}`), n }} />;
}

function PeopleLead() {
  const { data } = useLoad<Page<ListedUser>>('users');
  if (data === null) return null;
  const living = data.items.filter(({ disabledAt }) => disabledAt === null);
  const without = living.filter(({ issuer, hasFactor }) => issuer === null && !hasFactor).length;
  const link = (value: number) => <a href="#people">{say(value)}</a>;
  return (
    <>
      <Sentence of="settings.lead.people" values={{ n: link(living.length), without: link(without) }} />{' '}
      {living.length < data.items.length && (
        <Sentence of="settings.lead.disabled" values={{ n: link(data.items.length - living.length) }} />
      )}
    </>
  );
}

function LogInLead() {
  const list = useLoad<Page<LogIn>>('sessions');
  const rule = useLoad<FactorRule>('second-factor');
  if (list.data === null || rule.data === null) return null;
  const provider = me.value?.provider;
  const roles = rule.data.roles.map((role) => t(`role.${role}`)).join(', ');
  return (
    <>
      {provider ? t('settings.lead.provider', { provider }) : t('settings.lead.passwords')}{' '}
      {roles === '' ? t('settings.lead.noFactor') : t('settings.lead.factor', { roles })}{' '}
      <Sentence of="settings.lead.logIns" values={{ n: <a href="#log-ins">{say(list.data.items.length)}</a> }} />
    </>
  );
}

function TokensLead() {
  const { data } = useLoad<Page<Token>>('tokens');
  if (data === null) return null;
  const live = data.items.filter((token) => endOf(token) === null);
  const [next] = live.flatMap(({ expiresAt }) => expiresAt ?? []).toSorted((a, b) => a - b);
  return (
    <>
      <Sentence of="settings.lead.tokens" values={{ n: <a href="#tokens">{say(live.length)}</a> }} />{' '}
      {next !== undefined && (
        <Sentence of="settings.lead.nextEnd" values={{ when: <Moment at={next} shape="date" /> }} />
      )}
    </>
  );
}

function PartsLead() {
  const { data } = useParts();
  if (data === null) return null;
  const named = (isOn: boolean) =>
    data.items
      .filter((one) => one.isOn === isOn)
      .map(({ name }, n) => (
        <Fragment key={name}>
          {n > 0 && aboutLanguage(language.value).separator}
          <a href={`#${name}`}>{t(`parts.name.${name}`)}</a>
        </Fragment>
      ));
  const [on, off] = [named(true), named(false)];
  return (
    <>
      {on.length > 0 && <Sentence of="parts.areOn" values={{ list: on }} />}{' '}
      {off.length > 0 && <Sentence of="parts.areOff" values={{ list: off }} />}
    </>
  );
}

function CollectorLead() {
  const { data } = useLoad<OwnBackupStatus>('collector/backups');
  if (data === null) return null;
  if (data.to === null) return <a href="#backup">{t('settings.lead.noBackup')}</a>;
  if (data.failed) return <a href="#backup">{t('settings.lead.failedBackup')}</a>;
  const when = <a href="#backup">{data.last ? <Ago at={data.last.at} /> : t('common.unknown')}</a>;
  return <Sentence of="settings.lead.backup" values={{ when }} />;
}

/** Beside it the pages that are settings of their own. */
const elsewhere = [
  ...(['sites', 'groups', 'calendars', 'costs', 'rules', 'channels'] as const),
  ...(['agentSettings', 'agentUpdates', 'audit'] as const),
] satisfies readonly PageName[];

const shown: Record<SettingsSection, { lead: () => VNode | null; boxes: () => VNode }> = {
  you: {
    lead: () => <YouLead />,
    boxes: () => (
      <>
        <Browser />
        <Account />
        <div id="log-ins">
          <LogIns />
        </div>
        <OwnChatAccounts />
        {may('operator') && <OwnDevices />}
        {may('operator') && <OwnWays />}
      </>
    ),
  },
  people: {
    lead: () => <PeopleLead />,
    boxes: () => (
      <>
        <div id="people">
          <Users />
        </div>
        <Directory />
      </>
    ),
  },
  logIn: {
    lead: () => <LogInLead />,
    boxes: () => (
      <>
        <ProviderSettings />
        <FactorRoles />
        <div id="log-ins">
          <LogIns ofAll />
        </div>
      </>
    ),
  },
  tokens: {
    lead: () => <TokensLead />,
    boxes: () => (
      <div id="tokens">
        <Tokens />
      </div>
    ),
  },
  parts: {
    lead: () => (may('admin') ? <PartsLead /> : null),
    boxes: () => (
      <>
        {may('admin') && (
          <>
            <Desks />
            <MailInBox />
            <ChatRooms />
            <OptionalParts />
          </>
        )}
        <StatusSettings />
      </>
    ),
  },
  collector: {
    lead: () => <CollectorLead />,
    boxes: () => (
      <>
        <div id="backup">
          <OwnBackup />
        </div>
        <Certificate />
        <Collectors />
        <Mirrors />
      </>
    ),
  },
};

export function SettingsPage() {
  const allowed = sections.filter((one) => may(one in needed ? needed[one as keyof typeof needed] : 'admin'));
  const asked = new URLSearchParams(search.value).get('section');
  const section = allowed.find((one) => one === asked) ?? 'you';
  const { lead, boxes } = shown[section];
  return (
    <>
      <PageHead title={t('page.settings')} lead={lead()} />
      {allowed.length > 1 && (
        <Tabs
          label={t('page.settings')}
          of={allowed.map((one) => ({
            ...{ href: addressOf(one), word: t(`settings.section.${one}`), isHere: one === section },
          }))}
        />
      )}
      <div key={section} class="stack">
        {boxes()}
      </div>
      <nav class="quiet small screen-only" aria-label={t('settings.elsewhere')}>
        <Dots
          of={[
            t('settings.elsewhere'),
            ...elsewhere
              .filter((name) => may(name === 'audit' || name === 'channels' ? 'admin' : 'viewer'))
              .map((name) => <a href={pages[name].path}>{t(`page.${name}`)}</a>),
          ]}
        />
      </nav>
    </>
  );
}
