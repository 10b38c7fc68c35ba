/** The rows of the fleet page. */
import type { EndpointRow, FleetFilters } from '../../../../shared/api.ts';
import { worstOf } from '../../../../shared/level.ts';
import { coarse, duration, none, number } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { type ColumnName, chosenColumns } from '../../fleet/columns.ts';
import { nextSort } from '../../fleet/query.ts';
import type { Ticked } from '../../fleet/tick.ts';
import { may } from '../../net/session.ts';
import { AttentionChips } from '../../parts/attention.tsx';
import { isPhone } from '../../parts/fold.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { BackupMark, LevelMark, StateMark } from '../../parts/mark.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Table, type TableColumn, type TableProps, Tick } from '../../parts/table.tsx';
import { search, setQuery, to } from '../../router.ts';
import { language, t } from '../../words/words.ts';

/** With its state where that is not said among what is the matter. */
function Name({ row: { id, name, kind, state, site, os, attention } }: { row: EndpointRow }) {
  const isSaid = state === 'online' || attention.length === 0;
  return (
    <div class="who-cell" title={[site, os].filter(Boolean).join(' · ')}>
      <Sign icon={kind} word={t(`kind.${kind}`)} />
      <a href={to.endpoint(id)}>{name}</a>
      {!isSaid && <Sign icon={state} word={t(`state.${state}`)} />}
    </div>
  );
}

const Sign = ({ icon, word }: { icon: IconName; word: string }) => (
  <span title={word} class="quiet">
    <Icon name={icon} />
    <span class="unseen">{word}</span>
  </span>
);

/** What needs somebody, the worst and how long; else its state. */
function Why({ row }: { row: EndpointRow }) {
  const [worst] = row.attention;
  if (worst === undefined)
    return (
      <span class="line">
        <StateMark row={row} />
        {row.state !== 'online' && (
          <span class="quiet small">
            <Ago at={row.lastSeenAt} />
          </span>
        )}
      </span>
    );
  return (
    <span class="line">
      <AttentionChips row={row} isLine />
      <span class="quiet small">
        {coarse((now.value - worst.since) / 1000, language.value)}
        {worst.acknowledged && ` · ${t('fleet.taken')}`}
      </span>
    </span>
  );
}

const Backup = ({ row: { backup, ...row } }: { row: EndpointRow }) => (
  <span class="line">
    <BackupMark state={backup.state} level={worstOf(row, 'backup.')} />
    {backup.ageSeconds !== null && (
      <span class="quiet small" title={t('backup.age', { age: duration(backup.ageSeconds, language.value) })}>
        {coarse(backup.ageSeconds, language.value)}
      </span>
    )}
  </span>
);

/** Security updates first; unknown counts are shown as unknown. */
function Updates({ row }: { row: EndpointRow }) {
  const { pending, pendingSecurity, scan, rebootRequired } = row.patches;
  const level = worstOf(row, 'patches.');
  const unknown = scan !== 'ok' || pendingSecurity === null;
  return (
    <span class="line">
      <LevelMark level={level} else={unknown ? 'unknown' : pendingSecurity > 0 ? 'idle' : 'ok'}>
        {scan === 'failed'
          ? t('updates.scanFailed')
          : unknown
            ? t('common.unknown')
            : pendingSecurity > 0
              ? t('updates.security', { n: number(pendingSecurity, language.value) })
              : t(pending === 0 ? 'updates.current' : 'updates.noneSecurity', { n: number(pending, language.value) })}
      </LevelMark>
      {rebootRequired && (
        <LevelMark level={worstOf(row, 'os.reboot_required')} else="idle">
          {t('updates.rebootDue')}
        </LevelMark>
      )}
    </span>
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

interface FleetTableProps extends Required<Pick<TableProps<EndpointRow>, 'part'>> {
  ticks: Ticked;
  onTick: (id: string, isRange: boolean) => void;
  onAll: (isAll: boolean) => void;
  list: readonly EndpointRow[];
  /** `-cpu`, and what else can be asked for. */
  order: string;
  sorts: FleetFilters['sorts'];
}

/** All that can be chosen beside the name. */
function fleetColumns(): TableColumn<EndpointRow>[] {
  return [
    { key: 'site', head: t('column.site'), cell: ({ site }) => site ?? none },
    { key: 'attention', head: t('column.attention'), bare: true, cell: (row) => <Why row={row} /> },
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
    { key: 'state', head: t('column.state'), cell: (row) => <StateMark row={row} /> },
    { key: 'seen', head: t('column.seen'), cell: ({ lastSeenAt }) => <Ago at={lastSeenAt} /> },
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
      head: t('column.version'),
      cell: ({ version, behind }) => (
        <span title={behind ? t('filter.behind.yes') : undefined}>
          {version ?? none}
          {behind && <span class="quiet small"> {t('fleet.old')}</span>}
        </span>
      ),
    },
  ];
}

export const columnWords = () => fleetColumns().map(({ key, head }) => [key as ColumnName, head as string] as const);

/** Of a phone: the name and how long ago it was heard, below them what is the matter. */
const briefColumns: readonly string[] = ['seen', 'attention'];

/** A column whose name is a sort key is sorted by a click on its head. */
export function FleetTable({ list, order, sorts, ticks, onTick, onAll, part }: FleetTableProps) {
  const isOn = (id: string) => ticks.isAll || ticks.ids.has(id);
  const known = fleetColumns();
  const names = isPhone.value ? briefColumns : chosenColumns(search.value);
  const shown = names.flatMap((key) => known.find((column) => column.key === key) ?? []);
  const name: TableColumn<EndpointRow> = { key: 'name', head: t('column.endpoint'), cell: (row) => <Name row={row} /> };
  const columns = [name, ...shown].map((column): TableColumn<EndpointRow> => {
    const sort = sorts.find(({ name }) => name === column.key);
    if (sort === undefined) return column;
    const direction = order === sort.name ? 'ascending' : order === `-${sort.name}` ? 'descending' : 'none';
    return { ...column, sort: { direction, onClick: () => setQuery({ sort: nextSort(order, sort) }) } };
  });
  const some = ticks.isAll || ticks.ids.size > 0;
  return (
    <Table
      caption={t('fleet.table')}
      columns={columns}
      rows={list}
      part={part}
      keyOf={(row) => row.id}
      isList
      brief={isPhone.value}
      pick={
        may('operator') && {
          head: (
            <Tick
              label={t('fleet.tickAll', { n: number(part.total, language.value) })}
              isOn={ticks.isAll}
              isPartly={some && !ticks.isAll}
              onTick={() => onAll(!some)}
            />
          ),
          cell: ({ id, name }) => (
            <Tick label={t('fleet.tick', { name })} isOn={isOn(id)} onTick={(isRange) => onTick(id, isRange)} />
          ),
        }
      }
    />
  );
}
