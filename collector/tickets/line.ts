/** What the policy knows of one key (`endpoint/rule/instance`), or of a storm ticket. All times ms UTC. */
export interface Line {
  key: string;
  endpoint: string;
  /** The family of rules: what a storm is counted by. */
  check: string;
  site: string | null;
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
  /** Key of the storm ticket that this line is on the list of. */
  parent: string | null;
  /** For a storm ticket: the keys on its list. */
  children: Set<string> | null;
}

export function newLine(key: string, endpoint: string, check: string, site: string | null): Line {
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
    children: null,
  };
}
