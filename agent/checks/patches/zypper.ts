/** SUSE and openSUSE. `--no-refresh`: nothing is fetched. No root is needed to list. */
import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, namesIn } from '../files.ts';
import { linesOf, numberOf } from '../loose.ts';
import { ageSeconds, newest, type PatchManager, patchState } from './manager.ts';

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
      issued: seconds === null ? null : seconds * 1000,
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

/** `zypper list-updates`: a table whose columns are told apart by bars. Null when there is neither table nor "none". */
export function parseZypperUpdates(stdout: string): ZypperUpdate[] | null {
  const lines = linesOf(stdout);
  const rule = lines.findIndex((line) => /^-+\+[-+]+\s*$/.test(line));
  if (rule < 1) return /^No updates found\.?$/m.test(stdout) ? [] : null;
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  const head = cells(lines[rule - 1] ?? '');
  const rows = lines
    .slice(rule + 1)
    .map(cells)
    .filter((row) => row.length === head.length && row.length >= 5);
  // Status, repository, name, current, available, architecture; the rows of very old releases have no status.
  const shift = head.length >= 6 ? 1 : 0;
  const updates = rows.map((row) => ({
    repo: row[shift] ?? '',
    name: row[shift + 1] ?? '',
    from: row[shift + 2] ?? '',
    to: row[shift + 3] ?? '',
    arch: row[shift + 4] ?? '',
  }));
  return updates.length === 0 ? null : updates.filter((update) => update.name !== '');
}

export const zypper: PatchManager = {
  name: 'zypper',
  reads: 'zypper --no-refresh list-patches and list-updates, /var/cache/zypp/raw; no network',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/usr/bin/zypper'))) throw new NoData('this machine does not use zypper');
  const now = context.clock.now();
  const raw = '/var/cache/zypp/raw';
  const names = await namesIn(context, raw);
  const times = await Promise.all(names.map((name) => changedAt(context, `${raw}/${name}/repodata/repomd.xml`)));
  const base = { manager: 'zypper', scannedAt: now, metadataAge: ageSeconds(now, newest(times)) };
  if (base.metadataAge === null)
    return patchState(base, { list: null, reason: 'there is no repository metadata' }, false);
  const options = ['--non-interactive', '--no-refresh'];
  const limits = { timeoutMs: 180_000, maxBytes: 16 * 1024 * 1024 };
  const answer = await context.run('/usr/bin/zypper', ['--xmlout', ...options, 'list-patches'], limits);
  const patches = answer.code === 0 ? parseZypperPatches(answer.stdout) : null;
  if (patches === null) return byCounts(context, base, answer.code);
  const needed = patches.filter((patch) => patch.status === 'needed');
  if (needed.length > 0) return patchState(base, { list: needed.map(fromPatch), reason: null }, true);
  // Tumbleweed publishes no patches, only newer packages, and does not say which are for security.
  const packages = await context.run('/usr/bin/zypper', ['-q', ...options, 'list-updates'], limits);
  const updates = packages.code === 0 && packages.stdout.trim() !== '' ? parseZypperUpdates(packages.stdout) : [];
  if (packages.code !== 0)
    return patchState(base, { list: null, reason: `zypper ended with code ${packages.code}` }, false);
  if (updates === null) return patchState(base, { list: null, reason: 'the list of zypper was not understood' }, false);
  const list = updates.map(({ name, from, to }) => ({
    name,
    installed: from,
    candidate: to,
    security: null,
    since: null,
  }));
  return patchState(base, { list, reason: null }, patches.length > 0);
}

/** Without a readable list the counts alone are still worth having; a skipped repository makes them worthless. */
async function byCounts(
  context: CheckContext,
  base: Pick<PatchState, 'manager' | 'scannedAt' | 'metadataAge'>,
  code: number | null,
): Promise<PatchState> {
  const args = ['--non-interactive', '--no-refresh', 'patch-check'];
  const answer = await context.run('/usr/bin/zypper', args, { timeoutMs: 180_000 });
  const counts = parsePatchCheck(answer.stdout, answer.code ?? 1);
  const reason = `list-patches ended with code ${code}, patch-check says: ${counts.exit}`;
  if (counts.needed === null) return patchState(base, { list: null, reason }, false);
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
