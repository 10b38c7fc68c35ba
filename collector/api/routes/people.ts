/** How many people there are, at sites and behind endpoints, as one table. */
import { applyPeople, type PeopleChange, peopleTable, readPeople } from '../../fleet/people-table.ts';
import type { App, Context } from '../context.ts';
import { tableRoutes } from '../tables.ts';

export function peopleRoutes(app: App, { state, fleet, clock, changeFeed }: Context): void {
  async function apply(changes: readonly PeopleChange[], by: string): Promise<void> {
    await applyPeople(state, changes, by, clock.now());
    for (const { kind, id } of changes) {
      if (kind === 'endpoint') await fleet.reload(id);
      changeFeed.publish(kind === 'site' ? { kind, site: id } : { kind, endpoint: id });
    }
  }

  tableRoutes(app, {
    ...{ url: '/api/v1/people/table', tag: 'fleet', what: 'People of sites and endpoints', file: 'people' },
    example: 'kind,name,people\r\nsite,Berlin,140\r\nendpoint,files-0018,42\r\n',
    write: () => peopleTable(state),
    async read(text, author) {
      const { faults, lines, changes } = await readPeople(state, text);
      const applied = author !== null && faults.length === 0;
      if (applied) await apply(changes, author.by);
      return { applied, faults, lines };
    },
  });
}
