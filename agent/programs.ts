/**
 * Where the agent finds programs, and the environment that it gives to them: the same whoever started it and how. A PATH,
 * an LD_PRELOAD or a HOME that came with the start of a root's agent would be somebody else's choice of what root runs.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, win32 } from 'node:path';
import { reason } from '../shared/reason.ts';
import { NoData } from './checks/check.ts';
import { assertTrusted, distrust } from './trusted-path.ts';

const windows = process.platform === 'win32';

/** What the system and its administrator install; NixOS has all of it in the last one, snaps in the one before. */
const unixFolders = [
  ...['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'],
  ...(process.platform === 'darwin' ? ['/opt/homebrew/sbin', '/opt/homebrew/bin'] : []),
  ...(process.platform === 'linux' ? ['/snap/bin', '/run/current-system/sw/bin'] : []),
];

function windowsFolders(): string[] {
  const system = win32.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32');
  return [system, win32.join(system, 'WindowsPowerShell', 'v1.0'), win32.join(system, 'wbem')];
}

/** The folders in which nobody else can put a program: /usr/local belongs to other users on some machines. */
function safeFolders(): string[] {
  return windows ? windowsFolders() : unixFolders.filter((folder) => isThere(folder) && distrust(folder) === null);
}

const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;

export const programPath = (): string => safeFolders().join(windows ? ';' : ':');

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Products for Windows lie in folders of their own. */
const namesOf = (folder: string, name: string): string[] =>
  windows && !/\.\w+$/.test(name) ? [win32.join(folder, `${name}.exe`)] : [join(folder, name)];

/**
 * The program by its absolute path.
 * @param path folders to look in first, from settings that were checked themselves
 * @throws NoData when there is none; EvenkeelError UNTRUSTED_PATH when somebody else could exchange it
 */
export function findProgram(file: string, path?: string): string {
  const plain = !/[\\/]/.test(file);
  const own = path?.split(windows ? ';' : ':').filter(Boolean) ?? [];
  const product = file.replace(/\.exe$/i, '');
  const more = windows ? [win32.join(process.env.ProgramFiles ?? 'C:\\Program Files', product)] : [];
  const places = plain ? [...own, ...safeFolders(), ...more].flatMap((folder) => namesOf(folder, file)) : [file];
  const found = places.find((place) => isThere(place) && (windows || isProgram(place)));
  if (found === undefined) {
    const there = places.find(isThere);
    throw new NoData(reason(there === undefined ? 'not_installed' : 'not_startable', { program: file }));
  }
  assertTrusted(found);
  return found;
}

/** That of the start, unless somebody else could write there: programs read their settings from it. */
function homeFolder(): string | undefined {
  const { HOME } = process.env;
  if (windows || (HOME !== undefined && isThere(HOME) && distrust(HOME) === null)) return HOME;
  try {
    return userInfo().homedir;
  } catch {
    // A user without an entry, as in some containers.
    return undefined;
  }
}

/** All that a program gets to see. */
export function programEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const home = homeFolder();
  const base: Record<string, string> = { PATH: programPath(), LC_ALL: 'C', LANG: 'C' };
  if (home !== undefined) base.HOME = home;
  // Windows programs do not even start without these.
  for (const name of windows ? ['SystemRoot', 'SystemDrive', 'TEMP', 'PATHEXT', 'windir'] : []) {
    const value = process.env[name];
    if (value !== undefined) base[name] = value;
  }
  return { ...base, ...extra };
}

/** Of this agent's own environment, for those of its processes that ask the collector by HTTPS. */
export const proxyWords = (): Record<string, string> =>
  Object.fromEntries(
    ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
