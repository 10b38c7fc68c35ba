/**
 * The endpoint's own settings file, `<agent data>/checks.yaml`. What stands here can start programs and read files, so
 * it is written by the administrator of the machine and never comes over the network. Loaded only where there is such a
 * file.
 */
import { posix, win32 } from 'node:path';
import { type Static, Type } from 'typebox';
import { EvenkeelError, fail, reasonOf } from '../shared/errors.ts';
import { parseSettingsFile } from '../shared/settings-file.ts';
import { type Fault, faultsOf } from '../shared/shape.ts';
import { BackupSettings, faultsOfBackups } from './checks/backup/settings.ts';
import { faultsOfLogs, LogSettings, logsAtMost } from './checks/logs/settings.ts';
import { textOfBytes } from './checks/parse.ts';
import { closed, duration, entryName, twiceNamed } from './settings-parts.ts';
import { readTrusted } from './trusted-path.ts';

/** One custom check: a program and its arguments, one list item each, because no shell parses them. */
export const CustomCheck = Type.Object(
  {
    name: entryName,
    command: Type.Array(Type.String({ maxLength: 4096 }), {
      minItems: 1,
      maxItems: 64,
      want: 'a list of words, the program first, such as [/usr/bin/check, -w, "10"]',
      check: ([program = '']: readonly string[]) => programFault(program),
    }),
    every: Type.Optional(duration('1s', '7d')),
    timeout: Type.Optional(duration('100ms', '1h')),
    output: Type.Optional(Type.Union([Type.Literal('nagios'), Type.Literal('json')])),
    env: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String(), { additionalProperties: false }),
    ),
  },
  closed,
);
export type CustomCheck = Static<typeof CustomCheck>;

export const AgentSettings = Type.Object(
  {
    custom: Type.Optional(Type.Array(CustomCheck, { maxItems: 100 })),
    certificates: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1024, want: 'a path', check: pathFault }), {
        maxItems: 200,
        description: 'certificate files, or folders that hold them',
      }),
    ),
    backups: Type.Optional(BackupSettings),
    logs: Type.Optional(Type.Array(LogSettings, { maxItems: logsAtMost })),
  },
  closed,
);
export type AgentSettings = Static<typeof AgentSettings>;

const isAbsolute = (path: string) => posix.isAbsolute(path) || win32.isAbsolute(path);

/** The author of a settings file cannot know the agent's working folder. */
function pathFault(path: string): string | null {
  return isAbsolute(path) ? null : 'is not an absolute path';
}

function programFault(program: string): string | null {
  if (program.trim() === '') return 'names no program';
  if (/\s-/.test(program))
    return `holds arguments in its first word; each is an entry of its own, because no shell reads them`;
  if (!isAbsolute(program) && /[\\/]/.test(program)) return 'names a program by a path that is not absolute';
  return null;
}

/**
 * YAML text → settings.
 * @param file named in errors
 * @param part what is asked for: faults of the other parts are listed with its own, but do not make it unreadable
 * @param patternFault what is wrong with a pattern of a log; null: patterns are not looked at
 * @throws EvenkeelError BAD_LOCAL_CONFIG with everything that is wrong
 */
export function parseSettings(
  text: string,
  file: string,
  part?: keyof AgentSettings,
  patternFault: ((pattern: string) => string | null) | null = null,
): AgentSettings {
  const source = parseSettingsFile(text, file);
  const faults = faultsOf(AgentSettings, source.value);
  const { custom, backups, logs } = (source.value ?? {}) as Partial<Record<keyof AgentSettings, unknown>>;
  faults.push(...twiceNamed('custom', custom), ...faultsOfLogs(logs, patternFault));
  faults.push(...faultsOfBackups(backups).map((fault) => ({ ...fault, path: ['backups', ...fault.path] })));
  const lines = source.describe(faults);
  const isOther = ({ path: [first] }: Fault) =>
    first !== undefined && first !== part && first in AgentSettings.properties;
  if (lines.length === 0 || (part !== undefined && lines.length === faults.length && faults.every(isOther)))
    return source.value as AgentSettings;
  throw fail('BAD_LOCAL_CONFIG', { faults: lines.join('\n') });
}

/**
 * The settings in a file; empty when there is no such file.
 * @throws EvenkeelError BAD_LOCAL_CONFIG, CONFIG_UNREADABLE, UNTRUSTED_PATH
 */
export async function readSettings(file: string, part?: keyof AgentSettings): Promise<AgentSettings> {
  let text: string;
  try {
    text = textOfBytes(readTrusted(file));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return {};
    if (thrown instanceof EvenkeelError) throw thrown;
    throw fail('CONFIG_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
  }
  // The library of patterns only where there may be one.
  const patterns = /\bpattern\b/.test(text) ? await import('./checks/logs/pattern.ts') : null;
  return parseSettings(text, file, part, patterns?.patternFault);
}
