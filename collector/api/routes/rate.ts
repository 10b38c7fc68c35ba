/** The page by which whoever asked rates the work, without log-in: the link holds a secret and names nobody. */
import { Type } from 'typebox';
import { AskedRating } from '../../../shared/api.ts';
import type { App, Context } from '../context.ts';
import { closed, proseOrNone, word } from '../shapes.ts';

/** Open to guessing, per address; a person needs two or three. */
const few = { rateLimit: { max: 20, timeWindow: '1 minute' } };
const Token = Type.Object({ token: word(100, 'from the link') }, closed);
const Answer = Type.Object(
  { rating: Type.Integer({ minimum: 1, maximum: 5 }), comment: Type.Optional(proseOrNone(2000)) },
  { ...closed, examples: [{ rating: 5, comment: 'Quick and kind.' }] },
);

export function rateRoutes(app: App, { tickets }: Context): void {
  const url = '/api/v1/rate/:token';
  const shown = { tags: ['tickets'], params: Token, response: { 200: AskedRating } };
  app.get(url, { config: few, schema: { ...shown, summary: 'What a link for rating asks' } }, (request) =>
    tickets.asked(request.params.token),
  );
  app.post(
    url,
    { config: few, schema: { ...shown, summary: 'Rate the work on a ticket; the last answer counts', body: Answer } },
    (request) => {
      const { rating, comment = '' } = request.body;
      return tickets.rate(request.params.token, { rating, comment: comment.trim() || null });
    },
  );
}
