/**
 * An agent finds at its start that the hardware is not that of its enrolment. Either its folder was copied (a disk image, a
 * cloned machine), and it becomes an endpoint of its own; or parts of its machine were changed, and it goes on. A copy is never
 * merged with its original. Until it is decided the agent reports nothing, so what is heard meanwhile is of the other machine.
 */
import type { Fingerprint } from '../../shared/api.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { changedParts, withNew } from '../../shared/hardware.ts';
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import { storedSecret } from '../accounts/verifier.ts';
import { writeAudit } from '../state/audit.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { updateRow } from '../state/rows.ts';
import { askToJoin, type JoiningMachine } from './applicants.ts';
import { type Enrolled, freeName, newEndpoint, type Wait } from './enrollment.ts';
import { isOtherHardware, without } from './fingerprint.ts';
import type { Endpoint, Fleet } from './fleet.ts';
import { addMembers } from './groups.ts';
import { sharingParts } from './identity.ts';
import { noteIdentity } from './identity-events.ts';
import { nameFrom } from './names.ts';
import { silentMs } from './replace.ts';

/** A connection that is open for longer than this, and not the asker's, is another machine's: the broker would have ended it. */
const provenMs = 180_000;
const keptMs = 3_600_000;
const mostKept = 10_000;

type OriginalLife = 'alive' | 'gone' | 'unclear';
export type CopyAnswer =
  | { goesOn: true; hasChanged: boolean }
  | { undecided: true }
  | { waiting: Wait }
  | { made: Enrolled; copyOf: string; original: 'alive' | 'gone' };

export type AskingMachine = JoiningMachine & { fingerprint: Fingerprint; attempt: string; address: string };

export interface Copies {
  /**
   * @param endpoint whose credential it has, that was verified
   * @throws EvenkeelError CREDENTIAL_REFUSED, and where a person decides JOIN_REFUSED, TOO_MANY_WAITING
   */
  decide(endpoint: Endpoint, machine: AskingMachine): Promise<CopyAnswer>;
}

/** @param zone report zone, IANA, of the times in messages */
export function createCopies(parts: { state: State; fleet: Fleet; clock: Clock; zone: string }): Copies {
  const { state, fleet, clock, zone } = parts;
  /** When each attempt asked first, oldest first. */
  const asked = new Map<string, number>();

  function firstAsked(attempt: string, now: number): number {
    for (const [one, at] of asked) {
      if (now - at < keptMs && asked.size < mostKept) break;
      asked.delete(one);
    }
    const before = asked.get(attempt);
    if (before === undefined) asked.set(attempt, now);
    return before ?? now;
  }

  function lifeOf({ id }: Endpoint, since: number, now: number): OriginalLife {
    const { state: presence = 'never', lastSeenAt = null } = fleet.get(id) ?? {};
    if (lastSeenAt !== null && lastSeenAt > since) return 'alive';
    if (presence === 'online') return now - since > provenMs ? 'alive' : 'unclear';
    if (presence === 'unknown') return 'unclear';
    return lastSeenAt === null || now - lastSeenAt >= silentMs ? 'gone' : 'unclear';
  }

  return {
    async decide(endpoint, machine) {
      const now = clock.now();
      const attempt = hashSecret(machine.attempt);
      const life = lifeOf(endpoint, firstAsked(attempt, now), now);
      return state.transaction().execute(async (db) => {
        const row = await db.selectFrom('endpoints').selectAll().where('id', '=', endpoint.id).executeTakeFirst();
        if (!row || row.retired_at !== null || row.again_at !== null)
          throw fail('CREDENTIAL_REFUSED', { endpoint: endpoint.id });
        const known = JSON.parse(row.fingerprint ?? '{}') as Fingerprint;
        const { common } = await sharingParts(db, known);
        const [before, print] = [without(known, common), without(machine.fingerprint, common)];
        const changed = changedParts(before, print);
        const isOther = isOtherHardware(before, print);
        // What waits in its spool is given up where the original delivers it itself: that has to be known.
        if (changed.length > 0 && life === 'unclear') return { undecided: true };
        if (changed.length === 0 || (!isOther && life === 'gone')) {
          const fingerprint = JSON.stringify(withNew(known, machine.fingerprint));
          if (fingerprint !== row.fingerprint) await updateRow(db, 'endpoints', row.id, { fingerprint });
          const hasChanged = changed.length > 0;
          if (hasChanged)
            await noteIdentity(db, {
              endpoint: row.id,
              at: now,
              kind: 'hardware',
              names: { parts: changed.join(' ') },
            });
          return { goesOn: true, hasChanged };
        }
        return make(db, row, machine, life === 'gone' ? 'gone' : 'alive');
      });
    },
  };

  /** Of its own, at the site, in the groups and with the tags of the one it was copied from. A repeat gives the same one. */
  async function make(
    db: StateTransaction,
    row: { id: string; name: string; site: string | null; tags: string; enrollment: string | null },
    machine: AskingMachine,
    original: 'alive' | 'gone',
  ): Promise<CopyAnswer> {
    const at = clock.now();
    const attempt = hashSecret(machine.attempt);
    const secret = makeSecret();
    const of = { copyOf: row.name, original };
    const made = await db
      .selectFrom('endpoints')
      .select(['id', 'bucket', 'name'])
      .where('enrollment', 'is', null)
      .where('attempt', '=', attempt)
      .where('retired_at', 'is', null)
      .executeTakeFirst();
    if (made) {
      await updateRow(db, 'endpoints', made.id, storedSecret(secret));
      return { made: { endpoint: made.id, bucket: made.bucket, name: made.name, secret, generation: 0 }, ...of };
    }
    const waiting = await approvalOf(db, row, machine, at);
    if (waiting) return { waiting };
    const name = await freeName(db, nameFrom(machine.hostname));
    const like = { kind: null, site: row.site, tags: row.tags, created_by: row.name };
    const endpoint = newEndpoint(name, machine, like, at);
    const trust = machine.trust ?? null;
    await db
      .insertInto('endpoints')
      .values({ ...endpoint, attempt, trust, ...storedSecret(secret) })
      .execute();
    const groups = await db.selectFrom('group_members').select('group_id').where('endpoint', '=', row.id).execute();
    for (const { group_id } of groups) await addMembers(db, group_id, [endpoint.id], row.name, at);
    await noteIdentity(db, { endpoint: endpoint.id, at, kind: 'copied', names: { from: row.name } });
    await noteIdentity(db, { endpoint: row.id, at, kind: 'copy_made', names: { copy: name } });
    await writeAudit(db, {
      ...{ at, kind: 'agent', actor: machine.hostname.slice(0, 200), address: machine.address },
      ...{ object: 'endpoint', object_id: endpoint.id, name, action: 'copied' },
      ...{ before: null, after: { copied_from: row.name }, reason: null, outcome: 'done' },
    });
    return { made: { endpoint: endpoint.id, bucket: endpoint.bucket, name, secret, generation: 0 }, ...of };
  }

  /** Where a person had to let in the original, one has to let in its copy. Null: nobody has to, or somebody has. */
  async function approvalOf(
    db: StateTransaction,
    { id, enrollment }: { id: string; enrollment: string | null },
    machine: AskingMachine,
    at: number,
  ): Promise<Wait | null> {
    if (enrollment === null) return null;
    const code = await db
      .selectFrom('enrollments')
      .select('approval')
      .where('id', '=', enrollment)
      .where('approval', '<>', 0)
      .executeTakeFirst();
    if (!code) return null;
    const asking = { enrollment, attempt: machine.attempt, at, zone, copyOf: id };
    const answer = await askToJoin(db, asking, machine, () => undefined);
    return 'waiting' in answer ? answer.waiting : null;
  }
}
