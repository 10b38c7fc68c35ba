/** Who has which tickets, and who knows what. */
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { SwarmAnswer, skillsAtMost, Workload } from '../../../shared/ticket-work.ts';
import { mayDo } from '../../accounts/roles.ts';
import { setSkills, skillsOf } from '../../tickets/skills.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { requireSeen, siteOfTicket } from '../limited-named.ts';
import { requirePerson } from '../people-named.ts';
import { skillWordsIn, workloadOf } from '../read-workload.ts';
import { closed, counted, Tag, UserName } from '../shapes.ts';

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

  app.get(
    '/api/v1/tickets/:id/swarm',
    {
      schema: {
        ...{ summary: 'Whom a severity swarm would call: who is on call now, and sees the ticket', tags },
        params: Type.Object({ id: counted('the number of a ticket') }, closed),
        response: { 200: SwarmAnswer },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { state, onCall, clock } = context;
      if (!(await state.selectFrom('tickets').select('id').where('id', '=', id).executeTakeFirst()))
        throw fail('NOT_FOUND', { what: 'ticket', id });
      const now = clock.now();
      const { schedules } = await onCall.overview(callerNamed(request), now, now + 1);
      const site = await siteOfTicket(state, id);
      const people: SwarmAnswer['people'] = [];
      for (const { name: schedule, now: turn } of schedules) {
        if (turn.user === null) continue;
        const same = people.find(({ name }) => name === turn.user);
        if (same) same.schedules.push(schedule);
        else people.push({ name: turn.user, schedules: [schedule], isReached: turn.isReached });
      }
      const seen = await Promise.all(
        people.map(({ name }) =>
          requireSeen(context, name, site, 'be shown to').then(
            () => true,
            () => false,
          ),
        ),
      );
      return { people: people.filter((_, i) => seen[i]) };
    },
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
      const before = [...(await skillsOf(context.state, person))];
      await setSkills(context.state, { person, by, at: context.clock.now() }, skills, await skillWordsIn(reading));
      request.noted = { before: { person, skills: before }, after: { person, skills } };
      return workloadOf(reading, { name: by, role });
    },
  );
}
