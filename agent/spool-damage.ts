/**
 * What a damaged file held must be declared as lost, and then the file cannot be read any more: a note of its bounds
 * lies beside it.
 */
import { closeSync, existsSync, openSync, readSync, renameSync } from 'node:fs';
import type { Loss } from '../shared/report.ts';
import { replaceFile } from './safe-write.ts';
import { readTrusted } from './trusted-path.ts';

export interface DamageBounds {
  epoch: string;
  from: number;
  to: number;
}

/** PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, AUTH: the machine refuses, the file may be whole. */
const refusals = new Set([3, 5, 6, 7, 8, 10, 13, 14, 23]);

/**
 * Whether the file itself is damaged, and not the disk full or the call wrong. SQLite has no code of its own for it: a header
 * of another format or a table without its columns is a plain error, and a number too large for JavaScript is Node's.
 */
export function isCorrupt(thrown: unknown): boolean {
  const { errcode, code } = thrown as { errcode?: number; code?: string };
  return errcode === undefined ? code === 'ERR_OUT_OF_RANGE' : !refusals.has(errcode & 0xff);
}

/**
 * SQLite takes a file whose format for writing (byte 18) it does not know as read-only, and says the same of a file it may not
 * write. Nobody but damage makes such a file here.
 */
export function isOfUnknownFormat(path: string, thrown: unknown): boolean {
  if (((thrown as { errcode?: number }).errcode ?? 0) !== 8) return false;
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(20);
    return readSync(file, header, 0, 20, 0) === 20 && (header[18] ?? 0) > 2;
  } finally {
    closeSync(file);
  }
}

/** A note is written at open, close and after this many entries. */
export const markEvery = 60;
const markOf = (path: string) => `${path}.mark`;

export function writeMark(path: string, bounds: DamageBounds): void {
  if (path !== ':memory:') replaceFile(markOf(path), JSON.stringify(bounds));
}

function readMark(path: string): DamageBounds | null {
  try {
    const { epoch, from, to } = JSON.parse(readTrusted(markOf(path)).toString('utf8')) as DamageBounds;
    return /^[0-9a-f]{32}$/.test(epoch) && from >= 1 && to >= 0 ? { epoch, from, to } : null;
  } catch {
    // No note: the file was damaged before it was first closed, or never was a spool.
    return null;
  }
}

/**
 * What may have been in a file that is damaged.
 * @param running the epoch and number that this process used, when it ran on the file
 * @returns null when nothing waited in it
 */
export function lossOfDamage(path: string, running: { epoch: string; seq: number } | null): Loss | null {
  const mark = readMark(path);
  if (running) {
    const from = mark?.epoch === running.epoch ? mark.from : 1;
    return from > running.seq ? null : { ...lossFrom(running.epoch, from, running.seq) };
  }
  // The note does not know how many entries came after it, only that it would have been written again.
  return mark ? lossFrom(mark.epoch, mark.from, mark.to + markEvery) : lossFrom('0'.repeat(32), 1, 1);
}

function lossFrom(epoch: string, from: number, to: number): Loss {
  return { epoch, from, to, reason: 'corrupt', count: to - from + 1 };
}

/** Moves the damaged file and its companions away, for later inspection. @returns the new name */
export function setAside(path: string, now: number): string {
  const aside = `${path}.corrupt-${now}`;
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}
