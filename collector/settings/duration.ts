/** A duration in the settings, with its bounds. */
import { Type } from 'typebox';
import { formatDuration, parseDuration } from '../../shared/duration.ts';

/** @param least, most ms between which it makes sense */
export const duration = (description: string, standard: string, least: number, most: number) =>
  Type.Optional(
    Type.Union([Type.String(), Type.Number()], {
      description,
      default: standard,
      want: 'a duration such as 10s, 2m, 36h or 14d',
      check(value: string | number) {
        try {
          const ms = parseDuration(value);
          if (ms >= least && ms <= most) return null;
        } catch {
          return 'is not a duration; write a number with a unit, such as 500ms, 10s, 2m, 36h or 14d';
        }
        return `must be from ${formatDuration(least)} to ${formatDuration(most)}`;
      },
    }),
  );
