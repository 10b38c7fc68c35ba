/** Maintenance: windows once or recurring, and what people do to them. */
import { Type } from 'typebox';
import { MaintenanceDetail, MaintenanceRow, MaintenanceSpan, maintenanceScopes, page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { reason } from '../../../shared/reason.ts';
import { Settling } from '../../../shared/settling.ts';
import { refusal } from '../../../shared/words/refusal.ts';
import { living } from '../../fleet/fleet.ts';
import { maintenanceOf } from '../../maintenance/spans.ts';
import type { MaintenanceScope } from '../../maintenance/window.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { scopeNamed } from '../rule-scope.ts';
import { anyInstantMs, closed, Id, Instant, instantOf, prose, word } from '../shapes.ts';

const Reason = prose(1000);
const Scope = Type.Object(
  {
    of: Type.Enum([...maintenanceScopes]),
    target: word(128, 'name of the site, id or name of the group, the tag, or id of the endpoint'),
  },
  closed,
);
const Repeat = Type.Object(
  {
    cron: word(100, 'minute, hour, day of month, month, day of week; also `L`, `TUE#2` (second), `SATL` (last)'),
    zone: word(64, 'IANA'),
    durationMin: Type.Optional(Type.Integer({ minimum: 1, maximum: 43_200, description: 'elapsed minutes' })),
    until: Type.Optional(Type.String({ maxLength: 5, description: 'instead: wall time `HH:MM` at which it ends' })),
    starts: Type.Optional(anyInstantMs('; no occurrence before')),
    ends: Type.Optional(anyInstantMs('; no occurrence from then on')),
  },
  closed,
);
const when = {
  from: Type.Optional(anyInstantMs('; default now')),
  to: Type.Optional(anyInstantMs('')),
  late: Type.Optional(Type.Boolean({ description: 'began in the past: counts once a second person has approved it' })),
  repeat: Type.Optional(Repeat),
};
const example = { scope: { of: 'site', target: 'Osaka' }, reason: 'New switch', to: 1_796_000_000_000 };
const New = Type.Object({ scope: Scope, reason: Reason, ...when }, { ...closed, examples: [example] });
const Edit = Type.Object(
  { scope: Type.Optional(Scope), reason: Type.Optional(Reason), ...when },
  { ...closed, minProperties: 1, examples: [{ reason: 'New switch and UPS' }] },
);

const url = '/api/v1/maintenance';
const tags = ['maintenance'];

function settlingRoute(app: App, { fleet, maintenance }: Context): void {
  app.get(
    `${url}/settling`,
    {
      schema: {
        summary: 'Endpoints whose maintenance is over, and until when nobody is notified of them while values settle',
        tags,
        response: { 200: page(Settling) },
      },
    },
    () => ({
      items: [...fleet.all()].flatMap(({ id, name }) => {
        const until = maintenance.quietUntil(id);
        return until === null ? [] : [{ endpoint: { id, name }, until }];
      }),
      next: null,
    }),
  );
}

export function maintenanceRoutes(app: App, context: Context): void {
  settlingRoute(app, context);
  const { state, maintenance } = context;

  const found = (scope: MaintenanceScope) => keptScope(context, scope);

  app.get(
    url,
    {
      schema: {
        summary: 'Maintenance windows: those that run or are to come, or those that are over',
        tags,
        querystring: Type.Object(
          {
            past: Type.Optional(Type.Boolean()),
            waiting: Type.Optional(Type.Boolean({ description: 'instead: those that wait for a second person' })),
          },
          closed,
        ),
        response: { 200: page(MaintenanceRow) },
      },
    },
    async ({ query: { past = false, waiting } }) => ({
      items: await (waiting ? maintenance.waiting() : maintenance.list(past)),
      next: null,
    }),
  );

  app.get(
    `${url}/spans`,
    {
      schema: {
        summary: 'When an endpoint was in maintenance',
        tags,
        querystring: Type.Object({ endpoint: word(64), from: Instant, to: Instant }, closed),
        response: { 200: page(MaintenanceSpan) },
      },
    },
    async (request) => {
      const { endpoint, from, to } = request.query;
      const range = { start: instantOf(from, 'from'), end: instantOf(to, 'to') };
      if (range.end <= range.start) throw fail('BAD_REQUEST', { problem: 'to must be after from' });
      const spans = await maintenanceOf(state, [endpoint], range);
      return { items: spans.get(endpoint) ?? [], next: null };
    },
  );

  app.post(
    `${url}/preview`,
    { schema: { summary: 'A window as it would be entered', tags, body: New, response: { 200: MaintenanceRow } } },
    async (request) => {
      const wish = { ...request.body, scope: await found(request.body.scope) };
      return maintenance.rowOf(maintenance.preview(wish, callerNamed(request)));
    },
  );

  app.post(
    url,
    { schema: { summary: 'Enter a maintenance window', tags, body: New, response: { 201: MaintenanceRow } } },
    async (request, reply) => {
      const wish = { ...request.body, scope: await found(request.body.scope) };
      const id = await maintenance.create(wish, callerNamed(request));
      return reply.status(201).send(await maintenance.row(id));
    },
  );

  app.get(
    `${url}/:id`,
    { schema: { summary: 'One window with its history', tags, params: Id, response: { 200: MaintenanceDetail } } },
    (request) => maintenance.detail(request.params.id),
  );

  app.patch(
    `${url}/:id`,
    {
      schema: {
        summary: 'Change what has not begun of a window',
        tags,
        params: Id,
        body: Edit,
        response: { 200: MaintenanceRow },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { scope, ...rest } = request.body;
      await maintenance.change(id, { ...rest, ...(scope ? { scope: await found(scope) } : {}) }, callerNamed(request));
      return maintenance.row(id);
    },
  );

  const answer = { response: { 200: MaintenanceRow } };
  const acts = {
    end: 'End the running occurrence now',
    cancel: 'Cancel what is to come of a window',
    approve: 'Approve what was entered late, or lasts more than 24 h, as a second person',
  } as const;
  for (const [act, summary] of Object.entries(acts) as [keyof typeof acts, string][])
    app.post(`${url}/:id/${act}`, { schema: { summary, tags, params: Id, ...answer } }, async (request) => {
      const { id } = request.params;
      // The author could make a token and approve it with that.
      if (act === 'approve' && request.caller?.by !== 'session') throw refusal('CONFLICT', reason('maintenance_token'));
      await maintenance[act](id, callerNamed(request));
      return maintenance.row(id);
    });

  app.post(
    `${url}/:id/extend`,
    {
      schema: {
        summary: 'Let the running occurrence end later; beyond 24 h once a second person has approved it',
        tags,
        params: Id,
        body: Type.Object({ until: anyInstantMs('') }, { ...closed, examples: [{ until: example.to }] }),
        ...answer,
      },
    },
    async (request) => {
      const { id } = request.params;
      await maintenance.extend(id, request.body.until, callerNamed(request));
      return maintenance.row(id);
    },
  );

  app.post(
    `${url}/:id/skip`,
    {
      schema: {
        summary: 'Leave out one date of a recurrence',
        tags,
        params: Id,
        body: Type.Object(
          { date: word(10, 'local date of its start, YYYY-MM-DD') },
          { ...closed, examples: [{ date: '2026-12-24' }] },
        ),
        ...answer,
      },
    },
    async (request) => {
      const { id } = request.params;
      await maintenance.skip(id, request.body.date, callerNamed(request));
      return maintenance.row(id);
    },
  );
}

/** As it is kept, so that one place has one spelling. @throws EvenkeelError NOT_FOUND */
async function keptScope(context: Context, scope: MaintenanceScope): Promise<MaintenanceScope> {
  // A target or a service is worked on as a machine is.
  if (scope.of === 'endpoint' && (context.targets.subject(scope.target) ?? context.services.subject(scope.target)))
    return scope;
  const { of, target } = (await scopeNamed(context, scope)) as MaintenanceScope;
  return { of, target: of === 'endpoint' ? living(context.fleet, target).id : target };
}
