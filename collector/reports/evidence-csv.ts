/** The list behind a KPI as a table: a row per line, and its parts and wholes make the value. Not rounded. Pure. */
import type { KpiDetail, KpiLine, KpiUnit } from '../../shared/api.ts';
import { type CsvCell, writeCsv } from '../../shared/csv.ts';
import { minorDigits } from '../../shared/money.ts';
import { findWord, type Language, word } from '../../shared/words/index.ts';
import { changeTitle, endpointName, ruleName, ticketTitle } from '../../shared/words/names.ts';
import { iso } from './iso.ts';

type Cells = Record<string, CsvCell>;

export function evidenceCsv({ kpi, total, evidence, period }: KpiDetail, language: Language): string {
  const amounts = amountColumns(kpi, total);
  const hasGross = evidence.some(({ gross }) => gross !== undefined);
  const rows = evidence.map((line): Cells => {
    const counts = line.whole > 0 || total.how === 'quotient';
    return {
      ...subjectOf(line, language),
      site: line.site,
      at: line.at === null ? null : iso(line.at, period.zone),
      note: noteOf(kpi.id, line, language),
      ...amounts(line),
      ...(hasGross ? { with_maintenance_percent: line.gross ?? null } : {}),
      counts,
    };
  });
  // Without a line the headings still say what there would be.
  const columns = Object.keys(rows[0] ?? { ...nothing, ...amounts(null), counts: null });
  return writeCsv([columns, ...rows.map((row) => columns.map((column) => row[column] ?? null))]);
}

const nothing = { kind: null, id: null, name: null, endpoint: null, rule: null, site: null, at: null, note: null };

/** `part_hours`, `whole_count`, `value_percent`: each heading has the unit of its cells. */
function amountColumns({ unit, currency }: KpiDetail['kpi'], { how, of }: KpiDetail['total']) {
  const named = (name: string, unit: KpiUnit) => `${name}_${unit === 'money' ? (currency ?? 'cents') : unit}`;
  const cell = (unit: KpiUnit, value: number | null) =>
    value === null || unit !== 'money' || currency === undefined ? value : value / 10 ** minorDigits(currency);
  // A share has parts of the unit of its whole; a mean and a sum have parts of their own.
  const partUnit = how === 'ratio' && unit === 'percent' ? of : unit;
  const wholeUnit = how === 'sum' ? 'count' : of;
  return (line: KpiLine | null): Cells => ({
    [named('part', partUnit)]: line && cell(partUnit, line.part),
    [named('whole', wholeUnit)]: line && cell(wholeUnit, line.whole),
    [named('value', unit)]: line && cell(unit, line.value),
  });
}

/** What the line is about, by the number that people know it by, and its endpoint and rule where it has one. */
function subjectOf({ endpoint, alert, ticket, change, named }: KpiLine, language: Language): Cells {
  const machine = endpoint ?? ticket?.endpoint ?? null;
  const around = {
    endpoint: machine && endpointName(language, machine),
    rule: alert ? ruleName(language, alert.rule) : ticket?.rule ? ruleName(language, ticket.rule) : null,
  };
  if (ticket) return { kind: 'ticket', id: ticket.id, name: ticketTitle(language, ticket), ...around };
  if (change)
    return { kind: 'change', id: `C-${change.id}`, name: changeTitle(language, change), endpoint: null, rule: null };
  if (alert) return { kind: 'alert', id: alert.id, name: around.rule, ...around };
  if (named) return { kind: 'entry', id: named.id, name: named.name, ...around };
  if (endpoint) return { kind: 'endpoint', id: endpoint.id, name: around.endpoint, ...around };
  // Answers of which it is not said whose they are.
  return { kind: 'answer', id: null, name: null, ...around };
}

function noteOf(kpi: string, { why, change }: KpiLine, language: Language): string | null {
  if (change)
    return [
      word(language, `change.outcome.${change.outcome}`),
      ...change.reasons.map((reason) => findWord(language, `change.reason.${reason}`) ?? reason),
    ].join('; ');
  return why === null ? null : (findWord(language, `kpi.${kpi}.why.${why}`) ?? why);
}
