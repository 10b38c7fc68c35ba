/** One KPI of a month: its number, and the list that it was computed from. */
import { useState } from 'preact/hooks';
import type { KpiDetail } from '../../../shared/api.ts';
import { movedPeriod } from '../../../shared/period.ts';
import { none, number, shownUnit } from '../../../shared/words/format.ts';
import { monitoredText } from '../../../shared/words/period.ts';
import { now } from '../clock.ts';
import { useLoad } from '../net/load.ts';
import { may, reportZone } from '../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../parts/box.tsx';
import { Crumbs } from '../parts/crumbs.tsx';
import { Dots } from '../parts/dots.tsx';
import { Select } from '../parts/field.tsx';
import { FileButton } from '../parts/file-button.tsx';
import { Moment } from '../parts/moment.tsx';
import { MonthPicker } from '../parts/month-picker.tsx';
import { Table, type TableColumn } from '../parts/table.tsx';
import { search, setQuery, to, withQuery } from '../router.ts';
import { instantBeside } from '../time/beside.ts';
import { chosenPeriod } from '../time/period.ts';
import { language, t } from '../words/words.ts';
import { formatUnit, KpiTile, keyOfLine, kpiWord, Subject } from './kpi-tile.tsx';
import { BudgetBox } from './stability/budget.tsx';
import { formatMonth } from './stability/format.ts';
import { Exclusions, madeWithLines } from './stability/made-with.tsx';
import { NoPeriod } from './stability/no-period.tsx';
import { offeredBefore } from './stability/offered.ts';
import { Why } from './stability/why.tsx';

type EvidenceLine = KpiDetail['evidence'][number];
const pageOf = 200;
/** Maximum rows per request of the API. */
const mostLines = 1000;

/** Answers of which it is not said whose they are have neither. */
function subjectOf(evidence: readonly EvidenceLine[]): string {
  if (evidence.some(({ named }) => named)) return t('cost.name');
  if (evidence.some(({ ticket }) => ticket)) return t('page.ticket');
  if (evidence.some(({ change }) => change)) return t('page.change');
  return t(evidence.some(({ endpoint }) => endpoint) ? 'column.endpoint' : 'stability.answer');
}

/** Their lines are incidents, of which people state whom they hit and how long. */
const incidentLists = new Set([
  ...['lost_hours', 'major_incidents', 'found_before_reported', 'repeat_incidents', 'incident_rate'],
]);

function columnsOf({ kpi, total, evidence }: KpiDetail): TableColumn<EvidenceLine>[] {
  const columns: TableColumn<EvidenceLine>[] = [
    {
      key: 'subject',
      head: subjectOf(evidence),
      cell: (line) => <Subject kpi={kpi.id} line={line} />,
    },
  ];
  if (evidence.some(({ site }) => site !== null))
    columns.push({ key: 'site', head: t('page.site'), cell: ({ site }) => site ?? none });
  if (evidence.some(({ at }) => at !== null))
    columns.push({ key: 'at', head: kpiWord(kpi.id, 'at'), cell: (line) => <Moment at={line.at} shape="long" /> });
  // For a mean each line counts as one; its part is the value.
  if (total.how === 'ratio' && (total.of !== 'count' || evidence.some(({ whole }) => whole > 1)))
    columns.push({
      key: 'share',
      head: t('stability.share'),
      right: true,
      cell: ({ part, whole }) => (
        <>
          {`${formatUnit(total.of, part, kpi.currency)} / ${formatUnit(total.of, whole, kpi.currency)}`}
          {/* Minutes do not show in days. */}
          {total.of === 'seconds' && part < whole && (
            <div class="quiet small">{t('stability.less', { time: formatUnit('seconds', whole - part) })}</div>
          )}
        </>
      ),
    });
  if (evidence.some(({ gross }) => gross !== undefined))
    columns.push({
      key: 'gross',
      head: kpiWord(kpi.id, 'beside.gross'),
      right: true,
      cell: ({ gross }) => formatUnit(shownUnit(kpi.id, 'percent'), gross ?? null),
    });
  columns.push({
    key: 'value',
    head: t('stability.value'),
    right: true,
    cell: (line) => <span class="strong">{formatUnit(shownUnit(kpi.id, kpi.unit), line.value, kpi.currency)}</span>,
  });
  if (incidentLists.has(kpi.id) && may('operator'))
    columns.push({
      key: 'correct',
      head: t('impact.title'),
      cell: ({ ticket }) => ticket && <a href={to.impact(ticket.id)}>{t('impact.correct')}</a>,
    });
  return columns;
}

/** The rows add up to the number. */
function sumOf({ kpi, total: { how, part, whole, of } }: KpiDetail): string {
  const value = formatUnit(shownUnit(kpi.id, kpi.unit), kpi.value, kpi.currency);
  if (how === 'sum') return t('stability.total', { value });
  return kpi.unit === 'percent'
    ? t('stability.sum', {
        part: formatUnit(of, part, kpi.currency),
        whole: formatUnit(of, whole, kpi.currency),
        value,
      })
    : t('stability.mean', {
        part: formatUnit(shownUnit(kpi.id, kpi.unit), part, kpi.currency),
        n: number(whole, language.value),
        value,
      });
}

function List({ data, file, more }: { data: KpiDetail; file: string; more: (() => void) | null }) {
  const { kpi, evidence, next } = data;
  return (
    <Box
      title={t('stability.evidence')}
      aside={
        <span class="row">
          <span class="quiet small">
            <Dots
              of={[
                t('stability.worstFirst'),
                t('common.asOf', { at: instantBeside(data.asOf, data.period, language.value) }),
              ]}
            />
          </span>
          <FileButton address={file} kind="CSV" isSlim />
        </span>
      }
      flush
    >
      {data.evidenceUntil !== null && (
        <p class="box-body">
          {t('stability.evidenceUntil', { at: instantBeside(data.evidenceUntil, data.period, language.value) })}
        </p>
      )}
      {evidence.length === 0 ? (
        <Empty icon="stability" title={kpiWord(kpi.id, 'nothing')} />
      ) : (
        <>
          <Table caption={t('stability.evidence')} columns={columnsOf(data)} rows={evidence} keyOf={keyOfLine} />
          {kpi.value !== null && <p class="box-body strong">{sumOf(data)}</p>}
        </>
      )}
      {next !== null && (
        <div class="box-body spread">
          <span class="quiet small">{t('stability.onlyWorst', { n: number(evidence.length, language.value) })}</span>
          {more && (
            <button type="button" class="button slim" onClick={more}>
              {t('stability.more')}
            </button>
          )}
        </div>
      )}
    </Box>
  );
}

/** The calendars and the time zones that the number was made with; and the work that it leaves out. */
function LeftOut({ madeWith: { exclusions, otherExclusions }, period }: KpiDetail) {
  if (exclusions === null) return null;
  return (
    <section id="left-out">
      <Box title={t('report.exclusions')}>
        <Exclusions madeWith={{ exclusions, otherExclusions }} zone={period.zone} />
      </Box>
    </section>
  );
}

/** Of hours around the clock no calendar is told. */
const calendarLines = ({ madeWith: { tz, hours, calendars } }: KpiDetail): string[] =>
  hours === null ? [t('report.tz', { version: tz })] : madeWithLines({ tz, calendars });

export function KpiPage({ id }: { id: string }) {
  const query = new URLSearchParams(search.value);
  const [text, compare] = [query.get('period'), query.get('compare')];
  const period = chosenPeriod(text, now.peek(), reportZone());
  if (period === null) return <NoPeriod title={kpiWord(id, 'name')} period={text ?? ''} />;
  if (compare !== null && chosenPeriod(compare, now.peek(), reportZone()) === null)
    return <NoPeriod title={kpiWord(id, 'name')} period={compare} />;
  return <KpiOf id={id} period={period} compare={compare} site={query.get('site')} />;
}

interface KpiOfProps {
  id: string;
  period: string;
  /** Null: with the period before. */
  compare: string | null;
  site: string | null;
}

function KpiOf({ id, period, compare, site }: KpiOfProps) {
  const kind = (['server', 'workstation'] as const).find((one) => id === `availability_${one}`);
  const from = compare ?? movedPeriod(period, -1);
  const [lines, setLines] = useState(pageOf);
  const address = `kpis/${encodeURIComponent(id)}`;
  const loaded = useLoad<KpiDetail>(`${address}${withQuery('', { period, site, limit: `${lines}` })}`);
  const more = lines < mostLines ? () => setLines(lines + pageOf) : null;
  return (
    <>
      <Crumbs list="stability" query={search.value} title={kpiWord(id, 'name')} />
      <PageHead title={kpiWord(id, 'name')} lead={kpiWord(id, 'meaning')}>
        <MonthPicker period={period} />
      </PageHead>
      <Ready of={loaded}>
        {(data) => (
          <>
            <KpiTile kpi={data.kpi} provisional={data.provisional} zone={data.period.zone} />
            <List
              data={data}
              file={`${address}.csv${withQuery('', { period, site, language: language.value })}`}
              more={more}
            />
            <LeftOut {...data} />
            {kind && <BudgetBox kind={kind} period={period} site={site} />}
            <Why kpi={id} from={from} to={period} site={site}>
              <Select
                label={t('stability.compare.period')}
                value={from}
                onChange={(name) => setQuery({ compare: name })}
                options={[...new Set([from, ...offeredBefore(period, data.since)])].map((name): [string, string] => [
                  name,
                  formatMonth(name),
                ])}
              />
            </Why>
            <p class="small quiet">
              <Dots
                of={[
                  site !== null && `${t('page.site')} ${site}`,
                  monitoredText(data, language.value),
                  t('stability.zone', { zone: data.period.zone }),
                  ...calendarLines(data),
                  <>
                    {t('stability.formula')}{' '}
                    {/* Its name and version; what it says is the first line of the page, in the reader's language. */}
                    <code>{data.kpi.formula?.split(':', 1)[0] ?? t('stability.formulaNotKept')}</code>
                  </>,
                ]}
              />
            </p>
          </>
        )}
      </Ready>
    </>
  );
}
