/** Interface to the enrolled endpoints: read from memory, saved in state. Created by createFleet in endpoints.ts. */
import { fail } from '../../shared/errors.ts';
import type { Reasons } from '../../shared/reason.ts';

export type EndpointKind = 'server' | 'workstation';
/** What rules, alerts and tickets are about: a target is watched from outside (collector/targets), and never in the fleet. */
export type SubjectKind = EndpointKind | 'target' | 'collector';
/** Where only machines are told apart: what others depend on weighs as a server. */
export const machineKind = (kind: SubjectKind): EndpointKind => (kind === 'workstation' ? 'workstation' : 'server');
export type EndpointState = 'online' | 'offline' | 'lost' | 'unknown' | 'never';

export interface Endpoint {
  id: string;
  bucket: string;
  name: string;
  kind: SubjectKind;
  kindWhy: Reasons;
  site: string | null;
  tags: string[];
  platform: string;
  arch: string;
  version: string | null;
  /** What its agent understands (shared/agent-level.ts); missing before its first birth since the collector started. */
  level?: number;
  enrolledAt: number;
  retiredAt: number | null;
  state: EndpointState;
  stateReason: string | null;
  stateSince: number;
  session: string | null;
  bootId: string | null;
  /** ms UTC of the last proof of life, by the collector's clock; null before the first. */
  lastSeenAt: number | null;
  intervalMs: number | null;
  /** Endpoint clock minus collector clock, ms, as the last live reports measured it. */
  clockOffsetMs: number | null;
  /** Who cannot work while it is down: its seats, or the users of a server; null: not known. */
  people: number | null;
  /** How often another credential was asked for; since when its machine has to be enrolled again. */
  credential?: number;
  againAt?: number | null;
  /** Processes that came later than another one that runs too. */
  refused?: readonly string[];
}

export interface Fleet {
  get(id: string): Endpoint | undefined;
  /** All that are not retired. */
  all(): Iterable<Endpoint>;
  /** The endpoint that replaces this one; undefined for all others. */
  movedTo(id: string): Endpoint | undefined;
  /** Compares in constant time; false for unknown and retired endpoints. A replaced one has the secret of its replacement. */
  authenticate(id: string, secret: string): boolean;
  /** Reads one endpoint again from state: after enrolment, an edit, a retirement. */
  reload(id: string): Promise<Endpoint | undefined>;
  /** A live report came: proof of life now, by the monotonic clock. Cheap; saved to state only now and then. */
  seen(id: string, receivedAt: number, clockOffsetMs: number | null, intervalMs: number | null): void;
  /** A birth: proof of life like a report, without the report's clock and interval. */
  received(id: string, receivedAt: number): void;
  /** ms since the last proof of life on the monotonic clock; null before the first since this collector started. */
  silentFor(id: string): number | null;
  /** The only way to change the state of an endpoint; saves first. */
  setState(
    id: string,
    change: Partial<Pick<Endpoint, 'state' | 'stateReason' | 'session' | 'bootId' | 'version' | 'level'>>,
  ): Promise<void>;
  close(): Promise<void>;
}

/** @throws EvenkeelError NOT_FOUND, also for one that is retired */
export function living(fleet: Pick<Fleet, 'get'>, id: string): Endpoint {
  const endpoint = fleet.get(id);
  if (!endpoint || endpoint.retiredAt !== null) throw fail('NOT_FOUND', { what: 'endpoint', id });
  return endpoint;
}
