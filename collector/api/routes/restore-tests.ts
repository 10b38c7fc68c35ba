/** Restores that people tested. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { living } from '../../fleet/fleet.ts';
import { RestoreTest, recordRestoreTest, restoreTestsOf } from '../../fleet/restore-tests.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, instantMs, proseOrNone, word } from '../shapes.ts';

const oldestMs = 3653 * 86_400_000;
const Tried = Type.Object(
  {
    at: Type.Optional(instantMs('; default now')),
    ok: Type.Boolean(),
    note: Type.Optional(proseOrNone(2000)),
  },
  { ...closed, examples: [{ ok: true, note: 'restored three mailboxes to the test machine' }] },
);

export function restoreTestRoutes(app: App, context: Context): void {
  const { state, fleet, changeFeed, clock } = context;

  app.get(
    '/api/v1/endpoints/:id/backups/verified',
    {
      schema: {
        summary: 'Restore tests recorded by users, newest first',
        tags: ['fleet'],
        params: Id,
        response: { 200: page(RestoreTest) },
      },
    },
    async (request) => ({ items: await restoreTestsOf(state, living(fleet, request.params.id).id), next: null }),
  );

  app.post(
    '/api/v1/endpoints/:id/backups/:job/verified',
    {
      schema: {
        summary: 'Record a restore test',
        tags: ['fleet'],
        params: Type.Object({ id: word(64), job: word(256) }, closed),
        body: Tried,
        response: { 201: RestoreTest },
      },
    },
    async (request, reply) => {
      const { id } = living(fleet, request.params.id);
      const now = clock.now();
      const at = Math.min(request.body.at ?? now, now);
      if (at < now - oldestMs) throw fail('BAD_REQUEST', { problem: 'at lies more than ten years ago' });
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
      changeFeed.publish({ kind: 'inventory', endpoint: id, section: 'backups' });
      return reply.status(201).send(test);
    },
  );
}
