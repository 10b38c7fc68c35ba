/** State changes of an endpoint by presence messages, reports and silence. Pure: facts and times in, a change out. */
import type { Online, Presence } from '../../shared/presence.ts';
import { type Endpoint, type EndpointKind, type EndpointState, machineKind } from './fleet.ts';

export interface PresenceChange {
  state: EndpointState;
  stateReason: string | null;
  session?: string;
  bootId?: string;
  version?: string;
  level?: number;
  signal: { kind: 'online' | 'offline' | 'lost' | 'silent'; reason: string | null; birth?: BirthChange };
}

const birthFields = [
  'started_at',
  'previous_shutdown',
  'shutdown_cause',
  'shutdown_source',
  'uptime_s',
  'slept_s',
  'stood_still_s',
  'stalled',
] as const;
/** What distinguishes kinds of absence later, as reported by the agent; nothing else of the message is kept. */
export type BirthChange = Partial<Pick<Online, (typeof birthFields)[number]>>;

const birthIn = (message: Online): BirthChange =>
  Object.fromEntries(birthFields.flatMap((key) => (message[key] === undefined ? [] : [[key, message[key]]])));

/** Assumed of an agent that has not reported its interval yet. */
const assumedIntervalMs = 10_000;
const missedIntervals = 3;
/** Shorter gaps do not alert: one slow disk or one radio hand-over. Workstations move between networks. */
const leastSilenceMs: Record<EndpointKind, number> = { server: 10_000, workstation: 60_000 };

/** How long an endpoint may be silent before it counts as lost, in ms. */
export function silenceLimit(endpoint: Pick<Endpoint, 'kind' | 'intervalMs'>): number {
  return Math.max(
    missedIntervals * (endpoint.intervalMs ?? assumedIntervalMs),
    leastSilenceMs[machineKind(endpoint.kind)],
  );
}

/**
 * A message on the topic `presence`. Null when it changes nothing: a goodbye or a will whose session is not the current
 * one, or a will after a goodbye.
 */
export function judgePresence(endpoint: Endpoint, message: Presence): PresenceChange | null {
  if (message.state === 'online') {
    const { session, boot_id: bootId, version, level = 0, previous_shutdown: before } = message;
    // In the same run of the machine only the agent can have ended.
    const reason = before === 'unclean' && bootId === endpoint.bootId ? 'agent_ended' : before;
    const signal = { kind: 'online', reason, birth: birthIn(message) } as const;
    return { state: 'online', stateReason: null, session, bootId, version, level, signal };
  }
  if (message.session !== endpoint.session) return null;
  if (message.state === 'offline')
    return { state: 'offline', stateReason: message.reason, signal: { kind: 'offline', reason: message.reason } };
  if (endpoint.state !== 'online' && endpoint.state !== 'unknown') return null;
  return { state: 'lost', stateReason: 'will', signal: { kind: 'lost', reason: null } };
}

/** A live report arrived: the endpoint is online, whatever its state was. Null when it was online. */
export function judgeReport(endpoint: Pick<Endpoint, 'state'>): PresenceChange | null {
  if (endpoint.state === 'online') return null;
  return { state: 'online', stateReason: null, signal: { kind: 'online', reason: 'reports' } };
}

/**
 * Nothing arrived for `silentMs` on the monotonic clock. `graceMs` is what is left of the grace period after a start of
 * the collector: until then endpoints that were not seen yet stay unknown.
 */
export function judgeSilence(endpoint: Endpoint, silentMs: number, graceMs: number): PresenceChange | null {
  const judged = endpoint.state === 'online' || (endpoint.state === 'unknown' && graceMs <= 0);
  if (!judged || silentMs <= silenceLimit(endpoint)) return null;
  return { state: 'lost', stateReason: 'silent', signal: { kind: 'silent', reason: null } };
}

/**
 * Grace period after the start of the collector, before any endpoint counts as lost: agents back off longer the longer
 * the collector was away (at most 300 s), and need a moment to connect. At least 60 s, at most 330 s.
 */
export function graceAfterStart(blindMs: number | null): number {
  return Math.min(330_000, Math.max(60_000, 30_000 + (blindMs ?? 0)));
}
