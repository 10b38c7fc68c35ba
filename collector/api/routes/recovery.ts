/** The pages of people who have lost their access, and of whoever confirms who they are. Opening one changes nothing. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { EvenkeelError, fail } from '../../../shared/errors.ts';
import { findWord, type Language } from '../../../shared/words/index.ts';
import { askPage, confirmPage, decidedPage, statusPage } from '../../recovery/pages.ts';
import type { RecoveryFault } from '../../recovery/recovery.ts';
import { queryOf } from '../../self-service/report-page.ts';
import type { App, Context } from '../context.ts';
import {
  answerPage,
  few,
  fieldsIn,
  PageForm,
  pageLanguage,
  publicPages,
  readerIn,
  seeOther,
  shownInForm,
  wordsOf,
} from '../public-pages.ts';
import { closed, word } from '../shapes.ts';

const Secret = Type.Object({ secret: word(100, 'from the link') }, closed);
/** Mail programs add keys of their own to links. */
const Query = Type.Object({ language: pageLanguage });
const page = (more: object) => ({ config: few, schema: { hide: true, querystring: Query, ...more } });
const faultWords = (fault: RecoveryFault, language: Language): string =>
  findWord(language, `recovery.fault.${fault}`) ?? fault;

export function recoveryRoutes(app: App, context: Context): void {
  const { recovery } = context;
  const readerOf = readerIn(context.zone);
  const secretIn = ({ params }: FastifyRequest) => (params as { secret: string }).secret;

  /** @param again shows the form once more, with what was wrong */
  async function orAgain(
    request: FastifyRequest,
    reply: FastifyReply,
    deed: () => Promise<RecoveryFault | string>,
    again: (problem: string) => Promise<string>,
  ) {
    const { language } = readerOf(request);
    try {
      const done = await deed();
      if (done.startsWith('/')) return seeOther(reply, done);
      if (done.startsWith('<')) return answerPage(reply, done);
      return answerPage(reply.code(422), await again(faultWords(done as RecoveryFault, language)));
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError) || !shownInForm.has(thrown.code)) throw thrown;
      request.refusedAs = thrown.code;
      return answerPage(reply.code(thrown.status), await again(wordsOf(thrown, language)));
    }
  }

  publicPages(app, context, (own) => {
    const showAsk = (request: FastifyRequest, problem?: string) => {
      if (!recovery.isOn) throw fail('REPORT_LINK_UNKNOWN');
      const { ways, contact } = recovery;
      const typed = problem === undefined ? {} : { problem, fields: fieldsIn(request) };
      return askPage({ ways, contact, canMail: recovery.canMail(), ...typed }, readerOf(request));
    };
    own.get('/recovery', page({}), async (request, reply) => answerPage(reply, showAsk(request)));
    own.post('/recovery', page({ body: PageForm }), (request, reply) =>
      orAgain(
        request,
        reply,
        async () => {
          const reader = readerOf(request);
          const asked = await recovery.ask(fieldsIn(request), request.ip, reader.language);
          return 'fault' in asked ? asked.fault : `/recovery/${asked.secret}${queryOf(reader)}`;
        },
        async (problem) => showAsk(request, problem),
      ),
    );

    const showStatus = async (request: FastifyRequest, problem?: string) => {
      const secret = secretIn(request);
      const view = await recovery.view(secret);
      return statusPage({ view, secret, contact: recovery.contact, ...(problem && { problem }) }, readerOf(request));
    };
    own.get('/recovery/:secret', page({ params: Secret }), async (request, reply) =>
      answerPage(reply, await showStatus(request)),
    );
    own.post('/recovery/:secret', page({ params: Secret, body: PageForm }), (request, reply) =>
      orAgain(
        request,
        reply,
        async () => {
          const secret = secretIn(request);
          const fault = await recovery.enter(secret, fieldsIn(request).code, request.ip);
          return fault ?? `/recovery/${secret}${queryOf(readerOf(request))}`;
        },
        (problem) => showStatus(request, problem),
      ),
    );

    const showConfirm = async (request: FastifyRequest, problem?: string) => {
      const secret = secretIn(request);
      const view = await recovery.confirmView(secret);
      return confirmPage({ view, secret, ...(problem && { problem }) }, readerOf(request));
    };
    own.get('/recovery/confirm/:secret', page({ params: Secret }), async (request, reply) =>
      answerPage(reply, await showConfirm(request)),
    );
    own.post('/recovery/confirm/:secret', page({ params: Secret, body: PageForm }), (request, reply) =>
      orAgain(
        request,
        reply,
        async () => {
          const { act, code } = fieldsIn(request);
          const isThem = act !== 'refuse';
          if (!isThem) await recovery.refuse(secretIn(request), request.ip);
          const fault = isThem ? await recovery.confirm(secretIn(request), code, request.ip) : null;
          return fault ?? decidedPage(isThem, readerOf(request));
        },
        (problem) => showConfirm(request, problem),
      ),
    );
  });
}
