/**
 * Until when the system gets updates. The system's own statement first (SUPPORT_END), then the distribution's dates on
 * the disk (distro-info), then a table: that of the agent's folder or the bundled one, the newer first. Where none has
 * a date it is unknown.
 */
import { linesOf } from '../parse.ts';
import { bundled, type Release, releaseOf, type Table } from './end-of-life-table.ts';

/** /etc/os-release: shell-like assignments, quoted or not. */
export function parseOsRelease(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of linesOf(text)) {
    const at = line.indexOf('=');
    const key = line.slice(0, Math.max(0, at)).trim();
    const value = line.slice(at + 1).trim();
    const quote = /^["']/.exec(value)?.[0];
    const whole = quote === undefined || (value.length > 1 && value.endsWith(quote));
    if (!/^[A-Z][A-Z0-9_]*$/.test(key) || !whole) continue;
    const inner = quote === undefined ? value : value.slice(1, -1);
    values[key] = quote === "'" ? inner : inner.replace(/\\(.)/g, '$1');
  }
  return values;
}

/** The row of a release in /usr/share/distro-info/*.csv by its codename or version; columns differ by distribution. */
export function distroInfoOf(
  csv: string,
  codename: string | null,
  version: string | null,
): Record<string, string> | null {
  const [head = '', ...rows] = linesOf(csv);
  const names = head.split(',');
  const [series, number] = [names.indexOf('series'), names.indexOf('version')];
  for (const row of rows) {
    const cells = row.split(',');
    const sameName = codename !== null && cells[series] === codename;
    const sameVersion = codename === null && version !== null && cells[number]?.split(' ')[0] === version;
    if (sameName || sameVersion) return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  }
  return null;
}

/** UTC start of a day `YYYY-MM-DD`; null for anything else. */
export function dayOf(text: string | null | undefined): number | null {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text ?? '') ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 31 February is read as 3 March.
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text ?? '') ? ms : null;
}

export type LifeState = 'supported' | 'rolling' | 'lts-only' | 'esm' | 'eol-unless-pro' | 'eol' | 'unknown';

export interface Life {
  id: string | null;
  version: string | null;
  codename: string | null;
  /** First day without support, as the system itself states it. */
  supportEnd: string | null;
  eol: string | null;
  eolLts: string | null;
  eolEsm: string | null;
  /** End of standard support, ms; end of security updates without another contract, ms. */
  endOfLife: number | null;
  endOfSecurity: number | null;
  source: TableSource | null;
  /** `asOf` of the table that was read, also where it has no entry; null where the system itself states the date. */
  asOf: string | null;
  state: LifeState;
}

/** `table` is the bundled one, `file` that of the agent's folder. */
export type TableSource = 'os-release' | 'distro-info' | 'table' | 'file';

export interface LifeTables {
  source: 'table' | 'file';
  table: Table;
}

/** The tables that there are, the newest first; of two with the same date, the one in the agent's folder. */
export function tablesOf(file: Table | null): LifeTables[] {
  const ours: LifeTables = { source: 'table', table: bundled };
  if (file === null) return [ours];
  const theirs: LifeTables = { source: 'file', table: file };
  return file.asOf >= bundled.asOf ? [theirs, ours] : [ours, theirs];
}

export interface FoundRelease {
  row: Release | null;
  rolling: boolean;
  source: 'table' | 'file' | null;
  asOf: string | null;
}

/** The entry of the newest table that names the release; where none does, only the date of the newest table. */
export function lookUp(
  tables: readonly LifeTables[],
  id: string,
  version: string | null,
  edition: string | null,
): FoundRelease {
  for (const { source, table } of tables) {
    const rolling = table.rolling.includes(id);
    const row = version === null ? null : releaseOf(id, version, edition, table);
    if (rolling || row !== null) return { row: rolling ? null : row, rolling, source, asOf: table.asOf };
  }
  return { row: null, rolling: false, source: null, asOf: tables[0]?.table.asOf ?? null };
}

/**
 * @param csv the distribution's file in /usr/share/distro-info, when there is one
 * @param attached whether Ubuntu Pro is attached; null when not known
 */
export function lifeOf(
  osRelease: string,
  csv: string | null,
  attached: boolean | null,
  now: number,
  tables: readonly LifeTables[] = tablesOf(null),
): Life {
  const values = parseOsRelease(osRelease);
  const id = values.ID ?? null;
  const version = values.VERSION_ID ?? null;
  const row = csv === null ? null : distroInfoOf(csv, values.VERSION_CODENAME || null, version);
  const codename = values.VERSION_CODENAME || values.UBUNTU_CODENAME || row?.series || null;
  const named = { id, version, codename, supportEnd: null, eol: null, eolLts: null, eolEsm: null };
  const supportEnd = dayOf(values.SUPPORT_END);
  if (supportEnd !== null)
    return {
      ...named,
      supportEnd: values.SUPPORT_END ?? null,
      endOfLife: supportEnd,
      endOfSecurity: supportEnd,
      source: 'os-release',
      asOf: null,
      state: now < supportEnd ? 'supported' : 'eol',
    };
  if (row && dayOf(row.eol) !== null) return fromDistroInfo(named, row, attached, now);
  const { row: release, rolling, source, asOf } = lookUp(tables, id ?? '', version, null);
  if (release === null)
    return { ...named, endOfLife: null, endOfSecurity: null, source, asOf, state: rolling ? 'rolling' : 'unknown' };
  const endOfLife = dayOf(release.endOfLife);
  const endOfSecurity = dayOf(release.endOfSecurity) ?? endOfLife;
  return { ...named, endOfLife, endOfSecurity, source, asOf, state: stateOf(now, endOfLife, endOfSecurity) };
}

/** A date is the last day that is covered. */
const past = (now: number, day: number | null) => day === null || now >= day + 86_400_000;

function stateOf(now: number, endOfLife: number | null, endOfSecurity: number | null): LifeState {
  if (!past(now, endOfLife)) return 'supported';
  return past(now, endOfSecurity) ? 'eol' : 'lts-only';
}

function fromDistroInfo(
  named: Pick<Life, 'id' | 'version' | 'codename' | 'supportEnd'>,
  row: Record<string, string>,
  attached: boolean | null,
  now: number,
): Life {
  const [eol, lts, esm] = [row.eol, row['eol-lts'], row['eol-esm']].map((text) => dayOf(text) ?? null);
  const dates = { eol: row.eol || null, eolLts: row['eol-lts'] || null, eolEsm: row['eol-esm'] || null };
  const paid = attached === true ? (esm ?? null) : null;
  const endOfSecurity = paid ?? lts ?? eol ?? null;
  let state = stateOf(now, eol ?? null, lts ?? eol ?? null);
  if (state === 'eol' && !past(now, esm ?? null)) state = attached === true ? 'esm' : 'eol-unless-pro';
  return { ...named, ...dates, endOfLife: eol ?? null, endOfSecurity, source: 'distro-info', asOf: null, state };
}

/** Whole days until a day; negative when it is past. */
export const daysUntil = (now: number, day: number) => Math.floor((day - now) / 86_400_000);
