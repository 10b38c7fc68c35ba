/**
 * Numbers and times as people read them, through Intl. Every function takes the language, so that it is pure, and
 * gives `—` for null: unknown is never shown as 0.
 */
import type { KpiUnit } from '../api.ts';
import type { Unit } from '../metrics.ts';
import { minorDigits } from '../money.ts';
import { aboutLanguage, type Language, word } from './index.ts';

export const none = '—';

/** A number stays on one line with its unit, and a duration in one piece: no space of it is a place to break a line. */
const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');

const cache = new Map<string, unknown>();
/** Intl objects are expensive to create and cheap to keep. */
function kept<T>(key: string, make: () => T): T {
  let found = cache.get(key) as T | undefined;
  if (found === undefined) {
    found = make();
    cache.set(key, found);
  }
  return found;
}

export function number(value: number | null | undefined, language: Language, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  return kept(`n${language}${digits}`, () => new Intl.NumberFormat(language, { maximumFractionDigits: digits })).format(
    value,
  );
}

/** `value` is 0–100. One decimal below 10, none above: a bar needs no more. What is not whole never reads 100 %. */
export function percent(value: number | null | undefined, language: Language, digits?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const places = digits ?? (Math.abs(value) < 10 ? 1 : 0);
  const options = { style: 'percent', minimumFractionDigits: places, maximumFractionDigits: places } as const;
  const most = value > 100 - 1e-9 ? value : Math.min(value, 100 - 10 ** -places);
  return kept(`p${language}${places}`, () => new Intl.NumberFormat(language, options)).format(most / 100);
}

/** Availability is cut, not rounded: 99.996 never reads 100.00 unless nothing was down. `value` is 0–100. */
export function cutPercent(value: number | null | undefined, language: Language, digits = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const factor = 10 ** digits;
  // The small addition keeps 99.99 itself from becoming 99.98 through binary fractions.
  return percent(Math.floor(value * factor + 1e-7) / factor, language, digits);
}

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export function bytes(value: number | null | undefined, language: Language): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= 1024 && step < binary.length - 1) {
    scaled /= 1024;
    step++;
  }
  return unbroken(`${number(scaled, language, step > 0 && Math.abs(scaled) < 100 ? 1 : 0)} ${binary[step]}`);
}

const parts = [
  ['days', 86_400],
  ['hours', 3600],
  ['minutes', 60],
  ['seconds', 1],
] as const;

/** The two largest parts of a duration in seconds: `3d 4h`, `3日4時間`. Below one second: ms. */
export function duration(seconds: number | null | undefined, language: Language): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return none;
  if (seconds < 0) return `−${duration(-seconds, language)}`;
  if (seconds > 0 && seconds < 1) return unbroken(`${number(seconds * 1000, language)} ms`);
  let rest = Math.round(seconds);
  const found: Partial<Record<(typeof parts)[number][0], number>> = {};
  for (const [name, size] of parts) {
    if (Object.keys(found).length === 2 || rest === 0) break;
    const whole = Math.floor(rest / size);
    if (whole > 0) found[name] = whole;
    else if (Object.keys(found).length > 0) break;
    rest -= whole * size;
  }
  if (Object.keys(found).length === 0) found.seconds = 0;
  const make = () =>
    new Intl.DurationFormat(language, { style: aboutLanguage(language).durations, secondsDisplay: 'auto' });
  const text =
    Object.keys(found).length === 1 && found.seconds === 0
      ? kept(
          `u${language}`,
          () =>
            new Intl.NumberFormat(language, {
              style: 'unit',
              unit: 'second',
              unitDisplay: aboutLanguage(language).durations,
            }),
        ).format(0)
      : kept(`d${language}`, make).format(found);
  return unbroken(text);
}

/** Person-hours: `12.5h`, `12.5時間`. In hours alone, because they are added up and compared. */
export function hours(value: number | null | undefined, language: Language): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const unitDisplay = aboutLanguage(language).durations;
  const options = { style: 'unit', unit: 'hour', unitDisplay, maximumFractionDigits: 1 } as const;
  return unbroken(kept(`h${language}`, () => new Intl.NumberFormat(language, options)).format(value));
}

/** `€1,250.50`. `cents` is in the smallest unit of the currency; whole units for what is only about right. */
export function money(
  cents: number | null | undefined,
  currency: string,
  language: Language,
  shape: 'exact' | 'about' = 'exact',
): string {
  if (cents === null || cents === undefined || !Number.isFinite(cents)) return none;
  const about = { maximumFractionDigits: 0, minimumFractionDigits: 0 };
  const options = { style: 'currency', currency, ...(shape === 'about' ? about : {}) } as const;
  const format = kept(`m${language}${currency}${shape}`, () => new Intl.NumberFormat(language, options));
  return unbroken(format.format(cents / 10 ** minorDigits(currency)));
}

/** The largest part of a duration only: `10h`, `4d`. For tables where it stands beside an exact one. */
export function coarse(seconds: number, language: Language): string {
  const size = parts.find(([, one]) => seconds >= one)?.[1] ?? 1;
  return duration(Math.floor(seconds / size) * size, language);
}

/** Clocks differ a little: within this, what is ahead is shown as the present. Beyond it a clock is wrong, which is to be seen. */
const aheadMs = 3_600_000;

/** `12 seconds ago`, `2 日前`. `at` and `now` in ms. */
export function ago(at: number | null | undefined, now: number, language: Language): string {
  if (at === null || at === undefined) return none;
  // -0 reads "0 s ago", where 0 would read "in 0 s".
  const ahead = Math.round((at - now) / 1000);
  const seconds = at - now > aheadMs ? ahead : Math.min(-0, ahead) || -0;
  const size = Math.abs(seconds);
  const sign = seconds > 0 ? 1 : -1;
  const format = kept(
    `r${language}`,
    () => new Intl.RelativeTimeFormat(language, { numeric: 'always', style: 'short' }),
  );
  if (size < 60) return format.format(seconds, 'second');
  if (size < 3600) return format.format(sign * Math.floor(size / 60), 'minute');
  if (size < 86_400) return format.format(sign * Math.floor(size / 3600), 'hour');
  return format.format(sign * Math.floor(size / 86_400), 'day');
}

/** What is to come: "in 4 minutes"; rounded up, and never past. In full, for it ends sentences. */
export function ahead(at: number, now: number, language: Language): string {
  const format = kept(
    `a${language}`,
    () => new Intl.RelativeTimeFormat(language, { numeric: 'always', style: 'long' }),
  );
  const seconds = Math.max(0, Math.ceil((at - now) / 1000));
  if (seconds < 60) return format.format(seconds, 'second');
  if (seconds < 3600) return format.format(Math.ceil(seconds / 60), 'minute');
  return format.format(Math.ceil(seconds / 3600), 'hour');
}

const shapes = {
  /** 14:05:09 */
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  /** 14:05 */
  minute: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  /** 3 Nov */
  day: { day: 'numeric', month: 'short' },
  /** 3 Nov 2026 */
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  /** 3 Nov 14:05 */
  moment: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  /** 3 Nov 2026, 14:05 */
  long: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  },
  /** 3 Nov 2026, 14:05:09 with the zone */
  full: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  },
  month: { month: 'long', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** A time in the viewer's zone, or in `zone`. English dates have the day first: 03/11 would be read in two ways. */
export function time(
  at: number | null | undefined,
  language: Language,
  shape: keyof typeof shapes = 'moment',
  zone?: string,
): string {
  if (at === null || at === undefined) return none;
  const { locale } = aboutLanguage(language);
  const options: Intl.DateTimeFormatOptions = zone ? { ...shapes[shape], timeZone: zone } : shapes[shape];
  return kept(`t${locale}${shape}${zone ?? ''}`, () => new Intl.DateTimeFormat(locale, options)).format(at);
}

/** A large value of unknown unit, such as a custom check's: 26.3B instead of a long row of digits. */
const short = (value: number, language: Language) =>
  new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 }).format(value);

/** `0d`: of a number of days, `0s` would read like a stop-watch. */
const noDays = (language: Language) =>
  unbroken(
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit: 'day',
      unitDisplay: aboutLanguage(language).durations,
    }).format(0),
  );

const units: { readonly [U in Unit]: (value: number, language: Language) => string } = {
  percent: (value, language) => percent(value, language, 1),
  bytes,
  count: (value, language) => number(value, language, Math.abs(value) < 10 ? 1 : 0),
  seconds: duration,
  ms: (value, language) => unbroken(`${number(value, language, Math.abs(value) < 10 ? 1 : 0)} ms`),
  celsius: (value, language) => unbroken(`${number(value, language, 1)} °C`),
  load: (value, language) => number(value, language, 2),
  // A mean of both is a number between them.
  bool: (value, language) =>
    value === 0 || value === 1 ? word(language, value === 1 ? 'common.yes' : 'common.no') : number(value, language, 2),
  per_second: (value, language) => `${number(value, language, 1)}/s`,
  days: (value, language) => (value === 0 ? noDays(language) : duration(value * 86_400, language)),
  number: (value, language) => (Math.abs(value) < 1e6 ? number(value, language, 2) : short(value, language)),
};

/** A measured value with its unit; `bytes/s` is the rate of a counter of bytes. */
export function measured(value: number | null | undefined, unit: string, language: Language): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  if (unit.endsWith('/s')) return `${measured(value, unit.slice(0, -2), language)}/s`;
  const format = Object.hasOwn(units, unit) ? units[unit as Unit] : units.number;
  return format(value, language);
}

/** Availability is a percentage that is cut where it is shown. */
export type ShownUnit = KpiUnit | 'availability';
const cutKpis: ReadonlySet<string> = new Set(['availability_server', 'availability_workstation']);

/** How values of a KPI, and its targets, are shown. */
export const shownUnit = <Unit extends KpiUnit>(kpi: string, unit: Unit): Unit | 'availability' =>
  cutKpis.has(kpi) ? 'availability' : unit;

const kpiUnits: Record<ShownUnit, (value: number | null, language: Language, currency: string) => string> = {
  // A share of few tickets has no second decimal to speak of; a small share has nothing else.
  percent: (value, language) => percent(value, language, value !== null && value !== 0 && Math.abs(value) < 1 ? 2 : 1),
  availability: (value, language) => cutPercent(value, language),
  seconds: (value, language) => duration(value, language),
  count: (value, language) => number(value, language, 2),
  hours: (value, language) => hours(value, language),
  money: (value, language, currency) => money(value, currency, language),
};

/** The value of a KPI. @param currency of an amount; undefined: what is shown has no amounts */
export function kpiNumber(unit: Exclude<ShownUnit, 'money'>, value: number | null, language: Language): string;
export function kpiNumber(
  unit: ShownUnit,
  value: number | null,
  language: Language,
  currency: string | undefined,
): string;
export function kpiNumber(unit: ShownUnit, value: number | null, language: Language, currency?: string) {
  // An amount without its currency would be a wrong one.
  return unit === 'money' && currency === undefined ? none : kpiUnits[unit](value, language, currency ?? '');
}
