/** The fleet: list, one endpoint, edit, retire. */
import { Type } from 'typebox';
import { EndpointDetail, EndpointKind, EndpointRow, FleetFilters, page } from '../../../shared/api.ts';
import { tagsAtMost } from '../../fleet/bulk.ts';
import { detailOf } from '../../fleet/detail.ts';
import { editEndpoint, retireEndpoints } from '../../fleet/edit.ts';
import { factSections } from '../../fleet/facts.ts';
import { type Endpoint, living } from '../../fleet/fleet.ts';
import { namePattern } from '../../fleet/names.ts';
import { backupNotNeeded } from '../../fleet/protection.ts';
import { replaceEndpoint } from '../../fleet/replace.ts';
import { describeFilters } from '../../fleet/row-filters.ts';
import { queryRows, RowQuery } from '../../fleet/row-query.ts';
import { waitingAlerts } from '../alert-groups.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { placeOf } from '../rule-scope.ts';
import { closed, Id, Nothing, PlaceName, people, Tag, word } from '../shapes.ts';

const Edit = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        pattern: namePattern,
        want: 'a name of 1 to 128 letters, digits, spaces, or . _ -, beginning with a letter or digit',
      }),
    ),
    kind: Type.Optional(EndpointKind),
    site: Type.Optional(Type.Union([PlaceName, Type.Null()])),
    tags: Type.Optional(Type.Array(Tag, { maxItems: tagsAtMost })),
    groups: Type.Optional(
      Type.Array(word(64), { maxItems: 100, description: 'ids of all groups that it is to be in' }),
    ),
    people,
  },
  { ...closed, minProperties: 1, examples: [{ site: 'north', tags: ['database', 'tier1'] }] },
);

export function endpointRoutes(app: App, context: Context): void {
  const { state, fleet, groups, rows, rules, series, changeFeed, clock } = context;

  app.get(
    '/api/v1/endpoints',
    {
      schema: {
        summary: 'Endpoints, those that need attention first',
        tags: ['fleet'],
        querystring: RowQuery,
        response: { 200: Type.Object({ ...page(EndpointRow).properties, total: Type.Integer() }) },
      },
    },
    (request) => queryRows(rows.all(), request.query),
  );

  app.get(
    '/api/v1/endpoints/filters',
    {
      schema: {
        summary: 'Filters and sort keys of endpoints, with the count of each choice',
        tags: ['fleet'],
        response: { 200: FleetFilters },
      },
    },
    async () => ({ ...describeFilters(rows.all()), waiting: await waitingAlerts(state) }),
  );

  app.get(
    '/api/v1/endpoints/:id',
    {
      schema: {
        summary: 'One endpoint in detail',
        tags: ['fleet'],
        params: Id,
        response: { 200: EndpointDetail },
      },
    },
    // A link to an endpoint that was replaced leads to the one that replaced it.
    async ({ params }) => {
      const id = fleet.movedTo(params.id)?.id ?? params.id;
      const detail = await detailOf(context, id, clock.now());
      const endpoint = fleet.get(id) as Endpoint;
      return { ...detail, backupNotNeeded: backupNotNeeded(rules.books().explain(placeOf(context, endpoint))) };
    },
  );

  app.patch(
    '/api/v1/endpoints/:id',
    {
      schema: {
        summary: 'Change name, kind, site, tags, groups or people',
        tags: ['fleet'],
        params: Id,
        body: Edit,
        response: { 200: EndpointRow },
      },
    },
    async (request) => {
      const { id } = living(fleet, request.params.id);
      const madeSite = await editEndpoint(state, id, request.body, callerNamed(request), clock.now());
      await fleet.reload(id);
      await groups.reload([id]);
      if (madeSite !== null) request.madeSites.push(madeSite);
      if (madeSite !== null) changeFeed.publish({ kind: 'site', site: madeSite });
      changeFeed.publish({ kind: 'endpoint', endpoint: id });
      return rows.get(id) as EndpointRow;
    },
  );

  app.delete(
    '/api/v1/endpoints/:id',
    {
      schema: {
        summary: 'Retire an endpoint: its credential stops working, its history stays',
        tags: ['fleet'],
        params: Id,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { id } = living(fleet, request.params.id);
      await state.transaction().execute((db) => retireEndpoints(db, [id], callerNamed(request), clock.now()));
      await fleet.reload(id);
      series.forget(id);
      await context.retired([id]);
      changeFeed.publish({ kind: 'endpoint', endpoint: id });
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/endpoints/:id/replaces',
    {
      schema: {
        summary:
          'Say that this new endpoint is the machine of an old one, installed anew: the old one goes on for both',
        tags: ['fleet'],
        params: Id,
        body: Type.Object(
          { endpoint: word(64, 'the old endpoint') },
          { ...closed, examples: [{ endpoint: 'e0123456789abcdef' }] },
        ),
        response: { 200: EndpointRow },
      },
    },
    async (request) => {
      const { id: moved } = living(fleet, request.params.id);
      const { id: endpoint, lastSeenAt } = living(fleet, request.body.endpoint);
      await replaceEndpoint(state, { moved, endpoint, by: callerNamed(request), at: clock.now() }, lastSeenAt);
      await fleet.reload(moved);
      await fleet.reload(endpoint);
      series.adopt(moved, endpoint);
      series.forget(moved);
      // Ends its connection: the next one gets the new identity. Also the old machine's, whose credential is revoked.
      await context.retired([moved]);
      await context.replaced(endpoint);
      changeFeed.publish({ kind: 'endpoint', endpoint: moved });
      for (const section of factSections) changeFeed.publish({ kind: 'inventory', endpoint, section });
      changeFeed.publish({ kind: 'endpoint', endpoint });
      return rows.get(endpoint) as EndpointRow;
    },
  );
}
