/** Alerts that other monitoring sends, in the forms of Prometheus and Alertmanager. */

import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  fromPrometheus,
  fromWebhook,
  PostedAlerts,
  type ReadAlerts,
  WebhookMessage,
} from '../../outside/alertmanager.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { refusal } from '../validate.ts';

const example = { labels: { alertname: 'HighLatency', severity: 'warning', instance: 'web-1:9100' } };
const texts = { annotations: { summary: 'Answers take longer than a second.' } };
const config = { rateLimit: { max: 120, timeWindow: '1 minute' } };

export function outsideRoutes(app: App, { outside, clock }: Context): void {
  /** The good ones are taken, and the answer names the others, as that of an Alertmanager does: 400 is not sent again. */
  async function take({ alerts, faults, refused }: ReadAlerts, request: FastifyRequest): Promise<object> {
    const sender = callerNamed(request);
    if (alerts.length > 0) await outside.take(alerts, sender);
    if (refused === 0) return {};
    const before = `${refused} of ${refused + alerts.length} alerts not taken, ${alerts.length} taken: `;
    const answer = refusal(faults, 'body', before);
    request.log.warn({ sender, reason: answer.message }, 'Alerts from outside were refused');
    throw answer;
  }

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
      return take(fromWebhook(request.body), request);
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
      return take(fromPrometheus(request.body, clock.now()), request);
    },
  );
}
