/** The Chromium of this machine: where it is, and a process of it that is driven through two pipes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const windows = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];
const places: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  ),
  win32: ['C:\\Program Files', 'C:\\Program Files (x86)'].flatMap((folder) =>
    windows.map((name) => `${folder}\\${name}`),
  ),
};
const unix = ['/usr/bin', '/usr/local/bin', '/snap/bin'].flatMap((folder) =>
  ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'].map(
    (name) => `${folder}/${name}`,
  ),
);

/** @param set by a setting; null: the usual places. Null where there is none */
export function findBrowser(set: string | null): string | null {
  const candidates = set === null ? (places[process.platform] ?? unix) : [set];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** Fixed words only: nothing from outside reaches the command line, which other users of the machine can read. */
const flags = [
  ...['--headless', '--remote-debugging-pipe', '--disable-gpu', '--no-first-run', '--no-default-browser-check'],
  ...['--disable-extensions', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--disable-default-apps', '--disable-breakpad', '--mute-audio', '--password-store=basic', '--use-mock-keychain'],
  // It is answered through the pipe, and has no business in any network.
  '--host-resolver-rules=MAP * ~NOTFOUND',
  // Shared memory is small in containers; one renderer with a bounded heap is enough for one page.
  ...['--disable-dev-shm-usage', '--renderer-process-limit=1', '--js-flags=--max-old-space-size=512'],
];

export interface BrowserProcess {
  /** Messages of the DevTools protocol, ended by NUL. */
  input: Writable;
  output: Readable;
  /** Resolves with what it said last, when it has ended. */
  ended: Promise<string>;
  /** Ends it with all its processes and removes its profile. */
  close(): Promise<void>;
}

export function startBrowser(path: string): BrowserProcess {
  const profile = mkdtempSync(join(tmpdir(), 'evenkeel-pdf-'));
  const child = spawn(
    path,
    [...flags, ...(mayMakeSandbox() ? [] : ['--no-sandbox']), `--user-data-dir=${profile}`, 'about:blank'],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      // Whatever it writes stays in its profile; our own environment holds secrets.
      env: { PATH: process.env.PATH ?? '', HOME: profile, TMPDIR: profile, LANG: 'C.UTF-8', ...systemFolders() },
      cwd: profile,
      // A group of its own, so that all its processes end with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    },
  );
  endFirst(child.pid);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(said.trim().split('\n').at(-1) ?? ''));
  });
  const [input, output] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  // It may end while it is written to: `ended` reports that.
  for (const pipe of [input, output]) pipe?.on('error', () => {});
  return {
    ...{ input, output, ended },
    async close() {
      kill(child);
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/**
 * Chromium's own sandbox is made of namespaces and a program with root's rights. It ends where it may use neither: as root, and within the
 * sandbox of a service or a container, which surrounds it then (systemd's and Docker's filter of calls to the system).
 */
function mayMakeSandbox(): boolean {
  if (process.getuid?.() === 0) return false;
  if (process.platform !== 'linux') return true;
  return !/^Seccomp:\s*2$/m.test(readFileSync('/proc/self/status', 'utf8'));
}

/** Windows starts no program without them. */
const systemFolders = () =>
  Object.fromEntries(
    ['SystemRoot', 'windir', 'ProgramFiles', 'LOCALAPPDATA', 'TEMP', 'TMP'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );

/** Where memory runs out the system ends it, and not the collector. */
function endFirst(pid: number | undefined): void {
  if (process.platform !== 'linux' || pid === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // It has ended, or the system does not let us: then all are equal.
  }
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill();
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
