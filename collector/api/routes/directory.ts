/** People whom the desk knows: the list to choose from, and as one table. */
import { Type } from 'typebox';
import { DirectoryPerson, LdapOutcome, LdapView } from '../../../shared/directory.ts';
import { knownPeople, listPeople, removePerson, writePeople } from '../../directory/directory.ts';
import { directoryNames } from '../../directory/names.ts';
import { directoryTable, readDirectory } from '../../directory/table.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, PageMark, prose } from '../shapes.ts';
import { tableRoutes } from '../tables.ts';

const tags = ['directory'];
const Query = Type.Object(
  {
    q: Type.Optional(Type.String({ maxLength: 200, description: 'in a name, address, number or name of a machine' })),
    endpoint: Type.Optional(Type.String({ maxLength: 64, description: 'who works at it' })),
    left: Type.Optional(Type.Boolean({ description: 'who has left, too' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
const People = Type.Object({
  items: Type.Array(DirectoryPerson),
  next: Type.Union([Type.String(), Type.Null()]),
  total: Type.Integer({ description: 'on all pages' }),
});

const Seen = Type.Object(
  {
    digest: Type.Optional(
      Type.String({
        ...{ pattern: '^[0-9a-f]{64}$', want: 'the digest of what was shown' },
        description: 'of what was shown; with a reason it is done',
      }),
    ),
    reason: Type.Optional(prose(500, 'without it nothing is changed')),
  },
  { ...closed, examples: [{}] },
);

export function directoryRoutes(app: App, { state, clock, ldap }: Context): void {
  const url = '/api/v1/directory';
  app.get(
    url,
    {
      schema: {
        summary: 'People whom the desk knows, by name',
        ...{ tags, querystring: Query, response: { 200: People } },
      },
    },
    async (request) => {
      const { limit = 50, page, ...question } = request.query;
      const offset = Number(page ?? 0);
      const { items, total } = await listPeople(state, { ...question, limit, offset });
      const next = offset + items.length < total && items.length > 0 ? String(offset + items.length) : null;
      return { items, next, total };
    },
  );

  app.delete(
    `${url}/:id`,
    {
      schema: {
        summary: 'Remove a person for good; who is still on the directory server comes back with it',
        ...{ tags, params: Id, response: { 204: Nothing } },
      },
    },
    async (request, reply) => {
      await removePerson(state, request.params.id);
      return reply.status(204).send(null);
    },
  );

  tableRoutes(app, {
    ...{ url: `${url}/table`, tag: 'directory', what: 'People whom the desk knows', file: 'directory' },
    example: 'name,mail,site,machines\r\nMia Abe,mia@example.org,Osaka,desk-07\r\n',
    write: async () => directoryTable(await knownPeople(state), await directoryNames(state)),
    read: (text, author) =>
      // Two tables at a time: the second one is compared with what the first has left.
      state.transaction().execute(async (db) => {
        const { faults, lines, changes } = readDirectory(text, await knownPeople(db), await directoryNames(db));
        const applied = author !== null && faults.length === 0;
        if (applied) await writePeople(db, changes, { by: author.by, at: clock.now() });
        return { applied, faults, lines };
      }),
  });

  app.get(
    `${url}/ldap`,
    {
      schema: {
        summary: 'The directory server whose people the desk knows: how old they are, and what went wrong',
        ...{ tags, response: { 200: Type.Object({ server: Type.Union([LdapView, Type.Null()]) }) } },
      },
    },
    async () => ({ server: await ldap.view() }),
  );

  app.post(
    `${url}/ldap`,
    {
      schema: {
        summary: 'Read the people of the directory server: what it would change; with a reason it does',
        ...{ tags, body: Seen, response: { 200: LdapOutcome } },
      },
    },
    async (request) => {
      const { reason, digest = '' } = request.body;
      const outcome = await ldap.read(reason === undefined ? null : { by: callerNamed(request), digest });
      request.noted = { before: {}, after: outcome.counts };
      return outcome;
    },
  );
}
