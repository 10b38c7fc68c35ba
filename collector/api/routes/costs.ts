/** What support costs: costs, the table of them, and the settings of money. */
import { Type } from 'typebox';
import { CostContent, CostRow, CostVersion, MoneyContent, MoneyVersions, page } from '../../../shared/api.ts';
import type { CostFields } from '../../costs/check.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, prose } from '../shapes.ts';
import { tableRoutes } from '../tables.ts';

const reason = { reason: prose(500, 'why; kept with the version') };
const example = {
  ...{ name: 'Salaries of the desk', category: 'people', kind: 'monthly', cents: 2_480_000 },
  ...{ from: '2026-01', to: null, months: null, reason: 'budget of 2026' },
};
const New = Type.Object({ ...CostContent, ...reason }, { ...closed, examples: [example] });
const Edit = Type.Object(
  { ...Type.Partial(Type.Object(CostContent)).properties, ...reason },
  { ...closed, minProperties: 2, examples: [{ cents: 2_530_000, reason: 'wage agreement' }] },
);
const Why = Type.Object(reason, { ...closed, examples: [{ reason: 'entered twice' }] });
const Money = Type.Object(
  { ...MoneyContent, ...reason },
  {
    ...closed,
    examples: [{ currency: 'EUR', hourCents: 4800, expected: ['people'], reason: 'figures of accounting' }],
  },
);

export function costRoutes(app: App, { costs }: Context): void {
  const tags = ['costs'];
  const url = '/api/v1/costs';

  app.get(url, { schema: { summary: 'All costs, by name', tags, response: { 200: page(CostRow) } } }, async () => ({
    items: await costs.list(),
    next: null,
  }));

  app.post(
    url,
    { schema: { summary: 'Enter a cost', tags, body: New, response: { 201: CostRow } } },
    async (request, reply) => {
      const { reason: why, ...fields } = request.body;
      const made = await costs.create(fields as CostFields, { by: callerNamed(request), reason: why });
      return reply.status(201).send(made);
    },
  );

  app.patch(
    `${url}/:id`,
    {
      schema: {
        ...{ summary: 'Change a cost; closed months keep it as it was', tags },
        ...{ params: Id, body: Edit, response: { 200: CostRow } },
      },
    },
    async (request) => {
      const { reason: why, ...fields } = request.body;
      const author = { by: callerNamed(request), reason: why };
      return costs.edit(request.params.id, fields as Partial<CostFields>, author);
    },
  );

  app.delete(
    `${url}/:id`,
    {
      schema: { summary: 'Remove a cost; its versions stay', tags, params: Id, body: Why, response: { 204: Nothing } },
    },
    async (request, reply) => {
      await costs.remove(request.params.id, { by: callerNamed(request), reason: request.body.reason });
      return reply.status(204).send(null);
    },
  );

  app.get(
    `${url}/:id/versions`,
    { schema: { summary: 'Its versions, newest first', tags, params: Id, response: { 200: page(CostVersion) } } },
    async (request) => ({ items: await costs.versions(request.params.id), next: null }),
  );

  app.get(
    `${url}/settings`,
    {
      schema: {
        ...{ summary: 'Currency, what an hour of work costs, and what every month has; newest first', tags },
        response: { 200: MoneyVersions },
      },
    },
    () => costs.money(),
  );

  app.put(
    `${url}/settings`,
    {
      schema: {
        summary: 'Change them; closed months keep theirs',
        tags,
        body: Money,
        response: { 200: MoneyVersions },
      },
    },
    async (request) => {
      const { reason: why, ...fields } = request.body;
      await costs.changeMoney(fields as never, { by: callerNamed(request), reason: why });
      return costs.money();
    },
  );

  tableRoutes(app, {
    ...{ url: `${url}/table`, tag: 'costs', what: 'Costs', file: 'costs' },
    example: 'name,category,kind,amount,from,to,months\r\nSalaries,people,monthly,24800.00,2026-01,,\r\n',
    write: () => costs.table(),
    read: (text, author) => costs.readTable(text, author),
  });
}
