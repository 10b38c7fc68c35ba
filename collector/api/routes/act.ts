/**
 * The pages of links in messages, without log-in: opening one changes nothing, its button does. They are HTML from here and
 * not of the web app, so that they open at once on a bad line, and without script.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { EvenkeelError } from '../../../shared/errors.ts';
import { languageAccepted } from '../../../shared/words/accepted.ts';
import { type Language, languages } from '../../../shared/words/index.ts';
import { actPage, actProblemPage } from '../../act/page.ts';
import { errorOf } from '../answer.ts';
import type { App, Context } from '../context.ts';
import { closed, word } from '../shapes.ts';

/** Open to guessing, per address; a person needs two or three. */
const few = { rateLimit: { max: 20, timeWindow: '1 minute' } };
const Token = Type.Object({ token: word(100, 'from the link') }, closed);
/** Mail programs and scanners add keys of their own to links. */
const Query = Type.Object({ language: Type.Optional(Type.Enum([...languages])) });

/** No script, whatever gets into the page; and its address, which is a secret, stays here. */
const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex',
};

const languageOf = ({ query, headers }: FastifyRequest): Language =>
  (query as { language?: Language } | undefined)?.language ?? languageAccepted(headers['accept-language']);

const answer = (reply: FastifyReply, html: string) =>
  reply.headers(headers).type('text/html; charset=utf-8').serializer(String).send(html);

export function actRoutes(app: App, { act, clock, onCall, zone: reportZone }: Context): void {
  const url = '/act/:token';
  const schema = { hide: true, params: Token, querystring: Query };
  // Of its own scope: nowhere else is a form taken.
  app.register((own: App, _, done) => {
    own.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 1000 },
      (_, __, done) => done(null, undefined),
    );
    own.setErrorHandler((thrown: unknown, request, reply) => {
      const error = errorOf(thrown, request);
      request.refusedAs = error.code;
      return answer(reply.code(error.status), actProblemPage(error, languageOf(request)));
    });
    own.get(url, { config: few, schema }, async (request, reply) => {
      const { token } = request.params as { token: string };
      const asked = await act.read(token);
      const zone = (asked.user === null ? null : onCall.zoneOf(asked.user)) ?? reportZone;
      return answer(reply, actPage(asked, { language: languageOf(request), zone, now: clock.now() }));
    });
    own.post(url, { config: few, schema }, async (request, reply) => {
      const { token } = request.params as { token: string };
      const { language } = request.query as { language?: Language };
      await act.use(token).catch((thrown: unknown) => {
        // Pressed twice, or somebody else was quicker: the page says how it is now.
        if (!(thrown instanceof EvenkeelError && thrown.code === 'CONFLICT')) throw thrown;
      });
      // Loaded again it is not sent again.
      return reply
        .headers(headers)
        .redirect(`/act/${encodeURIComponent(token)}${language === undefined ? '' : `?language=${language}`}`, 303);
    });
    done();
  });
}
