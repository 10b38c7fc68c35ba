/** Changes as a table: written with what became of them, read in as plans and as work of the past. Pure. */
import { type ChangeName, type ChangeRow, changeOutcomes } from '../../shared/api.ts';
import { type CsvCell, type CsvFault, csvFault, readCsv, writeCsv } from '../../shared/csv.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { namesNear } from '../../shared/nearest.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';
import { type ChangeWish, checkedWish, finishedAt, type StatedOutcome } from './plan.ts';

/** The first eight are read in; the others say what became of it, and are read as nothing. */
const columns = [
  ...['title', 'description', 'targets', 'from', 'to', 'repair_of', 'outcome', 'reason'],
  ...['finished', 'objective_met', 'rolled_back', 'emergency_fix', 'number', 'kind', 'state', 'computed', 'manager'],
  ...['packages', 'n', 'done', 'failed', 'not_seen', 'author'],
] as const;
const needed = ['title', 'targets', 'from', 'to'] as const;
type ChangeColumn =
  | (typeof needed)[number]
  | 'description'
  | 'repair_of'
  | 'outcome'
  | 'reason'
  | 'finished'
  | 'objective_met'
  | 'rolled_back'
  | 'emergency_fix'
  | 'kind'
  | 'state';
const kinds = ['site', 'group', 'tag', 'endpoint'] as const;
/** Each is some statements of one transaction, and a request has 30 seconds. */
const changesAtMost = 500;

export interface WrittenChange {
  row: ChangeRow;
  description: string;
}

const iso = (at: number | null) => (at === null ? '' : new Date(at).toISOString());
const yesNo = (value: boolean | null) => (value === null ? '' : value ? 'yes' : 'no');

export function changeTable(changes: Iterable<WrittenChange>): string {
  function* lines(): Generator<readonly CsvCell[]> {
    yield columns;
    for (const one of changes) yield lineOf(one);
  }
  return writeCsv(lines());
}

function lineOf({ row, description }: WrittenChange): CsvCell[] {
  const { targets, outcome, stated } = row;
  const scopes = row.scopes.map(({ of, name }) => `${of}:${name}`).join('; ');
  return [
    ...[row.title, description, scopes, iso(row.from), iso(row.to)],
    ...[row.repairOf === null ? '' : `C-${row.repairOf}`, stated?.as ?? '', stated?.reason ?? ''],
    ...[iso(row.implementedAt), yesNo(row.objectiveMet), yesNo(row.rolledBack), yesNo(row.emergencyFix)],
    ...[`C-${row.id}`, row.kind, row.state, outcome?.value ?? '', row.manager ?? '', packagesOf(row)],
    ...[targets.n, targets.done, targets.failed, targets.notSeen, row.createdBy],
  ];
}

/** As many as a cell that is read in may have. */
function packagesOf({ packages }: ChangeName): string {
  const text = packages.join(' ');
  return text.length > 1900 ? `${text.slice(0, 1900)}…` : text;
}

export interface ReadChange {
  line: number;
  wish: ChangeWish;
  outcome: StatedOutcome | null;
}

interface ReadingTable {
  now: number;
  /** Of times without one, IANA. */
  zone: string;
  /** Under the names that are kept; null: there is none, or it is not clear which. */
  scopeNamed(scope: MaintenanceScope): Promise<MaintenanceScope | null>;
  /** What there is of a kind, for the message about an unknown one. */
  namesOf(of: MaintenanceScope['of']): Promise<string[]>;
  /** Whether a planned change with this title and window is there. */
  isKnown(wish: Pick<ChangeWish, 'title' | 'from' | 'to'>): Promise<boolean>;
}

interface ReadTable {
  rows: ReadChange[];
  /** Lines that are there already, or came from agents. */
  same: { line: number; name: string }[];
  faults: CsvFault[];
}

class CellFault extends Error {
  readonly column: ChangeColumn;
  readonly why: Reason;
  constructor(column: ChangeColumn, why: Reason) {
    super(column);
    this.column = column;
    this.why = why;
  }
}

export async function changesIn(text: string, reading: ReadingTable): Promise<ReadTable> {
  const optional = columns.filter((one) => !(needed as readonly string[]).includes(one));
  const { records, faults } = readCsv<string>(text, columns, optional);
  const found: ReadTable = { rows: [], same: [], faults };
  const seen = new Map<string, number>();
  for (const { line, of } of records as { line: number; of: Record<ChangeColumn, string> }[]) {
    try {
      if (of.kind === 'recognised') {
        found.same.push({ line, name: of.title });
        continue;
      }
      const one = await changeIn(line, of, reading);
      const key = JSON.stringify([one.wish.title, one.wish.from, one.wish.to]);
      const twice = seen.get(key);
      if (twice !== undefined) throw new CellFault('title', reason('entry_twice', { line: twice }));
      seen.set(key, line);
      if (await reading.isKnown(one.wish)) found.same.push({ line, name: one.wish.title });
      else found.rows.push(one);
      if (found.rows.length > changesAtMost)
        throw new CellFault('title', reason('change_many', { limit: changesAtMost }));
    } catch (thrown) {
      if (!(thrown instanceof CellFault)) throw thrown;
      found.faults.push(csvFault(line, thrown.column, of[thrown.column], thrown.why));
      if (found.faults.length >= 100) break;
    }
  }
  return found;
}

async function changeIn(line: number, of: Record<ChangeColumn, string>, reading: ReadingTable): Promise<ReadChange> {
  const { now, zone } = reading;
  const scopes: MaintenanceScope[] = [];
  for (const part of of.targets.split(';').map((one) => one.trim()))
    if (part !== '') scopes.push(await scopeIn(part, reading));
  const given: ChangeWish = {
    ...{ title: of.title, description: of.description, scopes, repairOf: numberIn(of.repair_of) },
    ...{ from: instantIn('from', of.from, zone), to: instantIn('to', of.to, zone) },
  };
  const wish = refusing(() => checkedWish(given, { now, zone }));
  const outcome = outcomeIn(of, wish, reading);
  if (of.state === 'cancelled') throw new CellFault('state', reason('change_cancelled'));
  return { line, wish, outcome };
}

/** What the bounds of changes refuse. */
function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (thrown) {
    const [fault] = thrown instanceof EvenkeelError ? thrown.faults : [];
    if (!fault) throw thrown;
    throw new CellFault(fault.at as ChangeColumn, reason('change_refused', { problem: fault.problem }));
  }
}

async function scopeIn(text: string, { scopeNamed, namesOf }: ReadingTable): Promise<MaintenanceScope> {
  const [, kind = '', target = ''] = /^(\w+)\s*:\s*(.+)$/.exec(text) ?? [];
  const of = kinds.find((one) => one === kind.toLowerCase());
  if (!of) throw new CellFault('targets', reason('change_target_form', { text, known: kinds.join(', ') }));
  const found = await scopeNamed({ of, target });
  if (!found) {
    const known = namesNear(target, await namesOf(of));
    throw new CellFault('targets', reason('change_target_unknown', { text, known }));
  }
  return found;
}

/** ISO 8601; without a zone it is wall time of the report zone. */
function instantIn(column: 'from' | 'to' | 'finished', text: string, zone: string): number {
  const form = text.replace(/^(\d{4}-\d\d-\d\d) (\d)/, '$1T$2');
  try {
    return Temporal.Instant.from(form).epochMilliseconds;
  } catch {
    // Falls through: a time without a zone.
  }
  try {
    // A date alone would be midnight, which nobody means by the end of a window.
    if (!/T\d/.test(form)) throw new RangeError(form);
    return Temporal.PlainDateTime.from(form).toZonedDateTime(zone).epochMilliseconds;
  } catch {
    throw new CellFault(column, reason('change_time', { zone }));
  }
}

function numberIn(text: string): number | null {
  if (text === '') return null;
  const [, number] = /^(?:C-)?([1-9]\d{0,14})$/i.exec(text) ?? [];
  if (number === undefined) throw new CellFault('repair_of', reason('change_number'));
  return Number(number);
}

function boolIn(column: 'objective_met' | 'rolled_back' | 'emergency_fix', text: string): boolean | null {
  if (text === '') return null;
  const known = ['yes', 'no'].indexOf(text.toLowerCase());
  if (known < 0) throw new CellFault(column, reason('entry_choice', { known: 'yes, no' }));
  return known === 0;
}

function outcomeIn(
  of: Record<ChangeColumn, string>,
  wish: ChangeWish,
  { now, zone }: ReadingTable,
): StatedOutcome | null {
  const flags = {
    objectiveMet: boolIn('objective_met', of.objective_met),
    rolledBack: boolIn('rolled_back', of.rolled_back) ?? false,
    emergencyFix: boolIn('emergency_fix', of.emergency_fix) ?? false,
  };
  if (of.outcome === '') return null;
  const outcome = changeOutcomes.find((one) => one === of.outcome.toLowerCase());
  if (!outcome) throw new CellFault('outcome', reason('entry_choice', { known: changeOutcomes.join(', ') }));
  const given = of.finished === '' ? undefined : instantIn('finished', of.finished, zone);
  const at = refusing(() => finishedAt(given, { start: wish.from, end: wish.to }, { now, zone }));
  // A bad outcome by its own facts needs a reason to be called a better one; a time-line of the past has no other facts yet.
  const worse = flags.rolledBack || flags.emergencyFix || flags.objectiveMet === false;
  if (worse && outcome !== 'failed' && of.reason === '') throw new CellFault('reason', reason('change_reason'));
  return { at, outcome, reason: of.reason, ...flags };
}
