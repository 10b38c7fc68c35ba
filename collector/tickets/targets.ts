/** What is promised for each priority, from its opening. Starting values of our own, see the README. */
import { type Calendar, roundTheClock } from '../../shared/calendar.ts';

export interface PriorityTarget {
  /** Business minutes until the first answer, and until it is resolved; null: nothing is promised. */
  response: number | null;
  resolution: number | null;
  /** Its clock runs day and night, whatever the support hours are. */
  always: boolean;
}

/** Around the clock is the same time in every zone; one object, because clocks are prepared once for each. */
const dayAndNight: Calendar = roundTheClock('UTC');
const hour = 60;
const targets: Readonly<Record<number, PriorityTarget>> = {
  1: { response: 15, resolution: 4 * hour, always: true },
  2: { response: hour, resolution: 8 * hour, always: false },
  3: { response: 4 * hour, resolution: 24 * hour, always: false },
  4: { response: 8 * hour, resolution: 40 * hour, always: false },
  5: { response: null, resolution: null, always: false },
};
const none: PriorityTarget = { response: null, resolution: null, always: false };

/** @param support hours of the desk, for all priorities but the first */
function targetFor(kind: 'response' | 'resolution', priority: number, support: Calendar) {
  const { [kind]: minutes, always } = targets[priority] ?? none;
  return { minutes, calendar: always ? dayAndNight : support };
}

/** @param priorities each with the instant from which on it held */
export const targetsFor = (
  kind: 'response' | 'resolution',
  priorities: readonly { at: number; priority: number }[],
  support: Calendar,
) => priorities.map(({ at, priority }) => ({ at, target: targetFor(kind, priority, support) }));
