/** Tables with a caption. Below 44 rem of width each row is a card. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { number } from '../../../shared/words/format.ts';
import { language, t } from '../words/words.ts';
import { isPhone } from './fold.tsx';
import { Icon } from './icon.tsx';

export interface TableColumn<Row> {
  key: string;
  head: ComponentChildren;
  cell: (row: Row) => ComponentChildren;
  right?: boolean;
  /** Set for columns that can be sorted. */
  sort?: { direction: 'ascending' | 'descending' | 'none'; onClick: () => void };
  /** In a card: the whole width, without the name of the column. */
  bare?: boolean;
}

interface TableProps<Row> {
  caption: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, index: number) => string | number;
  /** The first column is the head of each row. */
  scroll?: boolean;
  /** A box to tick before each row, and one for all of them. */
  pick?: { head: ComponentChildren; cell: (row: Row) => ComponentChildren } | false;
}

function Head<Row>({ column }: { column: TableColumn<Row> }) {
  const { sort } = column;
  const shown = sort?.direction === 'ascending' ? 'up' : sort?.direction === 'descending' ? 'down' : null;
  return (
    <th scope="col" class={column.right ? 'right' : ''} aria-sort={sort?.direction}>
      {sort ? (
        <button type="button" onClick={sort.onClick}>
          {column.head}
          {shown && <Icon name={shown} />}
        </button>
      ) : (
        column.head
      )}
    </th>
  );
}

function Cells<Row>({ row, columns }: { row: Row; columns: readonly TableColumn<Row>[] }) {
  return (
    <>
      {columns.map((column, index) =>
        index === 0 ? (
          <th key={column.key} scope="row">
            {column.cell(row)}
          </th>
        ) : (
          <td
            key={column.key}
            class={`${column.right ? 'right' : ''} ${column.bare ? 'bare' : ''}`}
            data-label={typeof column.head === 'string' ? column.head : ''}
          >
            {column.cell(row)}
          </td>
        ),
      )}
    </>
  );
}

/** So many cards of a phone are some screens; the rest waits behind a button, unless it is hardly more. */
const cardsAtMost = 12;
const cardsToSpare = 4;

/** `scroll`: a wide table of numbers that scrolls in its own box, which the keyboard can reach, instead of becoming cards. */
export function Table<Row>({ caption, columns, rows, keyOf, scroll = false, pick }: TableProps<Row>) {
  const [isWhole, setWhole] = useState(false);
  const isCut = isPhone.value && !scroll && !isWhole && rows.length > cardsAtMost + cardsToSpare;
  const shown = isCut ? rows.slice(0, cardsAtMost) : rows;
  return (
    <div class="table-scroll" {...(scroll ? { tabIndex: 0, role: 'region', 'aria-label': caption } : {})}>
      <table class={scroll ? 'table' : 'table cards'}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {pick && <th class="pick">{pick.head}</th>}
            {columns.map((column) => (
              <Head key={column.key} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {pick && <td class="pick">{pick.cell(row)}</td>}
              <Cells row={row} columns={columns} />
            </tr>
          ))}
        </tbody>
      </table>
      {isCut && (
        <p class="box-body">
          <button type="button" class="button slim" onClick={() => setWhole(true)}>
            {t('common.showAll', { n: number(rows.length, language.value) })}
          </button>
        </p>
      )}
    </div>
  );
}

interface PagerProps {
  from: number;
  to: number;
  total: number;
  label: string;
  earlier: string;
  later: string;
  onPage: (step: -1 | 1) => void;
}

export function Pager({ from, to, total, label, earlier, later, onPage }: PagerProps) {
  return (
    <div class="pager">
      <span class="quiet small">{label}</span>
      {(from > 1 || to < total) && (
        <span class="row">
          <button type="button" class="button slim" disabled={from <= 1} onClick={() => onPage(-1)}>
            {earlier}
          </button>
          <button type="button" class="button slim" disabled={to >= total} onClick={() => onPage(1)}>
            {later}
          </button>
        </span>
      )}
    </div>
  );
}
