/** Files of tickets in a backup. Each is called by what it holds, so that two backups on one disk have it once. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { attachmentsFolder } from '../attachments/store.ts';
import { type CopyWatch, copyFile, linkFile } from './files.ts';
import type { BackedUpFile } from './note.ts';

/** After the state: each file that it names is there. @param before folder of the backup before; null: there is none */
export async function copyAttachments(
  data: string,
  to: string,
  before: string | null,
  watch: CopyWatch,
): Promise<{ files: BackedUpFile[]; linked: number }> {
  const files: BackedUpFile[] = [];
  let linked = 0;
  for (const part of await namesIn(join(data, attachmentsFolder)))
    for (const sha256 of await namesIn(join(data, attachmentsFolder, part))) {
      if (!/^[0-9a-f]{64}$/.test(sha256)) continue;
      const path = `${attachmentsFolder}/${part}/${sha256}`;
      const [from, target] = [data, to].map((root) => join(root, ...path.split('/'))) as [string, string];
      const bytes = (await stat(from)).size;
      if (before !== null && (await linkFile(join(before, ...path.split('/')), target, bytes))) {
        linked += bytes;
        files.push({ path, bytes, sha256 });
      } else files.push({ path, ...(await copyFile(from, target, watch)) });
    }
  return { files, linked };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  }
}
