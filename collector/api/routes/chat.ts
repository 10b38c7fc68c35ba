/** Chat rooms: how each does, its test, and the accounts there that are one's own. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { ChatCode, ChatTrial, ChatView, OwnChat } from '../../../shared/chat.ts';
import type { App, Context } from '../context.ts';
import { personOf } from '../guard.ts';
import { closed, Id, Nothing, word } from '../shapes.ts';

const Name = Type.Object({ name: word(32, 'the name of a chat room') }, closed);

export function chatRoutes(app: App, { chat }: Context): void {
  const tags = ['chat'];

  app.get(
    '/api/v1/chat',
    { schema: { summary: 'Chat rooms, and how each does', tags, response: { 200: page(ChatView) } } },
    async () => ({ items: await chat.view(), next: null }),
  );

  app.post(
    '/api/v1/chat/:name/test',
    {
      schema: {
        summary: 'Whether the account in a chat room may do what is asked of it; nothing is said there',
        ...{ tags, params: Name, response: { 200: ChatTrial } },
      },
    },
    async (request) => {
      const trial = await chat.test(request.params.name);
      request.noted = { before: {}, after: { accepted: trial.error === null } };
      return trial;
    },
  );

  app.get(
    '/api/v1/me/chat',
    { schema: { summary: 'One’s own accounts in chat rooms', tags, response: { 200: OwnChat } } },
    (request) => chat.own(personOf(request).id),
  );

  app.post(
    '/api/v1/me/chat',
    {
      schema: {
        summary: 'A code that links an account in a chat room to oneself: once, within ten minutes',
        ...{ tags, response: { 200: ChatCode } },
      },
    },
    async (request) => {
      const made = await chat.makeCode(personOf(request).id);
      request.noted = { before: {}, after: { expiresAt: made.expiresAt } };
      return made;
    },
  );

  app.delete(
    '/api/v1/me/chat/:id',
    { schema: { summary: 'Unlink one’s own account in a chat room', tags, params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await chat.unlink(personOf(request).id, request.params.id);
      return reply.status(204).send(null);
    },
  );
}
