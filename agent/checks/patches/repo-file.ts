/** `*.repo` files of dnf, yum and zypper: which repositories are enabled, and how fresh each is meant to be. */
import { linesOf } from '../parse.ts';

export interface PackageRepository {
  id: string;
  /** Null where the file does not say: enabled, for a file that defines a repository. */
  enabled: boolean | null;
  /** Seconds until its metadata count as old; `Infinity` for never, null where the file does not say. */
  expire: number | null;
}

const factors = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

function expireOf(text: string): number | null {
  if (/^(-1|never)$/i.test(text)) return Number.POSITIVE_INFINITY;
  const match = /^(\d{1,9})([smhd]?)$/i.exec(text);
  return match ? Number(match[1]) * factors[(match[2]?.toLowerCase() || 's') as keyof typeof factors] : null;
}

/** The sections of one file, in order; `[main]` is no repository. */
export function parseRepositories(text: string): PackageRepository[] {
  const found: PackageRepository[] = [];
  for (const line of linesOf(text)) {
    const id = /^\[([^\]]+)\]/.exec(line)?.[1];
    if (id !== undefined) found.push({ id: id.trim(), enabled: null, expire: null });
    const current = found.at(-1);
    const at = line.indexOf('=');
    if (current === undefined || id !== undefined || at < 0) continue;
    const key = line.slice(0, at).trim().toLowerCase();
    const value = line.slice(at + 1).trim();
    if (key === 'enabled') current.enabled = !/^(0|no|false|off)$/i.test(value);
    if (key === 'metadata_expire') current.expire = expireOf(value);
  }
  return found.filter(({ id }) => id !== 'main');
}

/** Whether an id of an override, which may hold `*`, means this repository. */
function means(pattern: string, id: string): boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  return parts.length === 1 ? pattern === id : id.startsWith(first) && id.endsWith(last);
}

/** The enabled ones, each once; what an admin has set in an override file decides. */
export function enabledRepositories(files: readonly string[], overrides: readonly string[] = []): PackageRepository[] {
  const changes = overrides.flatMap(parseRepositories);
  const byId = new Map<string, PackageRepository>();
  for (const repository of files.flatMap(parseRepositories)) {
    const set = changes.filter(({ id }) => means(id, repository.id));
    const enabled = set.findLast((change) => change.enabled !== null)?.enabled ?? repository.enabled;
    const expire = set.findLast((change) => change.expire !== null)?.expire ?? repository.expire;
    byId.set(repository.id, { id: repository.id, enabled, expire });
  }
  return [...byId.values()].filter(({ enabled }) => enabled !== false);
}
