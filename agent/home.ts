/** Where the agent keeps its data, and as which user it touches them: from source and as a package. */
import { becomeOwnerOf } from '../shared/owner.ts';

/** A package holds its code compiled in: no script was named at the start. */
export const isPackaged = (): boolean => !process.argv[1]?.endsWith('.ts');

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
