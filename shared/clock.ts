/** Time is injected, so that no test sleeps and no pure function reads the system clock. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 in UTC. May jump. */
  now(): number;
  /** Monotonic milliseconds: never jumps or goes back; only differences are meaningful. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(): the first touch of `performance` loads eleven modules, 1.1 MB in a process that stays small.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
};
