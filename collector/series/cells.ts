/**
 * What is known of one series in one step. Cells from segments, rollups and the journal's tail add up in any order, so
 * a chart does not care where its data lies. Pure.
 */
import type { Aggregate } from './series.ts';

export interface Cell {
  min: number;
  max: number;
  sum: number;
  count: number;
  last: number;
  /** ms UTC of `last`. */
  lastAt: number;
}

/** Cells of one series by step number; -1 is the time before the first step, which only rates look at. */
export type CellRow = Map<number, Cell>;

export function addCell(row: CellRow, step: number, cell: Cell): void {
  const known = row.get(step);
  if (!known) {
    row.set(step, cell);
    return;
  }
  known.min = Math.min(known.min, cell.min);
  known.max = Math.max(known.max, cell.max);
  known.sum += cell.sum;
  known.count += cell.count;
  if (cell.lastAt >= known.lastAt) {
    known.last = cell.last;
    known.lastAt = cell.lastAt;
  }
}

export function addSample(row: CellRow, step: number, at: number, value: number): void {
  addCell(row, step, { min: value, max: value, sum: value, count: 1, last: value, lastAt: at });
}

const cellValue: Record<Exclude<Aggregate, 'rate'>, (cell: Cell) => number> = {
  mean: (cell) => cell.sum / cell.count,
  min: (cell) => cell.min,
  max: (cell) => cell.max,
  last: (cell) => cell.last,
  count: (cell) => cell.count,
};

/** What an aggregate looks at: the rest need not be read. */
export const needs: Record<Aggregate, readonly (keyof Cell)[]> = {
  mean: ['sum', 'count'],
  min: ['min'],
  max: ['max'],
  last: ['last', 'lastAt'],
  count: ['count'],
  rate: ['min', 'max', 'last', 'lastAt'],
};

/** One value per step; null where the step has no data. */
export function points(
  row: CellRow,
  agg: Aggregate,
  from: number,
  step: number,
  steps: number,
): [number, number | null][] {
  const line: [number, number | null][] = [];
  let before = row.get(-1);
  for (let k = 0; k < steps; k++) {
    const cell = row.get(k);
    if (!cell) line.push([from + k * step, null]);
    else if (agg === 'rate') line.push([from + k * step, rate(before, cell)]);
    else line.push([from + k * step, cellValue[agg](cell)]);
    before = cell ?? before;
  }
  return line;
}

/**
 * Growth per second since the last step that had data. A counter that fell in between is recognised by its least or
 * largest value, even if it has passed its old value since, and gives null: its growth is unknown.
 */
function rate(before: Cell | undefined, cell: Cell): number | null {
  if (!before || cell.lastAt <= before.lastAt) return null;
  if (cell.min < before.last || cell.max > cell.last) return null;
  return ((cell.last - before.last) * 1000) / (cell.lastAt - before.lastAt);
}
