/**
 * CSV as spreadsheets write and read it (RFC 4180). A table from outside is bounded, and every fault in it has its line,
 * its value and the reason; one that goes out holds no cell that a spreadsheet would run as a formula.
 */
import { namesThere } from './nearest.ts';
import { clip, type Reason, reason } from './reason.ts';
import { disturbing, escaped } from './safe-text.ts';

/** Of a table that comes in; lengths in UTF-16 code units. */
export const csvLimits = { text: 1_000_000, rows: 10_000, columns: 50, cell: 2000, faults: 100, value: 80 } as const;

export interface CsvRow {
  /** From 1, as an editor counts: a quoted cell may go over several lines. */
  line: number;
  cells: string[];
}

export interface CsvFault {
  line: number;
  /** Name of the column; null: the whole line. */
  column: string | null;
  value: string;
  why: Reason;
}

export const csvFault = (line: number, column: string | null, value: string, why: Reason): CsvFault => ({
  ...{ line, column, why },
  value: clip(value, csvLimits.value),
});

/**
 * Spreadsheets run what begins with one of these; the wide forms too, in Japanese. The apostrophe that stops them is doubled
 * where it was there before, so that what is read is what was written.
 */
const formula = /^['\s]*[=+\-@\t\r\n＝＋－＠]/;
const guard = (text: string) => (formula.test(text) ? `'${text}` : text);
const unguard = (text: string) => (text.startsWith("'") && formula.test(text) ? text.slice(1) : text);

export type CsvCell = string | number | boolean | null;

/** Several names in one cell. A name may hold anything: what parts names is marked where it is a part of one. */
export const namesCell = (names: readonly string[]): string =>
  names.map((name) => name.replace(/[\\|]/g, '\\$&')).join(' | ');
export const namesInCell = (text: string): string[] =>
  (text.match(/(?:\\.|[^\\|])+/g) ?? []).map((one) => one.trim().replace(/\\(.)/g, '$1')).filter(Boolean);

/** One row, with its line end. */
export const csvLine = (row: readonly CsvCell[]): string => `${row.map(written).join(',')}\r\n`;

/** With a byte order mark, without which Excel reads UTF-8 as the code page of its country. Numbers are no formulas: -5 stays. */
export function writeCsv(rows: Iterable<readonly CsvCell[]>): string {
  let text = '\ufeff';
  for (const row of rows) text += csvLine(row);
  return text;
}

function written(cell: CsvCell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const text = guard(cell).replace(disturbing, (one) => ('\t\r\n'.includes(one) ? one : escaped(one)));
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Comma, semicolon or tab, whichever the first line has most: spreadsheets take the one of their country. */
export function parseCsv(source: string): { rows: CsvRow[]; faults: CsvFault[] } {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  const found: { rows: CsvRow[]; faults: CsvFault[] } = { rows: [], faults: [] };
  if (text.length > csvLimits.text) {
    found.faults.push(csvFault(1, null, '', reason('csv_too_long', { count: text.length, limit: csvLimits.text })));
    return found;
  }
  const separator = separatorOf(text);
  let [at, line] = [0, 1];
  for (let n = 0; at < text.length && found.faults.length < csvLimits.faults; n++) {
    // Beside the first line, which names the columns.
    if (n > csvLimits.rows) {
      found.faults.push(csvFault(line, null, '', reason('csv_many_rows', { limit: csvLimits.rows })));
      break;
    }
    const { cells, fault, next } = readRow(text, at, line, separator);
    if (fault) found.faults.push(fault);
    else if (cells.some((cell) => cell !== '')) found.rows.push({ line, cells });
    line += lineEndsIn(text.slice(at, next));
    at = next;
  }
  return found;
}

function separatorOf(text: string): string {
  const first = text.slice(0, endOfLine(text, 0)).replace(/"[^"]*"/g, '');
  const countOf = (one: string) => first.split(one).length;
  return [',', ';', '\t'].reduce((best, one) => (countOf(one) > countOf(best) ? one : best));
}

/** Where the line ends in which `at` lies, or the separator stands before that. */
function endOfLine(text: string, at: number, separator = '\n'): number {
  let end = at;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r' && text[end] !== separator) end++;
  return end;
}

function nextLine(text: string, at: number): number {
  const end = endOfLine(text, at);
  return end + (text.startsWith('\r\n', end) ? 2 : 1);
}

const lineEndsIn = (text: string) => text.match(/\r\n|\r|\n/g)?.length ?? 0;

interface ReadRow {
  cells: string[];
  fault: CsvFault | null;
  /** Where the next row begins; after a fault, the next line. */
  next: number;
}

/** One row, whose first cell begins at `start`. */
function readRow(text: string, start: number, line: number, separator: string): ReadRow {
  const cells: string[] = [];
  for (let at = start; ; at++) {
    const { cell, end, why } = readCell(text, at, separator);
    const fault =
      why ?? (cells.length < csvLimits.columns ? null : reason('csv_many_columns', { limit: csvLimits.columns }));
    if (fault) {
      const place = line + lineEndsIn(text.slice(start, at));
      return { cells, fault: csvFault(place, null, cell, fault), next: nextLine(text, end) };
    }
    cells.push(unguard(cell));
    if (text[end] !== separator) return { cells, fault: null, next: nextLine(text, end) };
    at = end;
  }
}

/** @returns `end` is where its separator stands, or the end of its line */
function readCell(text: string, at: number, separator: string): { cell: string; end: number; why: Reason | null } {
  if (text[at] !== '"') {
    const end = endOfLine(text, at, separator);
    const cell = text.slice(at, end);
    return { cell, end, why: cellFault(cell) };
  }
  const close = closingQuote(text, at);
  const cell = text.slice(at + 1, close).replaceAll('""', '"');
  if (close === text.length) return { cell, end: close, why: reason('csv_quote_open') };
  const after = text[close + 1] ?? '\n';
  const isEnd = after === separator || after === '\r' || after === '\n';
  return { cell, end: close + 1, why: isEnd ? cellFault(cell) : reason('csv_after_quote', { text: after }) };
}

/** Two quotes in a row are one of the text. */
function closingQuote(text: string, open: number): number {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    if (text[at + 1] !== '"') return at;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const unreadable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd\ud800-\udfff]/u;

const manyUnreadable = new RegExp(unreadable, 'gu');
/** Workbooks and other archives are ZIP files. */
const zipMark = 'PK\u0003\u0004';

/** Of a file that is no table of text: one fault says so, where each of its lines would have one. */
function fileFault(text: string): CsvFault | null {
  const shown = text.slice(0, csvLimits.value);
  if (text.startsWith(zipMark)) return csvFault(1, null, shown, reason('csv_workbook'));
  // A single one is a fault of its cell, which has a place.
  const count = text.match(manyUnreadable)?.length ?? 0;
  if (count < 2) return null;
  const at = text.search(unreadable);
  const line = 1 + lineEndsIn(text.slice(0, at));
  const why = text.includes('\0') ? reason('csv_binary') : reason('csv_not_utf8', { count });
  return csvFault(line, null, text.slice(Math.max(0, at - 20), at + 20), why);
}

const otherSeparator = /[,;\t|:]/;

/** Of a first line that names none of the columns: separated by something else, or missing. */
function headFault(head: CsvRow, given: readonly string[], names: readonly string[]): CsvFault | null {
  if (given.some((name) => names.includes(name))) return null;
  const known = names.join(', ');
  const isOne = given.length === 1 && otherSeparator.test(head.cells[0] ?? '');
  const why = isOne ? reason('csv_separator', { known }) : reason('csv_no_head', { known });
  return csvFault(head.line, null, head.cells.join(', '), why);
}

/** A first line by one separator, and all lines below by another. */
function separatorFault(given: readonly string[], rows: readonly CsvRow[]): CsvFault | null {
  const [first] = rows;
  const isOther = ({ cells }: CsvRow) => cells.length === 1 && otherSeparator.test(cells[0] ?? '');
  if (given.length < 2 || !first || !rows.every(isOther)) return null;
  return csvFault(first.line, null, first.cells[0] ?? '', reason('csv_separator_below'));
}

/** U+FFFD stands where bytes were not UTF-8, as half a pair of UTF-16 does; databases take no NUL. */
function cellFault(cell: string): Reason | null {
  if (cell.length > csvLimits.cell) return reason('csv_long_cell', { count: cell.length, limit: csvLimits.cell });
  return unreadable.test(cell) ? reason('csv_not_text') : null;
}

export interface CsvRecord<Name extends string> {
  line: number;
  /** Each cell without the spaces around it; empty where its column, or its cell, is missing. */
  of: Record<Name, string>;
}

const namesOf = (head: CsvRow | undefined) => (head?.cells ?? []).map((cell) => cell.trim().toLowerCase());

/** The names of the columns as the first line has them. */
export const columnsIn = (text: string): string[] => namesOf(parseCsv(text.slice(0, endOfLine(text, 0))).rows[0]);

/**
 * A table whose first line names its columns, in any order.
 * @param optional columns that may be missing
 */
export function readCsv<const Name extends string>(
  text: string,
  names: readonly Name[],
  optional: readonly Name[] = [],
): { records: CsvRecord<Name>[]; faults: CsvFault[] } {
  const whole = text.length > csvLimits.text ? null : fileFault(text);
  if (whole) return { records: [], faults: [whole] };
  const { rows, faults } = parseCsv(text);
  const [head, ...rest] = rows;
  if (!head && faults.length === 0)
    return { records: [], faults: [csvFault(1, null, '', reason('csv_empty', { known: names.join(', ') }))] };
  const given = namesOf(head);
  const wrong = head && (headFault(head, given, names) ?? separatorFault(given, rest));
  if (wrong) return { records: [], faults: [wrong] };
  const isKnown = (name: string): name is Name => (names as readonly string[]).includes(name);
  const inHead = (name: string, why: Reason) => faults.push(csvFault(head?.line ?? 1, name, name, why));
  given.forEach((name, n) => {
    if (given.indexOf(name) < n) inHead(name, reason('csv_column_twice'));
    else if (!isKnown(name)) inHead(name, reason('csv_column_unknown', namesThere(name, names)));
  });
  for (const name of names)
    if (!given.includes(name) && !optional.includes(name)) inHead(name, reason('csv_column_missing'));
  if (faults.length > 0) return { records: [], faults };
  const records = rest.flatMap(({ line, cells }): CsvRecord<Name>[] => {
    if (cells.length > given.length && cells.slice(given.length).some((cell) => cell !== '')) {
      const counts = { cells: cells.length, columns: given.length };
      faults.push(csvFault(line, null, cells.join(', '), reason('csv_many_cells', counts)));
      return [];
    }
    const of = Object.fromEntries(names.map((name) => [name, (cells[given.indexOf(name)] ?? '').trim()]));
    return [{ line, of: of as Record<Name, string> }];
  });
  return { records, faults };
}
