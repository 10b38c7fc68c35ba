/** Alerts many at a time: by rule and site, several acknowledged at once, and how much noise rules make. */
import { Type } from 'typebox';
import { AlertContext, AlertGroups, AlertNoise, BulkOutcome } from '../../../shared/alert-groups.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { alertContext } from '../alert-context.ts';
import { AlertGroupQuery, alertGroups } from '../alert-groups.ts';
import { alertNoise, NoiseQuery } from '../alert-noise.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, prose, word } from '../shapes.ts';

const Several = Type.Object(
  {
    ids: Type.Array(word(64), { minItems: 1, maxItems: 5000 }),
    note: Type.Optional(prose(2000)),
  },
  { ...closed, examples: [{ ids: ['a1b2c3'], note: 'Looking at them.' }] },
);

/** All at once, so that they are few commits. */
async function bulk(ids: readonly string[], one: (id: string) => Promise<void>): Promise<BulkOutcome> {
  const done: string[] = [];
  const failed: BulkOutcome['failed'] = [];
  const each = [...new Set(ids)].map((id) =>
    one(id).then(
      () => void done.push(id),
      (thrown: unknown) => {
        if (!(thrown instanceof EvenkeelError)) throw thrown;
        failed.push({ id, code: thrown.code, message: thrown.message });
      },
    ),
  );
  await Promise.all(each);
  return { done, failed };
}

export function alertGroupRoutes(app: App, context: Context): void {
  const { state, alerts, ruleNamed, clock } = context;
  app.get(
    '/api/v1/alerts/:id/context',
    {
      schema: {
        summary: 'What may explain an alert: work before it, other metrics that were unusual, earlier ones like it',
        tags: ['alerts'],
        params: Id,
        response: { 200: AlertContext },
      },
    },
    (request) => alertContext(context, request.params.id),
  );

  app.get(
    '/api/v1/alerts/groups',
    {
      schema: {
        summary: 'Active alerts by rule and site: those that nobody has first',
        tags: ['alerts'],
        querystring: AlertGroupQuery,
        response: { 200: AlertGroups },
      },
    },
    (request) => alertGroups(state, ruleNamed, request.query, callerNamed(request)),
  );

  for (const verb of ['acknowledge', 'withdraw'] as const)
    app.post(
      `/api/v1/alerts/${verb}`,
      {
        schema: {
          summary:
            verb === 'acknowledge'
              ? 'Acknowledge several alerts; each that cannot be is answered with its reason'
              : 'Withdraw the acknowledgement of several alerts',
          tags: ['alerts'],
          body: Several,
          response: { 200: BulkOutcome },
        },
      },
      (request) => {
        const by = callerNamed(request);
        const { ids, note = null } = request.body;
        return bulk(ids, (id) =>
          verb === 'acknowledge' ? alerts.acknowledge(id, { by, note }) : alerts.withdraw(id, by),
        );
      },
    );

  app.get(
    '/api/v1/alerts/noise',
    {
      schema: {
        summary: 'How many alerts fired, how many of them somebody took, and which rules make most of them',
        tags: ['alerts'],
        querystring: NoiseQuery,
        response: { 200: AlertNoise },
      },
    },
    (request) => alertNoise(state, ruleNamed, clock.now(), request.query),
  );
}
