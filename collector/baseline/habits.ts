/** What is no difference in a metric, by its unit: a machine that idles would be unusual at every breath otherwise. */
import { rangeOf as boundsOf, fieldOf, type Unit } from '../../shared/metrics.ts';
import type { Habit } from './usual.ts';

const floors: Readonly<Record<Unit, number>> = {
  percent: 10,
  bytes: 64 * 1024 ** 2,
  count: 10,
  seconds: 60,
  ms: 20,
  celsius: 5,
  load: 0.5,
  bool: 0.5,
  per_second: 10,
  days: 1,
  number: 0,
};
/** Per second. */
const counterFloors: Readonly<Partial<Record<Unit, number>>> = { bytes: 128 * 1024, count: 50 };

export function habitOf(metric: string): Habit {
  const field = fieldOf(metric);
  if (!field) return { floor: 0, bounds: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] };
  const floor = field.kind === 'counter' ? (counterFloors[field.unit] ?? floors[field.unit]) : floors[field.unit];
  return { floor, bounds: boundsOf(field) };
}
