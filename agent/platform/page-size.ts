/** Bytes of a page of memory: 4 KiB on most machines, 16 KiB on a Raspberry Pi 5 and on Asahi, 64 KiB on some servers. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

/** AT_PAGESZ of the auxiliary vector that the kernel gives each program at its start (`man 3 getauxval`). */
const pageSizeEntry = 6n;

/** `/proc/self/auxv`: pairs of machine words. Null when it has no entry that can be a page size. Total. */
export function parseAuxv(bytes: Uint8Array, little = endianness() === 'LE'): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    if (view.getBigUint64(at, little) !== pageSizeEntry) continue;
    const size = Number(view.getBigUint64(at + 8, little));
    return Number.isInteger(Math.log2(size)) && size >= 4096 && size <= 65_536 * 4 ? size : null;
  }
  return null;
}

/** Of this system; null when unknown, and then what is counted in pages is unknown. */
export const pageBytes = (root = ''): number | null => readPageSize(root) ?? (root === '' ? null : readPageSize(''));

function readPageSize(root: string): number | null {
  try {
    return parseAuxv(readFileSync(`${root}/proc/self/auxv`));
  } catch {
    // No /proc of that form.
    return null;
  }
}
