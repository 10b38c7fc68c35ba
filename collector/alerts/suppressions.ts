/**
 * Why no one is notified of an alert at present. Reasons form a set: only when it is empty does anything start again.
 * Each beginning and end is a change of the alert, with a code of its own; so is it in its history.
 */
import type { PolicyEvent } from '../tickets/actions.ts';
import { createUndo } from '../tickets/undo.ts';
import type { LiveAlert } from './alert.ts';
import type { Batch, ChangeCode } from './batch.ts';

/** `hold`: what may be the cause of it is pending. In the order in which pages name them. */
export const suppressionKinds = ['maintenance', 'silence', 'site_incident', 'inhibition', 'hold'] as const;
export type SuppressionKind = (typeof suppressionKinds)[number];
/** Maintenance keeps its own memory. */
type KeptKind = Exclude<SuppressionKind, 'maintenance'>;

const codes: Record<KeptKind, readonly [begun: ChangeCode, over: ChangeCode]> = {
  silence: ['silenced', 'silence_ended'],
  site_incident: ['in_site_incident', 'site_incident_left'],
  inhibition: ['inhibited', 'inhibition_ended'],
  hold: ['held', 'hold_over'],
};

/** The same alert goes on in its site's incident, whose ticket takes it in: that ticket is not kept from opening. */
const holdsTickets = (kind: KeptKind) => kind !== 'site_incident';

export interface Suppressions {
  suppressedBy(alert: string): ReadonlySet<SuppressionKind>;
  has(alert: string, kind: KeptKind): boolean;
  set(alert: string, kind: KeptKind, on: boolean): void;
  clear(): void;
  keep(): void;
  undo(): void;
}

const none: ReadonlySet<SuppressionKind> = new Set();

export function createSuppressions(maintenance: { isSuppressed(alert: string): boolean }): Suppressions {
  const all = new Map<string, ReadonlySet<KeptKind>>();
  const { change, keep, undo } = createUndo(() => undefined);
  return {
    suppressedBy(alert) {
      const kept = all.get(alert);
      if (maintenance.isSuppressed(alert)) return new Set<SuppressionKind>(['maintenance', ...(kept ?? [])]);
      return kept ?? none;
    },
    has: (alert, kind) => all.get(alert)?.has(kind) ?? false,
    set(alert, kind, on) {
      const before = all.get(alert);
      if ((before?.has(kind) ?? false) === on) return;
      change(() => (before ? all.set(alert, before) : all.delete(alert)));
      const next = new Set(before);
      if (on) next.add(kind);
      else next.delete(kind);
      if (next.size === 0) all.delete(alert);
      else all.set(alert, next);
    },
    clear() {
      all.clear();
      keep();
    },
    keep,
    undo,
  };
}

/** Of these people are notified; a flapping alert fires whatever its state is. */
export const fires = ({ state, flapping }: Pick<LiveAlert, 'state' | 'flapping'>): boolean =>
  flapping || state === 'firing' || state === 'unknown';

type Holding = Pick<Suppressions, 'has'>;
export const keepsTicket = (suppressions: Holding, alert: string): boolean =>
  (Object.keys(codes) as KeptKind[]).some((kind) => holdsTickets(kind) && suppressions.has(alert, kind));

/** Begins and ends suppressions within a batch: memory, the history of the alert, and what it means for tickets. */
export function createSuppressing(suppressions: Suppressions, changes: Batch['changes']) {
  function ticketEvent(alert: LiveAlert, before: boolean, at: number, openAfter: 'fire' | 'release'): void {
    const now = keepsTicket(suppressions, alert.id);
    if (now === before) return;
    const event: PolicyEvent = { type: 'hold', on: now, key: alert.key, openAfter, at };
    changes.push({ event, at });
  }

  function note(alert: LiveAlert, code: ChangeCode, at: number, params: Record<string, unknown>): void {
    // At its end there may be others.
    const isSuppressed = suppressions.suppressedBy(alert.id).size > 0;
    const what = { alert, at, code, ended: false, reason: null, actor: 'monitor', isSuppressed };
    changes.push({ ...what, params });
  }

  return {
    /** @param before what is to follow the policy's hold, and precede the note: the change with which it begins */
    begin(alert: LiveAlert, kind: KeptKind, at: number, params: Record<string, unknown>, before?: () => void): void {
      const wasKept = keepsTicket(suppressions, alert.id);
      const isNew = !suppressions.has(alert.id, kind);
      suppressions.set(alert.id, kind, true);
      ticketEvent(alert, wasKept, at, 'fire');
      before?.();
      if (isNew) note(alert, codes[kind][0], at, params);
    },
    end(alert: LiveAlert, kind: KeptKind, at: number, params: Record<string, unknown> = {}): void {
      if (!suppressions.has(alert.id, kind)) return;
      const wasKept = keepsTicket(suppressions, alert.id);
      suppressions.set(alert.id, kind, false);
      ticketEvent(alert, wasKept, at, kind === 'hold' ? 'fire' : 'release');
      note(alert, codes[kind][1], at, params);
    },
    /** The alert itself has ended. */
    forget(alert: LiveAlert, at: number): void {
      const wasKept = keepsTicket(suppressions, alert.id);
      for (const kind of Object.keys(codes) as KeptKind[]) suppressions.set(alert.id, kind, false);
      ticketEvent(alert, wasKept, at, 'release');
    },
  };
}
