/** Cells of tables that name what work is done on, and when. */
import { namesThere } from '../../shared/nearest.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import type { MaintenanceScope } from './window.ts';

export class CellFault<Column extends string = string> extends Error {
  readonly column: Column;
  readonly why: Reason;
  constructor(column: Column, why: Reason) {
    super(column);
    this.column = column;
    this.why = why;
  }
}

export interface ScopeLookup {
  /** Under the names that are kept; null: there is none, or it is not clear which. */
  scopeNamed(scope: MaintenanceScope): Promise<MaintenanceScope | null>;
  /** What there is of a kind, for the message about an unknown one. */
  namesOf(of: MaintenanceScope['of']): Promise<string[]>;
}

const kinds = ['site', 'group', 'tag', 'endpoint'] as const;

/** `site:Osaka`. @throws CellFault */
export async function scopeIn(column: string, text: string, names: ScopeLookup): Promise<MaintenanceScope> {
  const [, kind = '', target = ''] = /^(\w+)\s*:\s*(.+)$/.exec(text) ?? [];
  const of = kinds.find((one) => one === kind.toLowerCase());
  if (!of) throw new CellFault(column, reason('change_target_form', { text, known: kinds.join(', ') }));
  const found = await names.scopeNamed({ of, target });
  if (found) return found;
  const there = namesThere(target, await names.namesOf(of));
  throw new CellFault(column, reason('change_target_unknown', { text, ...there }));
}

/** ISO 8601; without a zone it is wall time of `zone`. @throws CellFault */
export function instantIn(column: string, text: string, zone: string): number {
  const form = text.replace(/^(\d{4}-\d\d-\d\d) (\d)/, '$1T$2');
  try {
    return Temporal.Instant.from(form).epochMilliseconds;
  } catch {
    // Falls through: a time without a zone.
  }
  try {
    // A date alone would be midnight, which nobody means by the end of a window.
    if (!/T\d/.test(form)) throw new RangeError(form);
    return Temporal.PlainDateTime.from(form).toZonedDateTime(zone).epochMilliseconds;
  } catch {
    throw new CellFault(column, reason('change_time', { zone }));
  }
}

export const instantText = (at: number | null): string => (at === null ? '' : new Date(at).toISOString());
