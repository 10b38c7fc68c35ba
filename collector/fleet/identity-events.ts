/** What happened to the identity of an endpoint: written with the change, read by its page. */
import type { IdentityEvent, IdentityEventKind } from '../../shared/identity.ts';
import type { State } from '../state/open.ts';

export interface IdentityNote {
  endpoint: string;
  at: number;
  kind: IdentityEventKind;
  /** Null: by itself. */
  by?: string | null;
  /** What its sentence names. */
  names?: Readonly<Record<string, string>>;
  /** Values from here up to it may be those of another machine. */
  doubtfulSince?: number | null;
}

export async function noteIdentity(db: Pick<State, 'insertInto'>, note: IdentityNote): Promise<void> {
  const { endpoint, at, kind, by = null, names = {}, doubtfulSince = null } = note;
  const detail = JSON.stringify({ names, doubtfulSince });
  await db.insertInto('identity_events').values({ endpoint, at, kind, by_user: by, detail }).execute();
}

const shown = 50;

/** Newest first. */
export async function identityEvents(state: State, endpoint: string): Promise<IdentityEvent[]> {
  const rows = await state
    .selectFrom('identity_events')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(shown)
    .execute();
  return rows.map(({ at, kind, by_user, detail }) => {
    const { names, doubtfulSince } = JSON.parse(detail) as Pick<IdentityEvent, 'names' | 'doubtfulSince'>;
    return { at, kind, by: by_user, names, doubtfulSince };
  });
}
