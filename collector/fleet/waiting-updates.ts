/** Who lacks an update: those that wait, one row per package and version, with the endpoints that lack it. */
import { type Static, Type } from 'typebox';
import type { PatchState, PendingUpdate } from '../../shared/inventory.ts';
import { oneLinePattern } from '../../shared/safe-text.ts';
import type { WaitingUpdate, WaitingUpdates } from '../../shared/waiting-updates.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import type { Endpoint } from './fleet.ts';
import { byName } from './row-filters.ts';

const namedAtMost = 50;

const oneLine = { pattern: oneLinePattern, want: 'a text on one line, of characters that can be seen' };
export const waitingFilter = {
  security: Type.Optional(Type.Enum(['1'], { description: 'security updates only' })),
  site: Type.Optional(Type.String({ maxLength: 512, description: 'its name; empty: endpoints that have none' })),
  q: Type.Optional(
    Type.String({ maxLength: 128, ...oneLine, description: 'words that all occur in package, version or manager' }),
  ),
};
const WaitingShape = Type.Object(waitingFilter);
type WaitingFilter = Static<typeof WaitingShape>;

/** What one row is added up from. */
interface WaitingSum extends Omit<WaitingUpdate, 'count' | 'endpoints'> {
  on: Endpoint[];
}

function add(all: Map<string, WaitingSum>, endpoint: Endpoint, manager: string, update: PendingUpdate): void {
  const { name, candidate, security, since, sinceAtLeast = false } = update;
  const key = [manager, name, candidate].join('\n');
  const row = all.get(key) ?? { manager, name, candidate, security: null, since: null, sinceAtLeast: false, on: [] };
  all.set(key, row);
  // The same package may be a security update for one release only: who needs it there must find it.
  if (security !== null) row.security = row.security === true || security;
  if (since !== null && (row.since === null || since < row.since)) Object.assign(row, { since, sinceAtLeast });
  if (row.on.at(-1) !== endpoint) row.on.push(endpoint);
}

/** Lists are up to 1,000 lines per manager: others have their turn in between. */
const endpointsAtOnce = 50;

export async function waitingUpdates(
  state: State,
  fleet: Iterable<Endpoint>,
  now: number,
  wanted: WaitingFilter,
  { limit, page }: { limit: number; page: number },
): Promise<WaitingUpdates> {
  const all = new Map<string, WaitingSum>();
  const members = [...fleet].filter(({ site }) => wanted.site === undefined || (site ?? '') === wanted.site);
  const byId = new Map(members.map((endpoint) => [endpoint.id, endpoint]));
  let known = 0;
  for (let from = 0; from < members.length; from += endpointsAtOnce) {
    const ids = members.slice(from, from + endpointsAtOnce).map(({ id }) => id);
    const query = state.selectFrom('inventory').select(['endpoint', 'data']).where('section', '=', 'patches');
    for (const { endpoint, data } of await query.where('endpoint', 'in', ids).execute()) {
      const managers = JSON.parse(data) as PatchState[];
      if (managers.some(({ scan }) => scan === 'ok')) known++;
      for (const { manager, list } of managers)
        for (const update of list) add(all, byId.get(endpoint) as Endpoint, manager, update);
    }
    await breathe();
  }
  const words = (wanted.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...all.values()];
  const found = rows
    .filter(({ security }) => wanted.security === undefined || security === true)
    .filter(({ manager, name, candidate }) => {
      const text = [manager, name, candidate].join('\n').toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort(
      (a, b) =>
        Number(b.security ?? false) - Number(a.security ?? false) ||
        b.on.length - a.on.length ||
        (a.since ?? Infinity) - (b.since ?? Infinity) ||
        byName(a.name, b.name),
    );
  const shown = found.slice(page, page + limit).map(({ on, ...row }): WaitingUpdate => {
    const named = on.map(({ id, name }) => ({ id, name })).sort((a, b) => byName(a.name, b.name));
    return { ...row, count: on.length, endpoints: named.slice(0, namedAtMost) };
  });
  return {
    ...{
      asOf: now,
      endpoints: members.length,
      known,
      updates: rows.length,
      security: rows.filter(({ security }) => security === true).length,
    },
    ...{ items: shown, total: found.length },
    next: found.length > page + limit ? String(page + limit) : null,
  };
}
