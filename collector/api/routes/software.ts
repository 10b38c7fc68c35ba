/** Software: who has what, products with their class and licences, and the tables of both. */
import { type Static, Type } from 'typebox';
import {
  ProductContent,
  ProductRow,
  ProductVersion,
  page,
  SoftwareClass,
  SoftwareTitles,
} from '../../../shared/api.ts';
import { softwareSorts, versionOps } from '../../../shared/choices.ts';
import { writeCsv } from '../../../shared/csv.ts';
import { SoftwareInstalls, SoftwareVersions } from '../../../shared/software.ts';
import { type ProductUse, softwareUtilisation } from '../../kpi/formulas/software.ts';
import type { ProductFields } from '../../software/check.ts';
import type { LicenceUse } from '../../software/licences.ts';
import type { StoredProduct } from '../../software/products.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, counted, Id, Nothing, PageMark, prose } from '../shapes.ts';
import { sendTable, TableText, tableRoutes, tableSerializer } from '../tables.ts';

const reason = { reason: prose(500, 'why; kept with the version') };
const example = {
  ...{ name: 'Draw Pro', patterns: ['Draw Pro*'], class: 'approved', reason: 'contract 4711' },
  entitlements: [{ count: 40, unit: 'device', unitCents: 18_900, from: '2026-01-01', to: '2026-12-31' }],
};
const New = Type.Object({ ...ProductContent, ...reason }, { ...closed, examples: [example] });
const Edit = Type.Object(
  { ...Type.Partial(Type.Object(ProductContent)).properties, ...reason },
  { ...closed, minProperties: 2, examples: [{ class: 'high_risk', reason: 'no updates any more' }] },
);
const Why = Type.Object(reason, { ...closed, examples: [{ reason: 'entered twice' }] });
const filters = {
  search: Type.Optional(Type.String({ maxLength: 200, description: 'words of the name' })),
  class: Type.Optional(SoftwareClass),
};
const TitleQuery = Type.Object(
  {
    ...filters,
    sort: Type.Optional(Type.Enum([...softwareSorts], { default: '-endpoints' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
const title = Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description: 'its id' }));
const installs = {
  ...{ ...filters, title },
  version: Type.Optional(Type.String({ maxLength: 200, description: 'with `op`; as packagers write it' })),
  op: Type.Optional(
    Type.Enum([...versionOps], {
      default: 'eq',
      description: 'how the version is to be: the same, older (lt), not newer (le), or with this in it',
    }),
  ),
};
const InstallQuery = Type.Object(installs, closed);
const InstallPage = Type.Object(
  {
    ...installs,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 5000 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
/** Of one question. */
const mostRows = 100_000;

const asked = ({ search, class: own, title: id, op = 'eq', version }: Static<typeof InstallQuery>) => ({
  ...{ search: search ?? '', class: own ?? null, title: id ?? null },
  version: version === undefined ? null : { op, version },
});

function rowOf({ product, use }: { product: StoredProduct; use: LicenceUse }): ProductRow {
  const { entitled, isBought, unit, installed, used, usageUnknown } = use;
  const products = [{ ...use, entitled: isBought ? entitled : 0, unitCost: use.unitCents }];
  const [found] = softwareUtilisation({ products }).products as [ProductUse];
  return {
    ...product,
    use: {
      ...{ entitled, isBought, unit, installed, used, usageUnknown },
      ...{ percent: found.pct, low: found.lowPct, high: found.highPct },
      ...{ installedUnused: found.installedUnused, unallocated: found.unallocated, overDeployed: found.overDeployed },
    },
  };
}

const tags = ['software'];
const url = '/api/v1/software';
const products = `${url}/products`;

export function softwareRoutes(app: App, { software }: Context): void {
  app.get(
    url,
    {
      schema: {
        ...{ summary: 'What is installed on how many endpoints, the most widespread first or by `sort`', tags },
        ...{ querystring: TitleQuery, response: { 200: SoftwareTitles } },
      },
    },
    ({ query }) => {
      const { search = '', class: own = null, sort = '-endpoints', limit = 50, page: start = '0' } = query;
      return software.titles({ search, class: own, sort, limit, start: Number(start) });
    },
  );

  app.get(
    `${url}/installs`,
    {
      schema: {
        ...{ summary: 'Endpoints with the versions that they have', tags },
        ...{ querystring: InstallPage, response: { 200: SoftwareInstalls } },
      },
    },
    async ({ query }) => {
      const { limit = 5000, page: start = '0' } = query;
      const all = await software.installs(asked(query), mostRows);
      const end = Number(start) + limit;
      return {
        items: all.slice(Number(start), end),
        next: all.length > end ? String(end) : null,
        total: all.length,
        endpoints: new Set(all.map(({ endpoint }) => endpoint.id)).size,
      };
    },
  );

  app.get(
    `${url}/titles/:id`,
    {
      schema: {
        ...{ summary: 'One title, and how many endpoints have each version of it, the newest first', tags },
        params: Type.Object({ id: counted('the id of a title of the list of software') }, closed),
        response: { 200: SoftwareVersions },
      },
    },
    ({ params }) => software.versionsOf(params.id),
  );

  app.get(
    `${url}/table`,
    {
      schema: {
        ...{ summary: 'The same as CSV', tags, produces: ['text/csv'] },
        ...{ querystring: InstallQuery, response: { 200: TableText } },
      },
      serializerCompiler: tableSerializer,
    },
    async ({ query }, reply) => {
      const rows = await software.installs(asked(query), mostRows);
      const shown = rows.map(({ name, version, publisher, endpoint, site, lastUsed }) => {
        const used = lastUsed === null ? null : Temporal.Instant.fromEpochMilliseconds(lastUsed).toString();
        return [name, version, publisher, endpoint.name, site, used];
      });
      return sendTable(
        reply,
        'software',
        writeCsv([['name', 'version', 'publisher', 'endpoint', 'site', 'last_used'], ...shown]),
      );
    },
  );

  productRoutes(app, software);
}

function productRoutes(app: App, software: Context['software']): void {
  const one = async (id: string) => {
    const found = (await software.list()).find(({ product }) => product.id === id);
    return rowOf(found as { product: StoredProduct; use: LicenceUse });
  };

  app.get(
    products,
    {
      schema: {
        summary: 'Products with their class: owned, installed, used. Without telemetry the use is unknown',
        ...{ tags, response: { 200: page(ProductRow) } },
      },
    },
    async () => ({ items: (await software.list()).map(rowOf), next: null }),
  );

  app.post(
    products,
    { schema: { summary: 'Enter a product', tags, body: New, response: { 201: ProductRow } } },
    async (request, reply) => {
      const { reason: why, ...fields } = request.body;
      const author = { by: callerNamed(request), reason: why };
      const { id } = await software.create(fields as ProductFields, author);
      return reply.status(201).send(await one(id));
    },
  );

  app.patch(
    `${products}/:id`,
    {
      schema: {
        ...{ summary: 'Change a product; earlier versions stay', tags },
        ...{ params: Id, body: Edit, response: { 200: ProductRow } },
      },
    },
    async (request) => {
      const { reason: why, ...fields } = request.body;
      const author = { by: callerNamed(request), reason: why };
      await software.edit(request.params.id, fields as Partial<ProductFields>, author);
      return one(request.params.id);
    },
  );

  app.delete(
    `${products}/:id`,
    {
      schema: {
        ...{ summary: 'Remove a product; its versions stay', tags },
        ...{ params: Id, body: Why, response: { 204: Nothing } },
      },
    },
    async (request, reply) => {
      await software.remove(request.params.id, { by: callerNamed(request), reason: request.body.reason });
      return reply.status(204).send(null);
    },
  );

  app.get(
    `${products}/:id/versions`,
    { schema: { summary: 'Its versions, newest first', tags, params: Id, response: { 200: page(ProductVersion) } } },
    async (request) => ({ items: await software.versions(request.params.id), next: null }),
  );

  tableRoutes(app, {
    ...{ url: `${products}/table`, tag: 'software', what: 'Products and what was bought of them', file: 'licences' },
    example:
      'name,patterns,class,count,unit,unit_cost,from,to\r\nDraw Pro,Draw Pro*,approved,40,device,189.00,2026-01-01,2026-12-31\r\n',
    write: () => software.table(),
    read: (text, author) => software.readTable(text, author),
  });
  tableRoutes(app, {
    ...{
      url: `${url}/usage/table`,
      tag: 'software',
      what: 'When users, seats or devices used a product last',
      file: 'usage',
    },
    example: 'product,unit,last_used\r\nDraw Pro,ada@example.com,2026-11-03\r\n',
    write: () => software.usageTable(),
    read: (text, author) => software.readUsage(text, author),
  });
}
