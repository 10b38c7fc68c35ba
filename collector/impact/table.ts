/** The impact of incidents as a table: a line for each segment and site. Pure. */
import { type CsvCell, type CsvFault, csvFault, csvLimits, readCsv, writeCsv } from '../../shared/csv.ts';
import { namesThere } from '../../shared/nearest.ts';
import { nameKey } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { CellFault, instantIn, instantText } from '../maintenance/cells.ts';
import type { ImpactSegment } from './estimate.ts';

/** What a person can enter; the columns behind it are read as nothing. */
const entered = ['ticket', 'start', 'end', 'factor', 'site', 'people', 'confirmed'] as const;
const columns = [...entered, 'title', 'reason', 'stated_by', 'stated_at'] as const;
export type ImpactColumn = (typeof entered)[number];
export type StatedCells = Record<ImpactColumn, string>;

export const impactTableLimits = { segments: 200, people: 1_000_000, written: 2000 } as const;

export interface WrittenImpact {
  ticket: number;
  title: string;
  segments: readonly ImpactSegment[];
  stated: { by: string; at: number; reason: string } | null;
}

/** @param nameOf of a site, by its id; the id where it is gone */
export function impactTable(impacts: readonly WrittenImpact[], nameOf: (site: string) => string): string {
  function* lines(): Generator<readonly CsvCell[]> {
    yield columns;
    let left: number = csvLimits.rows - 1;
    for (const { ticket, title, segments, stated } of impacts) {
      const own = segments.flatMap(({ start, end, factor, affected }) => {
        const times = [ticket, instantText(start), instantText(end), factor];
        const none = [...times, '', ''];
        return affected.length === 0
          ? [none]
          : affected.map(({ site, people }) => [...times, site === null ? '' : nameOf(site), people]);
      });
      // Nobody was hindered, and somebody has said so.
      if (own.length === 0 && stated) own.push([ticket, '', '', '', '', '']);
      // Half of the lines of a ticket would be read as all of them.
      if (own.length > left) return;
      left -= own.length;
      const told = stated
        ? ['yes', title, stated.reason, stated.by, instantText(stated.at)]
        : ['no', title, '', '', ''];
      for (const cells of own) yield [...cells, ...told];
    }
  }
  return writeCsv(lines());
}

export interface ReadImpact {
  /** Where the ticket is named first. */
  line: number;
  /** Where each segment stands. */
  places: { line: number; of: StatedCells }[];
  ticket: number;
  segments: ImpactSegment[];
  isConfirmed: boolean;
}

export interface ImpactCells {
  /** Of times without one, IANA. */
  zone: string;
  /** By id; of those that are gone the id is the name. */
  sites: ReadonlyMap<string, { name: string }>;
}

interface OneLine {
  line: number;
  of: StatedCells;
  /** Null: the ticket hindered nobody. */
  part: ImpactSegment | null;
  isConfirmed: boolean;
}

export function impactsIn(text: string, cells: ImpactCells): { impacts: ReadImpact[]; faults: CsvFault[] } {
  const { records, faults } = readCsv(text, columns, ['confirmed', 'title', 'reason', 'stated_by', 'stated_at']);
  const tickets = new Map<number, OneLine[]>();
  for (const { line, of } of records) {
    try {
      const [, digits] = /^(?:T-)?([1-9]\d{0,14})$/i.exec(of.ticket) ?? [];
      if (digits === undefined) throw new CellFault('ticket', reason('impact_ticket'));
      const ticket = Number(digits);
      const before = tickets.get(ticket) ?? [];
      const one = { line, of, part: partIn(of, cells), isConfirmed: confirmedIn(of.confirmed) };
      const fault = mixed(before, one);
      if (fault) throw fault;
      tickets.set(ticket, [...before, one]);
    } catch (thrown) {
      if (!(thrown instanceof CellFault)) throw thrown;
      faults.push(csvFault(line, thrown.column, of[thrown.column as ImpactColumn], thrown.why));
      if (faults.length >= csvLimits.faults) break;
    }
  }
  const impacts = [...tickets].map(([ticket, own]): ReadImpact => {
    const { segments, places } = joined(own);
    return { line: own[0]?.line ?? 1, places, ticket, segments, isConfirmed: own[0]?.isConfirmed ?? true };
  });
  for (const { line, ticket, segments } of impacts)
    if (segments.length > impactTableLimits.segments) {
      const why = reason('impact_many', { count: segments.length, limit: impactTableLimits.segments });
      faults.push(csvFault(line, 'ticket', String(ticket), why));
    }
  return { impacts, faults };
}

/** @throws CellFault */
function partIn(of: StatedCells, { zone, sites }: ImpactCells): ImpactSegment | null {
  const filled = (['start', 'end', 'factor', 'site', 'people'] as const).filter((column) => of[column] !== '');
  if (filled.length === 0) return null;
  const factor = Number(of.factor);
  if (of.factor === '' || !(factor >= 0 && factor <= 1)) throw new CellFault('factor', reason('impact_factor'));
  const start = instantIn('start', of.start, zone);
  const end = of.end === '' ? null : instantIn('end', of.end, zone);
  const site = siteIn(of.site, sites);
  if (of.people === '' && site === null) return { start, end, factor, affected: [] };
  const limit = impactTableLimits.people;
  const people = Number(of.people);
  if (of.people === '' || !Number.isInteger(people) || people < 0 || people > limit)
    throw new CellFault('people', reason('impact_count', { limit }));
  return { start, end, factor, affected: [{ site, people }] };
}

function siteIn(text: string, sites: ImpactCells['sites']): string | null {
  if (text === '') return null;
  if (sites.has(text)) return text;
  for (const [id, { name }] of sites) if (nameKey(name) === nameKey(text)) return id;
  // As a site that is gone was written; whether it may stay is seen where it is compared.
  if (/^s[a-z0-9]{12,}$/.test(text)) return text;
  const there = namesThere(
    text,
    [...sites.values()].map(({ name }) => name),
  );
  throw new CellFault('site', reason('name_unknown', { name: text, ...there }));
}

function confirmedIn(text: string): boolean {
  const known = ['yes', 'no', ''].indexOf(text.toLowerCase());
  if (known < 0) throw new CellFault('confirmed', reason('entry_choice', { known: 'yes, no' }));
  return known !== 1;
}

/** Lines of one ticket that do not fit together. */
function mixed(before: readonly OneLine[], one: OneLine): CellFault | null {
  const [first] = before;
  if (!first) return null;
  const { line } = first;
  if (first.isConfirmed !== one.isConfirmed) return new CellFault('confirmed', reason('impact_mixed', { line }));
  return first.part === null || one.part === null ? new CellFault('start', reason('impact_nobody', { line })) : null;
}

/** Sites that were hindered from when to when and as much as each other are one segment. */
function joined(own: readonly OneLine[]): Pick<ReadImpact, 'segments' | 'places'> {
  const found = new Map<string, { segment: ImpactSegment; place: ReadImpact['places'][number] }>();
  for (const { line, of, part } of own) {
    if (part === null) continue;
    const key = `${part.start} ${part.end} ${part.factor}`;
    const before = found.get(key);
    const affected = [...(before?.segment.affected ?? []), ...part.affected];
    found.set(key, { segment: { ...part, affected }, place: before?.place ?? { line, of } });
  }
  const all = [...found.values()];
  return { segments: all.map(({ segment }) => segment), places: all.map(({ place }) => place) };
}

/** Whether two say the same, in whichever order, and however it is divided into segments. */
export function sayTheSame(one: readonly ImpactSegment[], other: readonly ImpactSegment[]): boolean {
  const flat = (segments: readonly ImpactSegment[]) =>
    segments
      .flatMap(({ start, end, factor, affected }) =>
        affected.length === 0
          ? [[start, end, factor]]
          : affected.map(({ site, people }) => [start, end, factor, site, people]),
      )
      .map((parts) => JSON.stringify(parts))
      .sort();
  return JSON.stringify(flat(one)) === JSON.stringify(flat(other));
}

/** `2 × 5.5 h`: what people compare. */
export function shownImpact(segments: readonly ImpactSegment[]): string {
  const parts = segments.map(({ start, end, factor, affected }) => {
    const people = affected.reduce((sum, one) => sum + one.people, 0);
    return `${instantText(start)}/${instantText(end)} × ${factor} × ${people}`;
  });
  return parts.slice(0, 5).join('; ') + (parts.length > 5 ? ` … (${parts.length})` : '');
}
