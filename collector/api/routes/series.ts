/** Charts: one call per chart, several metrics at once. */
import { type Static, Type } from 'typebox';
import { Series } from '../../../shared/api.ts';
import { parseDuration } from '../../../shared/duration.ts';
import { fail } from '../../../shared/errors.ts';
import { fieldOf } from '../../../shared/metrics.ts';
import { createConcurrent } from '../../doors/concurrent.ts';
import { limits } from '../../doors/limits.ts';
import { withDerivedAges } from '../../fleet/backup-age.ts';
import type { SeriesQuery } from '../../series/series.ts';
import type { App, Context } from '../context.ts';
import { closed, Id, Instant, instantOf } from '../shapes.ts';

const TagFilter = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,31}=',
  maxLength: 300,
  want: 'a tag and its value such as disk=C:',
});

const Query = Type.Object(
  {
    metric: Type.String({
      pattern: '^[a-z][a-z0-9_.]*(,[a-z][a-z0-9_.]*){0,15}$',
      description: 'names from the catalogue, comma-separated',
      want: '1 to 16 names from the catalogue, comma-separated, such as cpu.usage_active',
      examples: ['cpu.usage_active'],
    }),
    tag: Type.Optional(
      Type.Union([TagFilter, Type.Array(TagFilter, { maxItems: 8 })], {
        description: 'only series with this tag, such as `path=/var`; may be given several times',
      }),
    ),
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    step: Type.Optional(
      Type.String({ maxLength: 20, description: 'a duration such as 30s or 5m; default: about 300 points' }),
    ),
    agg: Type.Optional(Type.Enum(['mean', 'min', 'max', 'last', 'count', 'rate'])),
  },
  closed,
);

const hourMs = 3_600_000;
/** Of all metrics of a chart together, a bound for memory and time: 3 years of hours are 26,280 steps. */
const maxSteps = 50_000;

/** @throws EvenkeelError UNKNOWN_METRIC, BAD_REQUEST, BAD_DURATION */
function queryOf(endpoint: string, given: Static<typeof Query>, now: number): SeriesQuery {
  const metrics = given.metric.split(',');
  const unknown = metrics.find((metric) => fieldOf(metric) === undefined);
  if (unknown !== undefined) throw fail('UNKNOWN_METRIC', { metric: unknown });
  const to = given.to === undefined ? now : instantOf(given.to, 'to');
  const from = given.from === undefined ? to - hourMs : instantOf(given.from, 'from');
  if (from >= to) throw fail('BAD_REQUEST', { problem: 'from is not before to' });
  const step = given.step === undefined ? undefined : parseDuration(given.step, 'step');
  if (step !== undefined && (step < 1000 || ((to - from) / step) * metrics.length > maxSteps)) {
    throw fail('BAD_REQUEST', { problem: `step ${given.step} is below 1s or gives more than ${maxSteps} points` });
  }
  return {
    endpoint,
    metrics,
    ...(given.tag === undefined ? {} : { tags: tagsOf([given.tag].flat()) }),
    from,
    to,
    ...(step === undefined ? {} : { step }),
    ...(given.agg === undefined ? {} : { agg: given.agg }),
  };
}

function tagsOf(filters: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    filters.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

const answered = (result: Awaited<ReturnType<Context['series']['query']>>, asOf: number): Series => ({
  ...result,
  asOf,
  series: result.series.map((line) => ({ ...line, unit: fieldOf(line.metric)?.unit ?? 'number' })),
});

/** Of how long each phase of an answer took. */
const phases = ['dns_ms', 'connect_ms', 'tls_ms', 'first_byte_ms'].map((field) => `target.${field}`);

export function seriesRoutes(app: App, { series, fleet, targets, rows, clock }: Context): void {
  const enter = createConcurrent(limits.http.perUser.charts);
  const aged = withDerivedAges(series, rows.facts);
  app.get(
    '/api/v1/endpoints/:id/series',
    {
      schema: {
        summary: 'Values of one endpoint over time; default the last hour',
        tags: ['fleet'],
        params: Id,
        querystring: Query,
        response: { 200: Series },
      },
    },
    async (request, reply): Promise<Series> => {
      enter(request, reply);
      const { id } = request.params;
      if (!fleet.get(id) && !targets.subject(id)) throw fail('NOT_FOUND', { what: 'endpoint', id });
      const asOf = clock.now();
      return answered(await aged.query(queryOf(id, request.query, asOf)), asOf);
    },
  );

  app.get(
    '/api/v1/targets/:id/series',
    {
      schema: {
        summary: 'How long the phases of an answer took, as one watcher saw them; default the last hour',
        tags: ['targets'],
        params: Id,
        querystring: Type.Object(
          {
            watcher: Type.String({ maxLength: 64, description: '`collector`, or the id of an endpoint' }),
            from: Type.Optional(Instant),
            to: Type.Optional(Instant),
          },
          closed,
        ),
        response: { 200: Series },
      },
    },
    async (request, reply): Promise<Series> => {
      enter(request, reply);
      const { watcher, ...span } = request.query;
      const { watchers } = targets.row(request.params.id);
      if (!watchers.includes(watcher)) throw fail('NOT_FOUND', { what: 'watcher of this target', id: watcher });
      const asOf = clock.now();
      const tag = `target=${request.params.id}`;
      const found = await series.query(queryOf(watcher, { metric: phases.join(','), tag, ...span }, asOf));
      if (found.series.some(({ points }) => points.some(([, value]) => value !== null))) return answered(found, asOf);
      // A ping and a query of SNMP have no phases.
      return answered(await series.query(queryOf(watcher, { metric: 'target.total_ms', tag, ...span }, asOf)), asOf);
    },
  );
}
