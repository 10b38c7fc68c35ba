/** The settings as files: what anybody may read who has the backup, and what only the passphrase opens. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { clip, reason } from '../../shared/reason.ts';
import type { Config } from '../settings/settings.ts';
import { leftOutText } from './left-out.ts';
import { names } from './note.ts';
import type { SecretFiles } from './secrets.ts';

export interface SettingsCopy {
  /** By their path in the backup. */
  plain: Record<string, Uint8Array>;
  secret: SecretFiles;
  /** Of the settings file below `settings`; null: there is none. */
  file: string | null;
  /** In words: what is not there. */
  leftOut: string[];
}

/** Of the data folder: what lets whoever has it act as this collector. */
const keys = ['secrets.key', 'tls', join('agent', 'agent.json')];

const slashed = (path: string) => path.split(sep).join('/');

/** Beside the settings file a file keeps its place; from elsewhere its whole path stands below `elsewhere`. */
function placeOf(path: string, home: string): string {
  const way = relative(home, path);
  const isBeside = !way.startsWith('..') && !isAbsolute(way);
  return slashed(isBeside ? way : join('elsewhere', path.replaceAll(':', '')));
}

function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  const found = lstatSync(path);
  if (found.isFile()) return [path];
  return found.isDirectory() ? readdirSync(path).flatMap((name) => filesBelow(join(path, name))) : [];
}

export function copySettings(
  { file, named, rulesFolder, data }: Pick<Config, 'file' | 'named' | 'rulesFolder' | 'data'>,
  hasPassphrase: boolean,
): SettingsCopy {
  const home = file === null ? process.cwd() : dirname(file);
  const plain: Record<string, Uint8Array> = {};
  const secret: Record<string, Uint8Array> = {};
  const leftOut: string[] = [];
  const take = (into: Record<string, Uint8Array>, path: string, name: string) => {
    into[name] = readFileSync(path);
  };
  const at = (path: string) => `${names.settings}/${placeOf(path, home)}`;
  const rules = filesBelow(rulesFolder).filter((path) => /\.ya?ml$/.test(path));
  for (const path of [...rules, ...named.plain]) take(plain, path, at(path));
  if (file !== null) take(named.holdsSecrets ? secret : plain, file, at(file));
  for (const path of named.secret) take(secret, path, at(path));
  for (const path of keys.flatMap((key) => filesBelow(join(data, key))))
    take(secret, path, `data/${slashed(relative(data, path))}`);
  const count = Object.keys(secret).length;
  if (hasPassphrase || count === 0) return { plain, secret, file: file && basename(file), leftOut };
  // A sentence that is longer than a note takes would make the whole note one that cannot be read.
  const files = clip(Object.keys(secret).join(', '), 700);
  leftOut.push(leftOutText(reason('own_backup_without_secrets', { files })));
  return { plain, secret: {}, file: file !== null && !named.holdsSecrets ? basename(file) : null, leftOut };
}
