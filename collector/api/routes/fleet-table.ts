/** The fleet as CSV: what a filter finds with the columns that are wanted; and site, kind, tags and groups of many in. */
import { Type } from 'typebox';
import type { TableRead } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { isTag } from '../../../shared/tag.ts';
import { tagsAtMost } from '../../fleet/bulk.ts';
import { applyEdit } from '../../fleet/edit.ts';
import { announce } from '../../fleet/places.ts';
import { queryRows, RowQuery } from '../../fleet/row-query.ts';
import { type FleetColumn, fleetColumns, fleetIn, fleetTable } from '../../fleet/row-table.ts';
import type { App, Context } from '../context.ts';
import { closed } from '../shapes.ts';
import { tableRoutes } from '../tables.ts';

type TableQuery = Omit<RowQuery, 'limit' | 'page'> & { columns?: string };
const { limit: _, page: __, ...chosen } = (RowQuery as unknown as { properties: Record<string, never> }).properties;
const Query = Type.Object(
  {
    ...chosen,
    columns: Type.Optional(
      Type.String({
        maxLength: 500,
        description: `which and in which order, with commas: of ${fleetColumns.join(',')}`,
      }),
    ),
  },
  closed,
);
const example = 'name,site,groups,tags,kind\r\nweb-1,Osaka,Cluster,front tier1,server\r\n';

/** @throws EvenkeelError BAD_REQUEST */
function columnsIn(text: string | undefined): readonly FleetColumn[] {
  if (text === undefined) return fleetColumns;
  const names = [...new Set(text.split(',').map((one) => one.trim()))];
  const wrong = names.find((name) => !(fleetColumns as readonly string[]).includes(name));
  if (wrong !== undefined)
    throw fail('BAD_REQUEST', { problem: `columns names "${wrong}"; there are: ${fleetColumns.join(', ')}` });
  return names as FleetColumn[];
}

export function fleetTableRoutes(app: App, context: Context): void {
  const { state, fleet, groups, rows, changeFeed, clock } = context;
  tableRoutes(app, {
    ...{ url: '/api/v1/endpoints/table', tag: 'fleet', what: 'Endpoints', file: 'fleet', query: Query, example },
    async write(query) {
      const { columns, ...wanted } = query as TableQuery;
      return fleetTable(queryRows(rows.all(), { ...wanted, limit: Number.MAX_SAFE_INTEGER }).items, columnsIn(columns));
    },
    async read(text, author): Promise<TableRead> {
      const { lines, faults } = fleetIn(text, {
        rows: rows.all(),
        groups: new Map((await groups.list()).map(({ id, name }) => [id, name])),
        ...{ tagsAtMost, isTag },
      });
      const applied = author !== null && faults.length === 0;
      const changes = lines.flatMap(({ row, edit }) => (edit ? [{ id: row.id, edit }] : []));
      if (applied) {
        const made = await state.transaction().execute(async (db) => {
          const sites: string[] = [];
          for (const { id, edit } of changes) {
            const site = await applyEdit(db, id, edit, author.by, clock.now());
            if (site !== null) sites.push(site);
          }
          return sites;
        });
        for (const site of made) changeFeed.publish({ kind: 'site', site });
        const ids = changes.map(({ id }) => id);
        await groups.reload(ids);
        await announce(fleet, changeFeed, ids);
      }
      return {
        applied,
        faults,
        lines: lines.map(({ line, row, edit, before, after }) =>
          edit ? { line, name: row.name, does: 'change', before, after } : { line, name: row.name, does: 'same' },
        ),
      };
    },
  });
}
