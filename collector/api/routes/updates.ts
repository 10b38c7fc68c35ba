/** Updates of agents: the release of the folder, its rings, who is behind and why; and the manifest, for agents. */
import { Type } from 'typebox';
import { EndpointUpdate, UpdateSettings, UpdateSummary } from '../../../shared/agent-update.ts';
import { page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { usualUpdateNumbers } from '../../../shared/update-choices.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, prose, word } from '../shapes.ts';

const url = '/api/v1/agent-updates';
const tags = ['agent updates'];
const reason = prose(500, 'why; kept with the roll-out');
const Why = Type.Object({ reason }, { ...closed, examples: [{ reason: 'Three kiosks did not come back' }] });
const Start = Type.Object(
  {
    version: word(32, 'of the release in the folder'),
    sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'number of its manifest' }),
    reason,
  },
  { ...closed, examples: [{ version: '1.4.2', sequence: 412, reason: 'Fixes the disk check' }] },
);
const Settings = Type.Object(UpdateSettings.properties, {
  ...closed,
  examples: [{ on: true, numbers: usualUpdateNumbers }],
});
/** A fleet asks when its turn comes: at most a ring at a time. */
const often = { rateLimit: { max: 600, timeWindow: '10 seconds' } };

export function updateRoutes(app: App, { updates }: Context): void {
  const answer = { tags, response: { 200: UpdateSummary } };

  app.get(
    '/releases/manifest.json',
    {
      config: often,
      schema: { summary: 'The signed manifest of the release, for agents', tags, response: { 200: Type.Unknown() } },
    },
    async (_request, reply) => {
      const bytes = await updates.folder.manifest();
      if (!bytes) throw fail('NOT_FOUND', { what: 'release', id: 'manifest.json' });
      return reply
        .type('application/json')
        .header('cache-control', 'no-cache')
        .serializer(String)
        .send(bytes.toString());
    },
  );

  app.get(url, { schema: { summary: 'The release in the folder, its rings, and how far it is', ...answer } }, () =>
    updates.summary(),
  );

  app.get(
    `${url}/endpoints`,
    {
      schema: {
        summary: 'Where each endpoint stands with the release, and why',
        tags,
        response: { 200: page(EndpointUpdate) },
      },
    },
    async () => ({ items: await updates.endpoints(), next: null }),
  );

  app.get(
    '/api/v1/endpoints/:id/agent-update',
    {
      schema: { summary: 'Where one endpoint stands', tags, params: Id, response: { 200: EndpointUpdate } },
    },
    async ({ params }) => {
      const [one] = await updates.endpoints(params.id);
      if (!one) throw fail('NOT_FOUND', { what: 'endpoint', id: params.id });
      return one;
    },
  );

  app.put(
    `${url}/settings`,
    {
      schema: {
        summary: 'Turn updates of agents on or off, and set shares, times and limits of the rings',
        ...{ ...answer, body: Settings },
      },
    },
    async (request) => {
      request.noted = { before: (await updates.summary()).settings, after: request.body };
      await updates.configure(request.body);
      return updates.summary();
    },
  );

  app.post(
    `${url}/start`,
    { schema: { summary: 'Roll the release of the folder out, ring by ring', ...answer, body: Start } },
    async (request) => {
      const { version, sequence, reason: why } = request.body;
      await updates.begin(version, sequence, why, callerNamed(request));
      return updates.summary();
    },
  );

  const act = (name: 'stop' | 'resume' | 'withdraw', summary: string) =>
    app.post(`${url}/${name}`, { schema: { summary, ...answer, body: Why } }, async () => {
      await updates[name]();
      return updates.summary();
    });
  act('stop', 'Nobody else is told until it is resumed');
  act('resume', 'Go on after a stop: what has failed until now does not count again');
  act('withdraw', 'End the roll-out; what has taken it keeps it');
}
