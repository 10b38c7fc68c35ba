/**
 * A disk that will be full in so many days, by the forecasts of the last two nights (collector/forecast/full-in.ts): two nights
 * running, and the late end of the interval not far beyond.
 */
import { type Static, Type } from 'typebox';
import { carries } from '../series-name.ts';
import type { RuleKind } from './kind.ts';

const When = Type.Object(
  {
    kind: Type.Literal('forecast'),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    within_days: Type.Number({ minimum: 0.5, maximum: 100 }),
  },
  { additionalProperties: false },
);

/** The late end of the interval may be so many times the limit. */
const sure = 3;
const clearAt = 1.5;
/** With so much free there is time for a page to be read. */
const plentyPercent = 20;
const soonDays = 3;

export const forecast = {
  kind: 'forecast',
  schema: When,
  metric: () => 'disk_forecast.full_in_days',
  limit: ({ within_days }) => within_days,
  // A forecast of each night is no news each night.
  againMs: 7 * 86_400_000,
  covers: ({ tags }, of) => tags === undefined || carries(of, tags),
  measurement: () => 'disk_forecast',
  judge({ when }, { tags, fields }) {
    if (when.tags && !carries(tags, when.tags)) return undefined;
    const { full_in_days: days, full_in_days_high: high, full_in_days_before: before } = fields;
    if (fields.history_days === undefined) return 'none';
    if (fields.reset === 1) return 'reset';
    if (days === undefined && before === undefined) return 'clear';
    if (days !== undefined && days > clearAt * when.within_days) return 'clear';
    const holds = (one: number | undefined, late: number | undefined) =>
      one !== undefined && late !== undefined && one <= when.within_days && late <= sure * when.within_days;
    if (!holds(days, high) || !holds(before, fields.full_in_days_high_before)) return 'hold';
    return (fields.free_percent ?? 0) >= plentyPercent && (days ?? 0) > soonDays ? 'hold' : 'breach';
  },
  shown: ({ when }, { fields }) => ({ value: fields.full_in_days ?? null, threshold: when.within_days }),
} as const satisfies RuleKind<Static<typeof When>>;
