/** Changes as a table: written with what became of them, read in as plans and as work of the past. Pure. */
import { type ChangeName, type ChangeRow, changeOutcomes } from '../../shared/api.ts';
import { type CsvCell, type CsvFault, csvFault, readCsv, writeCsv } from '../../shared/csv.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { CellFault, instantIn, instantText, type ScopeLookup, scopeIn } from '../maintenance/cells.ts';
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
/** Each is some statements of one transaction, and a request has 30 seconds. */
const changesAtMost = 500;

export interface WrittenChange {
  row: ChangeRow;
  description: string;
}

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
    ...[row.title, description, scopes, instantText(row.from), instantText(row.to)],
    ...[row.repairOf === null ? '' : `C-${row.repairOf}`, stated?.as ?? '', stated?.reason ?? ''],
    ...[instantText(row.implementedAt), yesNo(row.objectiveMet), yesNo(row.rolledBack), yesNo(row.emergencyFix)],
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

interface ReadingTable extends ScopeLookup {
  now: number;
  /** Of times without one, IANA. */
  zone: string;
  /** Whether a planned change with this title and window is there. */
  isKnown(wish: Pick<ChangeWish, 'title' | 'from' | 'to'>): Promise<boolean>;
}

interface ReadTable {
  rows: ReadChange[];
  /** Lines that are there already, or came from agents. */
  same: { line: number; name: string }[];
  faults: CsvFault[];
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
      found.faults.push(csvFault(line, thrown.column, of[thrown.column as ChangeColumn], thrown.why));
      if (found.faults.length >= 100) break;
    }
  }
  return found;
}

async function changeIn(line: number, of: Record<ChangeColumn, string>, reading: ReadingTable): Promise<ReadChange> {
  const { now, zone } = reading;
  const scopes: MaintenanceScope[] = [];
  for (const part of of.targets.split(';').map((one) => one.trim()))
    if (part !== '') scopes.push(await scopeIn('targets', part, reading));
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
    const { faults: [fault] = [], why: [why] = [] } = thrown instanceof EvenkeelError ? thrown : {};
    if (!fault || !why) throw thrown;
    throw new CellFault(fault.at as ChangeColumn, why);
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
