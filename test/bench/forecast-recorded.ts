/**
 * Growth that was recorded, not made up: what two public repositories stored in each hour of their history, as git has it. A
 * store that only grows, in bursts of people's work. Each stretch of 100 days is a disk that is full at its end.
 */
import { readFileSync } from 'node:fs';

interface Recorded {
  /** Seconds since 1970 of its first hour. */
  from: number;
  /** Hours since then, and how many bytes came in that hour. */
  steps: [hour: number, bytes: number][];
}

export interface Stretch {
  of: string;
  /** Bytes in use at an hour from its beginning. */
  at(hour: number): number;
  /** Bytes at its end. */
  capacity: number;
}

const everyDays = 50;
/** Less growth than this in 100 days is no disk that fills. */
const leastShare = 0.02;

/** @param lifeDays length of each stretch */
export function recordedStretches(lifeDays: number): Stretch[] {
  const file = new URL('../fixtures/growth/recorded.json', import.meta.url);
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Recorded>;
  return Object.entries(all).flatMap(([of, { steps }]) => {
    const hours = (steps.at(-1)?.[0] ?? 0) + 1;
    const used = new Float64Array(hours);
    for (const [hour, bytes] of steps) used[hour] = bytes;
    for (let hour = 1; hour < hours; hour++) used[hour] = (used[hour] as number) + (used[hour - 1] as number);
    const stretches: Stretch[] = [];
    for (let first = 0; first + lifeDays * 24 < hours; first += everyDays * 24) {
      const at = (hour: number) => used[Math.min(hours - 1, first + hour)] as number;
      const capacity = at(lifeDays * 24);
      if (capacity - at(0) > leastShare * capacity) stretches.push({ of, at, capacity });
    }
    return stretches;
  });
}
