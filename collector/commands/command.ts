import type { ParseArgsOptionsConfig } from 'node:util';
import { becomeOwnerOf } from '../../shared/owner.ts';
import { isPackaged } from '../package/places.ts';
import { type Flags, type LoadedConfig, loadConfig } from '../settings/config.ts';

export interface Command {
  options: ParseArgsOptionsConfig;
  /** @returns the exit code. @throws EvenkeelError for anything that a person can fix */
  run(values: Readonly<Record<string, unknown>>, words: readonly string[]): Promise<number>;
  /** The one word that it takes beside options, such as FILE. */
  takes?: string;
}

/** Options of every command, because every command needs the settings. */
export const commonOptions = {
  config: { type: 'string' },
  data: { type: 'string' },
  log: { type: 'string' },
  'log-format': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export const startOptions = {
  ...commonOptions,
  'http-host': { type: 'string' },
  'http-port': { type: 'string' },
  'mqtt-host': { type: 'string' },
  'mqtt-port': { type: 'string' },
  'local-agent': { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

/**
 * Settings from flags, environment and file.
 * @param command to run again after a fault; default: the one that checks them
 * @throws EvenkeelError as loadConfig does
 */
export function settingsFrom(
  values: Readonly<Record<string, unknown>>,
  command?: string,
  env: NodeJS.ProcessEnv = process.env,
): LoadedConfig {
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const given: Record<keyof Flags, string | boolean | undefined> = {
    config: text('config'),
    data: text('data'),
    log: text('log'),
    logFormat: text('log-format'),
    httpHost: text('http-host'),
    httpPort: text('http-port'),
    mqttHost: text('mqtt-host'),
    mqttPort: text('mqtt-port'),
    localAgent: values['local-agent'] === true ? true : undefined,
  };
  const flags = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Flags;
  const loaded = loadConfig(flags, env, process.cwd(), command);
  // An administrator types commands as root; the service could not read what root wrote.
  if (isPackaged) becomeOwnerOf(loaded.config.data);
  return loaded;
}
