/** Where the agent keeps its data, and as which user it touches them: from source and as a package. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { becomeOwnerOf } from '../shared/owner.ts';

/** A package holds its code compiled in: no script was named at the start. */
export const isPackaged = (): boolean => !process.argv[1]?.endsWith('.ts');

/** What was started: a package is one file, Node itself with the code inside, or a script that names Node. */
export const programFile = (): string => {
  const { argv, execPath } = process;
  const script = argv[1];
  return realpathSync(script !== undefined && /^node(\.exe)?$/.test(basename(execPath)) ? script : execPath);
};

/** The folder of the source tree is wherever somebody works; that of a package is one place per system. */
export function defaultData(): string {
  if (!isPackaged()) return 'data/agent';
  if (process.platform === 'win32') return `${process.env.ProgramData ?? 'C:\\ProgramData'}\\Evenkeel\\data`;
  return process.platform === 'darwin' ? '/var/db/evenkeel-agent' : '/var/lib/evenkeel-agent';
}

/** From source, the folder is the one of whoever works there. */
export function becomeOwner(folder: string): void {
  if (isPackaged()) becomeOwnerOf(folder);
}

/** Beside the data of a package, in a folder of root's: what the agent obeys is not the agent's to change. */
export function settingsFolder(data: string): string {
  if (process.env.EVENKEEL_AGENT_SETTINGS) return process.env.EVENKEEL_AGENT_SETTINGS;
  if (!isPackaged() || data !== defaultData()) return data;
  return process.platform === 'win32' ? join(dirname(data), 'etc') : '/etc/evenkeel-agent';
}

/** @returns the path of a file that the administrator of this machine writes; in the data folder, too, where it was before it had a folder of its own */
export function settingsFile(data: string, name: string): string {
  const folder = settingsFolder(data);
  const file = join(folder, name);
  return folder === data || existsSync(file) || !existsSync(join(data, name)) ? file : join(data, name);
}
