/** Bytes of files under their SHA-256, in a folder of their own: whole and durable before any row names them. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export const attachmentsFolder = 'attachments';
const isHash = (name: string) => /^[0-9a-f]{64}$/.test(name);

export interface FileStore {
  /** @returns its hash */
  put(content: Buffer): Promise<string>;
  /** Null: it is not there. */
  get(hash: string): Promise<Buffer | null>;
  /** Removes files that `isWanted` does not know, and that are older than `olderMs`. @returns how many */
  sweep(isWanted: (hashes: readonly string[]) => Promise<ReadonlySet<string>>, olderMs: number): Promise<number>;
}

export function createFileStore(data: string): FileStore {
  const root = join(data, attachmentsFolder);
  const folderOf = (hash: string) => join(root, hash.slice(0, 2));
  const pathOf = (hash: string) => join(folderOf(hash), hash);

  return {
    async put(content) {
      const hash = createHash('sha256').update(content).digest('hex');
      const [folder, path] = [folderOf(hash), pathOf(hash)];
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const half = join(folder, `.${randomBytes(6).toString('hex')}.part`);
      const file = await open(half, 'wx', 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      // Also over one that is there: its time is new then, and a sweep that goes on leaves it.
      await rename(half, path);
      await syncFolder(folder);
      return hash;
    },
    async get(hash) {
      if (!isHash(hash)) return null;
      try {
        return await readFile(pathOf(hash));
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw thrown;
      }
    },
    async sweep(isWanted, olderMs) {
      let gone = 0;
      for (const part of await namesIn(root)) {
        const names = await namesIn(join(root, part));
        const wanted = await isWanted(names.filter(isHash));
        for (const name of names) {
          const path = join(root, part, name);
          if (wanted.has(name) || Date.now() - (await stat(path)).mtimeMs < olderMs) continue;
          await rm(path, { force: true });
          gone += 1;
        }
      }
      return gone;
    },
  };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  }
}

/** Its name is durable with its folder only. Windows cannot open one, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
