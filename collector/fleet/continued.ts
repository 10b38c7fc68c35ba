/**
 * A machine that enrols may be an endpoint that is known: then that one goes on, with its history, and nobody has to say so. It takes
 * proof, because serial numbers stand on stickers: the credential of before; or a code that an admin made for it and serial numbers
 * that are equal. And the endpoint must be silent: two that report are two.
 */
import type { Fingerprint } from '../../shared/api.ts';
import type { StateTransaction } from '../state/database.ts';
import { compare, isOtherHardware, without } from './fingerprint.ts';
import type { Fleet } from './fleet.ts';
import { sharingParts } from './identity.ts';
import { silentMs } from './replace.ts';

export interface KnownBefore {
  /** Whose credential it has; null: none, or not a right one. */
  proven: string | null;
  isSilent(endpoint: string): boolean;
}

export function knownBefore(
  fleet: Pick<Fleet, 'get' | 'movedTo' | 'authenticate'>,
  now: number,
  before: { endpoint: string; secret: string } | undefined,
): KnownBefore {
  const isProven = before !== undefined && fleet.authenticate(before.endpoint, before.secret);
  return {
    proven: isProven ? (fleet.movedTo(before.endpoint)?.id ?? before.endpoint) : null,
    isSilent(endpoint) {
      const { state, lastSeenAt } = fleet.get(endpoint) ?? {};
      // `unknown`: this collector has just started, and does not know yet who reports.
      const isAway = state === 'offline' || state === 'lost' || state === 'never';
      return isAway && now - (lastSeenAt ?? 0) >= silentMs;
    },
  };
}

/**
 * @param known `isRecognised`: the code says that serial numbers are enough
 * @returns the endpoint that goes on; null: it is a new one, and its page says whom it looks like
 */
export async function continuedBy(
  db: StateTransaction,
  print: Fingerprint | null,
  { proven, isSilent, isRecognised }: KnownBefore & { isRecognised: boolean },
): Promise<string | null> {
  const { rows, common } = await sharingParts(db, print ?? {});
  const own = without(print ?? {}, common);
  if (proven !== null && isSilent(proven) && (await mayContinue(db, proven, own))) return proven;
  if (!isRecognised) return null;
  const same = rows.filter(
    ({ fingerprint }) => compare(without(JSON.parse(fingerprint ?? '{}'), common), own) === 'same',
  );
  const [only, ...more] = same;
  // Of two that are the same machine a person has to say which.
  if (!only || more.length > 0 || !isSilent(only.id)) return null;
  return (await mayContinue(db, only.id, own)) ? only.id : null;
}

/** Not where a person asked its credential back, a copy of it was refused, or the machine is another one. */
async function mayContinue(db: StateTransaction, id: string, print: Fingerprint): Promise<boolean> {
  const row = await db
    .selectFrom('endpoints')
    .select('fingerprint')
    .where('id', '=', id)
    .where('retired_at', 'is', null)
    .where('again_at', 'is', null)
    .executeTakeFirst();
  if (!row || isOtherHardware(JSON.parse(row.fingerprint ?? '{}'), print)) return false;
  const refused = await db
    .selectFrom('machines')
    .select('instance')
    .where('endpoint', '=', id)
    .where('refused_at', 'is not', null)
    .executeTakeFirst();
  return refused === undefined;
}
