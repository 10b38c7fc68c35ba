/** What turns a part on, as evenkeel.yaml takes it; `test/collector/config.test.ts` reads each as the collector does. */
import type { OptionalPart } from '../../../shared/api.ts';

export const partLines: Readonly<Record<OptionalPart['name'], string>> = {
  self_service: 'self_service: { enabled: true }',
  scripts: 'scripts: { enabled: true, role: operator, two_persons: false }',
  mail_in: `mail_in:
  host: imap.example.org
  user: desk@example.org
  password_file: desk.password`,
  chat: `chat:
  - { name: slack, kind: slack, app_token_file: slack-app.token, bot_token_file: slack-bot.token, channels: [C0123456789] }`,
  desks: `desks:
  - { name: jira, kind: jira, url: "https://example.atlassian.net", user: keel@example.org, token_file: jira.token, project: OPS }`,
  remote_support: `remote_support:
  - { name: ssh, url: "ssh://admin@{host}", kinds: [server] }`,
  ldap: `ldap:
  url: ldaps://ldap.example.org
  bind: cn=evenkeel,dc=example,dc=org
  password_file: ldap.password
  base: ou=people,dc=example,dc=org`,
};
