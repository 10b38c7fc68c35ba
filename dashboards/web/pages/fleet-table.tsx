/** The rows of the fleet page. */
import type { EndpointRow, FleetFilters } from '../../../shared/api.ts';
import { worstOf } from '../../../shared/level.ts';
import { coarse, duration, none, number } from '../../../shared/words/format.ts';
import { type ColumnName, chosenColumns } from '../fleet/columns.ts';
import { nextSort } from '../fleet/query.ts';
import { pageTicked, type Ticked, ticked } from '../fleet/tick.ts';
import { may } from '../net/session.ts';
import { AttentionChips } from '../parts/attention.tsx';
import { Icon } from '../parts/icon.tsx';
import { BackupMark, LevelMark, StateMark } from '../parts/mark.tsx';
import { Meter } from '../parts/meter.tsx';
import { Ago } from '../parts/moment.tsx';
import { Table, type TableColumn } from '../parts/table.tsx';
import { search, setQuery, to } from '../router.ts';
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
      <BackupMark state={row.backup.state} level={worstOf(row, 'backup.')} />
      {row.backup.ageSeconds !== null && (
        <div class="quiet small nowrap" title={duration(row.backup.ageSeconds, language.value)}>
          {t('backup.age', { age: coarse(row.backup.ageSeconds, language.value) })}
        </div>
      )}
    </div>
  );
}

/** Security updates first; unknown counts are shown as unknown. */
function Updates({ row }: { row: EndpointRow }) {
  const { pendingSecurity, scan, rebootRequired } = row.patches;
  const level = worstOf(row, 'patches.');
  const unknown = scan !== 'ok' || pendingSecurity === null;
  return (
    <div>
      {unknown ? (
        <LevelMark level={level} else="unknown">
          {scan === 'failed' ? t('updates.scanFailed') : t('common.unknown')}
        </LevelMark>
      ) : pendingSecurity > 0 ? (
        <LevelMark level={level} else="idle">
          {t('updates.security', { n: number(pendingSecurity, language.value) })}
        </LevelMark>
      ) : (
        <LevelMark level={level} else="ok">
          {t('updates.current')}
        </LevelMark>
      )}
      {rebootRequired && (
        <div class="small nowrap">
          <LevelMark level={worstOf(row, 'os.reboot_required')} else="idle">
            {t('updates.rebootDue')}
          </LevelMark>
        </div>
      )}
    </div>
  );
}

function Disk({ row }: { row: EndpointRow }) {
  if (row.disk === null) return <span>{none}</span>;
  return (
    <div title={row.disk.path}>
      <Meter value={row.disk.usedPercent} level={worstOf(row, 'disk.used_percent')} />
    </div>
  );
}

interface TickProps {
  label: string;
  isOn: boolean;
  isPartly?: boolean;
  onTick: (isRange: boolean) => void;
}

const Tick = ({ label, isOn, isPartly = false, onTick }: TickProps) => (
  <label class="tick" title={label}>
    <input
      type="checkbox"
      aria-label={label}
      checked={isOn}
      ref={(box) => {
        if (box) box.indeterminate = isPartly;
      }}
      onClick={({ shiftKey }) => onTick(shiftKey)}
    />
  </label>
);

interface FleetTableProps {
  ticks: Ticked;
  setTicks: (next: Ticked) => void;
  list: readonly EndpointRow[];
  /** `-cpu`, and what else can be asked for. */
  order: string;
  sorts: FleetFilters['sorts'];
}

/** All that can be chosen beside the name. */
function fleetColumns(): TableColumn<EndpointRow>[] {
  return [
    {
      key: 'state',
      head: t('column.state'),
      cell: (row) => (
        <div>
          <StateMark row={row} />
          <div class="quiet small nowrap">
            <Ago at={row.lastSeenAt} />
          </div>
        </div>
      ),
    },
    {
      key: 'attention',
      head: t('column.attention'),
      bare: true,
      cell: (row) => (row.attention.length === 0 ? <span class="quiet">{none}</span> : <AttentionChips row={row} />),
    },
    {
      key: 'cpu',
      head: t('column.cpu'),
      cell: (row) => <Meter value={row.cpuPercent} level={worstOf(row, 'cpu.usage_active')} />,
    },
    {
      key: 'memory',
      head: t('column.memory'),
      cell: (row) => <Meter value={row.memoryPercent} level={worstOf(row, 'mem.used_percent')} />,
    },
    { key: 'disk', head: t('column.disk'), cell: (row) => <Disk row={row} /> },
    { key: 'backup', head: t('column.backup'), cell: (row) => <Backup row={row} /> },
    { key: 'updates', head: t('column.updates'), cell: (row) => <Updates row={row} /> },
    { key: 'site', head: t('column.site'), cell: ({ site }) => site ?? none },
    { key: 'kind', head: t('filter.name.kind'), cell: ({ kind }) => t(`kind.${kind}`) },
    {
      key: 'groups',
      head: t('filter.name.group'),
      cell: ({ groups }) => groups.map(({ name }) => name).join(', ') || none,
    },
    { key: 'tags', head: t('filter.name.tag'), cell: ({ tags }) => tags.join(', ') || none },
    { key: 'os', head: t('column.os'), cell: ({ os }) => os ?? none },
    {
      key: 'version',
      head: t('filter.name.version'),
      cell: ({ version, behind }) => (
        <>
          {version ?? none}
          {behind && <div class="quiet small">{t('filter.behind.yes')}</div>}
        </>
      ),
    },
  ];
}

export const columnWords = () => fleetColumns().map(({ key, head }) => [key as ColumnName, head as string] as const);

/** A column whose name is a sort key is sorted by a click on its head. */
export function FleetTable({ list, order, sorts, ticks, setTicks }: FleetTableProps) {
  const ids = list.map(({ id }) => id);
  const isOn = (id: string) => ticks.isAll || ticks.ids.has(id);
  const some = ids.some(isOn);
  const all = ids.every(isOn);
  const known = fleetColumns();
  const shown = chosenColumns(search.value).flatMap((key) => known.find((column) => column.key === key) ?? []);
  const name: TableColumn<EndpointRow> = { key: 'name', head: t('column.endpoint'), cell: (row) => <Name row={row} /> };
  const columns = [name, ...shown].map((column): TableColumn<EndpointRow> => {
    const sort = sorts.find(({ name }) => name === column.key);
    if (sort === undefined) return column;
    const direction = order === sort.name ? 'ascending' : order === `-${sort.name}` ? 'descending' : 'none';
    return { ...column, sort: { direction, onClick: () => setQuery({ sort: nextSort(order, sort) }) } };
  });
  return (
    <Table
      caption={t('fleet.table')}
      columns={columns}
      rows={list}
      keyOf={(row) => row.id}
      pick={
        may('operator') && {
          head: (
            <Tick
              label={t('fleet.tickAll')}
              isOn={all}
              isPartly={some && !all}
              onTick={() => setTicks(pageTicked(ticks, ids))}
            />
          ),
          cell: ({ id, name }) => (
            <Tick
              label={t('fleet.tick', { name })}
              isOn={isOn(id)}
              onTick={(range) => setTicks(ticked(ticks, ids, id, range))}
            />
          ),
        }
      }
    />
  );
}
