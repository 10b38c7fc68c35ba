/** Why the index is what it is: its parts from 100 down, and the incidents and endpoints that took the points. */
import { useState } from 'preact/hooks';
import type { Stability } from '../../../../shared/api.ts';
import { type CauseRow, causeRows } from '../../../../shared/stability.ts';
import { none, number, shownUnit } from '../../../../shared/words/format.ts';
import { Box } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { formatUnit } from '../kpi-tile.tsx';
import { Priority, titleOf } from '../tickets/marks.tsx';
import { Bar, hourStretches } from './bar.tsx';
import { formatHours, formatIndex, formatPoints, listOf } from './format.ts';

type IndexPart = Stability['parts'][number];
type StabilityCause = Stability['causes'][number];

interface Step {
  name: 'whole' | IndexPart['part'] | 'index';
  part: IndexPart | null;
  from: number;
  to: number;
}

function stepsOf({ parts, index }: Stability): Step[] {
  let at = 100;
  const steps = parts.map((part): Step => {
    const step = { name: part.part, part, from: at - part.lost, to: at };
    at = step.from;
    return step;
  });
  const end: Step = { name: 'index', part: null, from: 0, to: index.value ?? 0 };
  return [{ name: 'whole', part: null, from: 0, to: 100 }, ...steps, ...(index.value === null ? [] : [end])];
}

/** `100 at 99.90 %`, `0 at 99.00 %`. */
const scaleOf = ({ kpi, unit, target, floor }: IndexPart) => [
  t('stability.scaleTop', { target: formatUnit(shownUnit(kpi, unit), target) }),
  t('stability.scaleFloor', { floor: formatUnit(shownUnit(kpi, unit), floor) }),
];

export function Waterfall({ data }: { data: Stability }) {
  const columns: TableColumn<Step>[] = [
    {
      key: 'part',
      head: t('stability.column.part'),
      cell: ({ name, part }) =>
        part ? <a href={listOf(data, part.kpi)}>{t(`stability.part.${part.part}`)}</a> : t(`stability.part.${name}`),
    },
    {
      key: 'value',
      head: t('stability.value'),
      right: true,
      cell: ({ part }) =>
        part && (
          <>
            {formatUnit(shownUnit(part.kpi, part.unit), part.value)}
            <div class="quiet tiny">
              {scaleOf(part).map((text) => (
                <span class="nowrap" key={text}>
                  {text}{' '}
                </span>
              ))}
            </div>
          </>
        ),
    },
    {
      key: 'weight',
      head: t('stability.column.weight'),
      right: true,
      cell: ({ part }) => part && number(part.weight, language.value, 1),
    },
    {
      key: 'points',
      head: t('stability.column.points'),
      right: true,
      cell: ({ part, to: points }) => (
        <span class="strong nowrap">
          {part === null ? formatIndex(points) : part.score === null ? none : formatPoints(-part.lost)}
        </span>
      ),
    },
    {
      key: 'bar',
      head: t('stability.column.bar'),
      bare: true,
      cell: ({ part, from, to: until }) => (
        <Bar whole={100} stretches={[{ from, to: until, look: part === null ? 'rest' : 'points' }]} />
      ),
    },
  ];
  return (
    <section id="parts">
      <Box
        title={t('stability.partsTitle')}
        aside={<span class="quiet small">{t('stability.definitionOf', { n: data.index.definition })}</span>}
        flush
      >
        <Table caption={t('stability.partsTitle')} columns={columns} rows={stepsOf(data)} keyOf={({ name }) => name} />
      </Box>
    </section>
  );
}

const keyOfCause = ({ ticket, endpoint }: StabilityCause) => `${ticket?.id} ${endpoint?.id}`;

function CauseName({ cause: { ticket, endpoint }, period }: { cause: StabilityCause; period: string }) {
  if (endpoint) return <EndpointLink of={endpoint} tab="presence" period={period} class="strong" />;
  return (
    ticket && (
      <>
        <a class="strong" href={to.incident(ticket.id)}>
          #{ticket.id} {titleOf(ticket)}
        </a>{' '}
        <Priority value={ticket.priority} />
      </>
    )
  );
}

const inParts = ({ byPart }: StabilityCause) =>
  Object.entries(byPart)
    .sort((a, b) => b[1] - a[1])
    .map(([part, points]) => `${t(`stability.part.${part as IndexPart['part']}`)} ${number(points, language.value, 1)}`)
    .join(' · ');

const mostCauses = 10;

export function Causes({ data }: { data: Stability }) {
  const [all, setAll] = useState(false);
  const rows = causeRows(data);
  const whole = Math.max(...rows.map(({ hours, unconfirmed, planned }) => hours + unconfirmed + planned), 0);
  const columns: TableColumn<CauseRow>[] = [
    {
      key: 'cause',
      head: t('stability.column.cause'),
      cell: (cause) => <CauseName cause={cause} period={data.period.name} />,
    },
    {
      key: 'points',
      head: t('stability.column.points'),
      right: true,
      cell: ({ points }) => (points > 0 ? <span class="strong nowrap">{formatPoints(-points)}</span> : none),
    },
    { key: 'parts', head: t('stability.column.byPart'), cell: (cause) => inParts(cause) || none },
    {
      key: 'hours',
      head: t('stability.column.hours'),
      right: true,
      cell: ({ hours, unconfirmed, ticket }) => (
        <>
          <span class="nowrap">{ticket || hours > 0 ? formatHours(hours) : none}</span>
          {unconfirmed > 0 && (
            <div class="quiet small">{t('stability.plusUnconfirmed', { hours: formatHours(unconfirmed) })}</div>
          )}
        </>
      ),
    },
  ];
  if (whole > 0)
    columns.push({
      key: 'bar',
      head: t('stability.column.bar'),
      bare: true,
      // An empty bar says nothing that the number beside it does not.
      cell: ({ hours, unconfirmed, planned }) =>
        hours + unconfirmed + planned > 0 && (
          <Bar whole={whole} stretches={hourStretches({ lost: hours, unconfirmed, planned })} />
        ),
    });
  return (
    <section id="causes">
      <Box title={t('stability.causesTitle')} flush>
        {rows.length === 0 ? (
          <p class="box-body quiet">{t('stability.noCauses')}</p>
        ) : (
          <Table
            caption={t('stability.causesTitle')}
            columns={columns}
            rows={all ? rows : rows.slice(0, mostCauses)}
            keyOf={keyOfCause}
          />
        )}
        {data.otherCauses >= 0.05 && (
          <p class="box-body small">{t('stability.otherCauses', { points: formatPoints(-data.otherCauses) })}</p>
        )}
        {!all && rows.length > mostCauses && (
          <p class="box-body screen-only">
            <button type="button" class="button slim" onClick={() => setAll(true)}>
              {t('common.showAll', { n: number(rows.length, language.value) })}
            </button>
          </p>
        )}
      </Box>
    </section>
  );
}
