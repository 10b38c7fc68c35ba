/** Backups, restores and patches; how incidents were noticed, whether they came back, and which machines have them. */
import type { ComponentChildren } from 'preact';
import type { Stability } from '../../../../shared/api.ts';
import { hours, none, number } from '../../../../shared/words/format.ts';
import { Box } from '../../parts/box.tsx';
import { Fold } from '../../parts/fold.tsx';
import { Table } from '../../parts/table.tsx';
import { language, t } from '../../words/words.ts';
import { KpiTile } from '../kpi-tile.tsx';
import { kpiOf, listOf } from './format.ts';

const blocks = {
  protection: ['backup_coverage', 'verified_restores', 'patch_compliance'],
  noticed: ['found_before_reported', 'repeat_incidents', 'incident_rate'],
} as const;
/** KPIs that have their place here. */
export const protectionKpis: ReadonlySet<string> = new Set(Object.values(blocks).flat());

type ShownRate = NonNullable<Stability['rates']>['rows'][number];

/** Per 100 machine-months; the count beside it, because of few machines a rate says little. */
function RateTable({ rates, by }: { rates: NonNullable<Stability['rates']>; by: ShownRate['by'] }) {
  const title = t(`stability.rates.${by}`);
  const rows = rates.rows.filter((row) => row.by === by);
  // Of which kind no machine is known to be: nothing to compare.
  if (rows.every(({ name }) => name === null)) return null;
  const decimal = (value: number) => number(value, language.value, 1);
  const per = (value: number, { months }: ShownRate) => (months > 0 ? decimal((100 * value) / months) : none);
  const { rest } = rates;
  return (
    <Box title={title} flush>
      <Table
        caption={title}
        rows={rows}
        keyOf={({ name }) => name ?? ''}
        scroll
        columns={[
          {
            key: 'name',
            head: t(`stability.rates.name.${by}`),
            cell: ({ name }) => name ?? t('stability.rates.unknown'),
          },
          {
            ...{ key: 'n', head: t('stability.rates.machines'), right: true },
            cell: ({ machines }) => number(machines, language.value),
          },
          { key: 'months', head: t('stability.rates.months'), right: true, cell: ({ months }) => decimal(months) },
          {
            ...{ key: 'incidents', head: t('stability.rates.incidents'), right: true },
            cell: (row) => (
              <>
                {per(row.incidents, row)} <span class="quiet small">({decimal(row.incidents)})</span>
              </>
            ),
          },
          {
            ...{ key: 'hours', head: t('stability.rates.hours'), right: true },
            cell: (row) => (
              <>
                {per(row.hours, row)} <span class="quiet small">({hours(row.hours, language.value)})</span>
              </>
            ),
          },
        ]}
      />
      {rest.incidents + rest.hours > 0 && (
        <p class="box-body small quiet">
          {t('stability.rates.rest', { incidents: decimal(rest.incidents), hours: hours(rest.hours, language.value) })}
        </p>
      )}
    </Box>
  );
}

/** @param children what stands below backups and patches and is not of the month; a report has none */
export function ProtectionBlock({ data, children }: { data: Stability; children?: ComponentChildren }) {
  const { rates } = data;
  return (['protection', 'noticed'] as const).map((block) => (
    <Fold title={t(`stability.block.${block}`)} id={block} key={block}>
      <div class="columns">
        {blocks[block].map((id) => {
          const kpi = kpiOf(data, id);
          return (
            kpi && (
              <KpiTile
                key={id}
                kpi={kpi}
                provisional={data.provisional}
                zone={data.period.zone}
                href={listOf(data, id)}
              />
            )
          );
        })}
      </div>
      {block === 'protection' && children}
      {block === 'noticed' && rates && rates.rows.length > 0 && (
        <>
          <RateTable rates={rates} by="os" />
          <RateTable rates={rates} by="model" />
        </>
      )}
    </Fold>
  ));
}
