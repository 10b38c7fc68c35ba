/** Copies of the collector itself: what became of the last, one now; and what a restored collector holds back. */
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { OwnBackupStatus, RestoredView } from '../../../shared/own-backup.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Nothing, wordOrNone } from '../shapes.ts';

const Begin = Type.Object(
  { to: Type.Optional(wordOrNone(1000, 'a folder of the collector’s machine; for tools on that machine alone')) },
  { ...closed, examples: [{}] },
);
const End = Type.Object(
  {
    old: Type.Enum(['drop', 'send'], {
      description: 'what becomes of messages that are older than the restore; later ones are sent',
    }),
  },
  { ...closed, examples: [{ old: 'drop' }] },
);

export function ownBackupRoutes(app: App, { ownBackups }: Context): void {
  const tags = ['collector'];
  const url = '/api/v1/collector';

  app.get(
    `${url}/backups`,
    {
      schema: {
        summary: 'Backups of the collector itself: how they are set up, and what became of the last one',
        ...{ tags, response: { 200: OwnBackupStatus } },
      },
    },
    () => ownBackups.status(),
  );

  app.post(
    `${url}/backups`,
    {
      schema: {
        summary: 'Make a backup of the collector now; it goes on after the answer',
        ...{ tags, body: Begin, response: { 202: OwnBackupStatus } },
      },
    },
    async (request, reply) => {
      const { to } = request.body;
      // Whoever has an admin's log-in only must not have files written wherever the collector may.
      if (to && !request.caller?.isLocal)
        throw fail('FORBIDDEN', { role: 'of somebody elsewhere', needed: 'the command `backup --to` on its machine' });
      ownBackups.begin(callerNamed(request), to || undefined);
      return reply.status(202).send(await ownBackups.status());
    },
  );

  app.get(
    `${url}/restored`,
    {
      schema: {
        summary: 'Whether it was restored from a backup, and what it holds back since',
        ...{ tags, response: { 200: RestoredView } },
      },
    },
    async () => ({ restored: await ownBackups.held.view() }),
  );

  app.post(
    `${url}/restored`,
    {
      schema: {
        summary: 'After a restore: send messages from now on',
        ...{ tags, body: End, response: { 204: Nothing } },
      },
    },
    async (request, reply) => {
      const { old } = request.body;
      request.noted = { before: { held: ownBackups.held.since() !== null }, after: { held: false, old } };
      await ownBackups.held.end(old);
      return reply.status(204).send(null);
    },
  );
}
