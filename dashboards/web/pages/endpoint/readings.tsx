/** The four numbers that say how busy an endpoint is, each with its last day as a small line. */
import type { EndpointDetail, Series } from '../../../../shared/api.ts';
import { type Level, worstOf } from '../../../../shared/level.ts';
import { bytes, measured, none, number, percent } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { Box } from '../../parts/box.tsx';
import { Ago } from '../../parts/moment.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { sectionOf } from './sections.ts';

const day = 86_400_000;
const width = 120;
const height = 28;

type ReadingPoints = Series['series'][number]['points'];

/** Where nothing is known the line has a hole. */
function pathOf(points: ReadingPoints, top: number): string {
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  let isOpen = false;
  return points
    .map(([at, value]) => {
      if (value === null) {
        isOpen = false;
        return '';
      }
      const x = ((at - first) / Math.max(1, last - first)) * width;
      const y = height - (Math.min(value, top) / top) * (height - 2) - 1;
      // Of no length: with round ends a point that stands alone is a dot.
      const step = `${isOpen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}${isOpen ? '' : 'h0'}`;
      isOpen = true;
      return step;
    })
    .join('');
}

/** Several lines of one time axis, added up: the bytes of all interfaces. */
function summed(lines: readonly ReadingPoints[]): ReadingPoints {
  const [first = []] = lines;
  return first.map(([at], n) => {
    const values = lines.flatMap((line) => line[n]?.[1] ?? []);
    return [at, values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)];
  });
}

interface ReadingProps {
  name: string;
  value: string;
  of?: string | null;
  level: Level | null;
  points: ReadingPoints;
  /** What fills the line; null: its highest value. */
  top: number | null;
  href: string;
}

function Reading({ name, value, of, level, points, top, href }: ReadingProps) {
  const most = top ?? Math.max(1, ...points.flatMap(([, one]) => one ?? []));
  return (
    <a class={`reading ${level ? `is-${level}` : ''}`} href={href}>
      <span class="small quiet">{name}</span>
      <span>
        <span class="strong">{value}</span> {of && <span class="small quiet">{of}</span>}
      </span>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <path d={pathOf(points, most)} />
      </svg>
    </a>
  );
}

const metrics = ['cpu.usage_active', 'mem.used_percent', 'disk.used_percent', 'net.bytes_recv', 'net.bytes_sent'];

export function Readings({ detail }: { detail: EndpointDetail }) {
  const { row, latest } = detail;
  // To the minute: the lines are read again once in a while, not with every value.
  const end = Math.ceil(now.value / 300_000) * 300_000;
  const address = `endpoints/${encodeURIComponent(row.id)}/series?metric=${metrics.join(',')}&from=${end - day}&to=${end}`;
  const series = useKept(useLoad<Series>(address))?.series ?? [];
  const hardware = sectionOf(detail, 'hardware')?.data;
  const of = (metric: string, path?: string) =>
    series.find((line) => line.metric === metric && (path === undefined || line.tags.path === path))?.points ?? [];
  const newestOf = (metric: string, path?: string) =>
    latest.find((one) => one.metric === metric && (path === undefined || one.tags.path === path))?.value ?? null;
  const ofBytes = (used: number | null, whole: number | null) =>
    used === null || whole === null
      ? null
      : t('overview.of', { used: bytes(used, language.value), whole: bytes(whole, language.value) });
  const cores = hardware?.cpu.cores ?? newestOf('system.n_cpus');
  const [memory, disk] = [hardware?.memory_bytes ?? newestOf('mem.total'), row.disk];
  const net = summed(series.filter(({ metric }) => metric.startsWith('net.')).map(({ points }) => points));
  const newest = net.findLast(([, value]) => value !== null)?.[1] ?? null;
  const charts = `${to.endpoint(row.id)}?tab=charts&range=day`;
  return (
    <Box
      title={t('overview.readings')}
      aside={
        <span class="quiet small">
          <Ago at={row.valuesAt} />
        </span>
      }
    >
      <div class="readings">
        <Reading
          name={t('column.cpu')}
          value={percent(row.cpuPercent, language.value)}
          of={cores === null ? null : t('overview.cores', { n: number(cores, language.value) })}
          level={worstOf(row, 'cpu.')}
          points={of('cpu.usage_active')}
          top={100}
          href={charts}
        />
        <Reading
          name={t('column.memory')}
          value={percent(row.memoryPercent, language.value)}
          of={ofBytes(row.memoryPercent === null || !memory ? null : (memory * row.memoryPercent) / 100, memory)}
          level={worstOf(row, 'mem.')}
          points={of('mem.used_percent')}
          top={100}
          href={charts}
        />
        <Reading
          name={disk ? t('endpoint.fullest', { path: disk.path }) : t('column.disk')}
          value={percent(disk?.usedPercent, language.value)}
          of={disk && ofBytes(newestOf('disk.used', disk.path), newestOf('disk.total', disk.path))}
          level={worstOf(row, 'disk.used_percent')}
          points={disk ? of('disk.used_percent', disk.path) : []}
          top={100}
          href={charts}
        />
        <Reading
          name={t('panel.network')}
          value={newest === null ? none : measured(newest, 'bytes/s', language.value)}
          level={worstOf(row, 'net.')}
          points={net}
          top={null}
          href={charts}
        />
      </div>
    </Box>
  );
}
