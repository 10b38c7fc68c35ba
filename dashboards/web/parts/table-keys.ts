/** What keys do in the rows of lists: from row to row, and the boxes before them. Comes with the first of them that is pressed. */

const name = 'th a, th .link, th button';
const focused = () => document.activeElement?.closest<HTMLTableRowElement>('.table tbody tr') ?? null;

/** Of the list that has the focus, else of the first one. */
function rowsNow(): HTMLTableRowElement[] {
  const tables = [...document.querySelectorAll<HTMLTableElement>('main .table.list')];
  const table = tables.find((one) => one.contains(document.activeElement)) ?? tables[0];
  return [...(table?.tBodies[0]?.rows ?? [])].filter((row) => row.querySelector(name));
}

/** To the row after or before the one with the focus; from outside to the first that can be seen. */
export function move(step: 1 | -1): void {
  const rows = rowsNow();
  const at = rows.indexOf(focused() as HTMLTableRowElement);
  const seen = rows.findIndex((row) => row.getBoundingClientRect().top >= 0);
  const next = rows[at < 0 ? Math.max(seen, 0) : Math.min(Math.max(at + step, 0), rows.length - 1)];
  next?.querySelector<HTMLElement>(name)?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
}

/** As a click on its box: with Shift all from the one before. */
export const tick = (shiftKey: boolean) =>
  void focused()
    ?.querySelector('.pick input')
    ?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, shiftKey }));

export const clear = () => document.querySelector<HTMLElement>('[data-clear]')?.click();
