/** Facts in a ticket about the alert of its key; kept beyond the alert's end, because the ticket may open later. */
export interface AboutTicket {
  alert: string;
  rule: string;
  urgency: number;
  endpoint: { id: string; name: string; kind: 'server' | 'workstation' };
  instance: string;
}

/** The state of the policy for one key (`endpoint/rule/instance`), or for an incident. All times ms UTC. */
export interface TicketState {
  key: string;
  endpoint: string;
  /** The family of rules: incidents group by it. */
  check: string;
  site: string | null;
  about?: AboutTicket;
  firing: boolean;
  firedAt: number;
  restoredAt: number | null;
  /** Beginnings of fires within the flapping window, oldest first. */
  fires: number[];
  /** Fires that are in no ticket yet, each less than the flapping window after the one before. */
  count: number;
  open: boolean;
  openedBefore: boolean;
  touched: boolean;
  flapping: boolean;
  openDue: number | null;
  resolveDue: number | null;
  remindDue: number | null;
  /** When the policy itself resolved the last ticket; null when a person did, or there was none. */
  resolvedAt: number | null;
  /** A person set "won't fix until". */
  mutedUntil: number | null;
  /** Key of the incident of which it is part. */
  parent: string | null;
  isIncident: boolean;
  /** Of an incident: the keys attached to it, and how many of them fire. */
  children: string[];
  firingChildren: number;
}

export function newTicketState(key: string, endpoint: string, check: string, site: string | null): TicketState {
  return {
    key,
    endpoint,
    check,
    site,
    firing: false,
    firedAt: 0,
    restoredAt: null,
    fires: [],
    count: 0,
    open: false,
    openedBefore: false,
    touched: false,
    flapping: false,
    openDue: null,
    resolveDue: null,
    remindDue: null,
    resolvedAt: null,
    mutedUntil: null,
    parent: null,
    isIncident: false,
    children: [],
    firingChildren: 0,
  };
}
