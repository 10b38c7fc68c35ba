/** The band of what is usual behind a chart. */
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { fieldOf } from '../../../shared/metrics.ts';
import { UsualBands } from '../../../shared/usual.ts';
import { usualBands } from '../../baseline/bands.ts';
import { createConcurrent } from '../../doors/concurrent.ts';
import { limits } from '../../doors/limits.ts';
import type { App, Context } from '../context.ts';
import { closed, Id, Instant, instantOf } from '../shapes.ts';

/** Of a longer span the hours cannot be told apart in a chart. */
const longestMs = 8 * 86_400_000;

const Query = Type.Object(
  {
    metric: Type.String({
      pattern: '^[a-z][a-z0-9_.]*(,[a-z][a-z0-9_.]*){0,3}$',
      description: 'names from the catalogue, comma-separated',
      want: '1 to 4 names from the catalogue, comma-separated, such as cpu.usage_active',
      examples: ['cpu.usage_active'],
    }),
    from: Instant,
    to: Instant,
  },
  closed,
);

export function usualRoutes(app: App, context: Context): void {
  const { fleet, targets } = context;
  const enter = createConcurrent(limits.http.perUser.charts);
  app.get(
    '/api/v1/endpoints/:id/usual',
    {
      schema: {
        summary: 'What the hours of a time have been in the six weeks before it: a range for each, where it is known',
        tags: ['fleet'],
        params: Id,
        querystring: Query,
        response: { 200: UsualBands },
      },
    },
    async (request, reply): Promise<UsualBands> => {
      enter(request, reply);
      const { id } = request.params;
      const endpoint = fleet.get(id);
      // What is watched from outside is not learned.
      if (!endpoint && targets.subject(id)) return { lines: [] };
      if (!endpoint) throw fail('NOT_FOUND', { what: 'endpoint', id });
      const metrics = request.query.metric.split(',');
      const unknown = metrics.find((metric) => fieldOf(metric) === undefined);
      if (unknown !== undefined) throw fail('UNKNOWN_METRIC', { metric: unknown });
      const [from, to] = [instantOf(request.query.from, 'from'), instantOf(request.query.to, 'to')];
      if (to <= from || to - from > longestMs)
        throw fail('BAD_REQUEST', { problem: 'to must be after from, and at most 8 days later' });
      return usualBands(context, endpoint, metrics, { from, to });
    },
  );
}
