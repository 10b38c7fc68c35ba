/** Labels of machines, by which people report without an account. The secret of each is shown when it is made, and never again. */
import { Type } from 'typebox';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id } from '../shapes.ts';

const Made = Type.Object({
  endpoint: Type.String(),
  name: Type.String(),
  url: Type.String({ description: 'holds a secret: for the label alone' }),
});
const Counted = Type.Object({
  isOn: Type.Boolean({ description: 'false: nobody can report by a label' }),
  labels: Type.Integer({ description: 'that are valid' }),
  lastAt: Type.Union([Type.Integer({ description: 'ms UTC' }), Type.Null()]),
});
const EndQuery = Type.Object(
  { before: Type.Optional(Type.Integer({ minimum: 1, description: 'only those printed before, ms UTC' })) },
  closed,
);
const Ended = Type.Object({ ended: Type.Integer() });

export function reportLabelRoutes(app: App, { selfService, addresses }: Context): void {
  const url = '/api/v1/endpoints/:id/report-labels';
  const shared = { tags: ['fleet'], params: Id };
  app.get(
    url,
    { schema: { ...shared, summary: 'Labels by which people report problems', response: { 200: Counted } } },
    async ({ params }) => {
      const { labels, lastAt } = await selfService.countLabels(params.id);
      return { isOn: selfService.isOn, labels, lastAt };
    },
  );
  app.post(
    url,
    { schema: { ...shared, summary: 'Make a label for a machine', response: { 201: Made } } },
    async (request, reply) => {
      const { secret, ...made } = await selfService.makeLabel(request.params.id, callerNamed(request));
      return reply.status(201).send({ ...made, url: `${addresses().http}/report/${secret}` });
    },
  );
  app.delete(
    url,
    {
      schema: {
        ...shared,
        summary: 'End printed labels of a machine',
        querystring: EndQuery,
        response: { 200: Ended },
      },
    },
    async (request) => {
      const ended = await selfService.endLabels(request.params.id, request.query.before);
      const { labels } = await selfService.countLabels(request.params.id);
      request.noted = { before: { labels: labels + ended }, after: { labels } };
      return { ended };
    },
  );
}
