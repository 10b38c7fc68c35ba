/** Numbers with a unit as a person types them: 20 GiB, 15 minutes. Pure. */
import type { Unit } from '../../../shared/metrics.ts';

/** What may be chosen beside the number; one of it where there is nothing to choose. */
const sizes = {
  bytes: { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 },
  seconds: { s: 1, min: 60, h: 3600, d: 86_400 },
} as const;
export type AmountUnit = keyof (typeof sizes)['bytes'] | keyof (typeof sizes)['seconds'] | '';

export interface Amount {
  text: string;
  unit: AmountUnit;
}

const factors: Readonly<Record<string, number>> = { '': 1, ...sizes.bytes, ...sizes.seconds };

export function unitsOf(unit: Unit): readonly AmountUnit[] {
  if (unit === 'bytes' || unit === 'seconds') return Object.keys(sizes[unit]) as AmountUnit[];
  return [''];
}

/** In the largest unit in which it is short: 5400 s is 90 min, 21474836480 B is 20 GiB. */
export function amountOf(value: number | undefined, unit: Unit): Amount {
  const units = unitsOf(unit);
  if (value === undefined) return { text: '', unit: units.includes('GiB') ? 'GiB' : (units[0] as AmountUnit) };
  const isShort = (one: AmountUnit) => Number.isInteger(Math.round((value / (factors[one] ?? 1)) * 1e9) / 1e9);
  const fitting =
    value === 0 ? undefined : units.findLast((one) => isShort(one) && Math.abs(value) >= (factors[one] ?? 1));
  const chosen = fitting ?? units[0] ?? '';
  return { text: String(value / (factors[chosen] ?? 1)), unit: chosen };
}

/** Of a measured value what a person would type: 3 digits, in the largest unit. */
function roughAmount(value: number, unit: Unit): Amount {
  const units = unitsOf(unit);
  const chosen = units.findLast((one) => Math.abs(value) >= (factors[one] ?? 1)) ?? units[0] ?? '';
  return { text: String(Number((value / (factors[chosen] ?? 1)).toPrecision(3))), unit: chosen };
}

/** The next round number above a measured one, in its largest unit: 61 is 65, 3.2 GiB is 3.5 GiB. A percentage ends at 100. */
export function stepBeyond(value: number, unit: Unit): Amount {
  const { text, unit: chosen } = roughAmount(value, unit);
  const number = Number(text);
  const step = number === 0 ? 1 : 10 ** Math.floor(Math.log10(Math.abs(number))) / 2;
  const beyond = Number(((Math.floor(number / step + 1e-9) + 1) * step).toPrecision(3));
  const whole = unit === 'count' ? Math.ceil(beyond) : beyond;
  const most = unit === 'percent' && number <= 100 ? 100 : Number.POSITIVE_INFINITY;
  return { text: String(Math.min(whole, most)), unit: chosen };
}

/** null: no number. */
export function numberIn({ text, unit }: Amount): number | null {
  const typed = text.trim();
  const value = typed === '' ? Number.NaN : Number(typed) * (factors[unit] ?? 1);
  // 0.1 GiB is no whole number of bytes, and 1.1 h no exact fraction: the remainder is not meant.
  return Number.isFinite(value) ? Math.round(value * 1e6) / 1e6 : null;
}
