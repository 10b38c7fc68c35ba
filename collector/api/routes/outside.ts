/** Alerts that other monitoring sends, in the forms of Prometheus and Alertmanager. */
import { Type } from 'typebox';
import { fromPrometheus, fromWebhook, PostedAlerts, WebhookMessage } from '../../outside/alertmanager.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';

const example = { labels: { alertname: 'HighLatency', severity: 'warning', instance: 'web-1:9100' } };
const texts = { annotations: { summary: 'Answers take longer than a second.' } };
const config = { rateLimit: { max: 120, timeWindow: '1 minute' } };

export function outsideRoutes(app: App, { outside, clock }: Context): void {
  app.post(
    '/api/v1/alerts/webhook',
    {
      config,
      schema: {
        summary: 'Take what an Alertmanager sends to a webhook (version 4)',
        tags: ['alerts from outside'],
        body: { ...WebhookMessage, examples: [{ version: '4', alerts: [{ status: 'firing', ...example, ...texts }] }] },
        response: { 200: Type.Object({}) },
      },
    },
    async (request) => {
      await outside.take(fromWebhook(request.body), callerNamed(request));
      return {};
    },
  );

  app.post(
    '/api/v2/alerts',
    {
      config,
      schema: {
        summary: 'Take what a Prometheus sends to its Alertmanagers',
        tags: ['alerts from outside'],
        body: { ...PostedAlerts, examples: [[{ ...example, ...texts }]] },
        response: { 200: Type.Object({}) },
      },
    },
    async (request) => {
      await outside.take(fromPrometheus(request.body, clock.now()), callerNamed(request));
      return {};
    },
  );
}
