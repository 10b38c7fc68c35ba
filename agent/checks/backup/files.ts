/** Reading files that other programs write: bounded, and never a wait for a file system that does not answer. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckContext } from '../check.ts';
import { encodingOf, textOfBytes } from '../parse.ts';

/** `path` below the context's root; the root is empty in production. */
export function pathIn(context: CheckContext, path: string): string {
  return context.root === '' ? path : join(context.root, path);
}

export interface FileTail {
  text: string;
  modified: number;
  size: number;
}

/** The last `max` bytes of a file, from a whole line on; null when there is no such file. @throws other file errors */
export async function tailOf(path: string, max = 65_536): Promise<FileTail | null> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw thrown;
  }
  try {
    const { size, mtimeMs } = await file.stat();
    // Even, so that no character of UTF-16 is halved.
    const from = size <= max ? 0 : 2 * Math.floor((size - max) / 2);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    // The byte order mark stands at the begin.
    const mark = from === 0 ? buffer : (await file.read(Buffer.alloc(2), 0, 2, 0)).buffer;
    const text = textOfBytes(buffer.subarray(0, bytesRead), encodingOf(mark));
    const cut = from === 0 ? text : text.slice(text.indexOf('\n') + 1);
    return { text: cut, modified: Math.floor(mtimeMs), size };
  } finally {
    await file.close();
  }
}
