/** Changes: planned work with its outcome, and what agents reported. */
import { Type } from 'typebox';
import { ChangeDetail, ChangeMark, ChangePreview, ChangeRow, maintenanceScopes, page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { changeMarks } from '../../changes/marks.ts';
import { changeBounds } from '../../changes/plan.ts';
import type { MaintenanceScope } from '../../maintenance/window.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { ChangeQuery, changeById, changePreview, changesBy } from '../read-changes.ts';
import { scopeNamed } from '../rule-scope.ts';
import { anyInstantMs, closed, counted, freeTextOrNone, Instant, instantOf, word } from '../shapes.ts';

export const ChangeId = Type.Object({ id: counted('the number of a change') }, closed);
const Scope = Type.Object(
  {
    of: Type.Enum([...maintenanceScopes]),
    target: word(128, 'name of the site, id or name of the group, the tag, or id of the endpoint'),
  },
  closed,
);
// Their limits have better reasons than a schema's where they are checked: collector/changes/plan.ts.
const fields = {
  title: Type.String({ maxLength: 2000, description: `one line, at most ${changeBounds.title} characters` }),
  description: freeTextOrNone(20_000, `at most ${changeBounds.description} characters`),
  scopes: Type.Array(Scope, { maxItems: 100 }),
  from: anyInstantMs('; start of its window'),
  to: anyInstantMs('; end of its window'),
  repairOf: Type.Union([ChangeId.properties.id, Type.Null()], { description: 'the change that it repairs' }),
};
const optional = Type.Partial(Type.Object(fields)).properties;
const example = {
  ...{ title: 'New firmware of the core switches', scopes: [{ of: 'site', target: 'Osaka' }] },
  ...{ from: 1_796_000_000_000, to: 1_796_010_800_000 },
};
const { title: _, ...previewed } = example;
const { title, scopes, from, to } = fields;
const New = Type.Object(
  { title, scopes, from, to, description: optional.description, repairOf: optional.repairOf },
  { ...closed, examples: [example] },
);
const Preview = Type.Object(
  { scopes, from, to, except: Type.Optional(ChangeId.properties.id) },
  { ...closed, examples: [previewed] },
);
const Edit = Type.Object(optional, { ...closed, minProperties: 1, examples: [{ title: example.title }] });
const url = '/api/v1/changes';
const tags = ['changes'];

/** Under the names that are kept, so that one place has one spelling. @throws EvenkeelError NOT_FOUND */
async function changeScopes(context: Context, given: readonly MaintenanceScope[]): Promise<MaintenanceScope[]> {
  const found: MaintenanceScope[] = [];
  for (const scope of given) {
    const { of, target } = (await scopeNamed(context, scope)) as MaintenanceScope;
    if (of === 'endpoint' && context.fleet.get(target)?.retiredAt !== null)
      throw fail('NOT_FOUND', { what: 'endpoint', id: target });
    found.push({ of, target });
  }
  return found;
}

export function changeRoutes(app: App, context: Context): void {
  const { changes } = context;
  const answer = { response: { 200: ChangeDetail } };
  const detail = (id: number) => changeById(context, id);

  app.get(
    url,
    {
      schema: {
        summary: 'Changes, newest start first',
        tags,
        querystring: ChangeQuery,
        response: { 200: page(ChangeRow) },
      },
    },
    (request) => changesBy(context, request.query),
  );

  app.get(
    `${url}/marks`,
    {
      schema: {
        summary: 'Work on an endpoint: changes, updates and restarts, newest first',
        tags,
        querystring: Type.Object({ endpoint: word(64), from: Instant, to: Instant }, closed),
        response: { 200: page(ChangeMark) },
      },
    },
    async (request) => {
      const { endpoint, ...span } = request.query;
      const range = { start: instantOf(span.from, 'from'), end: instantOf(span.to, 'to') };
      if (range.end <= range.start) throw fail('BAD_REQUEST', { problem: 'to must be after from' });
      const marks = await changeMarks(context.state, [endpoint], range);
      return { items: marks.map(({ at, what, change }) => ({ at, what, change })), next: null };
    },
  );

  app.post(
    `${url}/preview`,
    { schema: { summary: 'What a plan would reach', tags, body: Preview, response: { 200: ChangePreview } } },
    async ({ body }) => {
      const plan = { scopes: await changeScopes(context, body.scopes), start: body.from, end: body.to };
      return changePreview(context, plan, body.except ?? null);
    },
  );

  app.post(
    url,
    {
      schema: {
        summary: 'Plan a change; its window becomes maintenance',
        tags,
        body: New,
        response: { 201: ChangeDetail },
      },
    },
    async (request, reply) => {
      const { description = '', repairOf = null, ...rest } = request.body;
      const wish = { ...rest, scopes: await changeScopes(context, rest.scopes), description, repairOf };
      const id = await changes.create(wish, callerNamed(request));
      return reply.status(201).send(await detail(id));
    },
  );

  app.get(
    `${url}/:id`,
    { schema: { summary: 'One change with its targets and its history', tags, params: ChangeId, ...answer } },
    (request) => detail(request.params.id),
  );

  app.patch(
    `${url}/:id`,
    {
      schema: {
        summary: 'Change a plan; its maintenance moves with it',
        tags,
        params: ChangeId,
        body: Edit,
        ...answer,
      },
    },
    async (request) => {
      const { id } = request.params;
      const { scopes: given, ...rest } = request.body;
      const wish = { ...rest, ...(given ? { scopes: await changeScopes(context, given) } : {}) };
      await changes.edit(id, wish as Parameters<typeof changes.edit>[1], callerNamed(request));
      return detail(id);
    },
  );
}
