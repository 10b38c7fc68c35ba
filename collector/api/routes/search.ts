/** Searches over articles and tickets, and what may help with an alert or a ticket. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { HelpAtHand, SearchAnswer } from '../../../shared/knowledge.ts';
import { mayDo } from '../../accounts/roles.ts';
import { questionLength } from '../../knowledge/question.ts';
import type { App, Context } from '../context.ts';
import { alertHelp, ticketHelp } from '../read-help.ts';
import { closed, counted, word } from '../shapes.ts';

const tags = ['knowledge'];
const TicketId = Type.Object({ id: counted('the number of a ticket') }, closed);
export const TextLanguage = Type.String({ pattern: '^[a-z]{2}(-[A-Z]{2})?$', want: 'a language such as en or ja' });
const OfReader = Type.Optional(TextLanguage);

/** Drafts are for those who write. */
export const mayWrite = ({ caller }: FastifyRequest): boolean => caller !== null && mayDo(caller.role, 'operator');
const readerOf = (request: FastifyRequest, language = 'en') => ({ mayEdit: mayWrite(request), language });

export function searchRoutes(app: App, context: Context): void {
  const { knowledge } = context;

  app.get(
    '/api/v1/search',
    {
      schema: {
        ...{ summary: 'Articles and tickets by words, mistyped ones and other words for the same as well', tags },
        querystring: Type.Object(
          {
            q: Type.String({ maxLength: questionLength, description: 'words in any language, or #12' }),
            kind: Type.Optional(Type.Enum(['article', 'ticket'])),
            language: OfReader,
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 10 })),
          },
          closed,
        ),
        response: { 200: SearchAnswer },
      },
    },
    async (request) => {
      const { q, kind, language = 'en', limit = 10 } = request.query;
      const question = { text: q, language, limit, ...(kind ? { only: kind } : {}) };
      return { items: await knowledge.search(question, readerOf(request, language)) };
    },
  );

  const helps = {
    querystring: Type.Object({ language: OfReader }, closed),
    response: { 200: HelpAtHand },
    tags,
  };
  app.get(
    '/api/v1/tickets/:id/help',
    { schema: { summary: 'Runbook, articles and earlier tickets like a ticket', params: TicketId, ...helps } },
    (request) => ticketHelp(context, request.params.id, readerOf(request, request.query.language)),
  );
  app.get(
    '/api/v1/alerts/:id/help',
    {
      schema: {
        summary: 'Runbook, articles and earlier tickets like an alert',
        params: Type.Object({ id: word(64) }, closed),
        ...helps,
      },
    },
    (request) => alertHelp(context, request.params.id, readerOf(request, request.query.language)),
  );
}
