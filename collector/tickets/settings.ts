/** The settings of the ticket policy: how alerts become tickets. All durations in ms. */
export interface PolicySettings {
  /** How long an alert must fire without a break before its ticket opens. */
  openDelay: number;
  /** How long the alert of an untouched ticket must be good before the ticket is resolved. */
  resolveHold: number;
  /** An alert that fires again within this time after an automatic resolution reopens the same ticket. */
  reopenWindow: number;
  /** This many fires within the window are flapping: the ticket stays open until `flapHold` has passed without one. */
  flapCount: number;
  flapWindow: number;
  flapHold: number;
  /** This many endpoints of one site with the same check within the window share one ticket. */
  incidentEndpoints: number;
  incidentWindow: number;
  /** Still firing this long after the end of a maintenance: a ticket opens. */
  afterMaintenance: number;
  /** Automatic tickets per hour; those beyond share one ticket. */
  budget: number;
  /** Recovered, but a person owns the ticket: a reminder after this time. */
  remindAfter: number;
}

const minute = 60_000;

export const defaultPolicy: PolicySettings = {
  openDelay: 2 * minute,
  resolveHold: 10 * minute,
  reopenWindow: 24 * 60 * minute,
  flapCount: 3,
  flapWindow: 60 * minute,
  flapHold: 30 * minute,
  incidentEndpoints: 5,
  incidentWindow: 5 * minute,
  afterMaintenance: 5 * minute,
  budget: 30,
  remindAfter: 24 * 60 * minute,
};

/** The policy with the part `tickets:` of evenkeel.yaml applied. */
export function policyOf(file: {
  openAfterMs: number;
  resolveAfterMs: number;
  reopenWithinMs: number;
}): PolicySettings {
  return {
    ...defaultPolicy,
    openDelay: file.openAfterMs,
    resolveHold: file.resolveAfterMs,
    reopenWindow: file.reopenWithinMs,
  };
}
