/** What kinds of rules keep of one series from one report to the next. */

/** What is kept of one series: when and how much, with what was counted in all. */
export interface RateMemory {
  times: number[];
  totals: number[];
  last: number;
  rate: number | null;
}

/** The last value of a series, and when it changed. */
export interface ChangeMemory {
  value: number;
  /** When it last changed, ms UTC; null: never since we watch. */
  changedAt: number | null;
  before: number;
  since: number;
}

/** Highest uses of a disk in the last five-minute steps. */
export interface RisingMemory {
  /** Number of the running step, and its highest use so far. */
  slot: number;
  highest: number;
  /** Of whole steps, oldest first. */
  past: number[];
  fullInS: number | null;
}

/** The five minutes that run of a series, and how the ones before stood to what is usual. */
export interface UsualMemory {
  slot: number;
  /** Of the values so far; of a counter what it grew by, with the first and the last instant. */
  sum: number;
  count: number;
  firstAt: number;
  last: number;
  lastAt: number;
  /** Of the last whole five minutes: null before there was one. */
  mean: number | null;
  status: 'breach' | 'hold' | 'clear' | 'reset' | 'none';
  limit: number | null;
  /** Which side of the range it is on, and since when. */
  side: -1 | 0 | 1;
  since: number;
}
