/** Where this agent was installed, and in what form: only the form with `versions/` and `current` exchanges itself. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isPackaged, programFile } from '../home.ts';

export interface InstalledPlace {
  /** As of `npm run package`: linux-x64. */
  target: string;
  /** tar.gz, deb, rpm, msi; source: it runs from the source tree. */
  form: string;
  /** Root's folder with `versions`, `current`, `guard`, `keys.json` and `update`; null: somebody else brings new versions. */
  home: string | null;
}

export function updatePlace(): InstalledPlace {
  const { platform, arch } = process;
  const system = platform === 'win32' ? 'win' : platform === 'darwin' ? 'macos' : platform;
  const target = `${system}-${arch}`;
  if (!isPackaged()) return { target, form: 'source', home: null };
  // Neither was tried on such a machine: people are told, and nothing is exchanged.
  if (platform !== 'linux') return { target, form: platform === 'win32' ? 'msi' : 'tar.gz', home: null };
  const versions = dirname(programFile());
  if (basename(versions) === 'versions') return { target, form: 'tar.gz', home: dirname(versions) };
  return { target, form: existsSync('/var/lib/dpkg/info/evenkeel-agent.list') ? 'deb' : 'rpm', home: null };
}

/** What is root's: the agent reads some of it and writes nothing. */
export const rootPaths = (home: string) => ({
  versions: join(home, 'versions'),
  current: join(home, 'current'),
  keys: join(home, 'keys.json'),
  state: join(home, 'update'),
  record: join(home, 'update', 'state.json'),
  /** While a version is on trial; the guard reads it. */
  trial: join(home, 'update', 'trial'),
  /** The updater has restarted the agent in this trial. */
  restarted: join(home, 'update', 'restarted'),
  /** A line for each start; the guard writes it. */
  starts: join(home, 'update', 'starts'),
  /** Left by whoever swapped back, until it is on record. */
  fellBack: join(home, 'update', 'fell-back'),
  /** Of a proven version: what ran before, for the guard. */
  previous: join(home, 'update', 'previous'),
  copy: join(home, 'update', 'copy'),
});

/** What is the agent's: data to root, and nothing that root obeys without a signature. */
export const agentPaths = (data: string) => ({
  folder: join(data, 'update'),
  manifest: join(data, 'update', 'manifest.json'),
  request: join(data, 'update', 'request'),
});

/** Named by what is to be in it: another release never goes on where this one was cut off. */
export const packagePath = (data: string, sha256: string) => join(data, 'update', `${sha256}.package`);

/** What a person types at this machine to have the version, by the names of `npm run package`; null: no package manager has it. */
export function packageLine(form: string, version: string, arch: string): string | null {
  if (form === 'deb') return `sudo apt install ./evenkeel-agent_${version}_${arch === 'arm64' ? 'arm64' : 'amd64'}.deb`;
  if (form === 'rpm') return `sudo rpm -U evenkeel-agent-${version}-1.${arch === 'arm64' ? 'aarch64' : 'x86_64'}.rpm`;
  return null;
}
