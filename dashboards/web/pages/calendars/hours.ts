/** Hours of calendars as people type them: `09:00-12:00, 13:00-17:00`. Pure; the collector judges what cannot be. */

export type Spans = [open: string, close: string][];

export const spansText = (spans: readonly (readonly string[])[] | undefined): string =>
  (spans ?? []).map(([open, close]) => `${open}-${close}`).join(', ');

/** What is no pair of times stays as it is, so that the collector names it. */
export const spansIn = (text: string): Spans =>
  text
    .split(/[,、;]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part): [string, string] => {
      const [open = '', close = ''] = part.split(/[-–~～]/).map((time) => time.trim());
      return [open, close];
    });

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type WeeklySpans = Partial<Record<(typeof weekdays)[number], Spans>>;

/** Neighbouring days with the same hours as one line: its first and last day. Closed days have none. */
export function weekLines(weekly: WeeklySpans): { days: (typeof weekdays)[number][]; spans: Spans }[] {
  const lines: { days: (typeof weekdays)[number][]; spans: Spans; last: number }[] = [];
  for (const [n, day] of weekdays.entries()) {
    const spans = weekly[day] ?? [];
    const before = lines.at(-1);
    if (spans.length === 0) continue;
    if (before?.last === n - 1 && spansText(before.spans) === spansText(spans))
      Object.assign(before, { days: [before.days[0], day], last: n });
    else lines.push({ days: [day], spans, last: n });
  }
  return lines.map(({ days, spans }) => ({ days, spans }));
}

/** It closes on the next day. */
export const isOvernight = ([open, close]: Spans[number]): boolean => minutesOf(close) <= minutesOf(open);

const minutesOf = (time: string) => {
  const [hours = Number.NaN, minutes = Number.NaN] = time.split(':').map(Number);
  return hours * 60 + minutes;
};

/** Hours of a week without holidays; NaN while something is no time. Closing at or before opening is on the next day. */
export const weekHours = (days: readonly Spans[]): number =>
  days.flat().reduce((sum, [open, close]) => {
    const length = minutesOf(close) - minutesOf(open);
    return sum + (length > 0 ? length : length + 1440);
  }, 0) / 60;

/** `2026-12-25 Christmas Day`, one a line. */
export const linesOf = (pairs: readonly (readonly [date: string, rest: string])[]): string =>
  pairs.map(([date, rest]) => `${date} ${rest}`.trim()).join('\n');

export const pairsIn = (text: string): [date: string, rest: string][] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line): [string, string] => [line.split(/\s/, 1)[0] ?? '', line.replace(/^\S+\s*/, '')]);
