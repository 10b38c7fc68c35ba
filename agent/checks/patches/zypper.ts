/** SUSE and openSUSE. `--no-refresh`: nothing is fetched. No root is needed to list. */
import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';
import { type CheckContext, NoData, type RunResult } from '../check.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import { linesOf, numberOf } from '../loose.ts';
import {
  ageSeconds,
  joinReasons,
  missingMetadata,
  newest,
  type PatchManager,
  patchState,
  plainUpdate,
  plausible,
} from './manager.ts';
import { enabledRepositories } from './repo-file.ts';

export interface ZypperPatch {
  name: string;
  status: string;
  category: string;
  severity: string | null;
  restart: boolean;
  issued: number | null;
  cves: string[];
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const plain = (text: string) => text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] ?? '');

/**
 * `zypper --xmlout list-patches`. Null unless the document is whole: a cut-off list would undercount.
 */
export function parseZypperPatches(xml: string): ZypperPatch[] | null {
  if (!/<update-list\s*\/?>/.test(xml) || !/<\/stream>\s*$/.test(xml) || /<message type="error"/.test(xml)) return null;
  const patches: ZypperPatch[] = [];
  let seen = 0;
  for (const [, head = '', body = ''] of xml.matchAll(/<update\s([^>]*?)(?:\/>|>([\s\S]*?)<\/update>)/g)) {
    const attribute = (name: string) => plain(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(head)?.[1] ?? '');
    seen += 1;
    if (attribute('kind') === '' || attribute('name') === '') return null;
    if (attribute('kind') !== 'patch') continue;
    const seconds = numberOf(/<issue-date\s[^>]*time_t="(\d+)"/.exec(body)?.[1] ?? null);
    const severity = attribute('severity');
    patches.push({
      name: attribute('name'),
      status: attribute('status') || 'needed',
      category: attribute('category'),
      severity: severity === '' || severity === 'none' || severity === 'unspecified' ? null : severity,
      restart: attribute('restart') === 'true',
      issued: plausible(seconds === null ? null : seconds * 1000),
      cves: [...body.matchAll(/<issue\s[^>]*type="cve"[^>]*id="([^"]+)"/gi)].map((match) => match[1] ?? ''),
    });
  }
  return seen === (xml.match(/<update[^-\w]/g) ?? []).length ? patches : null;
}

const exits: Record<number, string> = {
  0: 'none',
  100: 'patches',
  101: 'security-patches',
  102: 'reboot-needed',
  103: 'restart-needed',
  104: 'capability-not-found',
  106: 'repository-skipped',
};

export interface PatchCheck {
  /** Null when the answer is not there: an error, or a repository that was left out. */
  needed: number | null;
  security: number | null;
  optional: number | null;
  exit: string;
}

/** `zypper patch-check`: its code says more than its words. */
export function parsePatchCheck(stdout: string, code: number | null): PatchCheck {
  const count = (pattern: RegExp) => numberOf(pattern.exec(stdout)?.[1] ?? null);
  const needed = count(/(\d+) patch(?:es)? needed/);
  const known = code !== 106 && (code === null || code in exits) && needed !== null;
  return {
    needed: known ? needed : null,
    security: known ? count(/\((\d+) security patch(?:es)?\)/) : null,
    optional: known ? (count(/(\d+) patch(?:es)? optional/) ?? 0) : null,
    exit: code === null ? 'unknown' : (exits[code] ?? 'error'),
  };
}

export interface ZypperUpdate {
  name: string;
  from: string;
  to: string;
  arch: string;
  repo: string;
}

const columns = { repo: 'Repository', name: 'Name', from: 'Current Version', to: 'Available Version', arch: 'Arch' };

/**
 * `zypper list-updates`: a table whose columns are told apart by bars and known by their names (LC_ALL=C); releases
 * differ in how many there are. Null when there is neither such a table nor "none".
 */
export function parseZypperUpdates(stdout: string): ZypperUpdate[] | null {
  const lines = linesOf(stdout);
  const rule = lines.findIndex((line) => line.includes('+') && /^[-+]+\s*$/.test(line));
  if (rule < 1) return lines.some((line) => /^No updates found\.?\s*$/.test(line)) ? [] : null;
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  const head = cells(lines[rule - 1] ?? '');
  const cell = (row: readonly string[], key: keyof typeof columns) => row[head.indexOf(columns[key])] ?? '';
  if (!head.includes(columns.name) || !head.includes(columns.to)) return null;
  const rows = lines.slice(rule + 1).filter((line) => line.includes('|'));
  const updates = rows
    .map(cells)
    .filter((row) => row.length === head.length)
    .map((row) => ({
      name: cell(row, 'name'),
      from: cell(row, 'from'),
      to: cell(row, 'to'),
      arch: cell(row, 'arch'),
      repo: cell(row, 'repo'),
    }))
    .filter((update) => update.name !== '');
  return updates.length === 0 ? null : updates;
}

/** Repositories that zypper says it has left out. */
export function skippedRepositories(text: string): string[] {
  const names = linesOf(plain(text)).flatMap((line) => /Skipping repository '([^']+)'/.exec(line)?.[1] ?? []);
  return [...new Set(names)];
}

export const zypper: PatchManager = {
  name: 'zypper',
  reads: 'zypper --no-refresh list-patches and list-updates, /etc/zypp/repos.d, /var/cache/zypp/raw; no network',
  platforms: ['linux'],
  read,
};

/** Enabled repositories with the time of their metadata; null where there are none. */
async function metadataOf(context: CheckContext) {
  const folder = '/etc/zypp/repos.d';
  const files = (await namesIn(context, folder)).filter((name) => name.endsWith('.repo'));
  const texts = await Promise.all(files.map(async (name) => (await fileText(context, `${folder}/${name}`)) ?? ''));
  return Promise.all(
    enabledRepositories(texts).map(async ({ id }) => {
      const raw = `/var/cache/zypp/raw/${id.replaceAll('/', '_')}`;
      // Of an rpm-md, a YaST and a plain repository.
      const indexes = ['repodata/repomd.xml', 'content', 'media.1/media', 'cookie'];
      return { id, at: newest(await Promise.all(indexes.map((index) => changedAt(context, `${raw}/${index}`)))) };
    }),
  );
}

const limits = { timeoutMs: 180_000, maxBytes: 16 * 1024 * 1024 };
const repositorySkipped = 106;

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/usr/bin/zypper'))) throw new NoData('this machine does not use zypper');
  const now = context.clock.now();
  const metadata = await metadataOf(context);
  const fetched = metadata.filter((repository) => repository.at !== null);
  const missing = missingMetadata(metadata.filter(({ at }) => at === null).map(({ id }) => id));
  const base = { manager: 'zypper', scannedAt: now, metadataAge: ageSeconds(now, newest(fetched.map(({ at }) => at))) };
  if (fetched.length === 0)
    return patchState(base, { list: null, reason: missing ?? 'no repository is enabled' }, false);
  // Of a repository without metadata zypper would fetch them, even with --no-refresh: only the others are asked.
  const only = missing === null ? [] : fetched.flatMap(({ id }) => ['--repo', id]);
  const ask = (options: readonly string[], command: string) =>
    context.run('/usr/bin/zypper', [...options, '--non-interactive', '--no-refresh', command, ...only], limits);
  const answer = await ask(['--xmlout'], 'list-patches');
  const usable = answer.code === 0 || answer.code === repositorySkipped;
  const patches = usable ? parseZypperPatches(answer.stdout) : null;
  if (patches === null) return byCounts(ask, base, answer.code, missing);
  const skipped = missingMetadata(skippedRepositories(answer.stdout));
  const gap = missing ?? skipped ?? (answer.code === repositorySkipped ? 'zypper has left a repository out' : null);
  const needed = patches.filter((patch) => patch.status === 'needed');
  if (needed.length > 0) return patchState(base, { list: needed.map(fromPatch), reason: null, gap }, true);
  // Tumbleweed publishes no patches, only newer packages, and does not say which are for security.
  const packages = await ask([], 'list-updates');
  const updates =
    packages.code === 0 || packages.code === repositorySkipped ? parseZypperUpdates(packages.stdout) : null;
  if (updates === null)
    return patchState(base, { list: null, reason: `zypper list-updates ended with code ${packages.code}`, gap }, false);
  const list = updates.map(({ name, from, to }) => plainUpdate(name, from, to));
  return patchState(base, { list, reason: null, gap }, patches.length > 0);
}

/** Without a readable list the counts alone are still worth having; a skipped repository makes them worthless. */
async function byCounts(
  ask: (options: readonly string[], command: string) => Promise<RunResult>,
  base: Pick<PatchState, 'manager' | 'scannedAt' | 'metadataAge'>,
  code: number | null,
  gap: string | null,
): Promise<PatchState> {
  const answer = await ask([], 'patch-check');
  const counts = parsePatchCheck(answer.stdout, answer.code ?? 1);
  const reason = `list-patches ended with code ${code}, patch-check says: ${counts.exit}`;
  if (counts.needed === null || gap !== null)
    return patchState(base, { list: null, reason: joinReasons(gap, reason) }, false);
  const state = patchState(base, { list: [], reason }, true);
  return state.scan === 'ok' ? { ...state, pending: counts.needed, pendingSecurity: counts.security } : state;
}

function fromPatch(patch: ZypperPatch): PendingUpdate {
  return {
    name: patch.name,
    installed: null,
    candidate: null,
    security: patch.category === 'security',
    ...(patch.severity === null ? {} : { severity: patch.severity }),
    since: patch.issued,
  };
}
