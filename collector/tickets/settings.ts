/** How alerts become tickets: the settings of the policy, all durations in ms. */
export interface PolicySettings {
  /** An alert must fire for so long without a break. */
  openDelay: number;
  /** A ticket that nobody touched is resolved when its alert has been good for so long. */
  resolveHold: number;
  /** Fires again so soon after an automatic resolution: the same ticket is reopened. */
  reopenWindow: number;
  /** So many fires within the window are flapping: the ticket stays open until it has been quiet for `flapQuiet`. */
  flapCount: number;
  flapWindow: number;
  flapQuiet: number;
  /** So many endpoints of one site with the same check within the window are one ticket. */
  stormEndpoints: number;
  stormWindow: number;
  /** Still firing so long after the end of a maintenance: a ticket. */
  afterMaintenance: number;
  /** Automatic tickets an hour; those beyond go into one storm ticket. */
  budget: number;
  /** Recovered, but a person has it: a reminder after so long. */
  remindAfter: number;
}

const minute = 60_000;

export const defaultPolicy: PolicySettings = {
  openDelay: 2 * minute,
  resolveHold: 10 * minute,
  reopenWindow: 24 * 60 * minute,
  flapCount: 3,
  flapWindow: 60 * minute,
  flapQuiet: 30 * minute,
  stormEndpoints: 5,
  stormWindow: 5 * minute,
  afterMaintenance: 5 * minute,
  budget: 30,
  remindAfter: 24 * 60 * minute,
};

/** The policy with what the part `tickets:` of evenkeel.yaml says. */
export function policyOf(said: {
  openAfterMs: number;
  resolveAfterMs: number;
  reopenWithinMs: number;
}): PolicySettings {
  return {
    ...defaultPolicy,
    openDelay: said.openAfterMs,
    resolveHold: said.resolveAfterMs,
    reopenWindow: said.reopenWithinMs,
  };
}
