/** Time is handed in, so that no test sleeps and no pure function asks the machine. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 in UTC. May jump. */
  now(): number;
  /** Milliseconds on a line that never jumps or goes back; only differences mean something. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
