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
    usage: '--role R --name N [--days N|never]',
    about: 'make a token for scripts; R is viewer, operator, manager or admin; it ends after a year, N days or never',
    load: () => import('./token-create.ts'),
  },
  'credential replace': {
    usage: '--endpoint NAME',
    about: 'another credential for an endpoint: prints the line to run on its machine',
    load: () => import('./credential-replace.ts'),
  },
  'check-config': {
    usage: '[--config FILE]',
    about: 'check the settings, and say what they come to',
    load: () => import('./check-config.ts'),
  },
};
