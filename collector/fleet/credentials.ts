/**
 * Credentials of endpoints after their enrolment. Rotation: a number in the settings of an agent says that another one is to
 * be fetched, and its secret goes only through the answer to whoever has the one of before. Both are taken until the new one
 * is used. Asked back: its machine reports no more until it is enrolled again, and keeps what it measures.
 */
import { fail } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { SaidTrust } from '../../shared/trust.ts';
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import { storedSecret } from '../accounts/verifier.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { type AuditEntry, writeAudit } from '../state/audit.ts';
import { chunks } from '../state/chunks.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { Endpoint, Fleet } from './fleet.ts';
import { type IdentityNote, noteIdentity } from './identity-events.ts';

/** An agent that was off when it was asked may come back after months, with the credential of then. */
const rotationMs = 10 * 366 * 86_400_000;
const yearMs = 365 * 86_400_000;
/** A fleet that was enrolled in one day is not rotated in one hour. */
const atOnce = 25;

export interface AgentCredential {
  secret: string;
  /** That of the number in the settings. */
  generation: number;
}

export interface Credentials {
  /** Asks these endpoints to fetch another credential. @returns how many; those that are retired or unknown do not count */
  rotateCredential(ids: readonly string[], by: string | null): Promise<number>;
  /**
   * Their machines report no more until they are enrolled again.
   * @param doubtfulSince values from then on may be those of another machine
   * @returns how many
   */
  askAgain(ids: readonly string[], by: string, doubtfulSince?: number | null): Promise<number>;
  /** For an agent. @throws EvenkeelError CREDENTIAL_REFUSED, CONFLICT where nobody asked for it */
  issue(id: string, secret: string, address: string): Promise<AgentCredential>;
  /** Asks those whose credential is a year old. */
  yearly(): Promise<void>;
  /**
   * Whoever has the key of an authority that was given up may have stood in the way and read credentials: an agent that trusts the
   * next one fetches another, once.
   */
  afterTrust(tls: TrustSource): (endpoint: Endpoint, said: SaidTrust) => Promise<void>;
  /** From here on agents are told. */
  start(intake: { configure(endpoint: string): void; disconnect(endpoint: string): void }): void;
}

interface TrustSource {
  agents: {
    heard(endpoint: Endpoint, said: SaidTrust): Promise<void>;
    /** Null: it trusts what it was told. */
    ofEndpoint(id: string): object | null;
  };
  state(): { file: { abandonedAt?: number } | null };
}

export function createCredentials(parts: {
  state: State;
  fleet: Fleet;
  changeFeed: ChangeFeed;
  log: Log;
  now: () => number;
}): Credentials {
  const { state, fleet, changeFeed, log, now } = parts;
  let intake: Parameters<Credentials['start']>[0] = { configure() {}, disconnect() {} };

  async function each(
    ids: readonly string[],
    work: (db: StateTransaction, some: readonly string[], at: number) => Promise<void>,
  ): Promise<string[]> {
    const known = [...new Set(ids)].filter((id) => fleet.get(id));
    const at = now();
    for (const some of chunks(known)) await state.transaction().execute((db) => work(db, some, at));
    for (const id of known) await fleet.reload(id);
    return known;
  }

  async function rotateCredential(
    ids: readonly string[],
    by: string | null,
    names: IdentityNote['names'] = {},
  ): Promise<number> {
    const asked = await each(ids, async (db, some, at) => {
      await db
        .updateTable('endpoints')
        .set((of) => ({ credential: of('credential', '+', 1) }))
        .where('id', 'in', some)
        .execute();
      for (const endpoint of some) await noteIdentity(db, { endpoint, at, kind: 'rotation_asked', by, names });
    });
    for (const id of asked) {
      intake.configure(id);
      changeFeed.publish({ kind: 'endpoint', endpoint: id });
    }
    return asked.length;
  }

  return {
    rotateCredential,
    async askAgain(ids, by, doubtfulSince = null) {
      const asked = await each(ids, async (db, some, at) => {
        await db.updateTable('endpoints').set({ again_at: at }).where('id', 'in', some).execute();
        for (const endpoint of some) await noteIdentity(db, { endpoint, at, kind: 'asked_again', by, doubtfulSince });
      });
      for (const id of asked) {
        intake.disconnect(id);
        changeFeed.publish({ kind: 'endpoint', endpoint: id });
      }
      return asked.length;
    },
    async issue(id, secret, address) {
      if (!fleet.authenticate(id, secret)) throw fail('CREDENTIAL_REFUSED', { endpoint: id });
      const fresh = makeSecret();
      const generation = await state.transaction().execute(async (db) => {
        const row = await db.selectFrom('endpoints').selectAll().where('id', '=', id).executeTakeFirst();
        if (!row || row.retired_at !== null || row.again_at !== null)
          throw fail('CREDENTIAL_REFUSED', { endpoint: id });
        const isNewest = hashSecret(secret) === row.secret_hash;
        if (isNewest && row.credential_has >= row.credential)
          throw fail('CONFLICT', { problem: `nobody has asked for another credential of ${id}` });
        const at = now();
        await db
          .updateTable('endpoints')
          .set({
            ...storedSecret(fresh),
            // One that was given out and never used is not what the machine has.
            old_secret_hash: hashSecret(secret),
            old_secret_until: at + rotationMs,
            credential_has: row.credential,
            credential_at: at,
          })
          .where('id', '=', id)
          .execute();
        await noteIdentity(db, { endpoint: id, at, kind: 'rotated' });
        const what = { object: 'endpoint', object_id: id, name: row.name, action: 'credential' } as const;
        const who: Pick<AuditEntry, 'kind' | 'actor' | 'address'> = {
          ...{ kind: 'agent', actor: row.hostname ?? row.name, address },
        };
        const after = { credential: row.credential };
        await writeAudit(db, { at, ...who, ...what, before: null, after, reason: null, outcome: 'done' });
        return row.credential;
      });
      await fleet.reload(id);
      changeFeed.publish({ kind: 'endpoint', endpoint: id });
      return { secret: fresh, generation };
    },
    async yearly() {
      const rows = await state
        .selectFrom('endpoints')
        .select('id')
        .where('retired_at', 'is', null)
        .where('again_at', 'is', null)
        .whereRef('credential', '=', 'credential_has')
        .where((where) => where(where.fn.coalesce('credential_at', 'enrolled_at'), '<', now() - yearMs))
        .orderBy('enrolled_at')
        .limit(atOnce)
        .execute();
      const asked = await rotateCredential(
        rows.map(({ id }) => id),
        null,
      );
      if (asked > 0) log.info({ endpoints: asked }, 'Credentials that are a year old are rotated');
    },
    afterTrust: (tls) => async (endpoint, said) => {
      await tls.agents.heard(endpoint, said);
      const { abandonedAt } = tls.state().file ?? {};
      if (abandonedAt === undefined || tls.agents.ofEndpoint(endpoint.id) !== null) return;
      const row = await state
        .selectFrom('endpoints')
        .select('id')
        .where('id', '=', endpoint.id)
        .where('again_at', 'is', null)
        .whereRef('credential', '=', 'credential_has')
        .where((where) => where(where.fn.coalesce('credential_at', 'enrolled_at'), '<', abandonedAt))
        .executeTakeFirst();
      if (row) await rotateCredential([row.id], null, { cause: 'authority' });
    },
    start(running) {
      intake = running;
    },
  };
}
