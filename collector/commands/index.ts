import type { Command } from './command.ts';

export interface CommandEntry {
  /** The arguments after its name in the help, and its purpose. */
  usage: string;
  about: string;
  /** Loaded only when it is run: a token is created without loading the stores. */
  load(): Promise<{ command: Command }>;
}

/** By name. To add one: a file and an entry. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  start: { usage: '[--local-agent] …', about: 'run the collector', load: () => import('./start.ts') },
  'token create': {
    usage: '--role R --name N [--days N|never] [--sites A,B]',
    about:
      'make a token for scripts; R is viewer, operator, manager or admin; it ends after a year, N days or never; --sites: it shows nothing else',
    load: () => import('./token-create.ts'),
  },
  'credential replace': {
    usage: '--endpoint NAME',
    about: 'another credential for an endpoint: prints the line to run on its machine',
    load: () => import('./credential-replace.ts'),
  },
  'credential rotate': {
    usage: '--endpoint NAME',
    about: 'have its agent fetch another credential; the one of before ends when the new one is used',
    load: () => import('./credential-rotate.ts'),
  },
  'audit check': {
    usage: '[--head SEQ:HASH]',
    about: 'whether the audit log is what it was, by its chain and by a head that was kept elsewhere',
    load: () => import('./audit-check.ts'),
  },
  'openid check': {
    usage: '',
    about: 'whether the provider by which people log in works with this collector; nobody is logged in',
    load: () => import('./openid-check.ts'),
  },
  'routes test': {
    usage: '--endpoint NAME --rule ID --severity S [--at TIME]',
    about: 'say who would hear of an alert, now or at a time, and why',
    load: () => import('./routes-test.ts'),
  },
  'second-factor reset': {
    usage: '--user NAME',
    about: 'take away the second factor of a user who has lost it; all their sessions end',
    load: () => import('./second-factor-reset.ts'),
  },
  'tls init': {
    usage: '--name NAME [--name …]',
    about: 'make an authority and a certificate, so that other machines can be reached; NAME as they reach this one',
    load: () => import('./tls-init.ts'),
  },
  'tls status': {
    usage: '',
    about: 'which certificate is shown, until when, and by whose authority',
    load: () => import('./tls-status.ts'),
  },
  'tls rotate': {
    usage: '[--compromised --cut-off-agents]',
    about:
      'the next authority follows the current one, which has signed it; --compromised: at once, without a signature, and every agent is to be enrolled again',
    load: () => import('./tls-rotate.ts'),
  },
  backup: {
    usage: '[--to FOLDER] [--passphrase-file F]',
    about: 'a copy of the collector itself, while it runs or not; default: the folder of the settings',
    load: () => import('./backup.ts'),
  },
  check: {
    usage: 'FROM',
    about: 'check whether such a copy can be restored',
    load: () => import('./check.ts'),
  },
  restore: {
    usage: 'FROM --data NEWFOLDER [--passphrase-file F]',
    about: 'make a data folder of such a copy; nothing that is there is replaced',
    load: () => import('./restore.ts'),
  },
  'series copy': {
    usage: '--from embedded --to influx',
    about: 'the time series of a stopped collector into the InfluxDB of its settings; goes on where it was interrupted',
    load: () => import('./series-copy.ts'),
  },
  'state copy': {
    usage: '--from sqlite --to postgres [--url URL] [--password-file F] [--replace-nul]',
    about:
      'all but the time series of a stopped collector into an empty PostgreSQL database: that of `state` in the settings, or URL; goes on where it was interrupted',
    load: () => import('./state-copy.ts'),
  },
  'broker-config': {
    usage: 'mosquitto|emqx [--dynamic-security] [--out DIR]',
    about: 'what a broker of somebody else needs: its settings, users and rights for the endpoints that are enrolled',
    load: () => import('./broker-config.ts'),
  },
  health: {
    usage: '',
    about: 'whether it answers and can store: exit code 0, else 1',
    load: () => import('./health.ts'),
  },
  'check-config': {
    usage: '[--config FILE]',
    about: 'check the settings, and say what they come to',
    load: () => import('./check-config.ts'),
  },
  'rules diff': {
    usage: '',
    about: 'what the files of rules would change; nothing is applied',
    load: () => import('./rules-diff.ts'),
  },
  'rules apply': {
    usage: '',
    about: 'have the running collector read the files of rules again; all or none',
    load: () => import('./rules-apply.ts'),
  },
  'rules test': {
    usage: 'FILE',
    about: 'rules on a time-line: at 0 cpu.usage_active 95 … want firing between 16m and 20m',
    load: () => import('./rules-test.ts'),
  },
};
