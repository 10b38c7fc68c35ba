/** Which changes a person who is limited to some sites is told of: those of what they see. */
import type { Change } from '../change-feed.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { State } from '../state/open.ts';
import { limitedState, type Sight, withSight } from '../state/sight.ts';

/** Where the row of each kind stands, and what of the change is its id. Kinds that are not here are told to nobody with a limit. */
type ChangeRows = readonly [table: string, idOf: (change: Change) => string | number];
const rows = {
  alert: ['alerts', (change: Change) => (change.kind === 'alert' ? change.alert : '')],
  ticket: ['tickets', (change: Change) => (change.kind === 'ticket' ? change.ticket : 0)],
  maintenance: ['maintenance_windows', (change: Change) => (change.kind === 'maintenance' ? change.maintenance : '')],
  change: ['changes', (change: Change) => (change.kind === 'change' ? change.change : 0)],
  site: ['sites', (change: Change) => (change.kind === 'site' ? change.site : '')],
  group: ['groups', (change: Change) => (change.kind === 'group' ? change.group : '')],
  target: ['targets', (change: Change) => (change.kind === 'target' ? change.target : '')],
} satisfies Partial<Record<Change['kind'], ChangeRows>>;

/** They say only that something of the whole house is another. */
const ofAll: ReadonlySet<Change['kind']> = new Set([
  'article',
  'calendar',
  'cost',
  'product',
  'on_call',
  'agent_settings',
  'rule',
]);

const isOf = (kind: Change['kind']): kind is keyof typeof rows => kind in rows;

export function createEventsSeen({ state, fleet }: { state: State; fleet: Pick<Fleet, 'get' | 'all'> }) {
  const limited = limitedState(state);
  /** Where endpoints were when they were last told of: who sees one no longer is told so. */
  const places = new Map<string, string | null>();

  async function ids(kind: keyof typeof rows, changes: readonly Change[]): Promise<ReadonlySet<string | number>> {
    const [table, idOf]: ChangeRows = rows[kind];
    const asked = changes.filter((one) => one.kind === kind).map(idOf);
    if (asked.length === 0) return new Set();
    const found = await limited
      .selectFrom(table as 'alerts')
      .select('id')
      .where('id', 'in', asked as string[])
      .execute();
    return new Set(found.map(({ id }) => id));
  }

  return {
    /** Somebody with a limit begins to listen. */
    follow(): void {
      if (places.size > 0) return;
      for (const { id, site } of fleet.all()) places.set(id, site);
    },
    /** Of these changes, those that somebody with this sight is told of. */
    async of(changes: readonly Change[], sight: Sight): Promise<Change[]> {
      const seen = new Map<string, ReadonlySet<string | number>>();
      await withSight(sight, async () => {
        for (const kind of new Set(changes.map((one) => one.kind)))
          if (isOf(kind)) seen.set(kind, await ids(kind, changes));
      });
      return changes.filter((change) => {
        if (ofAll.has(change.kind)) return true;
        if (isOf(change.kind)) {
          const [, idOf]: ChangeRows = rows[change.kind];
          return seen.get(change.kind)?.has(idOf(change)) ?? false;
        }
        if (!('endpoint' in change)) return false;
        const now = fleet.get(change.endpoint)?.site ?? null;
        const before = places.get(change.endpoint) ?? null;
        return [now, before].some((site) => site !== null && sight.names.includes(site));
      });
    },
    /** Once everybody was told of them. */
    told(changes: readonly Change[]): void {
      for (const change of changes)
        if ('endpoint' in change) places.set(change.endpoint, fleet.get(change.endpoint)?.site ?? null);
    },
  };
}
