/** The fleet as a table: the rows that a filter finds with the columns that are wanted, and what people decide of them in. Pure. */
import type { EndpointRow } from '../../shared/api.ts';
import {
  type CsvCell,
  type CsvFault,
  columnsIn,
  csvFault,
  namesCell,
  namesInCell,
  readCsv,
  writeCsv,
} from '../../shared/csv.ts';
import { namesThere } from '../../shared/nearest.ts';
import { nameFault, nameKey } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import type { EndpointEdit } from './edit.ts';

const instant = (ms: number | null) => (ms === null ? null : Temporal.Instant.fromEpochMilliseconds(ms).toString());
/** What people decide; by id or name of the endpoint. */
const entered = ['id', 'name', 'kind', 'site', 'groups', 'tags'] as const;
type EnteredColumn = (typeof entered)[number];

const cells = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  kind: ({ kind }) => kind,
  site: ({ site }) => site,
  groups: ({ groups }) => namesCell(groups.map(({ name }) => name)),
  tags: ({ tags }) => tags.join(' '),
  state: ({ state }) => state,
  attention: ({ alerts: { critical, warning, info } }) => critical + warning + info,
  os: ({ os }) => os,
  version: ({ version }) => version,
  cpu: ({ cpuPercent }) => cpuPercent,
  memory: ({ memoryPercent }) => memoryPercent,
  disk: ({ disk }) => disk?.usedPercent ?? null,
  backup: ({ backup }) => backup.state,
  updates: ({ patches }) => patches.pendingSecurity,
  reboot: ({ patches }) => patches.rebootRequired,
  seen: ({ lastSeenAt }) => instant(lastSeenAt),
} satisfies Record<string, (row: EndpointRow) => CsvCell>;

export type FleetColumn = keyof typeof cells;
export const fleetColumns = Object.keys(cells) as FleetColumn[];

export const fleetTable = (rows: readonly EndpointRow[], columns: readonly FleetColumn[]): string =>
  writeCsv([columns, ...rows.map((row) => columns.map((column) => cells[column](row)))]);

export interface FleetLine {
  line: number;
  row: EndpointRow;
  /** Null: the same. */
  edit: EndpointEdit | null;
  before: string;
  after: string;
}

interface ReadingFleet {
  rows: readonly EndpointRow[];
  /** By id. */
  groups: ReadonlyMap<string, string>;
  tagsAtMost: number;
  isTag(text: string): boolean;
}

/** Columns that are missing stay as they are; an empty cell takes away what is there. */
export function fleetIn(text: string, reading: ReadingFleet): { lines: FleetLine[]; faults: CsvFault[] } {
  const optional = fleetColumns.filter((one) => one !== 'name');
  const given = new Set(columnsIn(text));
  // Either of the two says which.
  const { records, faults } = readCsv(text, fleetColumns, given.has('id') ? fleetColumns : optional);
  const byId = new Map(reading.rows.map((row) => [row.id, row]));
  const byName = new Map(reading.rows.map((row) => [nameKey(row.name), row]));
  const seen = new Map<string, number>();
  const lines: FleetLine[] = [];
  for (const { line, of } of records) {
    const at = (column: EnteredColumn, why: Reason) => faults.push(csvFault(line, column, of[column], why));
    const row = of.id === '' ? byName.get(nameKey(of.name)) : byId.get(of.id);
    const which = of.id === '' ? 'name' : 'id';
    const twice = row && seen.get(row.id);
    if (!row) at(which, reason('bulk_gone'));
    else if (twice !== undefined) at(which, reason('entry_twice', { line: twice }));
    else {
      seen.set(row.id, line);
      const wanted = editIn(of, given, reading, at);
      if (wanted) lines.push(lineOf(line, row, wanted, reading));
    }
  }
  return { lines, faults };
}

function editIn(
  of: Record<FleetColumn, string>,
  given: ReadonlySet<string>,
  { groups, tagsAtMost, isTag }: ReadingFleet,
  at: (column: EnteredColumn, why: Reason) => void,
): EndpointEdit | null {
  const edit: EndpointEdit = {};
  const kind = of.kind.toLowerCase();
  if (kind !== '' && kind !== 'server' && kind !== 'workstation') {
    at('kind', reason('entry_choice', { known: 'server, workstation' }));
    return null;
  }
  if (kind !== '') edit.kind = kind;
  if (given.has('site')) {
    const fault = of.site === '' ? null : nameFault(of.site);
    if (fault) {
      at('site', fault);
      return null;
    }
    edit.site = of.site === '' ? null : of.site;
  }
  if (given.has('tags')) {
    const tags = of.tags.split(/[\s,]+/).filter(Boolean);
    const bad = tags.find((tag) => !isTag(tag));
    if (bad !== undefined) at('tags', reason('fleet_tag', { text: bad }));
    else if (tags.length > tagsAtMost) at('tags', reason('bulk_many_tags', { count: tags.length, limit: tagsAtMost }));
    if (bad !== undefined || tags.length > tagsAtMost) return null;
    edit.tags = [...new Set(tags)].sort();
  }
  if (given.has('groups')) {
    const ids: string[] = [];
    for (const name of namesInCell(of.groups)) {
      const found = [...groups].find(([id, known]) => id === name || nameKey(known) === nameKey(name));
      if (!found) {
        at('groups', reason('name_unknown', { name, ...namesThere(name, [...groups.values()]) }));
        return null;
      }
      ids.push(found[0]);
    }
    edit.groups = [...new Set(ids)];
  }
  return edit;
}

/** Only what differs is changed. */
function lineOf(line: number, row: EndpointRow, wanted: EndpointEdit, { groups }: ReadingFleet): FleetLine {
  const edit: EndpointEdit = {};
  const before: string[] = [];
  const after: string[] = [];
  const differ = (was: string, is: string, change: EndpointEdit) => {
    if (was === is) return;
    Object.assign(edit, change);
    before.push(was || '–');
    after.push(is || '–');
  };
  const { kind, site, tags, groups: ids } = wanted;
  if (kind !== undefined) differ(row.kind, kind, { kind });
  // Of one site whatever its case, as where it is entered alone.
  const isSame = typeof site === 'string' && row.site !== null && nameKey(site) === nameKey(row.site);
  if (site !== undefined && !isSame) differ(row.site ?? '', site ?? '', { site });
  if (tags !== undefined) differ([...row.tags].sort().join(' '), tags.join(' '), { tags });
  if (ids !== undefined) {
    const named = (some: readonly string[]) =>
      some
        .map((id) => groups.get(id) ?? id)
        .sort()
        .join(' | ');
    differ(named(row.groups.map(({ id }) => id)), named(ids), { groups: ids });
  }
  const isChanged = before.length > 0;
  return { line, row, edit: isChanged ? edit : null, before: before.join('; '), after: after.join('; ') };
}
