/**
 * A list that is whole on the page: put in order by any column (Shift adds a second), filtered by columns, with the columns that
 * are wanted, and written to a file as it is shown. All of it stands in the address, under the name of the list.
 */
import { useState } from 'preact/hooks';
import { writeCsv } from '../../../shared/csv.ts';
import { none, number } from '../../../shared/words/format.ts';
import { search, setQuery } from '../router.ts';
import { language, t } from '../words/words.ts';
import { Checks } from './checks.tsx';
import { Choice } from './choice.tsx';
import { DensityChoice } from './density.tsx';
import { Table, type TableColumn, type TableProps } from './table.tsx';

export interface ListTableProps<Row> extends Omit<TableProps<Row>, 'part' | 'brief' | 'scroll'> {
  /** In the address, before what is chosen: `titles-sort=-versions`. */
  name: string;
}

type CellValue = string | number | boolean | Date | null;
/** Null: nothing that could be compared. */
function valuesOf<Row>(
  { value, cell, right }: TableColumn<Row>,
  rows: readonly Row[],
): ((row: Row) => CellValue) | null {
  if (value) return value;
  const first = rows[0];
  // A number in words is put in order as words are: such a column says its value.
  if (right || first === undefined || typeof cell(first) !== 'string') return null;
  return (row) => {
    const text = cell(row);
    return typeof text === 'string' && text !== none ? text : null;
  };
}

/** What is not known comes last either way. */
function compare(a: CellValue, b: CellValue, sign: 1 | -1): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'string') return sign * a.localeCompare(String(b), language.value, { numeric: true });
  return sign * (Number(a) - Number(b));
}

const nameOf = (one: string) => one.replace(/^-/, '');
/** Up, down, and as it was; with Shift beside the keys that are there. */
function nextKeys(keys: readonly string[], key: string, isFurther: boolean): string[] {
  const others = isFurther ? keys.filter((one) => nameOf(one) !== key) : [];
  const now = keys.find((one) => nameOf(one) === key);
  return now === undefined ? [...others, key] : now === key ? [...others, `-${key}`] : others;
}

const wordOf = (value: CellValue) =>
  typeof value === 'boolean' ? t(value ? 'common.yes' : 'common.no') : value === null ? '' : String(value);

/** More values than these are no choice. */
const choicesAtMost = 40;

/** A column whose values come again and again can be filtered by them. */
function choicesOf<Row>(of: (row: Row) => CellValue, rows: readonly Row[]) {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = of(row);
    if (value instanceof Date || typeof value === 'number') return [];
    counts.set(wordOf(value), (counts.get(wordOf(value)) ?? 0) + 1);
  }
  if (counts.size < 2 || counts.size > choicesAtMost || counts.size > rows.length / 2) return [];
  return [...counts]
    .map(([value, count]) => ({ value, count, word: value || t('filter.none') }))
    .sort((a, b) => compare(a.word, b.word, 1));
}

function download(caption: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = `${caption}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function ListTable<Row>({ name, columns, rows, ...table }: ListTableProps<Row>) {
  const [isOpen, setOpen] = useState(false);
  const query = new URLSearchParams(search.value);
  const asked = (what: string) => query.get(`${name}-${what}`);
  const set = (what: string, text: string | null) => setQuery({ [`${name}-${what}`]: text || null });
  const known = columns.map((column) => ({ column, of: valuesOf(column, rows) }));
  const keys = (asked('sort') ?? '').split(',').filter((one) => known.some(({ column }) => column.key === nameOf(one)));
  const hidden = (asked('without') ?? '').split(',');

  const filters = known.flatMap(({ column: { key, head }, of }) => {
    const chosen = asked(key);
    const choices = of ? choicesOf(of, rows) : [];
    return of && typeof head === 'string' && (chosen !== null || choices.length > 0)
      ? [{ key, head, of, choices, chosen }]
      : [];
  });
  const order = keys.flatMap((one) => {
    const of = known.find(({ column }) => column.key === nameOf(one))?.of;
    return of ? [{ of, sign: one.startsWith('-') ? (-1 as const) : (1 as const) }] : [];
  });
  const found = rows
    .filter((row) => filters.every(({ of, chosen }) => chosen === null || wordOf(of(row)) === chosen))
    .sort((a, b) => order.reduce((before, { of, sign }) => before || compare(of(a), of(b), sign), 0));
  const shown = known.filter(({ column }, index) => index === 0 || !hidden.includes(column.key));
  const named = known
    .slice(1)
    .flatMap(({ column: { key, head } }) => (typeof head === 'string' ? [[key, head] as const] : []));

  const write = () => {
    const written = shown.filter(({ column, of }) => of !== null && typeof column.head === 'string');
    const cell = (value: CellValue) => (value instanceof Date ? value.toISOString() : value);
    download(
      table.caption,
      writeCsv([
        written.map(({ column }) => String(column.head)),
        ...found.map((row) => written.map(({ of }) => cell(of?.(row) ?? null))),
      ]),
    );
  };
  return (
    <>
      <div class="spread list-bar screen-only">
        <span class="quiet small" role="status">
          {found.length < rows.length &&
            t('table.found', { n: number(found.length, language.value), total: number(rows.length, language.value) })}
        </span>
        <span class="row">
          <button type="button" class="button slim" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {t('table.tools')}
          </button>
          <button type="button" class="button slim" onClick={write}>
            CSV
          </button>
        </span>
      </div>
      {isOpen && (
        <div class="box-body stack screen-only">
          {filters.length > 0 && (
            <div class="filters">
              {filters.map(({ key, head, choices, chosen }) => (
                <Choice key={key} label={head} name={`${name}-${key}`} chosen={chosen ?? undefined} choices={choices} />
              ))}
            </div>
          )}
          <Checks
            label={t('fleetTools.shown')}
            options={named}
            chosen={named.map(([key]) => key).filter((key) => !hidden.includes(key))}
            onChoose={(next) => set('without', named.flatMap(([key]) => (next.includes(key) ? [] : [key])).join())}
          />
          <DensityChoice />
        </div>
      )}
      <Table
        {...table}
        rows={found}
        isList={table.isList ?? true}
        columns={shown.map(({ column, of }) => {
          if (of === null || rows.length < 2) return column;
          const direction = keys.includes(column.key)
            ? 'ascending'
            : keys.includes(`-${column.key}`)
              ? 'descending'
              : 'none';
          const onClick = (isFurther: boolean) => set('sort', nextKeys(keys, column.key, isFurther).join());
          return { ...column, sort: { direction, onClick } };
        })}
      />
    </>
  );
}
