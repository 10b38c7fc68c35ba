/** On call: who it is, overrides, schedules, escalation policies. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import {
  OnCallAnswer,
  OverrideAnswer,
  PolicyAnswer,
  PolicyContent,
  type PolicyRow,
  ScheduleAnswer,
  ScheduleContent,
} from '../../../shared/on-call.ts';
import type { App, Context } from '../context.ts';
import { placed } from '../doubts.ts';
import { callerNamed } from '../guard.ts';
import { limitedInPolicy } from '../limited-named.ts';
import { closed, Id, Instant, instantMs, instantOf, Nothing, proseOrNone, word } from '../shapes.ts';

const day = 86_400_000;
const rangeAtMost = 92 * day;
const Name = Type.Object({ name: word(64) }, closed);
const reason = Type.Optional(proseOrNone(500, 'kept with the change'));
const Why = Type.Object({ reason }, closed);
const examples = {
  schedule: {
    zone: 'Europe/Berlin',
    layers: [
      { name: 'main', users: ['ann', 'bob'], rotation: { unit: 'week' as const, every: 1, start: '2026-03-02T09:00' } },
    ],
    fallback: 'channel:ops',
  },
  policy: { steps: [{ targets: ['schedule:primary'], wait: '5m' }], repeat: 1, fallback: 'channel:ops' },
};
const isNew = Type.Optional(
  Type.Boolean({ default: false, description: 'refused where the name is taken; without it that one is replaced' }),
);
const ScheduleEdit = Type.Object(
  {
    content: ScheduleContent,
    from: Type.Optional(instantMs(': takes effect then; default with the next hand-over')),
    isNew,
    reason,
  },
  { ...closed, examples: [{ content: examples.schedule }] },
);
const PolicyEdit = Type.Object(
  { content: PolicyContent, isNew, reason },
  { ...closed, examples: [{ content: examples.policy }] },
);
const Override = Type.Object(
  {
    from: instantMs(''),
    to: instantMs(''),
    user: word(64, 'who takes over'),
    replace: Type.Optional(word(64, 'a swap: only where this user would be on call')),
    wins: Type.Optional(Type.Boolean({ description: 'over others that it overlaps; else these are a fault' })),
  },
  { ...closed, examples: [{ from: 1_796_000_000_000, to: 1_796_086_400_000, user: 'bob', replace: 'ann' }] },
);

const url = '/api/v1/on-call';
const tags = ['on call'];

export function onCallRoutes(app: App, context: Context): void {
  const { onCall, clock } = context;
  const warnings = async ({ name, content }: PolicyRow) => [
    ...placed(await onCall.doubts('policy', name)),
    ...(await limitedInPolicy(context, content)),
  ];
  app.get(
    url,
    {
      schema: {
        ...{ summary: 'Who is on call, the shifts of a time, gaps, and one’s own next shift', tags },
        querystring: Type.Object({ from: Type.Optional(Instant), to: Type.Optional(Instant) }, closed),
        response: { 200: OnCallAnswer },
      },
    },
    async (request) => {
      const { from, to } = request.query;
      const begin = from === undefined ? clock.now() : instantOf(from, 'from');
      const end = to === undefined ? begin + 28 * day : instantOf(to, 'to');
      if (end <= begin || end - begin > rangeAtMost)
        throw fail('BAD_REQUEST', { problem: 'to must be after from, and at most 92 days later' });
      return onCall.overview(callerNamed(request), begin, end);
    },
  );

  app.put(
    `${url}/schedules/:name`,
    {
      schema: {
        ...{ summary: 'Make a schedule, or change it from the next hand-over on', tags, params: Name },
        ...{ body: ScheduleEdit, response: { 200: ScheduleAnswer } },
      },
    },
    (request) => {
      const { content, from = null, isNew: mustBeNew = false, reason: why = '' } = request.body;
      return onCall.saveSchedule(request.params.name, content, {
        ...{ from, by: callerNamed(request), reason: why, isNew: mustBeNew },
      });
    },
  );
  app.post(
    `${url}/schedules/:name/preview`,
    {
      schema: {
        ...{ summary: 'A schedule as it would be: its shifts and gaps', tags, params: Name },
        ...{ body: ScheduleEdit, response: { 200: ScheduleAnswer } },
      },
    },
    (request) => onCall.previewSchedule(request.params.name, request.body.content),
  );
  app.post(
    `${url}/schedules/:name/overrides`,
    {
      schema: {
        ...{ summary: 'Let somebody take over a time', tags, params: Name, body: Override },
        response: { 201: OverrideAnswer },
      },
    },
    async (request, reply) => {
      const { wins = false, ...wish } = request.body;
      const made = await onCall.addOverride(request.params.name, wish, callerNamed(request), wins);
      return reply.status(201).send(made);
    },
  );
  app.delete(
    `${url}/overrides/:id`,
    {
      schema: {
        ...{ summary: 'Remove an override; one that has begun ends now', tags, params: Id },
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      await onCall.removeOverride(request.params.id, callerNamed(request));
      return reply.status(204).send(null);
    },
  );

  app.get(
    `${url}/policies`,
    { schema: { summary: 'Escalation policies', tags, response: { 200: page(PolicyAnswer) } } },
    async () => {
      const items = [];
      for (const row of onCall.policies()) items.push({ ...row, warnings: await warnings(row) });
      return { items, next: null };
    },
  );
  app.put(
    `${url}/policies/:name`,
    {
      schema: {
        ...{ summary: 'Make or change an escalation policy; runs that have begun go on as they were', tags },
        ...{ params: Name, body: PolicyEdit, response: { 200: PolicyAnswer } },
      },
    },
    async (request) => {
      const { content, isNew: mustBeNew = false, reason: why = '' } = request.body;
      const { name } = request.params;
      const row = await onCall.savePolicy(name, content, {
        ...{ by: callerNamed(request), reason: why, isNew: mustBeNew },
      });
      return { ...row, warnings: await warnings(row) };
    },
  );
  for (const kind of ['schedule', 'policy'] as const)
    app.delete(
      `${url}/${kind === 'schedule' ? 'schedules' : 'policies'}/:name`,
      {
        schema: {
          ...{
            summary: `Delete ${kind === 'schedule' ? 'a schedule' : 'an escalation policy'} that nothing names`,
            tags,
          },
          ...{ params: Name, querystring: Why, response: { 204: Nothing } },
        },
      },
      async (request, reply) => {
        const { reason: why = '' } = request.query;
        await onCall.remove(kind, request.params.name, { by: callerNamed(request), reason: why });
        return reply.status(204).send(null);
      },
    );
}
