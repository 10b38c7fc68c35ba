/** What an Alertmanager answers about alerts and silences, for amtool, Grafana and whatever else asks one. */
import { Type } from 'typebox';
import { defaultLanguage } from '../../../shared/words/index.ts';
import { parseMatchers } from '../../alerts/matcher.ts';
import { factsOf } from '../../notify/notification.ts';
import { headline } from '../../notify/notification-text.ts';
import {
  foreignAlert,
  foreignSilence,
  inGroups,
  passes,
  type SuppressibleAlert,
  silencePasses,
  textOfForeign,
} from '../../outside/answers.ts';
import { outsideAnnotations } from '../../outside/texts.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, instantOf, prose, word, wordOrNone } from '../shapes.ts';

const tags = ['as an Alertmanager'];
const OneFilter = Type.String({ maxLength: 2000, description: 'such as `site="Osaka"`' });
const filter = Type.Optional(Type.Union([OneFilter, Type.Array(OneFilter, { maxItems: 20 })]));
const shown = Type.Optional(Type.Boolean({ default: true }));
const AlertsQuery = Type.Object(
  {
    ...{ filter, active: shown, silenced: shown, inhibited: shown, unprocessed: shown, muted: shown },
    receiver: Type.Optional(Type.String({ maxLength: 200, description: 'accepted; routes are not told by it' })),
  },
  closed,
);
const Anything = Type.Unknown({ description: 'as the OpenAPI document of Alertmanager, version 2, says' });
const Foreign = Type.Object(
  {
    id: Type.Optional(wordOrNone(64, 'of the one that it changes')),
    matchers: Type.Array(
      Type.Object(
        {
          ...{ name: word(200), value: wordOrNone(1200), isRegex: Type.Boolean() },
          isEqual: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
      { minItems: 1, maxItems: 20 },
    ),
    ...{ startsAt: word(40, 'ISO 8601'), endsAt: word(40, 'ISO 8601'), comment: prose(1000) },
    createdBy: wordOrNone(200, 'ignored: the author is whoever sends it'),
  },
  {
    ...closed,
    examples: [
      {
        matchers: [{ name: 'site', value: 'Osaka', isRegex: false, isEqual: true }],
        ...{ startsAt: '2026-12-05T13:00:00Z', endsAt: '2026-12-05T15:00:00Z' },
        ...{ comment: 'Disks are being replaced', createdBy: 'ann' },
      },
    ],
  },
);

/** A summary is made by the code for messages, which asks for these; the summary does not show them. */
const unsent = { id: '', ticket: null, url: '' };

const matchersIn = (given: string | string[] | undefined) => [given ?? []].flat().flatMap(parseMatchers);

export function alertmanagerRoutes(app: App, context: Context): void {
  const { state, silences, clock, addresses, version, ruleNamed } = context;
  const startedAt = clock.now();
  const url = () => addresses().http;
  const summaryOf = ({ alert, labels }: SuppressibleAlert) => {
    const endpointOf = (id: string) => ({ id, name: String(labels.host), kind: '', site: null });
    return headline({ ...factsOf({ endpointOf, ruleNamed }, alert, 'firing'), ...unsent }, defaultLanguage);
  };

  app.get(
    '/api/v2/status',
    { schema: { summary: 'State of this collector, as an Alertmanager says it', tags, response: { 200: Anything } } },
    () => ({
      cluster: { status: 'disabled', peers: [] },
      config: { original: '' },
      uptime: new Date(startedAt).toISOString(),
      versionInfo: { branch: '', buildDate: '', buildUser: '', goVersion: '', revision: '', version },
    }),
  );

  app.get(
    '/api/v2/receivers',
    { schema: { summary: 'One receiver: routes are ours', tags, response: { 200: Anything } } },
    () => [{ name: 'evenkeel' }],
  );

  for (const [path, summary, answer] of [
    ['/api/v2/alerts', 'Alerts that fire', undefined],
    ['/api/v2/alerts/groups', 'Alerts that fire, by rule and site', inGroups],
  ] as const)
    app.get(
      path,
      { schema: { summary, tags, querystring: AlertsQuery, response: { 200: Anything } } },
      async ({ query: { filter: asked, active = true, silenced = true, inhibited = true } }) => {
        const wanted = { matchers: matchersIn(asked), active, silenced, inhibited };
        const found = silences.firing().filter((one) => passes(one, wanted));
        const saidOf = await outsideAnnotations(state);
        const about = { url: url(), now: clock.now(), summaryOf, saidOf };
        return answer ? answer(found, about) : found.map((one) => foreignAlert(one, about));
      },
    );

  app.get(
    '/api/v2/silences',
    {
      schema: {
        summary: 'Silences, those that are over as well',
        tags,
        querystring: Type.Object({ filter }, closed),
        response: { 200: Anything },
      },
    },
    async ({ query }) => {
      const wanted = matchersIn(query.filter);
      const all = [...(await silences.list(false)), ...(await silences.list(true))];
      return all.filter((row) => silencePasses(row, wanted)).map(foreignSilence);
    },
  );

  app.post(
    '/api/v2/silences',
    { schema: { summary: 'Enter a silence, or change one', tags, body: Foreign, response: { 200: Anything } } },
    async (request) => {
      const { id, comment, ...given } = request.body;
      const by = callerNamed(request);
      const matchers = given.matchers.map(textOfForeign);
      const end = instantOf(given.endsAt, 'endsAt');
      const before = id === undefined || id === '' ? null : await silences.row(id);
      const isSame = before !== null && [...before.matchers].sort().join() === [...matchers].sort().join();
      // Of one that has not begun all can be changed; its start only where it is another one.
      if (before?.state === 'pending') {
        await silences.change(
          before.id,
          { matchers, reason: comment, start: instantOf(given.startsAt, 'startsAt'), end },
          by,
        );
        return { silenceID: before.id };
      }
      if (before && isSame && before.state !== 'over') {
        await silences.change(before.id, { reason: comment, end }, by);
        return { silenceID: before.id };
      }
      // Others are hidden from now on: that is another silence.
      const start = before ? clock.now() : instantOf(given.startsAt, 'startsAt');
      const made = await silences.create({ matchers, reason: comment, start, end }, by);
      if (before && before.state !== 'over') await silences.end(before.id, by);
      return { silenceID: made };
    },
  );

  app.get(
    '/api/v2/silence/:id',
    { schema: { summary: 'One silence', tags, params: Id, response: { 200: Anything } } },
    async (request) => foreignSilence(await silences.row(request.params.id)),
  );

  app.delete(
    '/api/v2/silence/:id',
    { schema: { summary: 'End a silence now', tags, params: Id, response: { 200: Anything } } },
    async (request) => {
      await silences.end(request.params.id, callerNamed(request));
      return {};
    },
  );
}
