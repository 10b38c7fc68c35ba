/** Reports that were made, and the form for one more. */
import type { PeriodReportRow } from '../../../../shared/api.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { aboutLanguage, actorName, type Language, t } from '../../words/words.ts';
import { formatMonth } from '../stability/format.ts';
import { MakeForm } from './make.tsx';
import { Schedules } from './schedules.tsx';

function State({ row: { provisional, revision } }: { row: PeriodReportRow }) {
  return (
    <>
      {provisional ? t('stability.provisional') : t('report.final')}
      {revision > 0 && <div class="quiet small">{t('report.revisionShort', { n: revision })}</div>}
    </>
  );
}

function List({ items }: { items: readonly PeriodReportRow[] }) {
  return (
    <Table
      caption={t('report.list')}
      rows={items}
      keyOf={({ id }) => id}
      columns={[
        {
          key: 'period',
          head: t('report.period'),
          cell: ({ id, period }) => (
            <a class="strong" href={`/reports/${id}`}>
              {formatMonth(period.name)}
            </a>
          ),
        },
        { key: 'site', head: t('page.site'), cell: ({ site }) => site?.name ?? t('stability.allSites') },
        { key: 'zone', head: t('place.zone'), cell: ({ period }) => period.zone },
        {
          key: 'language',
          head: t('settings.language'),
          cell: (row) => aboutLanguage(row.language as Language).name,
        },
        { key: 'state', head: t('column.state'), cell: (row) => <State row={row} /> },
        {
          key: 'made',
          head: t('report.madeAt'),
          cell: ({ madeAt, by }) => (
            <>
              <Moment at={madeAt} /> <span class="quiet">{actorName(by)}</span>
            </>
          ),
        },
      ]}
    />
  );
}

/** The newest, which is what most come for. */
function Lead({ newest }: { newest: PeriodReportRow | undefined }) {
  if (!newest) return <>{t('report.leadNone')}</>;
  const { id, period, site, provisional, madeAt } = newest;
  const values = {
    period: <a href={`/reports/${id}`}>{formatMonth(period.name)}</a>,
    site: site?.name ?? t('stability.allSites'),
    state: t(provisional ? 'stability.provisional' : 'report.final'),
    made: <Ago at={madeAt} />,
  };
  return (
    <>
      <Sentence of="report.newest" values={values} /> {t('report.lead')}
    </>
  );
}

export function ReportsPage() {
  const loaded = useLoad<Page<PeriodReportRow>>('reports?limit=100');
  return (
    <>
      <PageHead title={t('page.reports')} lead={loaded.data && <Lead newest={loaded.data.items[0]} />} />
      {may('manager') && (
        <Box title={t('report.makeTitle')}>
          <MakeForm />
        </Box>
      )}
      <Box title={t('report.list')} flush>
        <Ready of={loaded}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="stability" title={t('report.none')}>
                <p>{may('manager') ? t('report.noneLead') : t('report.askManager')}</p>
              </Empty>
            ) : (
              <List items={items} />
            )
          }
        </Ready>
      </Box>
      {may('manager') && <Schedules />}
    </>
  );
}
