/** The endpoints of the buckets that this collector serves, as far as it needs to know them. Read only: the leader changes them. */

import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { State } from '../state/open.ts';
import type { BucketChange } from './holdings.ts';

export interface KnownEndpoint {
  id: string;
  name: string;
  kind: Endpoint['kind'];
  site: string | null;
  clockOffsetMs: number | null;
}

export interface KnownEndpoints {
  get(id: string): KnownEndpoint | undefined;
  /** Looks in the database where memory has none: it may just have joined. */
  find(id: string): Promise<KnownEndpoint | undefined>;
  /** It was renamed, moved or retired. */
  reload(id: string): Promise<void>;
  /** @returns those of buckets that are new here */
  follow(change: BucketChange): Promise<string[]>;
}

/** An endpoint that does not exist is not looked for again for so long. */
const unknownMs = 5000;
const unknownAtMost = 10_000;

export function createKnown(parts: { state: State; log: Log; monotonic(): number }): KnownEndpoints {
  const { state, log, monotonic } = parts;
  const endpoints = new Map<string, KnownEndpoint & { bucket: string }>();
  const unknown = new Map<string, number>();
  const rows = () =>
    state
      .selectFrom('endpoints')
      .select(['id', 'name', 'kind', 'site', 'bucket', 'clock_offset_ms as clockOffsetMs'])
      .where('retired_at', 'is', null);

  async function load(id: string): Promise<KnownEndpoint | undefined> {
    const row = await rows().where('id', '=', id).executeTakeFirst();
    if (row) endpoints.set(id, row);
    else endpoints.delete(id);
    return row;
  }

  return {
    get: (id) => endpoints.get(id),
    async find(id) {
      const found = endpoints.get(id);
      if (found || monotonic() < (unknown.get(id) ?? 0)) return found;
      const row = await load(id);
      if (row) return row;
      if (unknown.size >= unknownAtMost) unknown.clear();
      unknown.set(id, monotonic() + unknownMs);
      return undefined;
    },
    async reload(id) {
      unknown.delete(id);
      if (endpoints.has(id)) await load(id);
    },
    async follow({ gained, lost }) {
      const gone = new Set(lost);
      for (const [id, { bucket }] of endpoints) if (gone.has(bucket)) endpoints.delete(id);
      if (gained.length === 0) return [];
      try {
        const found = await rows().where('bucket', 'in', gained).execute();
        for (const row of found) endpoints.set(row.id, row);
        return found.map(({ id }) => id);
      } catch (thrown) {
        // Each is found when it reports.
        log.warn({ reason: reasonOf(thrown) }, 'The endpoints of new buckets could not be read at once');
        return [];
      }
    },
  };
}
