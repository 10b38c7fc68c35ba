/** What full means for a series: the whole of which a percentage is, the size of the memory or disk. Pure. */
import { fieldOf, rangeOf } from '../../../shared/metrics.ts';

type SeriesTags = Readonly<Record<string, string>>;
interface NamedSeries {
  metric: string;
  tags: SeriesTags;
}
type SizedValue = NamedSeries & { value: number };

const isSame = (a: SeriesTags, b: SeriesTags): boolean =>
  Object.entries(a).every(([name, value]) => b[name] === undefined || b[name] === value);

/** Of memory, swap and disks what the endpoint itself reports; null: it has no size. */
export function sizeOf({ metric, tags }: NamedSeries, latest: readonly SizedValue[]): number | null {
  const [measurement = '', field = ''] = metric.split('.');
  const isShare = fieldOf(metric)?.unit === 'percent' ? field === 'used_percent' : fieldOf(metric)?.unit === 'bytes';
  if (!isShare || field === 'total' || !['mem', 'swap', 'disk'].includes(measurement)) return null;
  const size = latest.find((one) => one.metric === `${measurement}.total` && isSame(tags, one.tags))?.value ?? 0;
  return size > 0 ? size : null;
}

/** What the axis ends at: 100 where the lines are percentages of a whole, the size that they all share, else null. */
export function topOf(series: readonly NamedSeries[], latest: readonly SizedValue[]): number | null {
  const fields = series.map(({ metric }) => fieldOf(metric));
  const isWhole = fields.every((field) => field?.unit === 'percent' && rangeOf(field)[1] === 100);
  if (isWhole) return series.length === 0 ? null : 100;
  if (!fields.every((field) => field?.unit === 'bytes')) return null;
  const sizes = new Set(series.map((one) => sizeOf(one, latest)));
  return sizes.size === 1 ? ([...sizes][0] ?? null) : null;
}
