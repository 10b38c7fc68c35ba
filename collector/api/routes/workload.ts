/** Who has which tickets, and who knows what. */
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { skillsAtMost, Workload } from '../../../shared/ticket-work.ts';
import { mayDo } from '../../accounts/roles.ts';
import { setSkills } from '../../tickets/skills.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { requirePerson } from '../people-named.ts';
import { skillWordsIn, workloadOf } from '../read-workload.ts';
import { closed, Tag, UserName } from '../shapes.ts';

export function workloadRoutes(app: App, context: Context): void {
  const reading = { ...context, clocks: context.ticketClocks };
  const tags = ['tickets'];

  app.get(
    '/api/v1/people/workload',
    {
      schema: {
        ...{ summary: 'Open tickets of each person, and what they know, by name', tags },
        response: { 200: Workload },
      },
    },
    (request) => workloadOf(reading, { name: callerNamed(request), role: request.caller?.role ?? 'viewer' }),
  );

  app.put(
    '/api/v1/people/:name/skills',
    {
      schema: {
        ...{ summary: 'Say what somebody knows, in words that are in use; tickets are suggested by it', tags },
        params: Type.Object({ name: UserName }, closed),
        body: Type.Object(
          { skills: Type.Array(Tag, { maxItems: skillsAtMost }) },
          { ...closed, examples: [{ skills: ['backup'] }] },
        ),
        response: { 200: Workload },
      },
    },
    async (request) => {
      const by = callerNamed(request);
      const { role = 'viewer' } = request.caller ?? {};
      const { name: person } = request.params;
      if (person !== by && !mayDo(role, 'admin')) throw fail('FORBIDDEN', { role, needed: 'admin, or that person' });
      await requirePerson(context, person, by);
      const { skills } = request.body;
      await setSkills(context.state, { person, by, at: context.clock.now() }, skills, await skillWordsIn(reading));
      request.noted = { before: null, after: { person, skills } };
      return workloadOf(reading, { name: by, role });
    },
  );
}
