/**
 * Which package sources are configured, and whether apt holds their lists. A source that could not be fetched leaves no
 * trace in apt's own answers: a simulation then reports "nothing to do", with exit code 0.
 */
import { linesOf } from '../parse.ts';

export interface AptSource {
  uri: string;
  suite: string;
}

/** A one-line `sources.list`. */
export function parseSourcesList(text: string): AptSource[] {
  return linesOf(text).flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?([a-z+]+:\S+)\s+(\S+)/.exec(line);
    return match && !match[1]?.startsWith('cdrom:') ? [{ uri: match[1] ?? '', suite: match[2] ?? '' }] : [];
  });
}

/** Addresses and suites of one stanza are multiplied with each other. */
const maxWords = 100;

/** A deb822 `*.sources` file. */
export function parseSourcesFile(text: string): AptSource[] {
  const plain = linesOf(text)
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return plain.split(/\n\s*\n/).flatMap((stanza) => {
    const words = (key: string) =>
      (new RegExp(`^${key}:((?:.*)(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1] ?? '')
        .trim()
        .split(/\s+/, maxWords)
        .filter(Boolean);
    if (/^enabled:\s*(no|false|0)/im.test(stanza) || !words('Types').includes('deb')) return [];
    return words('URIs').flatMap((uri) => words('Suites').map((suite) => ({ uri, suite })));
  });
}

/** The start of the names of a source's files below /var/lib/apt/lists, as apt makes them (URItoFileName). */
export function listPrefix({ uri, suite }: AptSource): string {
  const base = uri
    .replace(/^[a-z+]+:(\/\/)?/, '')
    .replace(/^[^/@]*@/, '')
    .replace(/\/*$/, '/');
  const path = suite.endsWith('/') ? `${base}${suite === '/' ? '' : suite}` : `${base}dists/${suite}/`;
  const quoted = path.replace(/[\\|{}[\]<>"^~_=!@#$%&*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return quoted.replaceAll('/', '_').toLowerCase();
}

/** Sources of which apt holds no release file: they were never fetched, or the last fetch was refused. */
export function unfetched(sources: readonly AptSource[], listNames: readonly string[]): AptSource[] {
  const names = new Set(listNames.map((name) => name.toLowerCase()));
  return sources.filter((source) => {
    const prefix = listPrefix(source);
    return !names.has(`${prefix}inrelease`) && !names.has(`${prefix}release`);
  });
}

/** The source of a line of `apt-cache policy`: `http://host/debian bookworm/main amd64 Packages`. */
export function sourceOfPolicy(line: string): AptSource {
  const [uri = '', path = ''] = line.split(' ');
  return { uri, suite: path.endsWith('/') ? path : path.replace(/\/[^/]*$/, '') };
}

/** Whether a source is the distribution's own, by its suite: without it the answer is not worth anything. */
export function isOwnSource({ suite }: AptSource, codename: string | null): boolean {
  const [name = ''] = suite.split('/');
  const base = name.replace(/-(security|updates|backports|proposed|infra-security|apps-security)$/, '');
  return base === codename || /^(old)*stable$|^testing$|^sid$|^unstable$/.test(base);
}

export const isSecuritySuite = ({ uri, suite }: AptSource) =>
  /-security(\/|$)/.test(suite) || /security\.debian\.org|debian-security/.test(uri);
