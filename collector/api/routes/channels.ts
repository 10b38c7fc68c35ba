/** Channels: those of evenkeel.yaml, which are shown, and those that admins set up. Secrets come in and never go out. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { ChannelKind, ChannelRow, ChannelTrial, ChannelTrouble } from '../../../shared/channel.ts';
import type { ChannelView } from '../../notify/channels.ts';
import type { ChannelHealth } from '../../notify/health.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, word } from '../shapes.ts';

const severities = Type.Array(Type.Enum(['info', 'warning', 'critical']), {
  minItems: 1,
  maxItems: 3,
  uniqueItems: true,
});
/** Checked by their kind; what is wrong is reported by name and without the value of a secret. */
const settings = Type.Record(Type.String({ maxLength: 40 }), Type.Unknown(), { maxProperties: 40 });
const New = Type.Object(
  {
    name: word(32, 'small letters, digits and -, such as ops'),
    kind: Type.Optional(word(32, 'a kind')),
    severities: Type.Optional(severities),
    settings,
  },
  { ...closed, examples: [{ name: 'ops', settings: { url: 'slack://TokenA/TokenB/TokenC' } }] },
);
const Edit = Type.Object(
  { severities: Type.Optional(severities), settings: Type.Optional(settings) },
  { ...closed, minProperties: 1, examples: [{ severities: ['critical'] }] },
);

type Counts = Awaited<ReturnType<ChannelHealth['counts']>>;

export function channelRoutes(app: App, { channels, channelHealth, ownBackups }: Context): void {
  const tags = ['channels'];
  const url = '/api/v1/channels';

  const rowOf = async (view: ChannelView, counts: Counts, failing: readonly string[]) => ({
    ...view,
    severities: [...view.severities],
    settings: view.settings as ChannelRow['settings'],
    last: channelHealth.lastOf(view.id),
    failed7d: counts.get(view.id)?.failed ?? 0,
    waiting: counts.get(view.id)?.waiting ?? 0,
    isFailing: failing.includes(view.id),
    blocked: await channels.blocked(view.id),
  });
  const saved = async (view: ChannelView) => rowOf(view, await channelHealth.counts(), channelHealth.failing());

  app.get(
    url,
    { schema: { summary: 'All channels, with their last result', tags, response: { 200: page(ChannelRow) } } },
    async () => {
      const [counts, failing] = [await channelHealth.counts(), channelHealth.failing()];
      return { items: await Promise.all(channels.list().map((view) => rowOf(view, counts, failing))), next: null };
    },
  );

  app.get(
    `${url}/kinds`,
    {
      schema: { summary: 'The kinds of channels, and what each asks for', tags, response: { 200: page(ChannelKind) } },
    },
    async () => ({ items: channels.kinds(), next: null }),
  );

  app.get(
    `${url}/trouble`,
    { schema: { summary: 'Channels by which messages do not get through', tags, response: { 200: ChannelTrouble } } },
    async () => ({
      failing: channelHealth.failing(),
      isMute: channelHealth.isMute(),
      heldSince: ownBackups.held.since(),
    }),
  );

  app.post(
    url,
    { schema: { summary: 'Add a channel; it is used at once', tags, body: New, response: { 201: ChannelRow } } },
    async (request, reply) => {
      const { name, kind, ...edit } = request.body;
      const made = await channels.create(name, kind, edit, callerNamed(request));
      return reply.status(201).send(await saved(made));
    },
  );

  app.patch(
    `${url}/:id`,
    {
      schema: {
        summary:
          'Change a channel; a secret that is empty or missing stays as it is, unless the channel goes elsewhere',
        ...{ tags, params: Id, body: Edit, response: { 200: ChannelRow } },
      },
    },
    async (request) => saved(await channels.edit(request.params.id, request.body, callerNamed(request))),
  );

  app.delete(
    `${url}/:id`,
    {
      schema: {
        summary: 'Remove a channel; what waits for it is given up',
        tags,
        params: Id,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      await channels.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.post(
    `${url}/:id/test`,
    { schema: { summary: 'Send a test by a channel', tags, params: Id, response: { 200: ChannelTrial } } },
    async (request) => {
      const trial = await channels.test(request.params.id, callerNamed(request));
      request.noted = { before: {}, after: { accepted: trial.error === null } };
      return trial;
    },
  );
}
