/** Targets: what is watched from outside. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import {
  type TargetSettings,
  targetIntervalS,
  targetKinds,
  targetTextMost,
  targetTimeoutS,
} from '../../../shared/target.ts';
import { TargetDetail, TargetRow, TargetTrial } from '../../../shared/target-api.ts';
import type { TargetEdit } from '../../targets/contract.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, PlaceName, word, wordOrNone } from '../shapes.ts';

const Settings = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }),
  Type.Union([wordOrNone(targetTextMost), Type.Integer(), Type.Boolean()]),
  {
    description:
      'those of the kind; secrets are write-only: left out they stay where they go (another host asks for them again), empty they are removed',
  },
);
const seconds = ({ least, most, standard }: { least: number; most: number; standard: number }) =>
  Type.Integer({ minimum: least, maximum: most, default: standard });
const looking = { kind: Type.Enum([...targetKinds]), settings: Settings, timeoutS: seconds(targetTimeoutS) };
const content = {
  name: word(128),
  settings: Settings,
  intervalS: seconds(targetIntervalS),
  timeoutS: seconds(targetTimeoutS),
  site: Type.Union([PlaceName, Type.Null()]),
  watchers: Type.Array(word(64, '`collector`, or the id of an endpoint'), { minItems: 1, maxItems: 16 }),
  need: Type.Union([Type.Integer({ minimum: 1, maximum: 16 }), Type.Null()], {
    description: 'how many watchers must say that it is down; null: most of those that can tell',
  }),
  enabled: Type.Boolean(),
};
const example = {
  ...{ name: 'Website', kind: 'http', settings: { url: 'https://www.example.org/', contains: 'Welcome' } },
  ...{ intervalS: 60, timeoutS: 10, site: null, watchers: ['collector'], need: null, enabled: true },
};
const { site, need, enabled, intervalS, timeoutS, watchers, ...must } = content;
const may = { site, need, enabled, intervalS, timeoutS, watchers };
const New = Type.Object(
  { ...must, kind: looking.kind, ...Type.Partial(Type.Object(may)).properties },
  { ...closed, examples: [example] },
);
const Edit = Type.Object(Type.Partial(Type.Object(content)).properties, {
  ...{ ...closed, minProperties: 1 },
  examples: [{ enabled: false }],
});
const Trial = Type.Object(
  {
    ...looking,
    id: Type.Optional(word(64, 'of the target whose secrets hold where they are left out, at the same host and port')),
  },
  { ...closed, examples: [{ kind: 'tcp', settings: { host: 'db.example.org', port: 5432 }, timeoutS: 10 }] },
);

const url = '/api/v1/targets';
const tags = ['targets'];

export function targetRoutes(app: App, context: Context): void {
  const { targets } = context;
  app.get(
    url,
    { schema: { summary: 'What is watched from outside', tags, response: { 200: page(TargetRow) } } },
    async () => ({
      items: targets.list(),
      next: null,
    }),
  );

  app.post(
    `${url}/try`,
    { schema: { summary: 'Look once, from the collector', tags, body: Trial, response: { 200: TargetTrial } } },
    ({ body: { kind, settings, timeoutS: timeout_s, id } }) =>
      targets.tryOut({ kind, settings: settings as TargetSettings, timeout_s }, id),
  );

  app.post(
    url,
    { schema: { summary: 'Watch a target', tags, body: New, response: { 201: TargetRow } } },
    async (request, reply) => {
      const { name, kind, settings, intervalS: every = targetIntervalS.standard, ...body } = request.body;
      const timeout = body.timeoutS ?? Math.min(targetTimeoutS.standard, Math.floor(every / 2));
      const target = {
        ...{ name, kind, settings: settings as TargetSettings, interval_s: every, timeout_s: timeout },
        ...{ site: body.site ?? null, watchers: body.watchers ?? ['collector'], need: body.need ?? null },
        enabled: body.enabled ?? true,
      };
      const { id, madeSite } = await targets.create(target, callerNamed(request));
      if (madeSite !== null) request.madeSites.push(madeSite);
      const row = targets.row(id);
      request.noted = { before: null, after: notable(row) };
      return reply.status(201).send(row);
    },
  );

  app.get(
    `${url}/:id`,
    { schema: { summary: 'One target', tags, params: Id, response: { 200: TargetDetail } } },
    async ({ params: { id } }) => ({ ...(await targets.detail(id)), uses: usesOf(context, id) }),
  );

  app.patch(
    `${url}/:id`,
    { schema: { summary: 'Change a target', tags, params: Id, body: Edit, response: { 200: TargetRow } } },
    async (request) => {
      const { id } = request.params;
      const { intervalS: interval_s, timeoutS: timeout_s, settings, ...rest } = request.body;
      const given = { interval_s, timeout_s, settings, ...rest };
      const edit = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as TargetEdit;
      const before = notable(targets.row(id));
      const { madeSite } = await targets.edit(id, edit, callerNamed(request));
      if (madeSite !== null) request.madeSites.push(madeSite);
      const row = targets.row(id);
      request.noted = { before, after: notable(row) };
      return row;
    },
  );

  app.delete(
    `${url}/:id`,
    {
      schema: {
        summary: 'Watch a target no longer; one that is used is refused, or taken out of what uses it',
        ...{ tags, params: Id, querystring: Type.Object({ takeOut: Type.Optional(Type.Boolean()) }, closed) },
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      request.noted = { before: notable(targets.row(id)), after: {} };
      await takeOut(context, id, request.query.takeOut === true, callerNamed(request));
      await targets.remove(id);
      return reply.status(204).send(null);
    },
  );
}

function usesOf({ services, dependencies }: Context, id: string): TargetDetail['uses'] {
  return [
    ...services.namedBy(id).map((one) => ({ of: 'service' as const, id: one.id, name: one.name })),
    ...dependencies
      .childrenOf(id)
      .map((child) => ({ of: 'endpoint' as const, id: child, name: dependencies.nameOf(child) ?? child })),
    ...dependencies.sites.behind(id).map((site) => ({ of: 'site' as const, ...site })),
  ];
}

/** @throws EvenkeelError CONFLICT where it is used, and that is not wanted or is set in the file */
async function takeOut(context: Context, id: string, isWanted: boolean, by: string): Promise<void> {
  const { services, dependencies, clock, targets } = context;
  const uses = usesOf(context, id);
  if (uses.length === 0) return;
  const names = uses.map(({ of, name: used }) => `the ${of} "${used}"`).join(', ');
  const refuse = (how: string) =>
    fail('CONFLICT', { problem: `the target "${targets.row(id).name}" is used by ${names}; ${how}` });
  if (!isWanted) throw refuse('change that first, or send ?takeOut=true to take it out of all of them');
  const inFile = uses.find((one) => one.of === 'site' && dependencies.sites.isOfFile(one.id));
  if (inFile) throw refuse(`what "${inFile.name}" is reached by way of is set in evenkeel.yaml: change it there first`);
  await services.takeOut(id, by);
  const without = ({ parents, groups }: { parents: readonly string[]; groups: readonly (readonly string[])[] }) => ({
    parents: parents.filter((one) => one !== id),
    groups: groups.map((group) => group.filter((one) => one !== id)).filter((group) => group.length > 0),
  });
  for (const { of, id: used } of uses) {
    if (of === 'endpoint') await dependencies.set(used, without(dependencies.of(used)), by, clock.now());
    if (of === 'site')
      await dependencies.sites.set(used, without(dependencies.sites.waysOfSite(used)), by, clock.now());
  }
}

/** For the audit log: what people set, without secrets and without what was seen. */
function notable(row: TargetRow): Record<string, unknown> {
  const { name, kind, settings, intervalS, timeoutS, site, watchers, need, enabled } = row;
  return { name, kind, settings, intervalS, timeoutS, site, watchers, need, enabled };
}
