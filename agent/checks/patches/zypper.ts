/** SUSE and openSUSE. `--no-refresh`: nothing is fetched. No root is needed to list. */

import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';
import { type Reason, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData, type RunResult } from '../check.ts';
import { howEnded } from '../ended.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import { linesOf, numberOf } from '../parse.ts';
import { unescapeXml } from '../xml.ts';
import {
  ageSeconds,
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

interface Tag {
  /** `update`, `/update` */
  name: string;
  attribute(name: string): string;
  /** Closes itself. */
  empty: boolean;
}

/** The tags of a document in order. Ours hold no `>` in their attributes: zypper writes `&gt;`. */
function* tagsOf(xml: string): Generator<Tag> {
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', at + 1)) {
    const end = xml.indexOf('>', at);
    if (end < 0) return;
    const text = xml.slice(at + 1, end);
    const words = ` ${text}`;
    const attribute = (name: string) => {
      const start = words.indexOf(` ${name}="`);
      const from = start + name.length + 3;
      return start < 0 ? '' : unescapeXml(words.slice(from, Math.max(from, words.indexOf('"', from))));
    };
    yield { name: /^\/?[\w-]*/.exec(text)?.[0] ?? '', attribute, empty: text.endsWith('/') };
    at = end;
  }
}

/**
 * `zypper --xmlout list-patches`. Null unless the document is whole: a cut-off list would undercount.
 */
export function parseZypperPatches(xml: string): ZypperPatch[] | null {
  if (!xml.trimEnd().endsWith('</stream>') || xml.includes('<message type="error"')) return null;
  // A tag whose end was lost takes the next one into itself, and with it an update.
  if (/<[^<>]*</.test(xml)) return null;
  const patches: ZypperPatch[] = [];
  let listed = false;
  let open = false;
  let current: ZypperPatch | null = null;
  for (const tag of tagsOf(xml)) {
    if (tag.name === 'update-list') listed = true;
    if (tag.name === 'update') {
      if (open || tag.attribute('kind') === '' || tag.attribute('name') === '') return null;
      current = tag.attribute('kind') === 'patch' ? patchOf(tag) : null;
      if (current) patches.push(current);
      open = !tag.empty;
    } else if (tag.name === '/update') {
      if (!open) return null;
      open = false;
    } else if (open && tag.name === 'issue-date' && current) {
      const seconds = numberOf(tag.attribute('time_t'));
      current.issued = plausible(seconds === null ? null : seconds * 1000);
    } else if (open && tag.name === 'issue' && tag.attribute('type') === 'cve') current?.cves.push(tag.attribute('id'));
  }
  return listed && !open ? patches : null;
}

function patchOf({ attribute }: Tag): ZypperPatch {
  const severity = attribute('severity');
  return {
    name: attribute('name'),
    status: attribute('status') || 'needed',
    category: attribute('category'),
    severity: severity === '' || severity === 'none' || severity === 'unspecified' ? null : severity,
    restart: attribute('restart') === 'true',
    issued: null,
    cves: [],
  };
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

/** `zypper patch-check`: its exit code carries more than its text. */
export function parsePatchCheck(stdout: string, code: number | null): PatchCheck {
  const count = (pattern: RegExp) => numberOf(pattern.exec(stdout)?.[1] ?? null);
  const needed = count(/(?<!\d)(\d{1,9}) patch(?:es)? needed/);
  const known = code !== 106 && (code === null || code in exits) && needed !== null;
  return {
    needed: known ? needed : null,
    security: known ? count(/\((\d{1,9}) security patch(?:es)?\)/) : null,
    optional: known ? (count(/(?<!\d)(\d{1,9}) patch(?:es)? optional/) ?? 0) : null,
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
 * `zypper list-updates`: a table whose columns are separated by bars and known by their names (LC_ALL=C); releases
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
  const names = linesOf(unescapeXml(text)).flatMap((line) => /Skipping repository '([^']+)'/.exec(line)?.[1] ?? []);
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
      // Of an rpm-md, a YaST and a plain repository. Their times are the server's; the folder is put there by a fetch.
      const indexes = ['repodata/repomd.xml', 'content', 'media.1/media', 'cookie'];
      const found = newest(await Promise.all(indexes.map((index) => changedAt(context, `${raw}/${index}`))));
      return { id, at: found === null ? null : newest([found, await changedAt(context, raw)]) };
    }),
  );
}

const limits = { timeoutMs: 180_000, maxBytes: 16 * 1024 * 1024 };
const repositorySkipped = 106;

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/usr/bin/zypper'))) throw new NoData(reason('not_used', { program: 'zypper' }));
  const now = context.clock.now();
  const metadata = await metadataOf(context);
  const fetched = metadata.filter((repository) => repository.at !== null);
  const missing = missingMetadata(metadata.filter(({ at }) => at === null).map(({ id }) => id));
  const base = { manager: 'zypper', scannedAt: now, metadataAge: ageSeconds(now, newest(fetched.map(({ at }) => at))) };
  if (fetched.length === 0)
    return patchState(
      base,
      { list: null, reasons: missing.length > 0 ? missing : [reason('no_repository_enabled')] },
      false,
    );
  // Of a repository without metadata zypper would fetch them, even with --no-refresh: only the others are asked.
  const only = missing.length === 0 ? [] : fetched.flatMap(({ id }) => ['--repo', id]);
  const ask = (options: readonly string[], command: string) =>
    context.run('/usr/bin/zypper', [...options, '--non-interactive', '--no-refresh', command, ...only], limits);
  const answer = await ask(['--xmlout'], 'list-patches');
  const usable = answer.code === 0 || answer.code === repositorySkipped;
  const patches = usable ? parseZypperPatches(answer.stdout) : null;
  if (patches === null) return byCounts(ask, base, answer, missing);
  const skipped = missingMetadata(skippedRepositories(answer.stdout));
  const left = answer.code === repositorySkipped ? [reason('repository_left_out')] : [];
  const gap = [missing, skipped, left].find((reasons) => reasons.length > 0) ?? [];
  const needed = patches.filter((patch) => patch.status === 'needed');
  if (needed.length > 0) return patchState(base, { list: needed.map(fromPatch), reasons: [], gap }, true);
  // Tumbleweed publishes no patches, only newer packages, and does not say which are for security.
  const packages = await ask([], 'list-updates');
  const updates =
    packages.code === 0 || packages.code === repositorySkipped ? parseZypperUpdates(packages.stdout) : null;
  if (updates === null)
    return patchState(base, { list: null, reasons: [howEnded('zypper list-updates', packages)], gap }, false);
  const list = updates.map(({ name, from, to }) => plainUpdate(name, from, to));
  return patchState(base, { list, reasons: [], gap }, patches.length > 0);
}

/** Without a readable list the counts alone are still worth having; a skipped repository makes them worthless. */
async function byCounts(
  ask: (options: readonly string[], command: string) => Promise<RunResult>,
  base: Pick<PatchState, 'manager' | 'scannedAt' | 'metadataAge'>,
  listed: RunResult,
  gap: readonly Reason[],
): Promise<PatchState> {
  const answer = await ask([], 'patch-check');
  const counts = parsePatchCheck(answer.stdout, answer.code ?? 1);
  const reasons = [howEnded('zypper list-patches', listed), reason('patch_check', { result: counts.exit })];
  if (counts.needed === null || gap.length > 0) return patchState(base, { list: null, reasons, gap }, false);
  const state = patchState(base, { list: [], reasons }, true);
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
