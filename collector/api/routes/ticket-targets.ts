/** What is promised for tickets of each priority, and its versions. */
import { type Static, Type } from 'typebox';
import { TicketTargets } from '../../../shared/api.ts';
import { changeTicketTargets, targetsAt, ticketTargets } from '../../tickets/targets.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, instantMs, prose } from '../shapes.ts';

/** Of business time: a year of days and nights. */
const mostMinutes = 527_040;
const Minutes = Type.Union([Type.Integer({ minimum: 1, maximum: mostMinutes }), Type.Null()], {
  description: 'of support time; null: nothing is promised',
});
const Target = Type.Object(
  { response: Minutes, resolution: Minutes, always: Type.Boolean({ description: 'day and night' }) },
  closed,
);
const example = { response: 60, resolution: 480, always: false };
const Changed = Type.Object(
  {
    targets: Type.Object({ P1: Target, P2: Target, P3: Target, P4: Target, P5: Target }, closed),
    from: Type.Optional(instantMs(': of tickets opened from then on; left out: from now on')),
    reason: prose(500, 'kept with the version'),
  },
  {
    ...closed,
    examples: [
      { targets: { P1: example, P2: example, P3: example, P4: example, P5: example }, reason: 'contract of 2027' },
    ],
  },
);

export function ticketTargetRoutes(app: App, { state, clock }: Context): void {
  const url = '/api/v1/ticket-targets';
  const tags = ['tickets'];

  async function answer(): Promise<Static<typeof TicketTargets>> {
    const versions = await ticketTargets(state);
    return { current: targetsAt(versions, clock.now()).version, versions };
  }

  app.get(
    url,
    {
      schema: {
        summary: 'Until when tickets of each priority are to be answered and resolved, all versions, newest first',
        ...{ tags, response: { 200: TicketTargets } },
      },
    },
    answer,
  );

  app.put(
    url,
    {
      schema: {
        summary: 'Change what is promised for tickets; those that are open keep what they were opened with',
        ...{ tags, body: Changed, response: { 200: TicketTargets } },
      },
    },
    async (request) => {
      const { targets, from = null, reason } = request.body;
      await changeTicketTargets(state, { targets, from, reason, by: callerNamed(request) }, clock.now());
      return answer();
    },
  );
}
