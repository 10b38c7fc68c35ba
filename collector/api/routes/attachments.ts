/** Files of tickets: as bytes in, as bytes out, and never as a page of ours. */
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { AttachmentView, attachmentLimits } from '../../../shared/attachment.ts';
import { fail } from '../../../shared/errors.ts';
import type { Attachments } from '../../attachments/attachments.ts';
import { dispositionOf } from '../../attachments/names.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, counted, Nothing, word } from '../shapes.ts';

const Ticket = Type.Object({ id: counted('the number of a ticket') }, closed);
const File = Type.Object({ ...Ticket.properties, file: counted('the number of a file') }, closed);
const Offered = Type.Object(
  {
    name: Type.Optional(word(200, 'as it is called; its type follows from its content')),
    public: Type.Optional(Type.Boolean({ description: 'the requester may see it; default false' })),
  },
  closed,
);
const bodyLimit = attachmentLimits.file;
/** Of one person or script: each file is written to the disk. */
const config = { rateLimit: { max: 120, timeWindow: '1 minute' } };

/** Opened on its own it runs nothing, reads nothing and stands in no frame. */
const sandbox = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** To be saved, whoever asks for it. */
export const sendFile = (reply: FastifyReply, { name, type, content }: Awaited<ReturnType<Attachments['read']>>) =>
  reply
    .header('content-type', type === 'text/plain' ? 'text/plain; charset=utf-8' : type)
    .header('content-disposition', dispositionOf(name))
    .header('content-security-policy', sandbox)
    .header('x-content-type-options', 'nosniff')
    .header('cross-origin-resource-policy', 'same-origin')
    .header('cache-control', 'private, no-store')
    .send(content);

export function attachmentRoutes(app: App, { attachments }: Context): void {
  const tags = ['tickets'];
  const url = '/api/v1/tickets/:id/attachments';

  app.get(
    url,
    { schema: { summary: 'Files of a ticket', tags, params: Ticket, response: { 200: page(AttachmentView) } } },
    async (request) => ({ items: await attachments.list(request.params.id), next: null }),
  );

  app.get(
    `${url}/:file`,
    {
      schema: {
        ...{ summary: 'The bytes of a file, to be saved', tags, params: File, produces: ['application/octet-stream'] },
        response: { 200: Type.Unknown({ description: 'the file' }) },
      },
    },
    async (request, reply) => sendFile(reply, await attachments.read(request.params.id, request.params.file)),
  );

  app.delete(
    `${url}/:file`,
    { schema: { summary: 'Remove a file of a ticket', tags, params: File, response: { 204: Nothing } } },
    async (request, reply) => {
      const { id, file } = request.params;
      const gone = (await attachments.list(id)).find((one) => one.id === file);
      await attachments.remove(id, file);
      request.noted = { before: { file: gone?.name ?? null, bytes: gone?.size ?? null }, after: {} };
      return reply.status(204).send(null);
    },
  );

  // As it is: no form, no encoding, and refused by its length before it is read.
  void app.register((door: App, _, done) => {
    door.removeAllContentTypeParsers();
    door.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
    door.post(
      url,
      {
        ...{ config, bodyLimit },
        schema: {
          summary: 'Add a file to a ticket: its bytes as the body',
          ...{ tags, params: Ticket, querystring: Offered, consumes: ['application/octet-stream'] },
          ...{ body: Type.Unknown({ examples: ['a line of a log'] }), response: { 201: AttachmentView } },
        },
      },
      async (request, reply) => {
        const content = request.body;
        if (!Buffer.isBuffer(content))
          throw fail('BAD_REQUEST', { problem: 'there is no body; send the bytes of the file' });
        const { name, public: isPublic = false } = request.query as { name?: string; public?: boolean };
        const { id } = request.params as { id: number };
        const made = await attachments.add(id, callerNamed(request), { name, content, isPublic });
        request.noted = { before: {}, after: { file: made.name, bytes: made.size, isPublic } };
        return reply.status(201).send(made);
      },
    );
    done();
  });
}
