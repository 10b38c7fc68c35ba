/** Time is handed in, so that no test sleeps and no pure function asks the machine. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 in UTC. May jump. */
  now(): number;
  /** Milliseconds on a line that never jumps or goes back; only differences mean something. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(): the first touch of `performance` loads eleven modules, 1.1 MB in a process that stays small.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
};
