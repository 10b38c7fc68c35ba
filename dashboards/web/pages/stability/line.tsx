/** The index of thirteen months, always from 0 to 100: final months filled, others hollow, the baseline dashed. */
import type { IndexLine } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { monitoredText } from '../../../../shared/words/period.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Table } from '../../parts/table.tsx';
import { withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { formatIndex, formatMonth } from './format.ts';
import '../../look/index-line.css';

const [width, height, edge] = [600, 120, 10];

type LineMonth = IndexLine['months'][number];
const partOf = ({ monitored }: LineMonth, zone: string) =>
  monitoredText({ period: { zone }, monitored }, language.value);
const stateOf = (month: LineMonth, zone: string) =>
  [
    t(month.closed ? 'stability.line.final' : month.provisional ? 'stability.provisional' : 'stability.open'),
    partOf(month, zone),
  ]
    .filter(Boolean)
    .join(' · ');

function Drawing({ months: all, baseline }: IndexLine) {
  // A collector that is young has no months to leave room for.
  const months = all.slice(
    Math.max(
      0,
      all.findIndex(({ index }) => index !== null),
    ),
  );
  const x = (n: number) => edge + (n * (width - 2 * edge)) / Math.max(1, months.length - 1);
  const y = (value: number) => edge + ((100 - value) * (height - 2 * edge)) / 100;
  const points = months.flatMap(({ index, ...month }, n) => (index === null ? [] : [{ ...month, n, index }]));
  return (
    <svg class="index-line" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {[0, 50, 100].map((value) => (
        <line key={value} class="grid" x1={edge} x2={width - edge} y1={y(value)} y2={y(value)} />
      ))}
      {baseline !== null && <line class="baseline" x1={edge} x2={width - edge} y1={y(baseline)} y2={y(baseline)} />}
      {points.slice(1).map((point, k) => {
        const before = points[k];
        // A month without an index is a gap, not a slope.
        if (!before || before.n !== point.n - 1) return null;
        return (
          <line
            key={point.name}
            class="course"
            x1={x(before.n)}
            y1={y(before.index)}
            x2={x(point.n)}
            y2={y(point.index)}
          />
        );
      })}
      {points.map(({ name, n, index, closed }) => (
        <circle key={name} class={closed ? 'final' : 'hollow'} cx={x(n)} cy={y(index)} r="4" />
      ))}
    </svg>
  );
}

/** The scale, and the first and last month with their numbers: text is as large as elsewhere, whatever the width. */
function LabelledDrawing(line: IndexLine) {
  const known = line.months.filter(({ index }) => index !== null);
  const ends = [...new Set([known[0], known.at(-1)])].flatMap((month) => month ?? []);
  return (
    <div class="index-drawing">
      <div class="axis scale" aria-hidden="true">
        {[100, 50, 0].map((value) => (
          <span key={value}>{number(value, language.value)}</span>
        ))}
      </div>
      <Drawing {...line} />
      <div class="axis months">
        {ends.map(({ name, index }) => (
          <span key={name}>
            {formatMonth(name)}: <b>{formatIndex(index)}</b>
          </span>
        ))}
      </div>
    </div>
  );
}

export function IndexLineBox({ site, zone }: { site: string | null; zone: string }) {
  const loaded = useLoad<IndexLine>(`stability/line${withQuery('', { site })}`);
  return (
    <Box title={t('stability.line.title')}>
      <Ready of={loaded} lines={3}>
        {(line) => (
          <div class="stack-2">
            <LabelledDrawing {...line} />
            <p class="small quiet">
              {line.baseline === null
                ? t('stability.line.noBaseline')
                : t('stability.line.baseline', { value: formatIndex(line.baseline) })}
            </p>
            <details>
              <summary>{t('stability.line.table')}</summary>
              <Table
                caption={t('stability.line.title')}
                rows={line.months.toReversed()}
                keyOf={({ name }) => name}
                columns={[
                  {
                    ...{ key: 'month', head: t('stability.period') },
                    cell: ({ name }) => (
                      <a href={`/stability${withQuery('', { period: name, site })}`}>{formatMonth(name)}</a>
                    ),
                  },
                  { key: 'state', head: t('stability.line.state'), cell: (month) => stateOf(month, zone) },
                  {
                    ...{ key: 'n', head: t('place.endpoints'), right: true },
                    cell: ({ endpoints }) => number(endpoints, language.value),
                  },
                  {
                    ...{ key: 'index', head: t('stability.index'), right: true },
                    cell: ({ index }) => (index === null ? none : formatIndex(index)),
                  },
                ]}
              />
            </details>
          </div>
        )}
      </Ready>
    </Box>
  );
}
