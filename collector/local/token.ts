/**
 * `<data>/local.token`: an admin's token for tools on this machine, for whoever may read the data folder anyway. It is known to
 * this process alone and ends with it, however it ends. The path is a link: the text lies outside, so that no copy or backup of
 * the data folder holds it.
 */
import { mkdtempSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Tokens } from '../accounts/tokens.ts';

const name = 'local tools';
const prefix = 'evenkeel-local-';
/** Systems tidy folders of temporary files up after days without use. */
const touchedEveryMs = 86_400_000;

/** The service manager's own, the log-in's, or the one of temporary files. */
const place = ({ RUNTIME_DIRECTORY, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv) =>
  (RUNTIME_DIRECTORY?.split(':')[0] || XDG_RUNTIME_DIR) ?? tmpdir();

/** @returns the function that ends it */
export async function writeLocalToken(
  tokens: Pick<Tokens, 'passing' | 'revokeNamed'>,
  path: string,
): Promise<() => void> {
  remove(path);
  // Before 0.2 they were stored, and a killed collector left one that still worked.
  await tokens.revokeNamed(name);
  const { secret, end } = tokens.passing({ name, role: 'admin' });
  const folder = mkdtempSync(join(place(process.env), prefix));
  const file = join(folder, 'token');
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  symlinkSync(file, path, 'file');
  const touched = setInterval(() => touch(file), touchedEveryMs);
  touched.unref();
  return () => {
    clearInterval(touched);
    end();
    // Where the data folder was replaced, another collector's link lies at this path.
    if (targetOf(path) === file) rmSync(path, { force: true });
    rmSync(folder, { recursive: true, force: true });
  };
}

/** What a start that was killed has left, here and outside; before 0.2 it was a file. */
function remove(path: string): void {
  const old = targetOf(path);
  if (old !== null && basename(dirname(old)).startsWith(prefix)) rmSync(dirname(old), { recursive: true, force: true });
  rmSync(path, { force: true });
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
