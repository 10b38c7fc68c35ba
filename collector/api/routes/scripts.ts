/** Canned scripts of an endpoint: what its machine offers, who asked for which, and what came of it. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ScriptsView } from '../../../shared/script.ts';
import { scriptBounds, scriptNamePattern, sha256Pattern } from '../../../shared/script-bounds.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, counted, Id, proseOrNone, word } from '../shapes.ts';

const url = '/api/v1/endpoints/:id/scripts';
const tags = ['scripts'];

const scriptName = Type.String({ pattern: scriptNamePattern, want: 'the name of a script that the machine offers' });
const Question = Type.Object(
  {
    script: scriptName,
    sha256: Type.String({ pattern: sha256Pattern, want: 'the digest of the script as it was shown' }),
    choices: Type.Record(Type.String({ pattern: scriptNamePattern }), word(scriptBounds.value), {
      ...{ maxProperties: scriptBounds.parameters, additionalProperties: false },
    }),
    reason: Type.Optional(proseOrNone(500, 'why; kept with the order')),
    ticket: Type.Optional(counted('the number of a ticket')),
    alert: Type.Optional(word(200, 'the id of an alert')),
  },
  {
    ...closed,
    examples: [{ script: 'free-space', sha256: '0f'.repeat(32), choices: { keep: '7' }, reason: 'The disk is full' }],
  },
);
const Order = Type.Object({ ...Id.properties, order: Id.properties.id }, closed);

const callerOf = (request: FastifyRequest) => ({
  name: callerNamed(request),
  role: request.caller?.role ?? 'viewer',
  isPerson: request.caller?.by === 'session',
});

export function scriptRoutes(app: App, { scripts }: Context): void {
  const answer = { tags, response: { 200: ScriptsView } };

  app.get(
    url,
    { schema: { summary: 'Scripts that the machine offers, and the newest orders', params: Id, ...answer } },
    (request) => scripts.view(request.params.id, callerOf(request)),
  );

  app.post(
    `${url}/orders`,
    { schema: { summary: 'Ask for a script to be run', params: Id, body: Question, ...answer } },
    async (request) => {
      const { reason: why = '', ...question } = request.body;
      const order = await scripts.ask(request.params.id, { ...question, why }, callerOf(request));
      request.noted = { before: null, after: { order } };
      return scripts.view(request.params.id, callerOf(request));
    },
  );

  const act = (name: 'approve' | 'withdraw', summary: string) =>
    app.post(`${url}/orders/:order/${name}`, { schema: { summary, params: Order, ...answer } }, async (request) => {
      const { id, order } = request.params;
      await scripts[name](id, order, callerOf(request));
      request.noted = { before: null, after: { order } };
      return scripts.view(id, callerOf(request));
    });
  act('approve', 'Approve what another person asked for: it is sent to the machine');
  act('withdraw', 'Take an order back; what runs already, runs on');
}
