/** What a table of impacts would change: held against what is there, and against what can have happened. */
import type { TableRead } from '../../shared/api.ts';
import { type CsvFault, csvFault } from '../../shared/csv.ts';
import { reason } from '../../shared/reason.ts';
import { type ImpactFault, impactFault } from './check.ts';
import type { ImpactSegment } from './estimate.ts';
import { type ImpactColumn, type ReadImpact, sayTheSame, shownImpact } from './table.ts';

/** What is there of a ticket that a table names. */
export interface PresentImpact {
  title: string;
  isIncident: boolean;
  earliest: number;
  segments: readonly ImpactSegment[];
  isStated: boolean;
}

interface Comparison {
  now: number;
  sites: ReadonlyMap<string, { name: string; people: number | null }>;
  present: ReadonlyMap<number, PresentImpact>;
}

/** Each is some statements of one transaction, and a request has 30 seconds. */
const changedAtMost = 1000;

/** @returns `changes` what is to be stated, if there are no faults */
export function compareImpacts(impacts: readonly ReadImpact[], comparison: Comparison) {
  const found = { lines: [] as TableRead['lines'], faults: [] as CsvFault[], changes: [] as ReadImpact[] };
  for (const one of impacts) {
    const old = comparison.present.get(one.ticket);
    const fault = old
      ? faultOf(one, old, comparison)
      : csvFault(one.line, 'ticket', String(one.ticket), reason('impact_no_ticket'));
    if (fault || !old) {
      if (fault) found.faults.push(fault);
      continue;
    }
    const { line, ticket, segments, isConfirmed } = one;
    const name = `T-${ticket} ${old.title}`;
    if (sayTheSame(old.segments, segments) && (old.isStated || !isConfirmed)) {
      found.lines.push({ line, name, does: 'same' });
      continue;
    }
    const [before, after] = [shownImpact(old.segments), shownImpact(segments)];
    found.lines.push({ line, name, does: old.isStated ? 'change' : 'add', before: before || null, after });
    found.changes.push(one);
    if (found.changes.length > changedAtMost) {
      found.faults.push(
        csvFault(line, 'ticket', String(ticket), reason('impact_many_tickets', { limit: changedAtMost })),
      );
      break;
    }
  }
  return found;
}

function faultOf(one: ReadImpact, old: PresentImpact, { now, sites }: Comparison): CsvFault | null {
  const { line, ticket, segments, isConfirmed, places } = one;
  const isSame = sayTheSame(old.segments, segments);
  if (isSame && (old.isStated || !isConfirmed)) return null;
  if (!isConfirmed) return csvFault(line, 'confirmed', 'no', reason('impact_estimate'));
  if (segments.length > 0 && !old.isIncident)
    return csvFault(line, 'ticket', String(ticket), reason('impact_no_incident'));
  const gone = segments.findIndex(({ affected }) => affected.some(({ site }) => site !== null && !sites.has(site)));
  const place = (segment: number) => places[segment] ?? { line, of: null };
  if (gone >= 0) {
    const { line: at, of } = place(gone);
    return csvFault(at, 'site', of?.site ?? '', reason('impact_site_gone'));
  }
  const fault = impactFault(segments, { now, earliest: old.earliest, sites });
  if (!fault) return null;
  const column = columnOf(fault);
  const { line: at, of } = place(fault.segment);
  return csvFault(at, column, of?.[column] ?? '', fault.why);
}

function columnOf({ why: { code } }: ImpactFault): ImpactColumn {
  if (code === 'impact_order' || code === 'impact_end_future') return 'end';
  if (code === 'impact_people') return 'people';
  return code.endsWith('_twice') ? 'site' : 'start';
}
