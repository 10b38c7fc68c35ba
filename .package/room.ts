/** What is refused before minutes of work, and not after them. */
import { statfsSync } from 'node:fs';

/** Its message says what to do. */
export class Refused extends Error {}

/** @param instead what else can be done @throws Refused */
export function checkRoom(folder: string, wanted: number, instead: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= wanted) return;
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  throw new Refused(
    `${folder} has ${gigabytes(free)} GB of room, and building takes up to ${gigabytes(wanted)} GB there. Make room, or ${instead}`,
  );
}
