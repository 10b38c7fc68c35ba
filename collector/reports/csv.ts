/** A report as a table: one row per number, unrounded, the same as in its JSON. Pure. */
import type { KpiUnit, PeriodReport, PeriodReportContent, Stability } from '../../shared/api.ts';
import { type CsvCell, writeCsv } from '../../shared/csv.ts';
import { findWord, type Language, word } from '../../shared/words/index.ts';
import { ticketTitle } from '../../shared/words/names.ts';
import { iso } from './iso.ts';

/** What a row is of, its stable id, its name in words, what was measured, the number and its unit. */
const columns = ['section', 'id', 'name', 'measure', 'value', 'unit', 'low', 'high', 'n', 'coverage', 'state'] as const;
type CsvLine = Partial<Record<(typeof columns)[number], CsvCell>>;

/** @param report null: it is of the page, and no report was made */
export function csvOf(
  content: PeriodReportContent,
  report: Omit<PeriodReport, 'content'> | null,
  language: Language,
): string {
  const { stability } = content;
  const lines: CsvLine[] = [
    ...head(content, report),
    ...index(stability, language),
    ...kpis(stability, language),
    ...weeks(stability),
    ...compared(content, language),
    ...causes(stability, language),
    ...actions(stability, language),
    ...rates(stability),
    ...majors(stability, language),
    ...incidents(stability, language),
    ...sites(stability, language),
    ...exclusions(content),
  ];
  return writeCsv([columns, ...lines.map((line) => columns.map((column) => line[column] ?? null))]);
}

function head({ stability, tz }: PeriodReportContent, report: Omit<PeriodReport, 'content'> | null): CsvLine[] {
  const { monitored, period, site, provisional, closed } = stability;
  const isFinal = report ? !report.provisional : closed !== null || !provisional;
  const facts: [string, CsvCell][] = [
    ...(report ? [['report', report.id] as [string, CsvCell]] : []),
    ['period', period.name],
    ['from', iso(period.from, period.zone)],
    ['to', iso(period.to, period.zone)],
    ['zone', period.zone],
    ['site', site],
    ['as_of', iso(stability.asOf, period.zone)],
    ...(report ? [['made_at', iso(report.madeAt, period.zone)] as [string, CsvCell]] : []),
    ['revision', report?.revision ?? closed?.revision ?? null],
    ['state', isFinal ? 'final' : 'provisional'],
    ['definition', stability.index.definition],
    ['tz', tz],
    ...(report ? [['digest', report.digest] as [string, CsvCell]] : []),
  ];
  return [
    ...facts.map(([measure, value]) => ({ section: 'report', measure, value })),
    { section: 'report', measure: 'monitored_from', value: monitored ? iso(monitored.from, period.zone) : null },
    { section: 'report', measure: 'monitored_days', value: monitored?.days ?? null, unit: 'count' },
    { section: 'report', measure: 'days', value: monitored?.ofDays ?? null, unit: 'count' },
    { section: 'report', measure: 'endpoints', value: stability.endpoints, unit: 'count' },
    { section: 'report', measure: 'coverage', value: stability.coverage, unit: 'percent' },
  ];
}

function index({ index: whole, parts }: Stability, language: Language): CsvLine[] {
  const { value, weight, state } = whole;
  return [
    { section: 'index', measure: 'index', value, unit: 'points', state },
    { section: 'index', measure: 'weight', value: weight },
    ...parts.flatMap(({ part, unit, value: own, weight: share, target, floor, score, lost }) => {
      const about = { section: 'index', id: part, name: word(language, `stability.part.${part}`) };
      return [
        { ...about, measure: 'value', value: own, unit },
        { ...about, measure: 'target', value: target, unit },
        { ...about, measure: 'floor', value: floor, unit },
        { ...about, measure: 'weight', value: share },
        { ...about, measure: 'score', value: score, unit: 'points' },
        { ...about, measure: 'lost', value: lost, unit: 'points' },
      ];
    }),
  ];
}

function kpis({ kpis: values }: Stability, language: Language): CsvLine[] {
  return values.flatMap(({ id, unit, value, state, n, low, high, coverage, beside }) => {
    const about = { section: 'kpi', id, name: findWord(language, `kpi.${id}.name`) ?? id };
    return [
      { ...about, measure: 'value', value, unit, low, high, n, coverage, state },
      ...beside.map((one) => ({
        ...{ ...about, measure: one.code, value: one.value, unit: one.unit, low: one.low, high: one.high },
      })),
    ];
  });
}

const hourParts = ['lost', 'unconfirmed', 'planned'] as const;
const unit: KpiUnit = 'hours';

function weeks({ weeks: all, period: { zone } }: Stability): CsvLine[] {
  return all.flatMap((week) =>
    hourParts.map((measure) => ({ section: 'week', id: iso(week.from, zone), measure, value: week[measure], unit })),
  );
}

function incidents({ incidents: all }: Stability, language: Language): CsvLine[] {
  return all.flatMap(({ ticket, ...hours }) =>
    hourParts.map((measure) => ({
      ...{
        section: 'incident',
        id: ticket.id,
        name: ticketTitle(language, ticket),
        measure,
        value: hours[measure],
        unit,
      },
    })),
  );
}

/** When each began and ended, whom it hit and what it cost. */
function majors({ majors: all = [], period: { zone } }: Stability, language: Language): CsvLine[] {
  return all.flatMap(({ ticket, site, from, to, people, lost, unconfirmed, points, change, said }) => {
    const about = { section: 'major_incident', id: ticket.id, name: ticketTitle(language, ticket) };
    return [
      { ...about, measure: 'priority', value: ticket.priority },
      { ...about, measure: 'site', value: site },
      { ...about, measure: 'from', value: iso(from, zone) },
      { ...about, measure: 'to', value: to === null ? null : iso(to, zone) },
      { ...about, measure: 'people', value: people, unit: 'count' },
      { ...about, measure: 'lost', value: lost, unit },
      { ...about, measure: 'unconfirmed', value: unconfirmed, unit },
      { ...about, measure: 'points', value: points, unit: 'points' },
      { ...about, measure: 'change', value: change && `C-${change.id}` },
      { ...about, measure: 'cause', value: said },
    ];
  });
}

/** The period before, or what the page stands beside, as far as it has a value. */
function compared({ before, stability }: PeriodReportContent, language: Language): CsvLine[] {
  if (!before) return [];
  const place = before.site === stability.site ? null : (before.site ?? word(language, 'stability.allSites'));
  const id = [before.period.name, place].filter(Boolean).join(' ');
  const { value, state } = before.index;
  return [
    { section: 'compared', id, measure: 'index', value, unit: 'points', state },
    ...before.kpis.map((kpi) => ({
      ...{ section: 'compared', id, name: findWord(language, `kpi.${kpi.id}.name`) ?? kpi.id, measure: kpi.id },
      ...{ value: kpi.value, unit: kpi.unit, low: kpi.low, high: kpi.high, n: kpi.n, state: kpi.state },
    })),
  ];
}

function causes({ causes: all }: Stability, language: Language): CsvLine[] {
  return all.flatMap(({ ticket, endpoint, points, hours, byPart }) => {
    const name = ticket ? ticketTitle(language, ticket) : (endpoint?.name ?? null);
    const about = { section: 'cause', id: ticket?.id ?? endpoint?.id ?? null, name };
    return [
      { ...about, measure: 'lost', value: points, unit: 'points' },
      ...Object.entries(byPart).map(([measure, value]) => ({ ...about, measure, value, unit: 'points' })),
      { ...about, measure: 'hours', value: hours, unit },
    ];
  });
}

const gains = { points: 'points', hours: 'hours', share: 'percent', money: 'money', n: 'count', days: 'days' } as const;

function actions({ actions: all }: Stability, language: Language): CsvLine[] {
  return all.flatMap(({ code, ticket, endpoint, site, ...gain }): CsvLine[] => {
    const name = ticket ? ticketTitle(language, ticket) : (endpoint?.name ?? site);
    const about = { section: 'action', id: ticket?.id ?? endpoint?.id ?? code, name };
    const known = Object.entries(gains).filter(([key]) => typeof gain[key as keyof typeof gains] === 'number');
    if (known.length === 0) return [{ ...about, measure: code, value: null }];
    return known.map(([key, of]) => ({
      ...{ ...about, measure: `${code}.${key}`, value: gain[key as keyof typeof gains] ?? null, unit: of },
    }));
  });
}

function rates({ rates: all }: Stability): CsvLine[] {
  return (all?.rows ?? []).flatMap(({ by, name, ...own }) =>
    (['machines', 'months', 'incidents', 'hours'] as const).map((measure) => ({
      ...{ section: `rate_${by}`, id: name, name, measure, value: own[measure] },
      unit: measure === 'hours' ? 'hours' : 'count',
    })),
  );
}

/** What was left out, with who entered it: one row for each field, as of everything else. */
function exclusions({ stability: { period }, exclusions: all }: PeriodReportContent): CsvLine[] {
  const { zone } = period;
  return all.flatMap(({ scope, name, from, to, reason, by, enteredAt, late, approvedBy }, n) => {
    const about = { section: 'exclusion', id: n + 1, name };
    const fields = {
      ...{ scope, from: iso(from, zone), to: iso(to, zone), reason, by, late, approved_by: approvedBy },
      entered_at: enteredAt === undefined ? null : iso(enteredAt, zone),
    };
    return Object.entries(fields).map(([measure, value]) => ({ ...about, measure, value }));
  });
}

const dayStates = ['up', 'down', 'unknown', 'maintenance', 'idle'] as const;

function sites({ sites: all, period: { zone } }: Stability, language: Language): CsvLine[] {
  return all.flatMap(({ site, days, ...own }) => {
    const about = { section: 'site', id: site?.id ?? '', name: site?.name ?? word(language, 'stability.noSite') };
    return [
      { ...about, measure: 'endpoints', value: own.endpoints, unit: 'count' },
      { ...about, measure: 'servers', value: own.servers, unit: 'percent' },
      { ...about, measure: 'workstations', value: own.workstations, unit: 'percent' },
      { ...about, measure: 'lost', value: own.lost, unit },
      { ...about, measure: 'unconfirmed', value: own.unconfirmed, unit },
      ...days.flatMap((day) =>
        dayStates.map((state) => ({
          ...{ ...about, section: 'site_day', id: iso(day.at, zone).slice(0, 10), measure: state },
          ...{ value: day[state], unit: 'minutes' },
        })),
      ),
    ];
  });
}
