/** Maintenance windows as a table: all out, new and changed ones in. Pure but for the look-up of names. */
import { isDate } from '../../shared/calendar.ts';
import { type CsvFault, csvFault, csvLimits, readCsv, writeCsv } from '../../shared/csv.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { shownInstant, zoneNamed } from '../../shared/zone.ts';
import { CellFault, instantIn, instantText, type ScopeLookup, scopeIn } from './cells.ts';
import { isRecurring, type Schedule } from './occurrences.ts';
import type { ScheduleWish } from './plan.ts';
import type { MaintenanceScope, MaintenanceWindow } from './window.ts';

/** What a person can enter; the columns behind it tell what became of it, and are read as nothing. */
const entered = [
  ...(['id', 'target', 'reason', 'from', 'to', 'cron', 'zone', 'duration_min', 'until', 'starts'] as const),
  ...(['ends', 'skip'] as const),
] as const;
const told = ['state', 'author', 'approved_by'] as const;
const columns = [...entered, ...told] as const;
type WindowColumn = (typeof entered)[number];
type WindowCells = Record<WindowColumn, string>;

const reasonAtMost = 1000;
const skippedAtMost = 200;

export interface WrittenWindow {
  window: MaintenanceWindow;
  /** Of its scope, for people. */
  name: string;
  state: string;
}

/** So that a table that is written can be read. */
export const writtenAtMost = csvLimits.rows - 1;

export const maintenanceTable = (windows: readonly WrittenWindow[]): string =>
  writeCsv([
    columns,
    ...windows.map(({ window, name, state }) => {
      const cells = cellsOf(window, name);
      const { createdBy, approval } = window;
      return [...entered.map((column) => cells[column]), state, createdBy, approval?.by ?? ''];
    }),
  ]);

function cellsOf({ id, scope, reason: why, schedule }: MaintenanceWindow, name: string): WindowCells {
  const again = isRecurring(schedule) ? schedule : null;
  const once = isRecurring(schedule) ? null : schedule;
  return {
    ...{ id, target: `${scope.of}:${name}`, reason: why },
    ...{ from: instantText(once?.start ?? null), to: instantText(once?.end ?? null) },
    ...{ cron: again?.cron ?? '', zone: again?.zone ?? '', duration_min: String(again?.durationMin ?? '') },
    ...{ until: again?.untilWall ?? '', starts: instantText(again?.starts ?? null) },
    ...{ ends: instantText(again?.ends ?? null), skip: again?.skip.join(' ') ?? '' },
  };
}

/** In one line, for who compares what is there with what would be. */
export function shownWindow({ reason: why, schedule }: MaintenanceWindow, zone: string): string {
  if (!isRecurring(schedule))
    return `${shownInstant(schedule.start, zone)} – ${shownInstant(schedule.end, zone)} · ${why}`;
  const { cron, durationMin, untilWall, skip } = schedule;
  const parts = [cron, schedule.zone, untilWall === null ? `${durationMin} min` : `–${untilWall}`];
  return [...parts, ...skip.map((date) => `−${date}`), '·', why].join(' ');
}

interface ReadSchedule {
  wish: ScheduleWish;
  skip: string[];
}

export interface WindowChange {
  /** Null: a new one. */
  before: MaintenanceWindow | null;
  scope: MaintenanceScope;
  reason: string;
  /** Null: as it was. */
  when: ReadSchedule | null;
}

interface ReadingWindows extends ScopeLookup {
  now: number;
  /** Of times without one, IANA. */
  zone: string;
  known: readonly WrittenWindow[];
  /** The window that would be saved. @throws EvenkeelError with the field in `faults` */
  plan(change: WindowChange): MaintenanceWindow;
}

export interface WindowLine {
  line: number;
  name: string;
  before: MaintenanceWindow | null;
  /** Null: the same. */
  after: MaintenanceWindow | null;
}

export async function windowsIn(text: string, reading: ReadingWindows) {
  const needed = ['target', 'reason'];
  const optional = columns.filter((one) => !needed.includes(one));
  const { records, faults } = readCsv(text, columns, optional);
  const found: { lines: WindowLine[]; faults: CsvFault[] } = { lines: [], faults };
  const byId = new Map(reading.known.map((one) => [one.window.id, one]));
  const alive = reading.known.filter(({ window }) => window.cancelledAt === null);
  const byContent = new Map(alive.map(({ window }) => [contentOf(window, partsOf(window.schedule)), window]));
  const seen = new Map<string, number>();
  for (const { line, of } of records) {
    try {
      const key = of.id === '' ? JSON.stringify(entered.map((column) => of[column])) : of.id;
      const twice = seen.get(key);
      if (twice !== undefined)
        throw new CellFault(of.id === '' ? 'target' : 'id', reason('entry_twice', { line: twice }));
      seen.set(key, line);
      const before = byId.get(of.id) ?? null;
      if (of.id !== '' && !before) throw new CellFault('id', reason('maintenance_no_id'));
      found.lines.push(await lineOf(line, of, before, byContent, reading));
    } catch (thrown) {
      const { column, why } = faultOf(thrown);
      found.faults.push(csvFault(line, column, of[column as WindowColumn] ?? '', why));
      if (found.faults.length >= csvLimits.faults) break;
    }
  }
  return found;
}

/** What makes it the same one where no id is given. */
const contentOf = ({ scope, reason: why }: Pick<MaintenanceWindow, 'scope' | 'reason'>, when: ReadSchedule): string =>
  JSON.stringify([scope.of, scope.target, why, when]);

async function lineOf(
  line: number,
  of: WindowCells,
  old: WrittenWindow | null,
  byContent: ReadonlyMap<string, MaintenanceWindow>,
  reading: ReadingWindows,
): Promise<WindowLine> {
  const before = old?.window ?? null;
  const was = old && cellsOf(old.window, old.name);
  const why = of.reason;
  if (why === '') throw new CellFault('reason', reason('maintenance_no_reason'));
  if (why.length > reasonAtMost)
    throw new CellFault('reason', reason('maintenance_reason_long', { count: why.length, limit: reasonAtMost }));
  // A place that is gone has no name any more, and its windows are read as they were written.
  const isThere = before !== null && of.target === was?.target;
  const scope = isThere ? before.scope : await scopeIn('target', of.target, reading);
  const when = scheduleIn(of, reading);
  const isMoved = before === null || JSON.stringify(partsOf(before.schedule)) !== JSON.stringify(when);
  const name = of.target;
  const content = contentOf({ scope, reason: why }, when);
  const same = before === null ? byContent.get(content) : before;
  if (same && contentOf(same, partsOf(same.schedule)) === content) return { line, name, before: same, after: null };
  return { line, name, before, after: reading.plan({ before, scope, reason: why, when: isMoved ? when : null }) };
}

/** As `scheduleIn` reads it. */
function partsOf(schedule: Schedule): ReadSchedule {
  if (!isRecurring(schedule)) return { wish: { from: schedule.start, to: schedule.end }, skip: [] };
  const { cron, zone, durationMin, untilWall, starts, ends, skip } = schedule;
  const wish = repeatOf({ cron, zone, durationMin, until: untilWall, starts, ends });
  return { wish, skip: [...skip] };
}

interface Repeat {
  cron: string;
  zone: string;
  durationMin: number | null;
  until: string | null;
  starts: number | null;
  ends: number | null;
}

const repeatOf = ({ cron, zone, durationMin, until, starts, ends }: Repeat): ScheduleWish => ({
  repeat: {
    ...{ cron, zone, durationMin: durationMin ?? undefined, until: until ?? undefined },
    ...{ starts: starts ?? undefined, ends: ends ?? undefined },
  },
});

const ofRepetition = ['duration_min', 'until', 'starts', 'ends', 'skip'] as const;

/** @throws CellFault */
function scheduleIn(of: WindowCells, { zone: reportZone }: ReadingWindows): ReadSchedule {
  const instant = (column: 'from' | 'to' | 'starts' | 'ends', zone: string) =>
    of[column] === '' ? null : instantIn(column, of[column], zone);
  const zone = of.zone === '' ? reportZone : zoneNamed(of.zone);
  if (of.cron === '') {
    const odd = ofRepetition.find((column) => of[column] !== '');
    if (odd) throw new CellFault(odd, reason('maintenance_of_repetition'));
    const [from, to] = [instant('from', zone), instant('to', zone)];
    if (from === null) throw new CellFault('from', reason('change_time', { zone }));
    return { wish: { from, ...(to === null ? {} : { to }) }, skip: [] };
  }
  const once = (['from', 'to'] as const).find((column) => of[column] !== '');
  if (once) throw new CellFault(once, reason('maintenance_of_one'));
  const skip = of.skip.split(/[\s;]+/).filter(Boolean);
  const noDate = skip.find((date) => !isDate(date));
  if (noDate !== undefined) throw new CellFault('skip', reason('entry_date'));
  if (skip.length > skippedAtMost)
    throw new CellFault('skip', reason('maintenance_many_skipped', { limit: skippedAtMost }));
  const durationMin = of.duration_min === '' ? null : Number(of.duration_min);
  if (durationMin !== null && !(Number.isInteger(durationMin) && durationMin >= 1 && durationMin <= 43_200))
    throw new CellFault('duration_min', reason('maintenance_minutes', { limit: 43_200 }));
  const until = of.until === '' ? null : of.until;
  const bounds = () => ({ starts: instant('starts', zone), ends: instant('ends', zone) });
  return { wish: repeatOf({ cron: of.cron, zone, durationMin, until, ...bounds() }), skip };
}

/** @param field of the request, such as `repeat.durationMin` */
const columnOf = (field: string | undefined): string | null =>
  field?.replace('repeat.', '').replace('durationMin', 'duration_min') ?? null;

function faultOf(thrown: unknown): { column: string | null; why: Reason } {
  if (thrown instanceof CellFault) return thrown;
  if (!(thrown instanceof EvenkeelError) || !thrown.why[0]) throw thrown;
  const [why] = thrown.why;
  if (thrown.code === 'BAD_ZONE') return { column: 'zone', why };
  return { column: columnOf(thrown.faults[0]?.at), why };
}
