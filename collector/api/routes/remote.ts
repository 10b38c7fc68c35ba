/** Links to the tools by which people reach a machine; opened from a ticket, its history says so. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { RemoteTool } from '../../../shared/remote.ts';
import { defaultLanguage, word as wordIn } from '../../../shared/words/index.ts';
import { addressOf, toolsFor } from '../../remote/remote.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, counted, Id, word } from '../shapes.ts';

const Open = Type.Object(
  { tool: word(40, 'the name of a tool, as the list of its endpoint has it') },
  { ...closed, examples: [{ tool: 'RustDesk' }] },
);

export function remoteRoutes(app: App, { state, fleet, rows, tickets, remoteSupport }: Context): void {
  const tags = ['remote support'];

  /** @throws EvenkeelError NOT_FOUND */
  async function toolsOf(id: string): Promise<RemoteTool[]> {
    const row = rows.get(id);
    if (!fleet.get(id) || !row) throw fail('NOT_FOUND', { what: 'endpoint', id });
    if (remoteSupport.length === 0) return [];
    const found = state.selectFrom('endpoints').select('hostname').where('id', '=', id);
    const host = (await found.executeTakeFirst())?.hostname ?? row.name;
    return toolsFor(remoteSupport, { ...row, host, address: await addressOf(state, id) });
  }

  app.get(
    '/api/v1/endpoints/:id/remote',
    {
      schema: {
        summary: 'Links to tools of remote support for one endpoint: those that fit it and of which all is known',
        ...{ tags, params: Id, response: { 200: page(RemoteTool) } },
      },
    },
    async (request) => ({ items: await toolsOf(request.params.id), next: null }),
  );

  app.post(
    '/api/v1/tickets/:id/remote',
    {
      schema: {
        summary: 'Open a tool of remote support from a ticket: its history says who did, and the answer has the link',
        ...{ tags, params: Type.Object({ id: counted('the number of a ticket') }, closed) },
        ...{ body: Open, response: { 200: RemoteTool } },
      },
    },
    async (request) => {
      const { id } = request.params;
      const found = state.selectFrom('tickets').select('endpoint').where('id', '=', id);
      const ticket = await found.executeTakeFirst();
      if (!ticket) throw fail('NOT_FOUND', { what: 'ticket', id: String(id) });
      const tools = ticket.endpoint === null ? [] : await toolsOf(ticket.endpoint);
      const tool = tools.find(({ name, url }) => name === request.body.tool && url !== null);
      if (!tool) throw fail('NOT_FOUND', { what: 'tool of remote support', id: request.body.tool });
      const said = { tool: tool.name, endpoint: rows.get(ticket.endpoint ?? '')?.name ?? '' };
      const text = wordIn(defaultLanguage, 'remote.opened', said);
      await tickets.comment(id, callerNamed(request), { text, isPublic: false, isFromRequester: false });
      return tool;
    },
  );
}
