/** How many people there are, at sites and behind endpoints, as one table. */
import { editEndpoint } from '../../fleet/edit.ts';
import { type PeopleChange, peopleTable, readPeople } from '../../fleet/people-table.ts';
import type { App, Context } from '../context.ts';
import { tableRoutes } from '../tables.ts';

export function peopleRoutes(app: App, { state, sites, fleet, clock, changeFeed }: Context): void {
  async function apply({ kind, id, people }: PeopleChange, by: string): Promise<void> {
    if (kind === 'site') {
      await sites.edit(id, { people }, by);
      return;
    }
    await editEndpoint(state, id, { people }, by, clock.now());
    await fleet.reload(id);
    changeFeed.publish({ kind: 'endpoint', endpoint: id });
  }

  tableRoutes(app, {
    ...{ url: '/api/v1/people/table', tag: 'fleet', what: 'People of sites and endpoints', file: 'people' },
    example: 'kind,name,people\r\nsite,Berlin,140\r\nendpoint,files-0018,42\r\n',
    write: () => peopleTable(state),
    async read(text, author) {
      const { faults, lines, changes } = await readPeople(state, text);
      const applied = author !== null && faults.length === 0;
      if (applied) for (const change of changes) await apply(change, author.by);
      return { applied, faults, lines };
    },
  });
}
