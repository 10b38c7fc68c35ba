/** Tables of which machine an endpoint is: collector/fleet. */
import type { Generated } from 'kysely';
import type { IdentityEventKind } from '../../shared/identity.ts';
import type { Json, Ms } from './columns.ts';

export interface IdentityTables {
  /** Agent processes that signed on under an endpoint: one at a time, unless two machines have one identity. */
  machines: {
    endpoint: string;
    /** Random, of the process. */
    instance: string;
    hostname: string | null;
    address: string;
    first_at: Ms;
    last_at: Ms;
    /** Last time that it reconnected after another one had signed on: both run. */
    shared_at: Ms | null;
    /** It came later than another one that runs too: it is refused until its machine is enrolled again. */
    refused_at: Ms | null;
  };
  /** What happened to the identity of an endpoint, for its page. */
  identity_events: {
    id: Generated<number>;
    endpoint: string;
    at: Ms;
    kind: IdentityEventKind;
    /** Null: by itself. */
    by_user: string | null;
    detail: Json;
  };
  /** A person has stated that one endpoint is the machine of another, enrolled again. */
  replacements: {
    /** The endpoint that was replaced. */
    moved: string;
    endpoint: string;
    at: Ms;
    by_user: string;
    old_hostname: string | null;
    new_hostname: string | null;
  };
}
