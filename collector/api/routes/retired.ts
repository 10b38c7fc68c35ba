/** Retired endpoints: which there are, and erasing one. */
import { Type } from 'typebox';
import { page, RetiredEndpoint } from '../../../shared/api.ts';
import { eraseEndpoint } from '../../fleet/erase.ts';
import { restoreEndpoint, retiredEndpoints } from '../../fleet/retired.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, prose, word, wordOrNone } from '../shapes.ts';

export function retiredRoutes(app: App, context: Context): void {
  const { state, fleet, changeFeed, clock } = context;

  app.get(
    '/api/v1/endpoints/retired',
    {
      schema: {
        summary: 'Retired endpoints of which something is known, those retired last first; at most 200',
        tags: ['fleet'],
        querystring: Type.Object(
          { q: Type.Optional(wordOrNone(128, 'a part of the name or of the id')) },
          { ...closed, examples: [{ q: 'web-1' }] },
        ),
        response: { 200: Type.Object({ ...page(RetiredEndpoint).properties, total: Type.Integer() }) },
      },
    },
    ({ query }) => retiredEndpoints(state, query.q ?? '', clock.now()),
  );

  app.post(
    '/api/v1/endpoints/:id/take-back',
    {
      schema: {
        summary: 'Take a retired endpoint back, within 30 days: its credential is taken again',
        tags: ['fleet'],
        params: Id,
        response: { 200: Type.Object({ name: Type.String({ description: 'another one where its own is taken' }) }) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [by, at] = [callerNamed(request), clock.now()];
      const name = await state.transaction().execute((db) => restoreEndpoint(db, id, by, at));
      await fleet.reload(id);
      changeFeed.publish({ kind: 'endpoint', endpoint: id });
      return { name };
    },
  );

  app.post(
    '/api/v1/endpoints/:id/erase',
    {
      schema: {
        summary: 'Erase a retired endpoint with all that is known of it; numbers of months stay, and name nothing',
        tags: ['fleet'],
        params: Id,
        body: Type.Object(
          {
            name: word(128, 'its name as it is shown, typed to confirm'),
            reason: prose(500, 'why; kept in the audit log'),
          },
          { ...closed, examples: [{ name: 'laptop-7', reason: 'Sold; its user asked for it.' }] },
        ),
        response: {
          200: Type.Object({
            done: Type.Boolean(),
            problem: Type.Union([Type.String(), Type.Null()], {
              description: 'why a part is left, which follows by itself; null: all is erased',
            }),
          }),
        },
      },
    },
    async (request) => {
      const { name, reason } = request.body;
      const kind = request.caller?.by === 'token' ? ('token' as const) : ('person' as const);
      const who = { kind, actor: callerNamed(request), address: request.ip };
      const ids = await eraseEndpoint(state, { id: request.params.id, name, reason, at: clock.now(), ...who });
      await context.ownBackups.erased(ids);
      for (const id of ids) {
        await fleet.reload(id);
        changeFeed.publish({ kind: 'endpoint', endpoint: id });
      }
      const problem = await context.finishErasing();
      return { done: problem === null, problem };
    },
  );
}
