/**
 * What pages for people without an account have in common: their headers, the forms they take, and one answer to all that is not there.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type ErrorCode, type EvenkeelError, fail } from '../../shared/errors.ts';
import { languageAccepted } from '../../shared/words/accepted.ts';
import { findWord, type Language, languages } from '../../shared/words/index.ts';
import { actProblemPage } from '../act/page.ts';
import type { PageReader } from '../self-service/report-page.ts';
import { errorOf } from './answer.ts';
import type { App, Context } from './context.ts';

/** A text of 4,000 characters in Japanese, each of nine bytes in a form. Told by its length, more is not read. */
const bodyLimit = 64 * 1024;
const fieldsAtMost = 12;
/** Per address, beside what the room counts: a person opens a few pages, and searches at each pause in typing. */
export const few = { rateLimit: { max: 60, timeWindow: '1 minute' } };
export const PageForm = Type.Record(Type.String(), Type.String());
export const pageLanguage = Type.Optional(Type.Enum([...languages]));

/** Its address is a secret and stays here; the one script is a file of ours. */
export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex',
};

export const fieldsIn = ({ body }: FastifyRequest): Readonly<Record<string, string | undefined>> =>
  (body ?? {}) as Record<string, string>;
export const answerPage = (reply: FastifyReply, html: string) =>
  reply.headers(pageHeaders).type('text/html; charset=utf-8').serializer(String).send(html);
/** Loaded again it is not sent again. */
export const seeOther = (reply: FastifyReply, path: string) => reply.headers(pageHeaders).redirect(path, 303);

/** What is said beside the form, so that nothing typed is lost. */
export const shownInForm: ReadonlySet<ErrorCode> = new Set(['REPORTS_MANY', 'CONFLICT', 'STATE_UNAVAILABLE']);
export function wordsOf({ code, message, hint }: EvenkeelError, reader: Language): string {
  const of = (part: string, given: string) => findWord(reader, `problem.${code}.${part}`) ?? given;
  return `${of('message', message)} ${of('hint', hint)}`;
}

export const readerIn =
  (zone: string) =>
  (request: FastifyRequest): PageReader => {
    const query = (request.query ?? {}) as { language?: Language };
    const chosen = query.language ?? (fieldsIn(request).language as Language | undefined);
    const isChosen = chosen !== undefined && languages.includes(chosen);
    return { language: isChosen ? chosen : languageAccepted(request.headers['accept-language']), isChosen, zone };
  };

/** @param pages registered in a scope of their own: nowhere else is a form read */
export function publicPages(app: App, { zone }: Pick<Context, 'zone'>, pages: (own: App) => void): void {
  const readerOf = readerIn(zone);
  app.register((own: App, _, done) => {
    own.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit },
      (_, text: string, parsed) => {
        const fields = [...new URLSearchParams(text)];
        if (fields.length > fieldsAtMost)
          return parsed(fail('BAD_REQUEST', { problem: 'the form has too many fields' }));
        parsed(null, Object.fromEntries(fields));
      },
    );
    own.setErrorHandler((thrown: unknown, request, reply) => {
      const error = errorOf(thrown, request);
      request.refusedAs = error.code;
      // The same for all that is not there: nobody learns which of it there is.
      const shown = error.status === 404 || error.code === 'BAD_REQUEST' ? fail('REPORT_LINK_UNKNOWN') : error;
      if (shown.code === 'TOO_LARGE') reply.header('connection', 'close');
      return answerPage(reply.code(shown.status), actProblemPage(shown, readerOf(request).language));
    });
    pages(own);
    done();
  });
}
