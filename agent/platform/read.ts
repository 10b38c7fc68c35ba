/**
 * Small files read at once. For /proc and /sys a synchronous read is right: the kernel answers from memory in 0.03 ms,
 * where a promise takes a turn through the thread pool. Never for paths that may be on a network.
 */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';

const scratch = Buffer.allocUnsafe(16_384);

/** The text, or null when the file is missing or not ours to read; the caller says which matters. */
export function readText(root: string, path: string): string | null {
  const head = readHead(root, path, 'utf8');
  if (head === null || head.length < scratch.length / 4) return head;
  try {
    return readFileSync(root + path, 'utf8');
  } catch {
    // It went away between the two reads.
    return null;
  }
}

/** First 16 KiB of a file, in three system calls and without a new buffer: half the cost of reading a whole one. */
export function readHead(root: string, path: string, encoding: 'utf8' | 'latin1' = 'latin1'): string | null {
  let file: number;
  try {
    file = openSync(root + path, 'r');
  } catch {
    // The process has ended between listing and reading.
    return null;
  }
  try {
    return scratch.toString(encoding, 0, readSync(file, scratch, 0, scratch.length, 0));
  } catch {
    // As above.
    return null;
  } finally {
    closeSync(file);
  }
}

export function firstLine(root: string, path: string): string | null {
  const text = readText(root, path);
  return text === null ? null : (text.split('\n', 1)[0] ?? '').trim();
}

/** The number in a file of one number; null when missing or not a number. */
export function readNumber(root: string, path: string): number | null {
  const line = firstLine(root, path);
  if (line === null || line === '') return null;
  const value = Number(line);
  return Number.isFinite(value) ? value : null;
}

export function listNames(root: string, path: string): string[] {
  try {
    return readdirSync(root + path).sort();
  } catch {
    // Missing or denied, as above.
    return [];
  }
}

export function readLink(root: string, path: string): string | null {
  try {
    return readlinkSync(root + path);
  } catch {
    // As above.
    return null;
  }
}
