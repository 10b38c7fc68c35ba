/** Where the agent keeps its data, and as which user it touches them: from source and as a package. */
import { readFileSync, statSync } from 'node:fs';

/** A package holds its code compiled in: no script was named at the start. */
export const isPackaged = (): boolean => !process.argv[1]?.endsWith('.ts');

/** The folder of the source tree is wherever somebody works; that of a package is one place per system. */
export function defaultData(): string {
  if (!isPackaged()) return 'data/agent';
  if (process.platform === 'win32') return `${process.env.ProgramData ?? 'C:\\ProgramData'}\\Evenkeel\\data`;
  return process.platform === 'darwin' ? '/var/db/evenkeel-agent' : '/var/lib/evenkeel-agent';
}

/**
 * A package runs the agent as a user of its own, to whom its folder belongs; an administrator types its commands as root. What
 * root wrote there the agent could not read, and what that user has planted there must not lead root astray.
 */
export function becomeOwner(folder: string): void {
  // Node has initgroups; its types do not know it.
  const { geteuid, initgroups, setgid, setuid } = process as Partial<typeof process> & {
    initgroups?: (user: string, group: number) => void;
  };
  if (!isPackaged() || geteuid?.() !== 0 || !initgroups || !setgid || !setuid) return;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (!owner || owner.uid === 0) return;
  const name = nameOf(owner.uid);
  if (name !== undefined) initgroups(name, owner.gid);
  setgid(owner.gid);
  setuid(owner.uid);
}

/** The groups of a user come by name. */
function nameOf(uid: number): string | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0];
}
