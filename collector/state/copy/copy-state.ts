/**
 * `state copy`: all rows of an SQLite state that no collector works on, into an empty PostgreSQL database. Looked through
 * first, so that what cannot be copied is named before anything is written; then page by page, each commit with how far the
 * copy is, so that one that was interrupted goes on; then read back over another connection and compared, row by row.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import { lookAtChain } from '../audit-chain.ts';
import { breathe } from '../breathe.ts';
import type { State } from '../database.ts';
import { driverOf } from '../drivers/index.ts';
import { type PostgresPlace, postgresName } from '../drivers/postgres-address.ts';
import { appliedMigrations, newestSchema, openAsIs, openState, refuseOthers } from '../open.ts';
import { sparsely } from '../waiting.ts';
import { type CopyMark, readMark } from './mark.ts';
import { type CopiedTable, type CopySourceFile, openSource, type SourceRow } from './source.ts';
import { type CopiedCell, createTally, type RowTally, sameTally } from './tally.ts';
import { beginAnew, filledTable, putPage, readBack, readTypes, removeMark, setSequences } from './target.ts';

export interface StateCopyParts {
  /** Held by the caller: no collector works on it. */
  file: string;
  place: PostgresPlace;
  /** Texts with NUL characters are copied with U+FFFD in their place. */
  replaceNul: boolean;
  now(): number;
  log: Log;
  signal: AbortSignal;
  progress(phase: string, done: number, total: number): void;
  /** How long a server that is away is waited for, in the middle. */
  awayAtMostMs?: number;
}

export interface CopiedState {
  tables: { name: string; rows: number }[];
  rows: number;
  /** Rows that an earlier run had copied. */
  before: number;
  /** An earlier run was begun with what the source is no longer. */
  isAnew: boolean;
  /** Places of NUL characters. */
  replaced: string[];
  /** Tables that hold something else there, in words. */
  differ: string[];
  /** Entries of the audit log; what is wrong with its chain there and was not here. */
  chain: { entries: number; faults: string[] };
}

/** Rows and characters of a page: a commit in which nobody waits for anybody, far below the limit of a statement. */
const page = { rows: 500, characters: 1_000_000 };
const namedAtMost = 20;
const againMs = 1000;

interface LookedThrough {
  table: CopiedTable;
  tally: RowTally;
  /** Characters of its largest row. */
  largest: number;
  /** The part of it that was copied already has other rows now. */
  isChanged: boolean;
}

const sizeOf = (cells: readonly CopiedCell[]) => cells.reduce((sum, cell) => sum + (cell?.length ?? 4), 0);

/** @throws EvenkeelError DATA_NEWER, DATA_FORKED, COPY_REFUSED, STATE_REFUSED, STATE_UNREACHABLE; AbortError */
export async function copyToPostgres(parts: StateCopyParts): Promise<CopiedState> {
  const { file, place, log, signal } = parts;
  const closing: (() => unknown)[] = [];
  try {
    const old = await openAsIs({ driver: 'sqlite', file, isReadOnly: true });
    closing.push(() => old.destroy());
    await checkSchema(old, file);
    const source = openSource(file);
    closing.push(() => source.close());
    const target = await openState(place, { log, stopped: signal }, true);
    closing.push(() => target.destroy());
    // No collector works there meanwhile.
    closing.push(await (await driverOf(place)).attend(place, target, log, signal));
    return await copy(parts, { old, source, target });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function checkSchema(old: State, file: string): Promise<void> {
  const applied = await appliedMigrations(old);
  refuseOthers(applied, file, () => 'Run this command with the version that wrote it');
  if (applied.at(-1) !== newestSchema)
    throw fail('COPY_REFUSED', {
      reason: `${file} was written by an older version (schema ${applied.at(-1) ?? 'none'}, this version has ${newestSchema})`,
      todo: 'Start this version on it once, with the settings of before: that brings it up to date. Then stop it, and run this again.',
    });
}

interface CopyEnds {
  old: State;
  source: CopySourceFile;
  target: State;
}

async function copy(parts: StateCopyParts, { old, source, target }: CopyEnds): Promise<CopiedState> {
  const { place, progress } = parts;
  const types = await readTypes(target);
  const tables = source.tables((name) => types.get(name) ?? new Map());
  const mark = await readMark(target);
  if (mark === null) await refuseFilled(target, place, tables);
  const total = tables.reduce((sum, table) => sum + source.count(table), 0);
  const { looked, replaced } = await lookThrough(parts, source, tables, mark, total);

  const begun: CopyMark = { from: parts.file, begunAt: parts.now(), done: {}, open: null };
  const isAnew = mark !== null && looked.some(({ isChanged }) => isChanged);
  if (isAnew && mark.from !== parts.file) throw refusedFor(place, `an unfinished copy of ${mark.from}`);
  const from = mark && !isAnew ? mark : begun;
  if (from === begun) await whileAway(parts, () => beginAnew(target, tables, begun));

  const before = Object.values(from.done).reduce((sum, { rows }) => sum + rows, from.open?.tally.rows ?? 0);
  let done = before;
  let now = from;
  for (const { table, tally } of looked)
    now = await copyTable(parts, { source, target }, table, now, (rows) => {
      done += rows.all;
      progress(`Copying ${table.name}, ${rows.ofTable} of ${tally.rows} rows`, done, total);
    });
  await whileAway(parts, () => setSequences(target, tables));

  const again = await openAsIs(place);
  try {
    const differ = await compare(parts, again, looked, total);
    const here = await lookAtChain(old, null);
    const there = await whileAway(parts, () => lookAtChain(again, null));
    const faults = there.faults.filter((fault) => !here.faults.includes(fault));
    if (there.head.hash !== here.head.hash || there.entries !== here.entries)
      faults.unshift(`its head is ${there.head.seq} there and ${here.head.seq} here`);
    if (differ.length === 0) await whileAway(parts, () => removeMark(target));
    return {
      tables: looked.map(({ table, tally }) => ({ name: table.name, rows: tally.rows })),
      ...{ rows: total, before, isAnew, replaced, differ, chain: { entries: there.entries, faults } },
    };
  } finally {
    await again.destroy();
  }
}

async function refuseFilled(target: State, place: PostgresPlace, tables: readonly CopiedTable[]): Promise<void> {
  const filled = await filledTable(target, tables);
  if (filled !== null) throw refusedFor(place, `rows in ${filled}`);
}

function refusedFor(place: PostgresPlace, what: string): EvenkeelError {
  const { user, host, port, database } = place;
  return fail('COPY_REFUSED', {
    reason: `${postgresName(place)} is not empty, it has ${what}`,
    todo: `Nothing was changed. Give an empty database: createdb -h ${host} -p ${port} -E UTF8 -T template0 -O ${user} ${database}-2; or, if nobody needs what is there, dropdb and createdb this one.`,
  });
}

/** Once before anything is written: what is there, what of it cannot be copied, and whether an earlier copy still agrees. */
async function lookThrough(
  { replaceNul, signal, progress, place }: StateCopyParts,
  source: CopySourceFile,
  tables: readonly CopiedTable[],
  mark: CopyMark | null,
  total: number,
): Promise<{ looked: LookedThrough[]; replaced: string[] }> {
  const looked: LookedThrough[] = [];
  const unfit: string[] = [];
  const replaced: string[] = [];
  let done = 0;
  for (const table of tables) {
    const tally = createTally();
    const copied = mark?.open?.table === table.name ? mark.open.tally : mark?.done[table.name];
    let isChanged = false;
    let largest = 0;
    for (const row of source.rows(table)) {
      tally.add(row.cells);
      largest = Math.max(largest, sizeOf(row.cells));
      if (tally.value().rows === copied?.rows) isChanged = !sameTally(tally.value(), copied);
      for (const one of placesIn(table, row)) (one.isNul && replaceNul ? replaced : unfit).push(one.text);
      if (++done % page.rows === 0) {
        progress('Looking through the state', done, total);
        await breathe();
        signal.throwIfAborted();
      }
    }
    const value = tally.value();
    if (mark?.done[table.name] && copied) isChanged = !sameTally(value, copied);
    else if (copied && copied.rows > value.rows) isChanged = true;
    looked.push({ table, tally: value, largest, isChanged });
  }
  if (unfit.length > 0) throw unfitFor(place, unfit);
  return { looked, replaced };
}

/** Which row, for people. */
const placeOf = ({ key }: CopiedTable, values: readonly CopiedCell[]) =>
  key.map((one, i) => `${one} = ${JSON.stringify(values[i]?.slice(0, 80))}`).join(', ');

function* placesIn(table: CopiedTable, row: SourceRow): Generator<{ text: string; isNul: boolean }> {
  for (const { column, problem, isNul } of row.unfit)
    yield { text: `${table.name} (${placeOf(table, row.key)}): ${column} ${problem}`, isNul };
}

function unfitFor(place: PostgresPlace, unfit: readonly string[]): EvenkeelError {
  const more = unfit.length > namedAtMost ? [`… and ${unfit.length - namedAtMost} more`] : [];
  return fail('COPY_REFUSED', {
    reason: [`${postgresName(place)} cannot hold what stands in`, ...unfit.slice(0, namedAtMost), ...more].join('\n  '),
    todo: 'Nothing was copied. Change these texts in the web app; or run it with --replace-nul, which puts U+FFFD in the place of each NUL character. In the audit log that is a change, which its chain then shows.',
  });
}

/** @returns the mark once all of the table is there */
async function copyTable(
  parts: StateCopyParts,
  { source, target }: Pick<CopyEnds, 'source' | 'target'>,
  table: CopiedTable,
  mark: CopyMark,
  say: (rows: { all: number; ofTable: number }) => void,
): Promise<CopyMark> {
  if (mark.done[table.name]) return mark;
  const open = mark.open?.table === table.name ? mark.open : null;
  const tally = createTally(open?.tally);
  let rows: CopiedCell[][] = [];
  let characters = 0;
  let key = open?.key ?? [];
  const put = async (next: CopyMark) => {
    parts.signal.throwIfAborted();
    await whileAway(parts, () => putPage(target, table, rows, next)).catch((thrown: unknown) => {
      throw thrown instanceof EvenkeelError ? thrown : refusedPage(table, key, thrown);
    });
    say({ all: rows.length, ofTable: tally.value().rows });
    rows = [];
    characters = 0;
    return next;
  };
  for (const row of source.rows(table, open?.key)) {
    rows.push(row.cells);
    tally.add(row.cells);
    key = row.key;
    characters += sizeOf(row.cells);
    if (rows.length >= page.rows || characters >= page.characters)
      await put({ ...mark, open: { table: table.name, key, tally: tally.value() } });
  }
  const last = { ...mark, done: { ...mark.done, [table.name]: tally.value() }, open: null };
  // An empty table is noted with the next page.
  return rows.length === 0 && open === null && tally.value().rows === 0 ? last : put(last);
}

const refusedPage = (table: CopiedTable, key: readonly CopiedCell[], thrown: unknown) =>
  fail(
    'COPY_REFUSED',
    {
      reason: `one of the rows of ${table.name} up to ${placeOf(table, key)} was not taken: ${reasonOf(thrown)}`,
      todo: 'What was copied before stays. Change that row in the web app of the collector that has it, stop it, and run this again.',
    },
    thrown,
  );

/** What is there now, asked for over another connection than the one that has written it. */
async function compare(
  parts: StateCopyParts,
  again: State,
  looked: readonly LookedThrough[],
  total: number,
): Promise<string[]> {
  const differ: string[] = [];
  let done = 0;
  for (const { table, tally, largest } of looked) {
    const atOnce = Math.max(1, Math.min(page.rows, Math.floor((4 * page.characters) / Math.max(1, largest))));
    const found = await whileAway(parts, async () => {
      const there = createTally();
      for await (const rows of readBack(again, table, atOnce)) {
        for (const cells of rows) there.add(cells);
        parts.signal.throwIfAborted();
        parts.progress(`Checking ${table.name}`, done + there.value().rows, total);
      }
      return there.value();
    });
    done += tally.rows;
    if (found.rows !== tally.rows) differ.push(`${table.name}: ${found.rows} rows there, ${tally.rows} here`);
    else if (!sameTally(found, tally)) differ.push(`${table.name}: as many rows, but not the same`);
  }
  return differ;
}

/** A server that is starting, or whose disk is full for a moment, is waited for. */
async function whileAway<T>(
  { place, log, signal, awayAtMostMs = 120_000 }: StateCopyParts,
  work: () => Promise<T>,
): Promise<T> {
  const warn = sparsely((fields) => log.warn(fields, 'The database does not answer; tried again'));
  for (const end = performance.now() + awayAtMostMs; ; await pause(againMs, undefined, { signal })) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError && thrown.retryable)) throw thrown;
      const refusal = (await driverOf(place)).refusalOf(place, thrown);
      if (performance.now() > end) throw refusal;
      warn({ reason: refusal.message, todo: refusal.hint });
    }
  }
}
