/** What is drawn into the charts of an endpoint beside its values. `GET /api/v1/endpoints/{id}/marks`. */
import { type Static, Type } from 'typebox';
import { NamedRule, Severity } from './api.ts';

const ms = Type.Integer({ description: 'ms since 1970, UTC' });
const tags = Type.Record(Type.String(), Type.String());

export const ChartLimit = Type.Object({
  rule: NamedRule,
  severity: Severity,
  metric: Type.String(),
  tags,
  value: Type.Number(),
});
export type ChartLimit = Static<typeof ChartLimit>;

export const ChartAlert = Type.Object({
  id: Type.String(),
  rule: NamedRule,
  severity: Severity,
  metric: Type.String(),
  tags,
  from: ms,
  to: Type.Union([ms, Type.Null()], { description: 'null: it goes on' }),
});
export type ChartAlert = Static<typeof ChartAlert>;

export const ChartMarks = Type.Object({
  /** Of the rules that hold here now, where a value is compared with a number. */
  limits: Type.Array(ChartLimit),
  /** That fired in this time, newest first, at most 500. */
  alerts: Type.Array(ChartAlert),
});
export type ChartMarks = Static<typeof ChartMarks>;
