/** Folders that people name. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Not `recursive`: that of Node never returns below folders such as
 * /proc, which exist and take no children.
 * @param mode of every folder that is made
 * @throws errors of the file system; ENOENT: the folder above takes none. EEXIST: something else has that name
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (thrown) {
    // Made by somebody else meanwhile.
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(path)) throw thrown;
  }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
