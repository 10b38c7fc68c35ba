/** Settings of agents by group: layers, versions, who has taken them and who has not, and why. */
import { Type } from 'typebox';
import {
  AgentLayerSettings,
  AgentSettingsSummary,
  EndpointSettings,
  LayerPreview,
  LayerScope,
  NotTaken,
  SettingsVersion,
} from '../../../shared/agent-layer.ts';
import { page } from '../../../shared/api.ts';
import { faultsOf } from '../../../shared/shape.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { scopeNamed, scopeToReset } from '../rule-scope.ts';
import { closed, counted, Id, prose } from '../shapes.ts';
import { refusal } from '../validate.ts';

const url = '/api/v1/agent-settings';
const tags = ['agent settings'];
const reason = prose(500, 'why; kept with the version');
const layer = {
  scope: LayerScope,
  settings: Type.Union([AgentLayerSettings, Type.Null()], { description: 'null takes the layer away' }),
  priority: Type.Optional(
    Type.Integer({ minimum: -1000, maximum: 1000, description: 'between groups or tags; default 0' }),
  ),
};
const example = {
  scope: { of: 'group', target: 'Kiosks' },
  settings: { interval_s: 60, checks: { software: { enabled: false } }, services: ['nginx'] },
};
const Preview = Type.Object(layer, { ...closed, examples: [example] });
const Save = Type.Object(
  { ...layer, reason },
  { ...closed, examples: [{ ...example, reason: 'Kiosks have little to say' }] },
);
const Version = Type.Object({ version: counted('the number of a version of settings') }, closed);

export function agentSettingsRoutes(app: App, context: Context): void {
  const { agentSettings } = context;
  type Sent = { scope: LayerScope; settings: AgentLayerSettings | null; priority?: number };
  async function editOf({ scope, settings, priority = 0 }: Sent) {
    const found = settings === null ? [] : faultsOf(AgentLayerSettings, settings, ['settings']);
    if (found.length > 0) throw refusal(found);
    // What is to go may be of a place that is gone already.
    const place = settings === null ? await scopeToReset(context, scope) : await scopeNamed(context, scope);
    return { scope: place, settings, priority };
  }

  app.get(
    url,
    {
      schema: {
        summary: 'Layers of agents’ settings, and how many have taken them',
        tags,
        response: { 200: AgentSettingsSummary },
      },
    },
    async () => agentSettings.summary(),
  );

  app.get(
    `${url}/not-taken`,
    {
      schema: {
        summary: 'Endpoints that do not have all of their settings, and why',
        tags,
        response: { 200: page(NotTaken) },
      },
    },
    async () => ({ items: agentSettings.notTaken(), next: null }),
  );

  app.get(
    `${url}/versions`,
    {
      schema: {
        summary: 'Versions of agents’ settings, newest first: author, reason, what changed',
        tags,
        response: { 200: page(SettingsVersion) },
      },
    },
    async () => ({ items: await agentSettings.versions(), next: null }),
  );

  app.post(
    `${url}/preview`,
    {
      schema: { summary: 'What a layer would change, and where', tags, body: Preview, response: { 200: LayerPreview } },
    },
    async (request) => agentSettings.preview(await editOf(request.body)),
  );

  app.put(
    `${url}/layers`,
    {
      schema: {
        summary: 'Set or take away the settings of all agents, or of some: sent at once, as a version of its own',
        tags,
        body: Save,
        response: { 200: AgentSettingsSummary },
      },
    },
    async (request) => {
      await agentSettings.save(await editOf(request.body), request.body.reason, callerNamed(request));
      return agentSettings.summary();
    },
  );

  app.post(
    `${url}/versions/:version/restore`,
    {
      schema: {
        summary: 'Back to how the layers were after a version, as a new version',
        tags,
        params: Version,
        body: Type.Object({ reason }, { ...closed, examples: [{ reason: 'The interval was too long' }] }),
        response: { 200: AgentSettingsSummary },
      },
    },
    async (request) => {
      await agentSettings.restore(request.params.version, request.body.reason, callerNamed(request));
      return agentSettings.summary();
    },
  );

  app.get(
    '/api/v1/endpoints/:id/agent-settings',
    {
      schema: {
        summary: 'The settings of one agent, each with the layer that it is of, and whether it has them',
        tags,
        params: Id,
        response: { 200: EndpointSettings },
      },
    },
    async (request) => agentSettings.ofEndpoint(request.params.id),
  );
}
