/** The endpoints of a bench, known to all of its processes. */
import { hashSecret } from '../../collector/accounts/secret.ts';
import type { State } from '../../collector/state/open.ts';
import { bucketOf } from '../../shared/topics.ts';

export const endpointId = (n: number) => `ebench${String(n).padStart(8, '0')}`;
export const secretOf = (n: number) => `secret ${n}`;

/** As enrolment does it, all at once. */
export async function addEndpoints(state: State, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => ({
    id: endpointId(n),
    bucket: bucketOf(endpointId(n)),
    name: `bench-${n}`,
    kind: 'server' as const,
    kind_why: 'bench',
    tags: '[]',
    platform: 'linux',
    arch: 'x64',
    secret_hash: hashSecret(secretOf(n)),
    enrolled_at: 0,
    state: 'never' as const,
    state_since: 0,
  }));
  await state.transaction().execute(async (db) => {
    for (let from = 0; from < rows.length; from += 500)
      await db
        .insertInto('endpoints')
        .values(rows.slice(from, from + 500) as never)
        .execute();
  });
}
