import { command as checkConfig } from './check-config.ts';
import type { Command } from './command.ts';
import { command as start } from './start.ts';
import { command as tokenCreate } from './token-create.ts';

/** By name. One more: a file and a line. */
export const commands: Readonly<Record<string, Command>> = {
  start,
  'token create': tokenCreate,
  'check-config': checkConfig,
};
