import type { Command } from './command.ts';

export interface CommandEntry {
  /** What follows its name in the help, and what it is for. */
  usage: string;
  about: string;
  /** Loaded only when asked for: a token is made without loading the stores. */
  load(): Promise<{ command: Command }>;
}

/** By name. One more: a file and an entry. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  start: { usage: '[--local-agent] …', about: 'run the collector', load: () => import('./start.ts') },
  'token create': {
    usage: '--role R --name N',
    about: 'make a token for scripts; R is viewer, operator, manager or admin',
    load: () => import('./token-create.ts'),
  },
  'check-config': {
    usage: '[--config FILE]',
    about: 'check the settings, and say what they come to',
    load: () => import('./check-config.ts'),
  },
};
