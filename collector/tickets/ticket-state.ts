/** What a ticket says about the alert behind its key; kept beyond the alert's end, for its ticket may open after it. */
export interface AboutTicket {
  alert: string;
  rule: string;
  urgency: number;
  endpoint: { id: string; name: string; kind: 'server' | 'workstation' };
  instance: string;
}

/** What the policy knows of one key (`endpoint/rule/instance`), or of the ticket of a storm. All times ms UTC. */
export interface TicketState {
  key: string;
  endpoint: string;
  /** The family of rules: what a storm is counted by. */
  check: string;
  site: string | null;
  about?: AboutTicket;
  firing: boolean;
  firedAt: number;
  restoredAt: number | null;
  /** Beginnings of fires within the flapping window, oldest first. */
  fires: number[];
  /** Fires since the ticket was opened, or since the alert began. */
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
  /** A person said "won't fix until". */
  mutedUntil: number | null;
  /** Key of the storm on whose list it is. */
  parent: string | null;
  isStorm: boolean;
  /** Of a storm: the keys on its list, and how many of them fire. */
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
    isStorm: false,
    children: [],
    firingChildren: 0,
  };
}
