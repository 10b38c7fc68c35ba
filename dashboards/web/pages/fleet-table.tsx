/** The rows of the fleet page. */
import type { EndpointRow } from '../../../shared/api.ts';
import { coarse, duration, none, number } from '../../../shared/words/format.ts';
import { nextOrder, type Order, orderText, type SortKey } from '../fleet/filter.ts';
import { AttentionChips } from '../parts/attention.tsx';
import { Icon } from '../parts/icon.tsx';
import { BackupMark, Mark, StateMark } from '../parts/mark.tsx';
import { Meter, saidOf } from '../parts/meter.tsx';
import { Ago } from '../parts/moment.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { setQuery, to } from '../router.ts';
import { language, t } from '../words/words.ts';

function Name({ row }: { row: EndpointRow }) {
  return (
    <div class="who-cell">
      <span title={t(`kind.${row.kind}`)} class="quiet">
        <Icon name={row.kind} />
        <span class="unseen">{t(`kind.${row.kind}`)}</span>
      </span>
      <div>
        <a href={to.endpoint(row.id)}>{row.name}</a>
        <div class="quiet small plain">{[row.site, row.os].filter(Boolean).join(' · ')}</div>
      </div>
    </div>
  );
}

function Backup({ row }: { row: EndpointRow }) {
  return (
    <div>
      <BackupMark state={row.backup.state} />
      {row.backup.ageSeconds !== null && (
        <div class="quiet small nowrap" title={duration(row.backup.ageSeconds, language.value)}>
          {t('backup.age', { age: coarse(row.backup.ageSeconds, language.value) })}
        </div>
      )}
    </div>
  );
}

/** Security updates first; what cannot be told is said. */
function Updates({ row }: { row: EndpointRow }) {
  const { pendingSecurity, scan, rebootRequired } = row.patches;
  const unknown = scan !== 'ok' || pendingSecurity === null;
  return (
    <div>
      {unknown ? (
        <Mark tone="unknown" icon="unknown">
          {scan === 'failed' ? t('updates.scanFailed') : t('common.unknown')}
        </Mark>
      ) : pendingSecurity > 0 ? (
        <Mark tone="warning" icon="warning">
          {t('updates.security', { n: number(pendingSecurity, language.value) })}
        </Mark>
      ) : (
        <Mark tone="ok" icon="ok">
          {t('updates.current')}
        </Mark>
      )}
      {rebootRequired && <div class="quiet small nowrap">{t('updates.rebootDue')}</div>}
    </div>
  );
}

function Disk({ row }: { row: EndpointRow }) {
  if (row.disk === null) return <span>{none}</span>;
  return (
    <div title={row.disk.path}>
      <Meter value={row.disk.usedPercent} said={saidOf(row, 'disk.used_percent')} />
    </div>
  );
}

function columnsFor(order: Order): Column<EndpointRow>[] {
  const sort = (key: SortKey): NonNullable<Column<EndpointRow>['sort']> => ({
    direction: order.key !== key ? 'none' : order.down ? 'descending' : 'ascending',
    onClick: () => setQuery({ sort: orderText(nextOrder(order, key)) }),
  });
  return [
    { key: 'name', head: t('column.endpoint'), sort: sort('name'), cell: (row) => <Name row={row} /> },
    {
      key: 'state',
      head: t('column.state'),
      sort: sort('seen'),
      cell: (row) => (
        <div>
          <StateMark state={row.state} />
          <div class="quiet small nowrap">
            <Ago at={row.lastSeenAt} />
          </div>
        </div>
      ),
    },
    {
      key: 'attention',
      head: t('column.attention'),
      sort: sort('attention'),
      bare: true,
      cell: (row) => (row.attention.length === 0 ? <span class="quiet">{none}</span> : <AttentionChips row={row} />),
    },
    {
      key: 'cpu',
      head: t('column.cpu'),
      sort: sort('cpu'),
      cell: (row) => <Meter value={row.cpuPercent} said={saidOf(row, 'cpu.usage_active')} />,
    },
    {
      key: 'memory',
      head: t('column.memory'),
      sort: sort('memory'),
      cell: (row) => <Meter value={row.memoryPercent} said={saidOf(row, 'mem.used_percent')} />,
    },
    { key: 'disk', head: t('column.disk'), sort: sort('disk'), cell: (row) => <Disk row={row} /> },
    { key: 'backup', head: t('column.backup'), sort: sort('backup'), cell: (row) => <Backup row={row} /> },
    { key: 'updates', head: t('column.updates'), sort: sort('updates'), cell: (row) => <Updates row={row} /> },
  ];
}

export function FleetTable({ list, order }: { list: readonly EndpointRow[]; order: Order }) {
  return <Table caption={t('fleet.table')} columns={columnsFor(order)} rows={list} keyOf={(row) => row.id} />;
}
