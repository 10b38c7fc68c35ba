/** Tickets: list, detail with its time-line, and actions of people. */
import { Type } from 'typebox';
import { page, TicketDetail, TicketRow, TicketState } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { TicketQuery, ticketById, ticketsBy } from '../read-tickets.ts';
import { closed, instantMs, word } from '../shapes.ts';

const TicketId = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }, closed);
const Text = Type.String({ minLength: 1, maxLength: 10_000 });
const Level = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)]);

const New = Type.Object(
  {
    title: word(200),
    text: Type.Optional(Text),
    endpoint: Type.Optional(word(64)),
    impact: Type.Optional(Level),
    urgency: Type.Optional(Level),
  },
  { ...closed, examples: [{ title: 'New disk for db-1', text: 'The old one is worn.', impact: 3, urgency: 3 }] },
);

/** One action of a person on a ticket: same handling, same answer. */
interface TicketAction {
  name: string;
  summary: string;
  body: ReturnType<typeof Type.Object>;
  run(id: number, by: string, said: TicketEdit): Promise<unknown>;
}

/** All fields that the bodies of the actions may have; each action has checked its own. */
interface TicketEdit {
  text?: string;
  assignee?: string | null;
  state?: TicketRow['state'];
  wontFixUntil?: number;
}

export function ticketRoutes(app: App, { state, tickets, ruleNamed, fleet }: Context): void {
  app.get(
    '/api/v1/tickets',
    {
      schema: {
        summary: 'Tickets, newest change first',
        tags: ['tickets'],
        querystring: TicketQuery,
        response: { 200: page(TicketRow) },
      },
    },
    (request) => ticketsBy(state, ruleNamed, request.query),
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
    (request) => ticketById(state, ruleNamed, request.params.id),
  );

  app.post(
    '/api/v1/tickets',
    { schema: { summary: 'Open a ticket', tags: ['tickets'], body: New, response: { 201: TicketDetail } } },
    async (request, reply) => {
      const { title, text, endpoint, impact, urgency } = request.body;
      if (endpoint !== undefined && !fleet.get(endpoint)) throw fail('NOT_FOUND', { what: 'endpoint', id: endpoint });
      const id = await tickets.create({
        title,
        text: text ?? null,
        endpoint: endpoint ?? null,
        impact: impact ?? 3,
        urgency: urgency ?? 3,
        by: callerNamed(request),
      });
      return reply.status(201).send(await ticketById(state, ruleNamed, id));
    },
  );

  const actions: TicketAction[] = [
    {
      name: 'comment',
      summary: 'Comment on a ticket',
      body: Type.Object({ text: Text }, { ...closed, examples: [{ text: 'Looking at it.' }] }),
      run: (id, by, { text }) => tickets.comment(id, by, text ?? ''),
    },
    {
      name: 'assign',
      summary: 'Assign a ticket, or remove its assignment',
      body: Type.Object(
        { assignee: Type.Union([word(64), Type.Null()]) },
        { ...closed, examples: [{ assignee: 'ada' }] },
      ),
      run: (id, by, { assignee }) => tickets.assign(id, by, assignee ?? null),
    },
    {
      name: 'resolve',
      summary: 'Resolve a ticket',
      body: Type.Object(
        {
          text: Type.Optional(Text),
          wontFixUntil: Type.Optional(instantMs(': until then the alert opens no ticket')),
        },
        { ...closed, examples: [{ text: 'Disk replaced.' }] },
      ),
      run: (id, by, { text, wontFixUntil }) => tickets.resolve(id, by, text ?? null, wontFixUntil ?? null),
    },
    {
      name: 'reopen',
      summary: 'Reopen a ticket',
      body: Type.Object({ text: Type.Optional(Text) }, { ...closed, examples: [{ text: 'It is back.' }] }),
      run: (id, by, { text }) => tickets.reopen(id, by, text ?? null),
    },
    {
      name: 'state',
      summary: 'Set any other state; on_hold and cancelled need a reason',
      body: Type.Object(
        { state: TicketState, text: Type.Optional(Text) },
        { ...closed, examples: [{ state: 'on_hold', text: 'The new disk comes on Monday.' }] },
      ),
      run: (id, by, { state: to, text }) => tickets.setState(id, by, to ?? 'in_progress', text ?? null),
    },
  ];

  for (const { name, summary, body, run } of actions) {
    app.post(
      `/api/v1/tickets/:id/${name}`,
      { schema: { summary, tags: ['tickets'], params: TicketId, body, response: { 200: TicketDetail } } },
      async (request) => {
        const { id } = request.params;
        await run(id, callerNamed(request), request.body as TicketEdit);
        return ticketById(state, ruleNamed, id);
      },
    );
  }
}
