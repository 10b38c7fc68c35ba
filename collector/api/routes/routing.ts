/** Routes: who is notified of which alert, and the trace of one. */
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import {
  type RouteNodeContent,
  RoutesAnswer,
  RoutesChecked,
  RoutesContent,
  type RoutesRow,
  TraceAnswer,
} from '../../../shared/on-call.ts';
import { labelsOf } from '../../alerts/labels.ts';
import { doubtsInRoutes } from '../../alerts/matcher-doubts.ts';
import { collectorId } from '../../alerts/own-rules.ts';
import { doubtsInTree } from '../../alerts/tree-doubts.ts';
import { living } from '../../fleet/fleet.ts';
import type { App, Context } from '../context.ts';
import { placed } from '../doubts.ts';
import { callerNamed } from '../guard.ts';
import { limitedInRoutes } from '../limited-named.ts';
import { labelsNow } from '../matcher-warnings.ts';
import { closed, Instant, instantOf, proseOrNone, word } from '../shapes.ts';

const nodes: RouteNodeContent[] = [
  { name: 'berlin', match: ['site="berlin"'], receivers: ['policy:servers', 'channel:berlin'] },
];
const example = { content: { receivers: ['channel:ops'], children: nodes }, reason: 'Berlin has its own people' };
const Edit = Type.Object(
  { content: RoutesContent, reason: Type.Optional(proseOrNone(500, 'kept with the change')) },
  { ...closed, examples: [example] },
);
const severities = ['info', 'warning', 'critical'] as const;
const Question = Type.Object(
  {
    endpoint: word(64, 'id of the endpoint'),
    rule: word(64, 'id of the rule'),
    severity: Type.Enum([...severities]),
    at: Type.Optional(Instant),
  },
  closed,
);

export function routingRoutes(app: App, context: Context): void {
  const { onCall, fleet, groups, rules, clock } = context;
  const slips = async (given: unknown) => {
    const content = given as RoutesContent;
    const own = placed([...doubtsInRoutes(content, await labelsNow(context)), ...doubtsInTree(content)]);
    return [...own, ...(await limitedInRoutes(context, content))];
  };
  const answer = async (row: RoutesRow) => {
    const gone = placed(await onCall.doubts('routes'));
    return { ...row, warnings: [...gone, ...(await slips(row.content))] };
  };
  const url = '/api/v1/routes';
  const tags = ['on call'];

  app.get(url, { schema: { summary: 'The routes in force', tags, response: { 200: RoutesAnswer } } }, async () =>
    answer(onCall.routes()),
  );
  app.put(
    url,
    { schema: { summary: 'Replace the routes', tags, body: Edit, response: { 200: RoutesAnswer } } },
    async (request) => {
      const { content, reason = '' } = request.body;
      return answer(await onCall.saveRoutes(content, { by: callerNamed(request), reason }));
    },
  );
  app.post(
    `${url}/preview`,
    {
      schema: {
        ...{ summary: 'Whether routes could be saved, without saving them', tags, body: Edit },
        response: { 200: RoutesChecked },
      },
    },
    async (request) => {
      const content = await onCall.checkRoutes(request.body.content);
      return { content, warnings: await slips(content) };
    },
  );
  app.get(
    `${url}/trace`,
    {
      schema: {
        ...{ summary: 'Who would hear of an alert at an instant, and why', tags, querystring: Question },
        response: { 200: TraceAnswer },
      },
    },
    async (request) => {
      const { endpoint: id, rule, severity, at } = request.query;
      const instant = at === undefined ? clock.now() : instantOf(at, 'at');
      const known = rules.books().rule(rule);
      if (!known && id !== collectorId) throw fail('NOT_FOUND', { what: 'rule', id: rule });
      const endpoint = id === collectorId ? { id, name: id, site: null, kind: 'collector' } : living(fleet, id);
      const alert = { family: known?.level_of ?? rule, metric: '', tags: {}, rule: { ...known, severity } };
      const names = groups.namedGroupsOf(id).map(({ name }) => name);
      return onCall.trace(labelsOf(alert, endpoint, names), instant);
    },
  );
}
