/** Messages refused by intake, newest first: counted, visible, and blocking nothing. */
import { Type } from 'typebox';
import { page, RefusedParts } from '../../../shared/api.ts';
import { refusedPartsIn } from '../../intake/refused-parts.ts';
import type { App, Context } from '../context.ts';
import { closed } from '../shapes.ts';

const Refused = Type.Object({
  id: Type.Integer(),
  endpoint: Type.Union([Type.String(), Type.Null()]),
  topic: Type.String(),
  receivedAt: Type.Integer(),
  code: Type.String(),
  message: Type.String(),
  size: Type.Integer(),
  sample: Type.String({ description: 'base64, at most 4 KiB: the start of the message, or its refused parts as JSON' }),
  parts: RefusedParts,
});

const Query = Type.Object(
  {
    endpoint: Type.Optional(Type.String({ maxLength: 64 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
    page: Type.Optional(
      Type.String({
        pattern: '^\\d{1,15}$',
        want: 'the `next` of a page of this list; leave it out for the first page',
      }),
    ),
  },
  closed,
);

export function quarantineRoutes(app: App, { state }: Context): void {
  app.get(
    '/api/v1/quarantine',
    {
      schema: {
        summary: 'Refused messages, newest first',
        tags: ['fleet'],
        querystring: Query,
        response: { 200: page(Refused) },
      },
    },
    async (request) => {
      const { endpoint, page: before } = request.query;
      const limit = request.query.limit ?? 100;
      let query = state
        .selectFrom('quarantine')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
      if (before !== undefined) query = query.where('id', '<', Number(before));
      const rows = await query.execute();
      const items = rows
        .slice(0, limit)
        .map(({ received_at, ...row }) => ({ ...row, receivedAt: received_at, parts: refusedPartsIn(row) }));
      return { items, next: rows.length > limit ? String(items.at(-1)?.id) : null };
    },
  );
}
