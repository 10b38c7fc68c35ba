/** How changes ended: cancelled, or finished with an outcome, as a whole and for one target. */
import { Type } from 'typebox';
import { ChangeDetail, changeOutcomes } from '../../../shared/api.ts';
import { changeBounds } from '../../changes/plan.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { changeById } from '../read-changes.ts';
import { closed, instantMs, Nothing, prose, proseOrNone, word } from '../shapes.ts';
import { ChangeId } from './changes.ts';

const Outcome = Type.Object(
  {
    outcome: Type.Enum([...changeOutcomes]),
    reason: Type.Optional(proseOrNone(changeBounds.reason, 'needed for a better outcome than computed')),
    at: Type.Optional(instantMs('; when it was finished; default now, at the end of its window at the latest')),
    objectiveMet: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    rolledBack: Type.Optional(Type.Boolean()),
    emergencyFix: Type.Optional(Type.Boolean()),
  },
  { ...closed, examples: [{ outcome: 'with_issues', reason: 'one switch had to be restarted', objectiveMet: true }] },
);

const url = '/api/v1/changes';
const tags = ['changes'];

export function changeOutcomeRoutes(app: App, context: Context): void {
  const { changes } = context;
  const answer = { response: { 200: ChangeDetail } };
  const detail = (id: number) => changeById(context, id);

  app.post(
    `${url}/:id/cancel`,
    {
      schema: {
        summary: 'Cancel a change, and its maintenance',
        tags,
        params: ChangeId,
        body: Type.Object({ reason: prose(changeBounds.reason) }, { ...closed, examples: [{ reason: 'not needed' }] }),
        ...answer,
      },
    },
    async (request) => {
      const { id } = request.params;
      await changes.cancel(id, callerNamed(request), request.body.reason);
      return detail(id);
    },
  );

  app.post(
    `${url}/:id/outcome`,
    {
      schema: {
        summary: 'Finish a change with its outcome, or state the outcome anew',
        tags,
        params: ChangeId,
        body: Outcome,
        ...answer,
      },
    },
    async (request) => {
      const { id } = request.params;
      const { reason = '', objectiveMet = null, rolledBack = false, emergencyFix = false, ...rest } = request.body;
      const verdict = { ...rest, reason, objectiveMet, rolledBack, emergencyFix };
      await changes.finish(id, verdict, callerNamed(request));
      return detail(id);
    },
  );

  app.put(
    `${url}/:id/targets/:endpoint`,
    {
      schema: {
        summary: 'How a change went on one target, as a person knows it',
        tags,
        params: Type.Object({ ...ChangeId.properties, endpoint: word(64) }, closed),
        body: Type.Object(
          {
            result: Type.Union([Type.Enum(['done', 'failed']), Type.Null()], { description: 'null: as observed' }),
            note: Type.Optional(proseOrNone(500)),
          },
          { ...closed, examples: [{ result: 'failed', note: 'had to be restored' }] },
        ),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { id, endpoint } = request.params;
      const { result, note = '' } = request.body;
      await changes.setResult(id, endpoint, result, note, callerNamed(request));
      return reply.status(204).send(null);
    },
  );
}
