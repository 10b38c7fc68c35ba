/** How people are reached, and the links by which calendar programs read their shifts. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { PersonAnswer, PersonContent, type PersonRow } from '../../../shared/on-call.ts';
import type { App, Context } from '../context.ts';
import { placed } from '../doubts.ts';
import { callerNamed } from '../guard.ts';
import { closed, Nothing, UserName, word } from '../shapes.ts';

const url = '/api/v1/on-call';
const tags = ['on call'];
/** Open to whoever knows a link, per address; programs ask once an hour. */
const few = { rateLimit: { max: 60, timeWindow: '1 minute' } };
const example = { ways: [{ channel: 'mail', address: 'ann@example.org' }] };

export function reachedRoutes(app: App, { onCall, addresses }: Context): void {
  const own = ({ caller }: FastifyRequest): string => {
    if (!caller?.session) throw fail('BAD_REQUEST', { problem: 'a token is never on call; log in as a person' });
    return caller.name;
  };
  const answer = async (row: PersonRow) => ({ ...row, warnings: placed(await onCall.doubts('person', row.name)) });
  const Person = Type.Object({ name: UserName }, closed);
  const PersonEdit = Type.Object({ content: PersonContent }, { ...closed, examples: [{ content: example }] });
  app.get(
    `${url}/me`,
    { schema: { summary: 'How one is reached oneself', tags, response: { 200: PersonAnswer } } },
    async (request) => answer(await onCall.person(own(request))),
  );
  app.put(
    `${url}/me`,
    {
      schema: {
        ...{ summary: 'Say how one is reached, in which order, and when not', tags },
        ...{ body: PersonEdit, response: { 200: PersonAnswer } },
      },
    },
    async (request) =>
      answer(await onCall.savePerson(own(request), request.body.content, { by: callerNamed(request), reason: '' })),
  );
  app.get(
    `${url}/people/:name`,
    { schema: { summary: 'How a user is reached', tags, params: Person, response: { 200: PersonAnswer } } },
    async (request) => answer(await onCall.person(request.params.name)),
  );
  app.put(
    `${url}/people/:name`,
    {
      schema: {
        ...{ summary: 'Say how a user is reached', tags, params: Person },
        ...{ body: PersonEdit, response: { 200: PersonAnswer } },
      },
    },
    async (request) => {
      const how = { by: callerNamed(request), reason: '' };
      return answer(await onCall.savePerson(request.params.name, request.body.content, how));
    },
  );

  app.post(
    `${url}/feed`,
    {
      schema: {
        ...{ summary: 'A link to one’s own shifts for calendar programs; ends the one before', tags },
        response: { 201: Type.Object({ url: Type.String() }) },
      },
    },
    async (request, reply) => {
      const secret = await onCall.feeds.create(own(request));
      return reply.status(201).send({ url: `${addresses().http}${url}/feed/${secret}.ics` });
    },
  );
  app.delete(
    `${url}/feed`,
    { schema: { summary: 'Revoke that link', tags, response: { 204: Nothing } } },
    async (request, reply) => {
      await onCall.feeds.revoke(own(request));
      return reply.status(204).send(null);
    },
  );
  app.get(
    `${url}/feed/:token.ics`,
    {
      config: few,
      schema: {
        ...{ summary: 'The shifts of a user as iCalendar: the secret in the link is what counts', tags },
        params: Type.Object({ token: word(100) }, closed),
        response: { 200: Type.String() },
      },
    },
    async (request, reply) => {
      const text = await onCall.feedText(request.params.token);
      if (text === null) throw fail('NOT_FOUND', { what: 'calendar', id: 'of this link' });
      return reply.header('cache-control', 'private, no-store').type('text/calendar; charset=utf-8').send(text);
    },
  );
}
