/** Parts of a rule's condition that may be left out, as they then are: for evaluation, and for the sentence on the page. */
export const ruleDefaults = {
  /** rate: the change per so many seconds, taken over so many. */
  per_s: 1,
  over_s: 300,
  /** change: how long it counts. */
  hold_s: 3600,
} as const;
