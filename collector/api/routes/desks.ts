/** Ticket desks of others: how each does, its test, and the door for their signed messages. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { DeskTrial, DeskView } from '../../../shared/desk.ts';
import type { App, Context } from '../context.ts';
import { closed, Nothing, word } from '../shapes.ts';

const Name = Type.Object({ name: word(32, 'the name of a ticket desk') }, closed);
/** Vendors send one message per change; more of them say nothing new. */
const config = { rateLimit: { max: 600, timeWindow: '1 minute' } };
const bodyLimit = 1024 * 1024;

export function deskRoutes(app: App, { desks }: Context): void {
  const tags = ['ticket desks'];
  const url = '/api/v1/desks';

  app.get(
    url,
    { schema: { summary: 'Ticket desks of others, and how each does', tags, response: { 200: page(DeskView) } } },
    async () => ({ items: await desks.view(), next: null }),
  );

  app.post(
    `${url}/:name/test`,
    {
      schema: {
        summary: 'Whether the account at a desk may do what is asked of it, and what would be sent; nothing is',
        ...{ tags, params: Name, response: { 200: DeskTrial } },
      },
    },
    async (request) => {
      const trial = await desks.test(request.params.name);
      request.noted = { before: {}, after: { accepted: trial.error === null } };
      return trial;
    },
  );

  // Its signature is over the bytes as they came.
  void app.register((door: App, _, done) => {
    door.removeAllContentTypeParsers();
    door.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
    door.post(
      `${url}/:name/hook`,
      {
        ...{ config, bodyLimit },
        schema: {
          summary: 'Take a signed message of a desk: what it is about is then read from the desk itself',
          ...{
            tags,
            params: Name,
            body: Type.Unknown({ examples: [{ action: 'closed', issue: { number: 12 } }] }),
            response: { 204: Nothing },
          },
        },
      },
      async (request, reply) => {
        await desks.take((request.params as { name: string }).name, messageIn(request));
        return reply.status(204).send(null);
      },
    );
    done();
  });
}

const messageIn = ({ headers, body }: FastifyRequest) => ({
  headers,
  body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
});
