/** File access: bounded, under the context's root, and null instead of an error for what is not there. */
import { open, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { textOfBytes } from './parse.ts';

interface Rooted {
  root: string;
}

/** A status file of dpkg on a big server has 10 MB; nothing that a check reads is larger. */
const maxFileBytes = 32 * 1024 * 1024;

function under(context: Rooted, path: string): string {
  return context.root === '' ? path : join(context.root, path);
}

/** The first `limit` bytes of a file; null when it cannot be read. Works for /proc and /sys, whose sizes are 0. */
export async function bytesOf(context: Rooted, path: string, limit = maxFileBytes): Promise<Buffer | null> {
  try {
    const file = await open(under(context, path), 'r');
    try {
      const chunks: Buffer[] = [];
      let total = 0;
      while (total < limit) {
        const chunk = Buffer.alloc(Math.min(64 * 1024, limit - total));
        const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
        if (bytesRead === 0) break;
        chunks.push(chunk.subarray(0, bytesRead));
        total += bytesRead;
      }
      return Buffer.concat(chunks);
    } finally {
      await file.close();
    }
  } catch {
    // Missing, or no permission to read: both mean "not known here", and the caller reports it.
    return null;
  }
}

export async function fileText(context: Rooted, path: string, limit = maxFileBytes): Promise<string | null> {
  const bytes = await bytesOf(context, path, limit);
  return bytes === null ? null : textOfBytes(bytes);
}

/** Last `limit` bytes of a growing log as text; null when it cannot be read. */
export async function tailText(context: Rooted, path: string, limit = 256 * 1024): Promise<string | null> {
  try {
    const file = await open(under(context, path), 'r');
    try {
      const { size } = await file.stat();
      const chunk = Buffer.alloc(Math.min(limit, size));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, Math.max(0, size - chunk.length));
      return textOfBytes(chunk.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    // As above.
    return null;
  }
}

/** Names in a folder, sorted; empty when it is not there. */
export async function namesIn(context: Rooted, path: string): Promise<string[]> {
  try {
    return (await readdir(under(context, path))).sort();
  } catch {
    // As above.
    return [];
  }
}

/** Modification time in ms since 1970; null when the file is not there. */
export async function changedAt(context: Rooted, path: string): Promise<number | null> {
  try {
    return Math.round((await stat(under(context, path))).mtimeMs);
  } catch {
    // As above.
    return null;
  }
}

export async function linkOf(context: Rooted, path: string): Promise<string | null> {
  try {
    return await readlink(under(context, path));
  } catch {
    // As above.
    return null;
  }
}

export async function exists(context: Rooted, path: string): Promise<boolean> {
  return (await changedAt(context, path)) !== null;
}
