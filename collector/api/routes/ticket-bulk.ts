/** The same done to many tickets: each by itself, so that what one of them does not allow leaves the others as asked. */
import { Type } from 'typebox';
import { ticketsAtOnce } from '../../../shared/choices.ts';
import { fail } from '../../../shared/errors.ts';
import { TicketsDone } from '../../../shared/ticket-work.ts';
import type { State } from '../../state/open.ts';
import { atVersion } from '../../tickets/change.ts';
import { errorOf } from '../answer.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, counted, instantMs } from '../shapes.ts';
import { requirePeople, type TicketEdit, ticketActions } from './ticket-actions.ts';

const Chosen = Type.Array(
  Type.Object(
    { id: counted('the number of a ticket'), updatedAt: instantMs(': of the ticket as it was shown') },
    { ...closed },
  ),
  { minItems: 1, maxItems: ticketsAtOnce },
);

export function ticketBulkRoutes(app: App, context: Context): void {
  const { state, tickets } = context;
  for (const { name, summary, body, run, many } of ticketActions(tickets)) {
    if (!many) continue;
    const [example = {}] = (body as unknown as { examples?: object[] }).examples ?? [];
    const { minProperties: _, ...options } = { ...closed, minProperties: 0 };
    const Many = Type.Object(
      { tickets: Chosen, ...body.properties },
      { ...options, examples: [{ tickets: [{ id: 12, updatedAt: 1_796_000_000_000 }], ...example }] },
    );
    app.post(
      `/api/v1/tickets/bulk/${name}`,
      {
        bodyLimit: 100_000,
        schema: { summary: `${summary}: many at once`, tags: ['tickets'], body: Many, response: { 200: TicketsDone } },
      },
      async (request) => {
        const { tickets: chosen, ...edit } = request.body as TicketEdit & {
          tickets: { id: number; updatedAt: number }[];
        };
        const by = callerNamed(request);
        const ids = chosen.map(({ id }) => id);
        const before = await factsOf(state, ids);
        const items: TicketsDone['items'] = [];
        for (const [index, version] of chosen.entries()) {
          const { id } = version;
          try {
            if (chosen.findIndex((one) => one.id === id) !== index)
              throw fail('BAD_REQUEST', { problem: `ticket ${id} is named twice` });
            // What the caller does not see is not there.
            if (!(await state.selectFrom('tickets').select('id').where('id', '=', id).executeTakeFirst()))
              throw fail('NOT_FOUND', { what: 'ticket', id });
            await requirePeople(context, { id, by, name }, edit);
            await atVersion(version, () => run(id, by, edit));
            items.push({ ticket: id, error: null });
          } catch (thrown) {
            const { code, message, hint } = errorOf(thrown, request);
            items.push({ ticket: id, error: { code, message, hint } });
          }
        }
        const done = items.flatMap(({ ticket, error }) => (error === null ? ticket : []));
        request.noted = { before, after: { ...(await factsOf(state, done)), sent: edit } };
        return { done: done.length, refused: items.length - done.length, items };
      },
    );
  }
}

/** For the audit log. */
async function factsOf(state: State, ids: readonly number[]): Promise<Record<string, unknown>> {
  if (ids.length === 0) return {};
  const columns = ['id', 'state', 'priority', 'tier', 'assignee', 'tags'] as const;
  const rows = await state.selectFrom('tickets').select(columns).where('id', 'in', ids).orderBy('id').execute();
  return Object.fromEntries(rows.map(({ id, ...facts }) => [`#${id}`, facts]));
}
