/** A value against a limit, with hysteresis. */
import { type Static, Type } from 'typebox';

/**
 * `hold`: below the limit, not yet on the good side of `clear`. `none`: a field is missing, so there is no verdict.
 * `reset`: what was known is void, and is learned anew: an alert ends at once, and it is no recovery.
 */
export type RuleStatus = 'breach' | 'hold' | 'clear' | 'reset' | 'none';

export const Op = Type.Union([
  Type.Literal('>'),
  Type.Literal('>='),
  Type.Literal('<'),
  Type.Literal('<='),
  Type.Literal('='),
]);
export type Op = Static<typeof Op>;

export function compare(value: number, op: Op, limit: number): boolean {
  switch (op) {
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '=':
      return value === limit;
  }
}

/** `hold` between the limit and `clear`. */
export function statusOf(value: number, op: Op, limit: number, clear: number | undefined): RuleStatus {
  if (compare(value, op, limit)) return 'breach';
  return clear !== undefined && compare(value, op, clear) ? 'hold' : 'clear';
}
