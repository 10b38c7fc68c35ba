/**
 * Tables with a caption. The whole row opens what its name leads to, and a list is gone through by keys (`table-keys.ts`). Of
 * many rows only those about the view are drawn. Below 44 rem of width each row is a card.
 */
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { number } from '../../../shared/words/format.ts';
import { isTyping, type PageKeys, useKeys } from '../keys.ts';
import { language, t } from '../words/words.ts';
import { isPhone } from './fold.tsx';
import { Icon } from './icon.tsx';
import { useSteady } from './steady.ts';

export interface TableColumn<Row> {
  key: string;
  head: ComponentChildren;
  cell: (row: Row) => ComponentChildren;
  right?: boolean;
  /** Set for columns that can be sorted. */
  sort?: { direction: 'ascending' | 'descending' | 'none'; onClick: (isFurther: boolean) => void };
  /** After its name, in the head. */
  beside?: ComponentChildren;
  /** In a card: the whole width, without the name of the column. */
  bare?: boolean;
  /** What is pressed: nothing of it stands on paper. */
  acts?: boolean;
  /** In a `ListTable`: what is put in order, filtered and written to a file. Default: what the cell shows, where that is a text. */
  value?: (row: Row) => string | number | boolean | Date | null;
}

export interface TableProps<Row> {
  caption: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, index: number) => string | number;
  /** The first column is the head of each row. */
  scroll?: boolean;
  /** A box to tick before each row, and one for all of them. */
  pick?: { head: ComponentChildren; cell: (row: Row) => ComponentChildren } | false;
  /** One stop of the Tab key, from which arrows and j and k go on: for rows that are many and have nothing to fill in. */
  isList?: boolean;
  /** On a phone two lines: the first cell and the second, below them the third. */
  brief?: boolean;
  /** Where `rows` are a part of more: how many those are, where the part begins, and what is told when others come into view. */
  part?: { total: number; from: number; onView: (from: number, to: number) => void };
}

const classOf = ({ right, acts }: { right?: boolean; acts?: boolean }) =>
  `${right ? 'right' : ''} ${acts ? 'screen-only' : ''}`;

function Head<Row>({ column }: { column: TableColumn<Row> }) {
  const { sort, beside } = column;
  const shown = sort?.direction === 'ascending' ? 'up' : sort?.direction === 'descending' ? 'down' : null;
  const name = sort ? (
    <button type="button" onClick={({ shiftKey }) => sort.onClick(shiftKey)}>
      {column.head}
      {shown && <Icon name={shown} />}
    </button>
  ) : (
    column.head
  );
  return (
    <th scope="col" class={classOf(column)} aria-sort={sort?.direction}>
      {beside ? (
        <span class="headed">
          {name}
          {beside}
        </span>
      ) : (
        name
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
            class={`${classOf(column)} ${column.bare ? 'bare' : ''}`}
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

/** More rows than this are not all drawn, but those in view and some before and after. */
export const manyRows = 200;
/** The rows that are drawn change by so many at once. */
const stepOfRows = 20;

/** From which row to which is drawn, and how high each is; where they are few, all. */
function useView(body: RefObject<HTMLTableSectionElement | null>, total: number) {
  const [view, setView] = useState({ from: 0, to: stepOfRows * 3 });
  const height = useRef(33);
  const isMany = total > manyRows;
  useEffect(() => {
    if (!isMany) return;
    const look = () => {
      const rows = body.current?.rows ?? [];
      const [begin, end] = [rows[0]?.getBoundingClientRect(), rows[rows.length - 1]?.getBoundingClientRect()];
      if (!begin || !end) return;
      // Between the two are the rows that are drawn, where they have come.
      if (rows.length > 2) height.current = (end.top - begin.bottom) / (rows.length - 2);
      const seen = -begin.top / height.current;
      const from = Math.max(0, Math.floor(seen / stepOfRows - 1) * stepOfRows);
      const to = Math.min(total, Math.ceil((seen + innerHeight / height.current) / stepOfRows + 1) * stepOfRows);
      setView((old) => (old.from === from && old.to === to ? old : { from, to }));
    };
    look();
    const how = { capture: true, passive: true };
    addEventListener('scroll', look, how);
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look, how);
      removeEventListener('resize', look);
    };
  }, [isMany, total]);
  return isMany ? { ...view, height: height.current } : { from: 0, to: total, height: 0 };
}

/** Only one row can be reached by Tab: the one that had the focus last, else the first. */
function useOneStop(body: RefObject<HTMLTableSectionElement | null>, isList: boolean) {
  const at = useRef<Element | null>(null);
  const settle = () => {
    if (!isList || !body.current) return;
    at.current = body.current.querySelector('tr:focus-within') ?? at.current;
    if (!at.current?.isConnected) at.current = body.current.querySelector('tr:not(.space)');
    for (const one of body.current.querySelectorAll<HTMLElement>('a, button, input, summary'))
      one.tabIndex = at.current?.contains(one) ? 0 : -1;
  };
  useLayoutEffect(settle);
  return settle;
}

/** As if its name had been clicked; not where something of its own was, nor at the end of selecting text. */
function openRow(event: MouseEvent): void {
  const { target } = event;
  if (!(target instanceof Element) || target.closest('a, button, input, select, label, summary')) return;
  if (getSelection()?.isCollapsed === false) return;
  target.closest('tr')?.querySelector('th a, th .link')?.dispatchEvent(new MouseEvent('click', event));
}

const keysOf = () => import('./table-keys.ts');
const rowKeys: PageKeys = {
  j: ['keys.next', () => void keysOf().then(({ move }) => move(1))],
  k: ['keys.previous', () => void keysOf().then(({ move }) => move(-1))],
  Enter: ['keys.open', null],
};
const pickKeys: PageKeys = {
  ...rowKeys,
  x: ['keys.select', () => void keysOf().then(({ tick }) => tick(false))],
  X: ['keys.range', () => void keysOf().then(({ tick }) => tick(true))],
  Escape: ['keys.clear', () => void keysOf().then(({ clear }) => clear())],
};

/** Arrows are nobody's letters: they act where single keys are off, too. */
function moveByArrow(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : null;
  if (step === null || isTyping(event)) return;
  event.preventDefault();
  void keysOf().then(({ move }) => move(step));
}

/** Holds the place of rows that are not drawn. */
const Space = ({ rows, height }: { rows: number; height: number }) => (
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus
  <tr class="space" aria-hidden="true">
    <td style={{ height: `${rows * height}px` }} />
  </tr>
);

/** `scroll`: a wide table of numbers that scrolls in its own box, which the keyboard can reach, instead of becoming cards. */
export function Table<Row>(props: TableProps<Row>) {
  const { caption, columns, keyOf, scroll = false, pick, isList = false, brief = false } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const isFew = (props.part?.total ?? props.rows.length) <= manyRows;
  const { list: rows, moved, apply } = useSteady(body, props.rows, isList && isFew ? keyOf : null);
  const [cards, setCards] = useState(cardsAtMost);
  const { total, from: offset, onView } = props.part ?? { total: rows.length, from: 0, onView: null };
  const isCards = isPhone.value && !scroll && !brief;
  const isCut = isCards && rows.length > cards + cardsToSpare;
  const { from, to, height } = useView(body, isCards ? 0 : total);
  const settle = useOneStop(body, isList);
  useKeys(isList ? (pick ? pickKeys : rowKeys) : {});
  useEffect(() => onView?.(from, to), [from, to]);
  const isMany = height > 0;
  const shown = isCut ? rows.slice(0, cards) : isMany ? rows.slice(Math.max(0, from - offset), to - offset) : rows;
  const before = isMany ? Math.max(from, offset) : 0;
  return (
    <div class="table-scroll" {...(scroll ? { tabIndex: 0, role: 'region', 'aria-label': caption } : {})}>
      {moved > 0 && (
        <button type="button" class="button slim moved screen-only" onClick={apply}>
          {t('common.moved', { n: number(moved, language.value) })}
        </button>
      )}
      <table
        class={`table ${scroll ? '' : brief ? 'brief' : 'cards'} ${isList ? 'list' : ''}`}
        aria-rowcount={isMany ? total + 1 : undefined}
      >
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {pick && <th class="pick">{pick.head}</th>}
            {columns.map((column) => (
              <Head key={column.key} column={column} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} onClick={openRow} onFocusIn={settle} onKeyDown={isList ? moveByArrow : undefined}>
          {isMany && <Space rows={before} height={height} />}
          {shown.map((row, index) => (
            <tr key={keyOf(row, index)} aria-rowindex={isMany ? before + index + 2 : undefined}>
              {pick && <td class="pick">{pick.cell(row)}</td>}
              <Cells row={row} columns={columns} />
            </tr>
          ))}
          {isMany && <Space rows={total - before - shown.length} height={height} />}
        </tbody>
      </table>
      {isCut && (
        <p class="box-body">
          <button type="button" class="button slim" onClick={() => setCards(cards + manyRows)}>
            {t('common.showAll', { n: number(rows.length, language.value) })}
          </button>
        </p>
      )}
    </div>
  );
}

interface TickProps {
  label: string;
  isOn: boolean;
  isPartly?: boolean;
  onTick: (isRange: boolean) => void;
}

/** The box before a row, or that of all. */
export const Tick = ({ label, isOn, isPartly = false, onTick }: TickProps) => (
  <label class="tick" title={label}>
    <input
      type="checkbox"
      aria-label={label}
      checked={isOn}
      ref={(box) => {
        if (box) box.indeterminate = isPartly;
      }}
      onClick={({ shiftKey }) => onTick(shiftKey)}
    />
  </label>
);
