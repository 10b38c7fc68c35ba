/**
 * A list that is whole on the page: put in order by any column (Shift adds a second), filtered by any column, with the columns
 * that are wanted, and written to a file as it is shown. All of it stands in the address, under the name of the list.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { writeCsv } from '../../../shared/csv.ts';
import { none, number } from '../../../shared/words/format.ts';
import { search, setQuery } from '../router.ts';
import { language, t } from '../words/words.ts';
import { Checks } from './checks.tsx';
import { askable, type CellValue, ColumnFilter, passes, sayAsked } from './column-filter.tsx';
import { DensityChoice } from './density.tsx';
import { Icon } from './icon.tsx';
import { nextKeys } from './sort-keys.ts';
import { Table, type TableColumn, type TableProps } from './table.tsx';
import '../look/list-table.css';

export interface ListTableProps<Row> extends Omit<TableProps<Row>, 'part' | 'brief' | 'scroll'> {
  /** In the address, before what is chosen: `titles-sort=-versions`. */
  name: string;
}

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

const fewRows = 5;

const nameOf = (one: string) => one.replace(/^-/, '');

function download(caption: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = `${caption}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Whoever presses the funnel goes on in its fields. */
function useFirstField(open: string | null) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (open !== null && open !== '') place.current?.querySelector('input')?.focus();
  }, [open]);
  return place;
}

export function ListTable<Row>({ name, columns, rows, ...table }: ListTableProps<Row>) {
  /** Of which column the filter is open; empty: all that can be chosen. */
  const [open, setOpen] = useState<string | null>(null);
  const place = useFirstField(open);
  const query = new URLSearchParams(search.value);
  const asked = (what: string) => query.get(`${name}-${what}`);
  const set = (what: string, text: string | null) => setQuery({ [`${name}-${what}`]: text || null });
  const known = columns.map((column) => ({ column, of: valuesOf(column, rows) }));
  const keys = (asked('sort') ?? '').split(',').filter((one) => known.some(({ column }) => column.key === nameOf(one)));
  const hidden = (asked('without') ?? '').split(',');

  const filters = known.flatMap(({ column: { key, head }, of }) =>
    of && typeof head === 'string' ? [{ key, head, of, can: askable(of, rows), chosen: asked(key) }] : [],
  );
  // Where all rows have the same, there is nothing to choose.
  const useful = filters.filter(
    ({ can, chosen }) => can.kind !== 'choices' || can.choices.length > 1 || chosen !== null,
  );
  const active = filters.filter(({ chosen }) => chosen !== null);
  const order = keys.flatMap((one) => {
    const of = known.find(({ column }) => column.key === nameOf(one))?.of;
    return of ? [{ of, sign: one.startsWith('-') ? (-1 as const) : (1 as const) }] : [];
  });
  const found = rows
    .filter((row) => active.every(({ of, can, chosen }) => passes(of(row), can, chosen ?? '')))
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
  // A few rows are seen at a glance, unless something of them is left out.
  const isPlain = rows.length < fewRows && ![...query.keys()].some((one) => one.startsWith(`${name}-`));
  if (isPlain) return <Table {...table} rows={rows} columns={columns} isList={table.isList ?? true} />;
  return (
    <>
      <div class="spread list-bar screen-only">
        <span class="row small">
          <span class="quiet" role="status">
            {found.length < rows.length &&
              t('table.found', { n: number(found.length, language.value), total: number(rows.length, language.value) })}
          </span>
          {active.map(({ key, head, can, chosen }) => (
            <button key={key} type="button" class="chip" title={t('table.remove')} onClick={() => set(key, null)}>
              <span>
                {head}: {sayAsked(can, chosen ?? '')}
              </span>
              <Icon name="close" />
              <span class="unseen">{t('table.remove')}</span>
            </button>
          ))}
        </span>
        <span class="row">
          <button
            type="button"
            class="button slim"
            aria-expanded={open === ''}
            onClick={() => setOpen(open === '' ? null : '')}
          >
            {t('table.tools')}
          </button>
          <button type="button" class="button slim" onClick={write}>
            CSV
          </button>
        </span>
      </div>
      {open !== null && (
        <div class="box-body stack screen-only" ref={place} key={open}>
          <div class="filters">
            {useful
              .filter(({ key }) => open === '' || open === key)
              .map(({ key, head, can, chosen }) => (
                <ColumnFilter key={key} head={head} of={can} asked={chosen} onAsk={(text) => set(key, text)} />
              ))}
          </div>
          {open === '' && (
            <>
              <Checks
                label={t('fleetTools.shown')}
                options={named}
                chosen={named.map(([key]) => key).filter((key) => !hidden.includes(key))}
                onChoose={(next) => set('without', named.flatMap(([key]) => (next.includes(key) ? [] : [key])).join())}
              />
              <DensityChoice />
            </>
          )}
        </div>
      )}
      <Table
        {...table}
        rows={found}
        isList={table.isList ?? true}
        columns={shown.map(({ column, of }) => {
          const { key, head } = column;
          if (of === null || rows.length < 2) return column;
          const direction = keys.includes(key) ? 'ascending' : keys.includes(`-${key}`) ? 'descending' : 'none';
          const onClick = (isFurther: boolean) => set('sort', nextKeys(keys, key, isFurther).join());
          const beside = typeof head === 'string' && useful.some((one) => one.key === key) && (
            <button
              type="button"
              class="funnel"
              aria-expanded={open === key}
              aria-pressed={asked(key) !== null}
              title={t('table.filterBy', { column: head })}
              aria-label={t('table.filterBy', { column: head })}
              onClick={() => setOpen(open === key ? null : key)}
            >
              <Icon name="funnel" />
            </button>
          );
          return { ...column, sort: { direction, onClick }, beside };
        })}
      />
    </>
  );
}
