/**
 * Forms and limits of canned scripts, for both sides. Loads nothing: the agent reads orders by hand. What may run stands in
 * a file of the machine; an order only names one of it, and one value of each of its lists.
 */

export const scriptNamePattern = '^[a-z0-9][a-z0-9-]{0,47}$';
/** Of an order, and the token of an agent that it was made for: 128 random bits. */
export const scriptIdPattern = '^[0-9a-f]{32}$';
export const sha256Pattern = '^[0-9a-f]{64}$';

export const scriptBounds = {
  scripts: 50,
  parameters: 8,
  values: 100,
  /** Characters of one value. */
  value: 200,
  title: 120,
  about: 1000,
  /** Orders in one message: one runs at a time, and what waits longer than its life is refused. */
  orders: 4,
  /** A script and whoever approved it. */
  persons: 2,
  person: 128,
  /** Runs that an agent remembers and reports. */
  runs: 10,
  /** Bytes of what a script printed that are kept. */
  output: 16_384,
} as const;

/** How long an order may be carried out, ms. */
export const orderLifeMs = 10 * 60_000;
/** An agent takes none that lives longer: it would lie in wait. */
export const orderLifeMostMs = 60 * 60_000;
/** From the end of one script to the next, ms: a loop of orders is no tool. */
export const scriptPauseMs = 5000;
