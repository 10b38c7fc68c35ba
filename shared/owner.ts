/** As which user a program of a package touches its folder. */
import { readFileSync, statSync } from 'node:fs';

/**
 * A package runs its program as a user of its own, to whom its folder belongs; an administrator types its commands as root. What
 * root wrote there the program could not read, and what that user has planted there must not lead root astray.
 */
export function becomeOwnerOf(folder: string): void {
  // Node has initgroups; its types do not know it.
  const { geteuid, initgroups, setgid, setuid } = process as Partial<typeof process> & {
    initgroups?: (user: string, group: number) => void;
  };
  if (geteuid?.() !== 0 || !initgroups || !setgid || !setuid) return;
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
