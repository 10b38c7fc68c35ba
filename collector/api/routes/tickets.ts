/** Tickets: list, detail with its time-line, and actions of people. */
import { Type } from 'typebox';
import { KeptEvidence, TicketCategory, TicketDetail, TicketList, TicketQueues } from '../../../shared/api.ts';
import { csvLine } from '../../../shared/csv.ts';
import { defaultLanguage, languages } from '../../../shared/words/index.ts';
import { readEvidence } from '../../tickets/evidence.ts';
import type { App, Context } from '../context.ts';
import { TicketFilter, TicketQuery } from '../find-tickets.ts';
import { callerNamed } from '../guard.ts';
import { queuesOf, tableRowsAtMost, ticketById, ticketsBy, ticketsIn } from '../read-tickets.ts';
import { unknownEndpoint } from '../rule-scope.ts';
import { closed, counted, word } from '../shapes.ts';
import { sendTable, TableText, tableSerializer } from '../tables.ts';
import { tableHead, tableRow } from '../ticket-table.ts';
import { Level, requirePeople, Tags, Text, type TicketEdit, ticketActions } from './ticket-actions.ts';

const TableQuery = Type.Object(
  {
    ...TicketFilter.properties,
    language: Type.Optional(Type.Enum([...languages], { description: 'of titles', default: defaultLanguage })),
  },
  closed,
);
const TicketId = Type.Object({ id: counted('the number of a ticket') }, closed);
const Requester = word(128, 'who asked for it: a user, or any name');

const New = Type.Object(
  {
    title: word(200),
    text: Type.Optional(Text),
    endpoint: Type.Optional(word(64)),
    impact: Type.Optional(Level),
    urgency: Type.Optional(Level),
    requester: Type.Optional(Requester),
    channel: Type.Optional(Type.Enum(['portal', 'mail', 'phone', 'chat', 'api'])),
    category: Type.Optional(TicketCategory),
    tags: Type.Optional(Tags),
  },
  {
    ...closed,
    examples: [
      {
        ...{ title: 'New disk for db-1', text: 'The old one is worn.', impact: 3, urgency: 3 },
        ...{ requester: 'Mia Abe', channel: 'phone', category: 'request' },
      },
    ],
  },
);

export function ticketRoutes(app: App, context: Context): void {
  const { tickets, fleet } = context;
  const reading = { ...context, clocks: context.ticketClocks };

  app.get(
    '/api/v1/tickets',
    {
      schema: {
        summary: 'Tickets, newest change first; a queue by due time',
        tags: ['tickets'],
        querystring: TicketQuery,
        response: { 200: TicketList },
      },
    },
    (request) => ticketsBy(reading, request.query, callerNamed(request)),
  );

  app.get(
    '/api/v1/tickets/table',
    {
      schema: {
        ...{ summary: `The same as CSV, at most ${tableRowsAtMost} rows`, tags: ['tickets'], produces: ['text/csv'] },
        ...{ querystring: TableQuery, response: { 200: TableText } },
      },
      serializerCompiler: tableSerializer,
    },
    async (request, reply) => {
      const { language = defaultLanguage, ...filter } = request.query;
      let csv = tableHead;
      for await (const rows of ticketsIn(reading, filter, callerNamed(request)))
        csv += rows.map((row) => csvLine(tableRow(row, language))).join('');
      return sendTable(reply, 'tickets', csv);
    },
  );

  app.get(
    '/api/v1/tickets/queues',
    {
      schema: {
        summary: 'How many tickets wait, and the next one for the caller',
        tags: ['tickets'],
        response: { 200: TicketQueues },
      },
    },
    (request) => queuesOf(reading, callerNamed(request)),
  );

  app.get(
    '/api/v1/tickets/:id',
    {
      schema: {
        summary: 'One ticket with its timeline, alert and notifications',
        tags: ['tickets'],
        params: TicketId,
        response: { 200: TicketDetail },
      },
    },
    (request) => ticketById(reading, request.params.id),
  );

  app.get(
    '/api/v1/tickets/:id/evidence',
    {
      schema: {
        summary: 'What was measured around the beginning and the end of its alert, as kept with the ticket',
        tags: ['tickets'],
        params: TicketId,
        response: { 200: Type.Object({ kept: Type.Union([KeptEvidence, Type.Null()]) }) },
      },
    },
    async ({ params }) => {
      await ticketById(reading, params.id);
      return { kept: await readEvidence(context.state, params.id) };
    },
  );

  app.post(
    '/api/v1/tickets',
    { schema: { summary: 'Open a ticket', tags: ['tickets'], body: New, response: { 201: TicketDetail } } },
    async (request, reply) => {
      const { title, text, endpoint, impact, urgency, requester, channel, category, tags = [] } = request.body;
      const by = callerNamed(request);
      if (endpoint !== undefined && !fleet.get(endpoint)) throw unknownEndpoint(fleet, endpoint);
      const id = await tickets.create({
        title,
        text: text ?? null,
        endpoint: endpoint ?? null,
        impact: impact ?? 3,
        urgency: urgency ?? 3,
        by,
        requester: requester ?? by,
        channel: channel ?? (request.caller?.by === 'token' ? 'api' : 'portal'),
        ...{ category: category ?? 'incident', tags },
      });
      return reply.status(201).send(await ticketById(reading, id));
    },
  );

  for (const { name, summary, body, run } of ticketActions(tickets)) {
    app.post(
      `/api/v1/tickets/:id/${name}`,
      { schema: { summary, tags: ['tickets'], params: TicketId, body, response: { 200: TicketDetail } } },
      async (request) => {
        const { id } = request.params;
        await requirePeople(context, { id, by: callerNamed(request), name }, request.body as TicketEdit);
        const watched = async () => ({
          watchers: (await ticketById(reading, id)).watchers.map(({ person }) => person),
        });
        const isOfWatchers = name === 'watch' || name === 'unwatch';
        const before = isOfWatchers ? await watched() : null;
        const made = (await run(id, callerNamed(request), request.body as TicketEdit)) as
          | Partial<TicketDetail>
          | undefined;
        if (isOfWatchers) request.noted = { before, after: await watched() };
        return { ...(await ticketById(reading, id)), ...made };
      },
    );
  }

  app.delete(
    '/api/v1/tickets/:id/links/:link',
    {
      schema: {
        summary: 'Remove a link of a ticket',
        tags: ['tickets'],
        params: Type.Object({ ...TicketId.properties, link: TicketId.properties.id }, closed),
        response: { 200: TicketDetail },
      },
    },
    async (request) => {
      const { id, link } = request.params;
      await tickets.unlink(id, callerNamed(request), link);
      return ticketById(reading, id);
    },
  );
}
