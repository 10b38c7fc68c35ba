/** Files that are whole and durable, with their SHA-256. */
import { createHash } from 'node:crypto';
import { constants, type FileHandle, lchown, link, lstat, mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const chunkBytes = 1024 * 1024;

export interface Sum {
  bytes: number;
  sha256: string;
}

export interface CopyWatch {
  /** Ends the work between two chunks. */
  signal: AbortSignal;
  /** Bytes since the last call. */
  moved(bytes: number): void;
}

/** A link where a file is meant could lead anywhere. @throws Error */
const openFile = (path: string) => open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));

async function eachChunk(from: FileHandle, { signal, moved }: CopyWatch, use: (part: Buffer) => Promise<void> | void) {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  const hash = createHash('sha256');
  let bytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await from.read(buffer, 0, chunkBytes, bytes);
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
    const part = buffer.subarray(0, bytesRead);
    hash.update(part);
    await use(part);
    bytes += bytesRead;
    moved(bytesRead);
  }
}

export async function sumOf(path: string, watch: CopyWatch): Promise<Sum> {
  const from = await openFile(path);
  try {
    return await eachChunk(from, watch, () => {});
  } finally {
    await from.close();
  }
}

/** @param to must not be there; its folder is made. Durable when it resolves, but for its name: `syncFolders` */
export async function copyFile(from: string, to: string, watch: CopyWatch): Promise<Sum> {
  const source = await openFile(from);
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    const target = await open(to, 'wx', 0o600);
    try {
      const sum = await eachChunk(source, watch, async (part) => {
        for (let done = 0; done < part.length; ) done += (await target.write(part, done)).bytesWritten;
      });
      await target.sync();
      return sum;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** @returns whether both names are of one file now: not on every file system, nor for every file */
export async function linkFile(from: string, to: string, bytes: number): Promise<boolean> {
  try {
    const found = await lstat(from);
    if (!found.isFile() || found.size !== bytes) return false;
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await link(from, to);
    return true;
  } catch {
    return false;
  }
}

export async function writeDurable(path: string, text: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A new name is durable with its folder only. Windows cannot open one, and does not need it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** All folders below, the lowest first. */
export async function syncFolders(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await syncFolders(join(path, entry.name));
  await syncFolder(path);
}

/**
 * What root makes in a folder of another user is that user's, who has to go on with it.
 * @param path with all below it @param folder whose owner gets it
 */
export async function giveToOwner(path: string, folder: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  if (uid !== 0) await give(path, uid, gid);
}

async function give(path: string, uid: number, gid: number): Promise<void> {
  if ((await lstat(path)).isDirectory()) for (const name of await readdir(path)) await give(join(path, name), uid, gid);
  await lchown(path, uid, gid);
}

export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
