/** The fleet: list, one endpoint, edit, retire, restores tried out. */
import { Type } from 'typebox';
import { EndpointDetail, EndpointKind, EndpointRow, FleetFilters, page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { detailOf } from '../../fleet/detail.ts';
import { editEndpoint, retireEndpoint } from '../../fleet/edit.ts';
import { factSections } from '../../fleet/facts.ts';
import { namePattern } from '../../fleet/names.ts';
import { replaceEndpoint } from '../../fleet/replace.ts';
import { RestoreTest, recordRestoreTest, restoreTestsOf } from '../../fleet/restore-tests.ts';
import { describeFilters } from '../../fleet/row-filters.ts';
import { queryRows, RowQuery } from '../../fleet/row-query.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, instantMs, Nothing, PlaceName, word } from '../shapes.ts';

const Edit = Type.Object(
  {
    name: Type.Optional(Type.String({ pattern: namePattern })),
    kind: Type.Optional(EndpointKind),
    site: Type.Optional(Type.Union([PlaceName, Type.Null()])),
    tags: Type.Optional(
      Type.Array(Type.String({ pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}._:-]{0,63}$' }), { maxItems: 50 }),
    ),
    groups: Type.Optional(
      Type.Array(word(64), { maxItems: 100, description: 'ids of all groups that it is to be in' }),
    ),
  },
  { ...closed, minProperties: 1, examples: [{ site: 'north', tags: ['database', 'tier1'] }] },
);

const Tried = Type.Object(
  {
    at: Type.Optional(instantMs('; default now')),
    ok: Type.Boolean(),
    note: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  { ...closed, examples: [{ ok: true, note: 'restored three mailboxes to the test machine' }] },
);

export function endpointRoutes(app: App, context: Context): void {
  const { state, fleet, groups, rows, series, tell, clock } = context;

  const living = (id: string) => {
    const endpoint = fleet.get(id);
    if (!endpoint || endpoint.retiredAt !== null) throw fail('NOT_FOUND', { what: 'endpoint', id });
    return endpoint;
  };

  app.get(
    '/api/v1/endpoints',
    {
      schema: {
        summary: 'Endpoints, those that need a look first',
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
        summary: 'By what endpoints can be filtered and put in order, and how many each choice finds',
        tags: ['fleet'],
        response: { 200: FleetFilters },
      },
    },
    () => describeFilters(rows.all()),
  );

  app.get(
    '/api/v1/endpoints/:id',
    {
      schema: {
        summary: 'One endpoint with all that is known of it',
        tags: ['fleet'],
        params: Id,
        response: { 200: EndpointDetail },
      },
    },
    // A link to an endpoint that was given up leads to the one that goes on for it.
    ({ params }) => detailOf(context, fleet.movedTo(params.id)?.id ?? params.id, clock.now()),
  );

  app.patch(
    '/api/v1/endpoints/:id',
    {
      schema: {
        summary: 'Change name, kind, site, tags or groups',
        tags: ['fleet'],
        params: Id,
        body: Edit,
        response: { 200: EndpointRow },
      },
    },
    async (request) => {
      const { id } = living(request.params.id);
      const madeSite = await editEndpoint(state, id, request.body, callerNamed(request), clock.now());
      await fleet.reload(id);
      await groups.reload(id);
      if (madeSite !== null) tell.publish({ kind: 'site', site: madeSite });
      tell.publish({ kind: 'endpoint', endpoint: id });
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
      const { id } = living(request.params.id);
      await retireEndpoint(state, id, callerNamed(request), clock.now());
      await fleet.reload(id);
      series.forget(id);
      await context.retired(id);
      tell.publish({ kind: 'endpoint', endpoint: id });
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
      const { id: moved } = living(request.params.id);
      const { id: endpoint, lastSeenAt } = living(request.body.endpoint);
      await replaceEndpoint(state, { moved, endpoint, by: callerNamed(request), at: clock.now() }, lastSeenAt);
      await fleet.reload(moved);
      await fleet.reload(endpoint);
      series.adopt(moved, endpoint);
      series.forget(moved);
      // Ends its connection: the next one is told who it is now. The old machine's, too, whose credential is no more.
      await context.retired(moved);
      await context.replaced(endpoint);
      tell.publish({ kind: 'endpoint', endpoint: moved });
      for (const section of factSections) tell.publish({ kind: 'inventory', endpoint, section });
      tell.publish({ kind: 'endpoint', endpoint });
      return rows.get(endpoint) as EndpointRow;
    },
  );

  app.get(
    '/api/v1/endpoints/:id/backups/verified',
    {
      schema: {
        summary: 'Restores that people tried out, newest first',
        tags: ['fleet'],
        params: Id,
        response: { 200: page(RestoreTest) },
      },
    },
    async (request) => ({ items: await restoreTestsOf(state, living(request.params.id).id), next: null }),
  );

  app.post(
    '/api/v1/endpoints/:id/backups/:job/verified',
    {
      schema: {
        summary: 'Record that a restore was tried out',
        tags: ['fleet'],
        params: Type.Object({ id: word(64), job: word(256) }, closed),
        body: Tried,
        response: { 201: RestoreTest },
      },
    },
    async (request, reply) => {
      const { id } = living(request.params.id);
      const now = clock.now();
      const at = Math.min(request.body.at ?? now, now);
      // A person's clock may be a little ahead of ours.
      if ((request.body.at ?? now) > now + 5 * 60_000) throw fail('BAD_REQUEST', { problem: 'at lies in the future' });
      const test = {
        job: request.params.job,
        at,
        ok: request.body.ok,
        note: request.body.note ?? '',
        by: callerNamed(request),
        recordedAt: now,
      };
      await recordRestoreTest(state, id, test);
      await context.restoreTried(id);
      tell.publish({ kind: 'inventory', endpoint: id, section: 'backups' });
      return reply.status(201).send(test);
    },
  );
}
