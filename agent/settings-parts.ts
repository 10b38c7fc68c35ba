/** Parts of `checks.yaml` that several of its sections are made of. */
import { Type } from 'typebox';
import { parseDuration } from '../shared/duration.ts';
import type { Fault } from '../shared/shape.ts';

export const closed = { additionalProperties: false } as const;

export const entryName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
  want: 'a name of letters, digits, ., _ and -, such as mail-queue',
});

export const duration = (least: string, most: string) =>
  Type.Union([Type.Number(), Type.String()], {
    want: 'a duration such as 30s, 5m or 1h',
    check(value: string | number) {
      try {
        const ms = parseDuration(value);
        return ms >= parseDuration(least) && ms <= parseDuration(most) ? null : `must be from ${least} to ${most}`;
      } catch {
        return 'is not a duration; write a number with a unit, such as 30s, 5m or 1h';
      }
    },
  });

/** Two of one name would share their results: only one of them would be seen. Total. */
export function twiceNamed(section: string, entries: unknown): Fault[] {
  if (!Array.isArray(entries)) return [];
  const seen = new Set<unknown>();
  return entries.flatMap((entry, i): Fault[] => {
    const given = (entry as { name?: unknown } | null)?.name;
    if (given === undefined || !seen.has(given)) {
      seen.add(given);
      return [];
    }
    return [{ path: [section, i, 'name'], problem: `"${given}" is given twice` }];
  });
}
