/** Language and look for this browser, the own password; people and tokens for admins. */
import { may } from '../net/session.ts';
import { Box, PageHead } from '../parts/box.tsx';
import { Choices } from '../parts/field.tsx';
import { theme, themes } from '../theme.ts';
import { aboutLanguage, language, languages, speak, t } from '../words/words.ts';
import { OwnWays } from './on-call/own-ways.tsx';
import { Account } from './settings-account.tsx';
import { Certificate } from './settings-certificate.tsx';
import { ChatRooms, OwnChatAccounts } from './settings-chat.tsx';
import { Collectors } from './settings-collectors.tsx';
import { Desks } from './settings-desks.tsx';
import { Directory } from './settings-directory.tsx';
import { LogIns } from './settings-log-ins.tsx';
import { MailInBox } from './settings-mail.tsx';
import { Mirrors } from './settings-mirrors.tsx';
import { OwnBackup } from './settings-own-backup.tsx';
import { ProviderSettings } from './settings-provider.tsx';
import { OwnDevices } from './settings-push.tsx';
import { Tokens } from './settings-tokens.tsx';
import { Users } from './settings-users.tsx';
import { StatusSettings } from './status/settings.tsx';

export function SettingsPage() {
  return (
    <>
      <PageHead title={t('page.settings')} />
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
        </div>
      </Box>
      <Account />
      <LogIns />
      <OwnChatAccounts />
      {may('operator') && <OwnDevices />}
      {may('operator') && <OwnWays />}
      {may('operator') && <StatusSettings />}
      {may('admin') && <Certificate />}
      {may('admin') && <OwnBackup />}
      {may('admin') && <Desks />}
      {may('admin') && <MailInBox />}
      {may('admin') && <ChatRooms />}
      {may('admin') && <Collectors />}
      {may('admin') && <Mirrors />}
      {may('admin') && <ProviderSettings />}
      {may('admin') && <Users />}
      {may('admin') && <Directory />}
      {may('admin') && <LogIns ofAll />}
      {may('admin') && <Tokens />}
      {may('admin') && (
        <p>
          <a href="/oncall/channels">{t('channels.toChannels')}</a> · <a href="/audit">{t('audit.toAudit')}</a>
        </p>
      )}
      <p>
        <a href="/rules">{t('rules.toRules')}</a> · <a href="/agent-settings">{t('agentSettings.toSettings')}</a> ·{' '}
        <a href="/agent-updates">{t('agentUpdates.toSettings')}</a>
      </p>
    </>
  );
}
