/** Machines that ask to join by a code that wants approval, and the answer of a person. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { Applicant } from '../../../shared/applicant.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, prose } from '../shapes.ts';

const tags = ['enrolment'];

export function applicantRoutes(app: App, { applicants, changeFeed }: Context): void {
  app.get(
    '/api/v1/applicants',
    {
      schema: {
        summary: 'Machines that wait for a person to let them join, and what was said to those of the last 7 days',
        ...{ tags, response: { 200: page(Applicant) } },
      },
    },
    async () => ({ items: await applicants.list(), next: null }),
  );

  app.post(
    '/api/v1/applicants/:id/approve',
    {
      schema: {
        summary: 'Let a machine join; compare the check word that it shows first',
        ...{ tags, params: Id, response: { 204: Nothing } },
      },
    },
    async (request, reply) => {
      await applicants.approve(request.params.id, callerNamed(request));
      changeFeed.publish({ kind: 'applicant' });
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/applicants/:id/refuse',
    {
      schema: {
        summary: 'Refuse a machine; it is told why',
        ...{ tags, params: Id, response: { 204: Nothing } },
        body: Type.Object(
          { reason: prose(500, 'why; the machine shows it') },
          { ...closed, examples: [{ reason: 'Nobody here has a machine of that name.' }] },
        ),
      },
    },
    async (request, reply) => {
      await applicants.refuse(request.params.id, callerNamed(request), request.body.reason);
      changeFeed.publish({ kind: 'applicant' });
      return reply.status(204).send(null);
    },
  );
}
