/** For Prometheus and for whatever else monitors the collector itself. */
import { Type } from 'typebox';
import { createConcurrent } from '../../doors/concurrent.ts';
import { limits } from '../../doors/limits.ts';
import type { App, Context } from '../context.ts';
import { hostMetrics } from '../host-metrics.ts';
import { registerOwnMetrics } from '../own-metrics.ts';
import { registerStability } from '../stability-metrics.ts';

const Health = Type.Object({ ok: Type.Boolean() });
const Readiness = Type.Object({
  ok: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: 'what is wrong; only for those who are logged in' })),
});
const Text = Type.String({ description: 'Prometheus text' });

export function metricRoutes(app: App, context: Context): void {
  const { registry, rows, series, clock } = context;
  const enter = createConcurrent(limits.http.perUser.hostMetrics);
  registerOwnMetrics(registry, context);
  registerStability(registry, context, app.log);

  app.get(
    '/healthz',
    { schema: { summary: 'The process answers', tags: ['operation'], response: { 200: Health } } },
    () => ({ ok: true }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether reports can be stored now; logged-in callers get the reason',
        tags: ['operation'],
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (request, reply) => {
      const reason = context.trouble();
      if (reason === null) return { ok: true };
      return reply.status(503).send({ ok: false, ...(request.caller ? { reason } : {}) });
    },
  );

  app.get(
    '/metrics',
    { schema: { summary: 'Metrics of the collector itself', tags: ['operation'], response: { 200: Text } } },
    async (_request, reply) =>
      reply
        .type(registry.contentType)
        .serializer(String)
        .send(await registry.metrics()),
  );

  app.get(
    '/metrics/hosts',
    { schema: { summary: 'Last values of all endpoints', tags: ['operation'], response: { 200: Text } } },
    async (request, reply) => {
      enter(request, reply);
      const text = hostMetrics(rows.all(), (id) => series.latest(id), clock.now());
      return reply.type('text/plain; version=0.0.4; charset=utf-8').serializer(String).send(text);
    },
  );
}
