/** Alerts: what is wrong now, what was, and "I have seen it". */
import { Alert, page } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { Rule } from '../../evaluate/rule.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { AlertQuery, alertById, alertsBy } from '../read-alerts.ts';
import { Id } from '../shapes.ts';

export function alertRoutes(app: App, { state, alerts, rules }: Context): void {
  app.get(
    '/api/v1/alerts',
    {
      schema: {
        summary: 'Alerts, newest change first',
        tags: ['alerts'],
        querystring: AlertQuery,
        response: { 200: page(Alert) },
      },
    },
    (request) => alertsBy(state, rules, request.query),
  );

  app.get(
    '/api/v1/alerts/:id',
    { schema: { summary: 'One alert', tags: ['alerts'], params: Id, response: { 200: Alert } } },
    (request) => alertById(state, rules, request.params.id),
  );

  app.post(
    '/api/v1/alerts/:id/acknowledge',
    {
      schema: {
        summary: 'I have seen it: no reminders from now on; changes nothing in the numbers',
        tags: ['alerts'],
        params: Id,
        response: { 200: Alert },
      },
    },
    async (request) => {
      const { id } = request.params;
      const alert = await alertById(state, rules, id);
      if (alert.state === 'resolved') throw fail('CONFLICT', { problem: 'the alert is resolved already' });
      await alerts.acknowledge(id, callerNamed(request));
      return alertById(state, rules, id);
    },
  );

  app.get(
    '/api/v1/rules',
    { schema: { summary: 'The rules in force', tags: ['alerts'], response: { 200: page(Rule) } } },
    () => ({ items: [...rules], next: null }),
  );
}
