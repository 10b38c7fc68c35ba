/** Alerts: current and past ones, and their acknowledgement. */
import { Type } from 'typebox';
import { Alert, page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import type { Finding } from '../../../shared/finding.ts';
import { AlertAnswer } from '../../../shared/suppression.ts';
import { longestMs } from '../../alerts/acknowledgement.ts';
import { ownRules } from '../../alerts/own-rules.ts';
import { templatesOf } from '../../evaluate/rule.ts';
import { asTemplates, outsideTexts } from '../../outside/texts.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { requireSeen, siteOfEndpoint } from '../limited-named.ts';
import { requireTaker } from '../people-named.ts';
import { AlertQuery, alertById, alertDetail, alertsBy, ticketedBy } from '../read-alerts.ts';
import { suppressionsOf } from '../read-suppressions.ts';
import { closed, Id, instantMs, prose, word } from '../shapes.ts';

const Acknowledge = Type.Object(
  {
    note: Type.Optional(prose(2000)),
    until: Type.Optional(instantMs('; default 4 h from now if critical, else 24 h')),
    sticky: Type.Optional(Type.Boolean({ description: 'goes on when the alert gets worse' })),
  },
  { ...closed, examples: [{ note: 'Looking at it.' }] },
);

export function alertRoutes(app: App, context: Context): void {
  const { state, alerts, rules: inForce, ruleNamed, clock } = context;
  const levelsOf = (rule: string) =>
    [...inForce.books().all(), ...ownRules].flatMap(({ id, level_of }) => (level_of === rule ? [id] : []));

  app.get(
    '/api/v1/alerts',
    {
      schema: {
        summary: 'Alerts, newest change first',
        tags: ['alerts'],
        querystring: AlertQuery,
        response: { 200: page(Alert) },
      },
    },
    (request) => alertsBy(state, ruleNamed, request.query, levelsOf),
  );

  app.get(
    '/api/v1/alerts/:id',
    {
      schema: {
        summary: 'One alert with its history and notifications, and why nobody is notified of it now or who hears next',
        tags: ['alerts'],
        params: Id,
        response: { 200: AlertAnswer },
      },
    },
    async (request) => {
      const detail = await alertDetail(state, ruleNamed, request.params.id);
      const said = await outsideTexts(state, request.params.id);
      return {
        ...detail,
        texts: said ? asTemplates(said) : templatesOf(inForce.books().rule(detail.alert.rule.id)),
        source: said?.url ?? null,
        suppressions: await suppressionsOf(context, detail),
        ticketed: await ticketedBy(state, detail.alert),
        escalations: alerts.escalationsOf(request.params.id),
        finding: await findingOf(context, detail.alert),
      };
    },
  );

  app.post(
    '/api/v1/alerts/:id/acknowledge',
    {
      schema: {
        summary: 'Acknowledge an alert until a time; assigns its ticket to the caller',
        tags: ['alerts'],
        params: Id,
        body: Acknowledge,
        response: { 200: Alert },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { until, ...acknowledgement } = request.body;
      const now = clock.now();
      if (until !== undefined && (until <= now || until > now + longestMs))
        throw fail('BAD_REQUEST', { problem: 'until must lie in the next 7 days' });
      await alerts.acknowledge(id, { ...acknowledgement, until: until ?? null, by: callerNamed(request) });
      return alertById(state, ruleNamed, id);
    },
  );

  app.post(
    '/api/v1/alerts/:id/hand-over',
    {
      schema: {
        summary:
          'Hand an alert over: it stays with the caller until the other user acknowledges it, at most 15 minutes',
        tags: ['alerts'],
        params: Id,
        body: Type.Object({ to: word(64) }, { ...closed, examples: [{ to: 'bob' }] }),
        response: { 200: Alert },
      },
    },
    async (request) => {
      await requireTaker(context, request.body.to, callerNamed(request));
      const { endpoint } = await alertById(state, ruleNamed, request.params.id);
      await requireSeen(context, request.body.to, await siteOfEndpoint(state, endpoint.id), 'be handed over to');
      await alerts.handOver(request.params.id, callerNamed(request), request.body.to);
      return alertById(state, ruleNamed, request.params.id);
    },
  );

  app.post(
    '/api/v1/alerts/:id/withdraw',
    {
      schema: {
        summary: 'Withdraw the acknowledgement of an alert',
        tags: ['alerts'],
        params: Id,
        response: { 200: Alert },
      },
    },
    async (request) => {
      await alerts.withdraw(request.params.id, callerNamed(request));
      return alertById(state, ruleNamed, request.params.id);
    },
  );

  app.post(
    '/api/v1/alerts/:id/ticket',
    {
      schema: {
        summary: 'Open a ticket for an alert whose rule only proposes one, or wants none',
        tags: ['alerts'],
        params: Id,
        response: { 200: Alert },
      },
    },
    async (request) => {
      await alerts.openTicket(request.params.id, callerNamed(request));
      return alertById(state, ruleNamed, request.params.id);
    },
  );

  app.post(
    '/api/v1/alerts/:id/end',
    {
      schema: {
        summary: 'End an alert whose subject no longer exists; it fires again if that is wrong',
        tags: ['alerts'],
        params: Id,
        response: { 200: Alert },
      },
    },
    async (request) => {
      await alerts.end(request.params.id, callerNamed(request));
      return alertById(state, ruleNamed, request.params.id);
    },
  );
}

/** While it goes on, what is seen now; afterwards what was seen when it began. */
async function findingOf(
  { services }: Context,
  { endpoint, state, firedAt, pendingAt }: Alert,
): Promise<Finding | null> {
  const now = services.finding(endpoint.id) ?? null;
  if (now === null || state !== 'resolved') return now;
  const seen = await services.seenAt(endpoint.id, firedAt ?? pendingAt);
  return seen ?? (now.of === 'target' ? { ...now, result: null, votes: 0, down: 0, services: [] } : now);
}
