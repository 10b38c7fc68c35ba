/**
 * The dashboards for Grafana as data. What they must look like is taken from Grafana's own definition of a dashboard (kind
 * "dashboard" 0.0, as Grafana 9.5 and 10 have it, `schemaVersion` 38); newer ones migrate it. Their queries: test/road.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'typebox';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { catalogue, fieldOf } from '../../shared/metrics.ts';
import { prometheusName } from '../../shared/metrics-prometheus.ts';
import { faultsOf } from '../../shared/shape.ts';
import { dashboardSets, dashboardsOf, grafanaFolder } from '../support/grafana.ts';

const test = suite('grafana dashboards');
const closed = { additionalProperties: false } as const;
const open = { additionalProperties: true } as const;
const text = Type.String();
const some = Type.String({ minLength: 1 });
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder
const source = Type.Object({ type: text, uid: Type.Literal('${source}') }, closed);
const GridPos = Type.Object(
  {
    h: Type.Integer({ minimum: 1 }),
    w: Type.Integer({ minimum: 1, maximum: 24 }),
    x: Type.Integer({ minimum: 0, maximum: 23 }),
    y: Type.Integer({ minimum: 0 }),
  },
  closed,
);
const FieldConfig = Type.Object(
  {
    unit: Type.Optional(some),
    decimals: Type.Optional(Type.Number()),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    color: Type.Optional(Type.Object({ mode: Type.Enum(['thresholds', 'palette-classic']) }, closed)),
    thresholds: Type.Optional(
      Type.Object(
        {
          mode: Type.Enum(['absolute', 'percentage']),
          steps: Type.Array(Type.Object({ value: Type.Optional(Type.Number()), color: text }, closed)),
        },
        closed,
      ),
    ),
    mappings: Type.Optional(
      Type.Array(Type.Object({ type: Type.Literal('value'), options: Type.Object({}, open) }, closed)),
    ),
    custom: Type.Optional(Type.Object({}, open)),
  },
  closed,
);
const queried = {
  id: Type.Integer({ minimum: 1 }),
  title: some,
  description: Type.Optional(text),
  gridPos: GridPos,
  datasource: source,
  options: Type.Object({}, open),
  fieldConfig: Type.Object({ defaults: FieldConfig, overrides: Type.Array(Type.Unknown()) }, closed),
};
const target = { refId: Type.String({ pattern: '^[A-Z]$' }), datasource: source };
const targetOf = {
  prometheus: Type.Object(
    {
      ...{ ...target, expr: some, legendFormat: text, instant: Type.Boolean(), range: Type.Boolean() },
      format: Type.Optional(Type.Literal('table')),
    },
    closed,
  ),
  influxdb: Type.Object(
    {
      ...{ ...target, query: some, rawQuery: Type.Literal(true), alias: text },
      resultFormat: Type.Enum(['time_series', 'table']),
    },
    closed,
  ),
};
const shapeOf = {
  text: Type.Object({ ...queried, type: text, title: text, datasource: Type.Optional(source) }, closed),
  of: (set: (typeof dashboardSets)[number]) =>
    Type.Object(
      {
        ...queried,
        type: Type.Enum(['stat', 'timeseries', 'bargauge', 'table']),
        targets: Type.Array(targetOf[set], { minItems: 1 }),
      },
      closed,
    ),
};
const Link = Type.Object(
  {
    ...{ title: text, icon: text, tooltip: text, url: text, tags: Type.Array(text) },
    type: Type.Enum(['link', 'dashboards']),
    ...{ asDropdown: Type.Boolean(), targetBlank: Type.Boolean() },
    ...{ includeVars: Type.Boolean(), keepTime: Type.Boolean() },
  },
  closed,
);
const Variable = Type.Object(
  {
    type: Type.Enum(['query', 'datasource']),
    name: Type.String({ pattern: '^\\w+$' }),
    label: Type.Optional(text),
    hide: Type.Enum([0, 1, 2]),
    query: Type.Union([text, Type.Object({ query: some, refId: text }, closed)]),
    datasource: Type.Optional(source),
    refresh: Type.Enum([1, 2]),
    includeAll: Type.Boolean(),
    multi: Type.Boolean(),
    skipUrlSync: Type.Boolean(),
  },
  open,
);
const Dashboard = Type.Object(
  {
    uid: Type.String({ minLength: 8, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' }),
    ...{ title: some, description: some, tags: Type.Array(text) },
    style: Type.Enum(['light', 'dark']),
    ...{ timezone: text, editable: Type.Boolean() },
    graphTooltip: Type.Enum([0, 1, 2]),
    schemaVersion: Type.Literal(38),
    version: Type.Integer({ minimum: 1 }),
    refresh: Type.Union([text, Type.Literal(false)]),
    time: Type.Object({ from: Type.String({ pattern: '^now-\\d+[hd]$' }), to: Type.Literal('now') }, closed),
    links: Type.Array(Link),
    annotations: Type.Object({ list: Type.Array(Type.Unknown()) }, closed),
    templating: Type.Object({ list: Type.Array(Variable) }, closed),
    panels: Type.Array(Type.Object({ type: some }, open), { minItems: 1 }),
  },
  closed,
);

const all = dashboardSets.flatMap((set) => dashboardsOf(set).map((one) => ({ set, ...one })));
const none = (faults: unknown[], file: string) => assert.equal(faults, [], file);

test('both sets have the same six, and each fits the definition of a dashboard', () => {
  const names = ['backups', 'collector', 'endpoint', 'fleet', 'patches', 'stability'];
  assert.equal(
    all.map(({ file }) => file),
    dashboardSets.flatMap((set) => names.map((name) => `${set}/${name}.json`)),
  );
  assert.is(new Set(all.map(({ dashboard }) => dashboard.uid)).size, all.length);
  for (const { set, file, dashboard } of all) {
    none(faultsOf(Dashboard, dashboard), file);
    for (const panel of dashboard.panels)
      none(faultsOf(panel.type === 'text' ? shapeOf.text : shapeOf.of(set), panel), `${file} ${panel.title}`);
  }
});

test('a fault is found: a panel without its place, a query without a letter, a third style', () => {
  const { dashboard } = all[0] as (typeof all)[number];
  const [panel] = dashboard.panels;
  assert.ok(faultsOf(shapeOf.of('influxdb'), { ...panel, gridPos: undefined }).length > 0);
  assert.ok(faultsOf(shapeOf.of('influxdb'), { ...panel, targets: [{ query: 'x' }] }).length > 0);
  assert.ok(faultsOf(Dashboard, { ...dashboard, style: 'blue' }).length > 0);
});

test('panels have numbers of their own, stay within 24 columns and do not lie on each other', () => {
  for (const { file, dashboard } of all) {
    const panels = dashboard.panels as unknown as { id: number; gridPos: Record<'x' | 'y' | 'w' | 'h', number> }[];
    assert.is(new Set(panels.map(({ id }) => id)).size, panels.length, file);
    const taken = new Set<string>();
    for (const { gridPos } of panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, file);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.not.ok(taken.has(`${x} ${y}`), `${file}: two panels at ${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
    }
  }
});

/** What Grafana puts in by itself. */
const macros = new Set(['timeFilter', '__interval', '__interval_ms', '__rate_interval', 'source']);

test('queries name variables that there are, and metrics and fields of the catalogue', () => {
  const scraped = new Set(
    catalogue.map(({ measurement, field }) => prometheusName(`${measurement}.${field}`)?.name as string),
  );
  // Which of /metrics there are is found out by running each query.
  const own =
    /^evenkeel_(?:endpoint_|endpoints|series_|intake_|http_|mqtt_|outbox_|mirror_|stability_|monitored_|availability_|lost_)/;
  for (const { file, dashboard } of all) {
    const variables = new Set(dashboard.templating.list.map(({ name }) => name));
    for (const { title, targets = [] } of dashboard.panels)
      for (const { expr, query } of targets) {
        for (const [, name = ''] of (expr ?? query ?? '').matchAll(/\$(\w+)/g))
          if (name !== '') assert.ok(variables.has(name) || macros.has(name), `${file} ${title}: $${name}`);
        for (const [name] of (expr ?? '').matchAll(/\bevenkeel_\w+/g))
          assert.ok(scraped.has(name) || own.test(name), `${file} ${title}: ${name}`);
        const [, measurement = ''] = /FROM "(\w+)"/.exec(query ?? '') ?? [];
        for (const [, field = ''] of (query ?? '').matchAll(/\b(?:last|mean|max|count|sum)\("(\w+)"\)/g))
          assert.ok(
            fieldOf(`${measurement}.${field}`) || ['value', 'seen', 'all', 'security'].includes(field),
            `${file} ${title}: ${measurement}.${field}`,
          );
      }
  }
});

test('provisioning names the data sources and the folders of dashboards that there are', () => {
  const read = (folder: string) =>
    readdirSync(join(grafanaFolder, 'provisioning', folder)).map((name) =>
      parse(readFileSync(join(grafanaFolder, 'provisioning', folder, name), 'utf8')),
    );
  const sources = read('datasources').flatMap(({ apiVersion, datasources }) => {
    assert.is(apiVersion, 1);
    return datasources;
  });
  assert.equal(
    sources.map(({ type, access, uid }) => [type, access, uid]),
    dashboardSets.map((set) => [set, 'proxy', `evenkeel-${set}`]),
  );
  const providers = read('dashboards').flatMap((one) => one.providers);
  assert.equal(
    providers.map(({ type, options }) => [type, options.path.split('/').at(-1)]),
    dashboardSets.map((set) => ['file', set]),
  );
});

test.run();
