/** Disks, arrays, services, posture, custom checks: one row per finding, worst first. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import type { HealthItem } from '../../../../shared/inventory.ts';
import { bytes, number } from '../../../../shared/words/format.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { HealthMark } from '../../parts/mark.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { formatReasons } from '../../words/reason.ts';
import { language, t, wordOr } from '../../words/words.ts';
import { reasonOfCheck, sectionOf } from './sections.ts';

const order = ['critical', 'warning', 'unknown', 'ok'];

function detailOf(name: string, value: HealthItem['details'][string]): string {
  if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
  if (typeof value === 'number' && name === 'bytes') return bytes(value, language.value);
  return typeof value === 'number' ? number(value, language.value, 2) : String(value);
}

/** Unknown values are left out: the state of the finding shows that already. */
function detailsOf(item: HealthItem): string {
  return Object.entries(item.details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${wordOr('health.detail', name, name.replaceAll('_', ' '))}: ${detailOf(name, value)}`)
    .join(' · ');
}

/** `all` and `system` are the agent's codes for findings that are not about a single item. */
const findingOf = ({ name }: HealthItem) => (name === 'all' || name === 'system' ? t(`health.${name}`) : name);

function Findings({ items }: { items: readonly HealthItem[] }) {
  const rows = [...items].sort(
    (a, b) => order.indexOf(a.status) - order.indexOf(b.status) || a.kind.localeCompare(b.kind),
  );
  return (
    <Table
      caption={t('health.table')}
      rows={rows}
      keyOf={(row) => `${row.kind}/${row.name}`}
      columns={[
        { key: 'name', head: t('health.what'), cell: (row) => findingOf(row) },
        { key: 'status', head: t('column.state'), cell: (row) => <HealthMark status={row.status} /> },
        { key: 'kind', head: t('health.kindOf'), cell: (row) => wordOr('health.kind', row.kind) },
        {
          key: 'summary',
          head: t('health.summary'),
          bare: true,
          cell: (row) => (
            <>
              {formatReasons(row.summary)}
              {detailsOf(row) !== '' && <div class="quiet small">{detailsOf(row)}</div>}
            </>
          ),
        },
        { key: 'at', head: t('common.seen'), cell: (row) => <Ago at={row.at} /> },
      ]}
    />
  );
}

export function Health({ detail }: { detail: EndpointDetail }) {
  const section = sectionOf(detail, 'health');
  if (section === null || section.data.length === 0) {
    return (
      <Callout tone="unknown" title={t('health.unknownTitle')}>
        {reasonOfCheck(detail, /health|smart|array|service|posture/) ?? t('common.notReported')}
      </Callout>
    );
  }
  return (
    <Box
      title={t('tab.health')}
      flush
      aside={
        <span class="quiet small">
          <Ago at={section.at} />
        </span>
      }
    >
      <Findings items={section.data} />
    </Box>
  );
}
