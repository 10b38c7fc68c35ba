/**
 * `<data>/local.token`: an admin's token for tools on this machine, for whoever may read the data folder anyway. It is known to
 * this process alone and ends with it, however it ends. The path is a link: the text lies outside, so that no copy or backup of
 * the data folder holds it.
 */
import {
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Log } from '../../shared/log.ts';
import type { Tokens } from '../accounts/tokens.ts';

const name = 'local tools';
const prefix = 'evenkeel-local-';
/** Beside the token: which link leads to it. */
const ownerName = 'link';
/** Systems tidy folders of temporary files up after days without use. */
const touchedEveryMs = 86_400_000;

/** The service manager's own, the log-in's, or the one of temporary files. After su, sudo -E or in cron, a log-in's may be another's or gone. */
const placesIn = ({ RUNTIME_DIRECTORY, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): string[] => [
  ...[RUNTIME_DIRECTORY?.split(':')[0], XDG_RUNTIME_DIR].filter((path) => path !== undefined).filter(isOurs),
  tmpdir(),
];

/** A relative path would lead into the working folder. */
function isOurs(path: string): boolean {
  if (!isAbsolute(path)) return false;
  try {
    const found = statSync(path);
    return found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o002) === 0;
  } catch {
    // Not there, or not for us to see.
    return false;
  }
}

/** @returns the function that ends it. Where it can be put nowhere, the collector runs without it. */
export async function writeLocalToken(
  tokens: Pick<Tokens, 'passing' | 'revokeNamed'>,
  path: string,
  log: Pick<Log, 'warn'>,
): Promise<() => void> {
  remove(path);
  // Before 0.2 they were stored, and a killed collector left one that still worked.
  await tokens.revokeNamed(name);
  const { secret, end } = tokens.passing({ name, role: 'admin' });
  let file: string;
  try {
    file = writeOutside(secret, path);
  } catch (error) {
    end();
    log.warn(
      { link: path, reason: (error as Error).message },
      'Could not write the token for tools on this machine, which need one of their own now; for this one, set TMPDIR to a folder that this user can write to, and restart',
    );
    return () => {};
  }
  const touched = setInterval(() => touch(file), touchedEveryMs);
  touched.unref();
  return () => {
    clearInterval(touched);
    end();
    // Where the data folder was replaced, another collector's link lies at this path.
    if (targetOf(path) === file) rmSync(path, { force: true });
    rmSync(dirname(file), { recursive: true, force: true });
  };
}

/** @returns the file, in the first place that takes it. @throws the faults of all places */
function writeOutside(secret: string, link: string): string {
  const faults: string[] = [];
  for (const place of placesIn(process.env)) {
    let folder: string | undefined;
    try {
      folder = mkdtempSync(join(place, prefix));
      const file = join(folder, 'token');
      writeFileSync(file, `${secret}\n`, { mode: 0o600 });
      writeFileSync(join(folder, ownerName), resolve(link), { mode: 0o600 });
      symlinkSync(file, link, 'file');
      return file;
    } catch (error) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      faults.push((error as Error).message);
    }
  }
  throw new Error(faults.join('; '));
}

/** What a start that was killed has left, here and outside; before 0.2 it was a file. */
function remove(path: string): void {
  const old = targetOf(path);
  if (old !== null && basename(dirname(old)).startsWith(prefix) && linkOf(dirname(old)) === resolve(path))
    rmSync(dirname(old), { recursive: true, force: true });
  rmSync(path, { force: true });
}

/** The link that leads to the token in this folder: in a copy of a data folder the link leads to the token of the other collector. */
function linkOf(folder: string): string | null {
  try {
    return readFileSync(join(folder, ownerName), 'utf8');
  } catch {
    // Gone, or of a version that did not write it: left to whoever tidies temporary files.
    return null;
  }
}

function targetOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // Not there, or no link.
    return null;
  }
}

function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Removed by hand: tools find no token then, and the collector does not need it.
  }
}
