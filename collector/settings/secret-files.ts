/** Files with secrets that every user of this machine may read. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { quoted } from '../../shared/safe-text.ts';
import type { Path } from '../../shared/shape.ts';

const secretKey = /(?:^|_)(?:password|token|secret)$/;
/** `scheme://user:password@host` */
const withLogin = /^[a-z][a-z+.-]{0,30}:\/\/[^\s:]{0,256}:[^\s]{1,512}@/i;

/** Of a webhook: what stands behind the host may be all that its receiver asks for. */
const holdsToken = (address: string) =>
  /[?&]|[\w-]{16,}/.test(URL.parse(address)?.href.split('/').slice(3).join('/') ?? '');

/** What settings name as files with secrets, and whether a secret stands in the settings themselves. */
export function secretsIn(value: unknown, path: Path = []): { files: string[]; isInText: boolean } {
  if (typeof value === 'object' && value !== null) {
    const inside = Object.entries(value).map(([key, one]) => secretsIn(one, [...path, key]));
    return { files: inside.flatMap(({ files }) => files), isInText: inside.some(({ isInText }) => isInText) };
  }
  const key = String(path.at(-1) ?? '');
  if (typeof value !== 'string' || value === '') return { files: [], isInText: false };
  if (key.endsWith('_file') || path.join('.') === 'tls.key') return { files: [value], isInText: false };
  const isHook = (path[0] === 'channels' || path[0] === 'deadman') && /^(?:fail_)?url$/.test(key) && holdsToken(value);
  return { files: [], isInText: isHook || secretKey.test(key) || withLogin.test(value) };
}

/** The mode of a file is of no use to others where a folder on the way is closed to them. */
function isOpenToAll(path: string): boolean {
  if ((statSync(path).mode & 0o004) === 0) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Docker and Kubernetes give a secret to one container: mounted read-only under /run/secrets, of root and readable for all in it,
 * whichever user its program runs as. There is nobody else in there, and no way to change the mode.
 */
function isMounted(path: string): boolean {
  const real = realpathSync(path);
  if (!real.startsWith('/run/secrets/') || statSync(real).uid !== 0) return false;
  // Octal escapes stand for spaces and the like: such a name is warned of.
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const around = mounts.filter(([, , , , at = '']) => real === at || real.startsWith(`${at.replace(/\/$/, '')}/`));
  // The longest is the one that it lies on; of two at one place the later one.
  const [, , , , , options = ''] = around.reduce((a, b) => ((b[4]?.length ?? 0) >= (a[4]?.length ?? 0) ? b : a), []);
  return options.split(',').includes('ro');
}

/** @param paths absolute; what cannot be looked at has been noted where it was read */
export function openSecrets(paths: readonly string[]): string[] {
  if (process.platform === 'win32') return [];
  return [...new Set(paths)].flatMap((path) => {
    try {
      if (!isOpenToAll(path) || (process.platform === 'linux' && isMounted(path))) return [];
    } catch {
      return [];
    }
    return [
      `${quoted(path)} holds a secret, and every user of this machine may read it. Run: chmod o= ${quoted(path)}`,
    ];
  });
}
