/**
 * The pages of people without an account: the label of a machine, an article, and what they reported. Opening one changes nothing.
 * They are HTML from here, so that they open at once on a bad line and without script; all of a form is checked by its room.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { EvenkeelError, fail } from '../../../shared/errors.ts';
import { findWord, type Language } from '../../../shared/words/index.ts';
import type { FormFault, FormFields } from '../../self-service/form.ts';
import { articlePage, foundHtml, queryOf, reportPage } from '../../self-service/report-page.ts';
import { ownPage, requestPage } from '../../self-service/request-page.ts';
import { makeVisit, type Stranger } from '../../self-service/self-service.ts';
import type { App, Context } from '../context.ts';
import { cookieName } from '../cookies.ts';
import {
  answerPage,
  few,
  fieldsIn,
  PageForm,
  pageHeaders,
  pageLanguage,
  publicPages,
  readerIn,
  seeOther,
  shownInForm,
  wordsOf,
} from '../public-pages.ts';
import { closed, counted, word } from '../shapes.ts';
import { sendFile } from './attachments.ts';

const searches = { rateLimit: { max: 120, timeWindow: '1 minute' } };
const Label = Type.Object({ label: word(100, 'from the label') }, closed);
const Secret = Type.Object({ secret: word(100, 'from the link') }, closed);
const File = Type.Object({ ...Secret.properties, file: counted('the number of a file') }, closed);
const Article = Type.Object({ ...Label.properties, id: word(64, 'from the list') }, closed);
/** Mail programs and scanners of codes add keys of their own to links. */
const Query = Type.Object({
  language: pageLanguage,
  q: Type.Optional(Type.String({ maxLength: 300 })),
  visit: Type.Optional(Type.String({ maxLength: 100 })),
  done: Type.Optional(Type.Enum(['sent', 'answered', 'reopened', 'rated'])),
});
type PageQuery = Type.Static<typeof Query>;

const keptS = 180 * 86_400;

const queryIn = ({ query }: FastifyRequest) => (query ?? {}) as PageQuery;
const visitIn = (request: FastifyRequest, given?: string): string =>
  /^[\w-]{20,43}$/.exec(given ?? queryIn(request).visit ?? '')?.[0] ?? makeVisit();
const faultWords = (fault: FormFault, reader: Language): string =>
  findWord(reader, `selfService.fault.${fault}`) ?? fault;

/** What both kinds of pages need of a request. */
function createReading({ addresses, zone }: Pick<Context, 'addresses' | 'zone'>) {
  const ownCookie = () => `${cookieName(addresses().http)}-requests`;
  return {
    readerOf: readerIn(zone),
    /** What is not of our making is none. */
    strangerOf: (request: FastifyRequest): Stranger => ({
      from: request.ip,
      browser: /^[\w-]{43}$/.exec(request.cookies[ownCookie()] ?? '')?.[0] ?? null,
    }),
    keep: (reply: FastifyReply, browser: string, maxAge: number) =>
      reply.setCookie(ownCookie(), browser, {
        ...{ path: '/', httpOnly: true, sameSite: 'lax', maxAge },
        secure: addresses().http.startsWith('https:'),
      }),
  };
}

interface PageParts extends ReturnType<typeof createReading>, Pick<Context, 'selfService' | 'attachments'> {
  recovers: boolean;
}

const page = (params: object) => ({ config: few, schema: { hide: true, params, querystring: Query } });
const form = (params: object) => ({
  config: few,
  schema: { hide: true, params, querystring: Query, body: PageForm },
});

/** The label of a machine, and articles. */
function reportPages(own: App, { selfService, recovers, readerOf, strangerOf, keep }: PageParts): void {
  /** What was just tried, in a page of its own kind. */
  async function showReport(
    request: FastifyRequest,
    reply: FastifyReply,
    more: { fields?: FormFields; problem?: string } = {},
  ) {
    const { label } = request.params as { label: string };
    const reader = readerOf(request);
    const { q } = queryIn(request);
    const view = await selfService.view(label);
    const question = q?.slice(0, 200) ?? '';
    const found = question.trim() === '' ? null : await selfService.search(label, question, reader.language);
    const own = strangerOf(request).browser !== null;
    const visit = visitIn(request, more.fields?.visit);
    return answerPage(reply, reportPage({ view, label, visit, question, found, own, recovers, ...more }, reader));
  }

  own.get('/report/:label', page(Label), (request, reply) => showReport(request, reply));
  own.get('/report/:label/search', { ...page(Label), config: searches }, async (request, reply) => {
    const { label } = request.params as { label: string };
    const { q = '' } = queryIn(request);
    const reader = readerOf(request);
    const found = await selfService.search(label, q.slice(0, 200), reader.language);
    return answerPage(reply, q.trim() === '' ? '' : foundHtml(found, label, visitIn(request), reader));
  });
  own.post('/report/:label', form(Label), async (request, reply) => {
    const { label } = request.params as { label: string };
    const [reader, fields] = [readerOf(request), fieldsIn(request)];
    try {
      const sent = await selfService.send(label, fields, strangerOf(request));
      if ('fault' in sent)
        return await showReport(request, reply.code(422), {
          fields,
          problem: faultWords(sent.fault, reader.language),
        });
      if (sent.browser !== null) keep(reply, sent.browser, keptS);
      return seeOther(reply, `/request/${sent.secret}${queryOf(reader, { done: 'sent' })}`);
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError) || !shownInForm.has(thrown.code)) throw thrown;
      request.refusedAs = thrown.code;
      return await showReport(request, reply.code(thrown.status), {
        fields,
        problem: wordsOf(thrown, reader.language),
      });
    }
  });
  own.get('/report/:label/articles/:id', page(Article), async (request, reply) => {
    const { label, id } = request.params as { label: string; id: string };
    const texts = await selfService.article(label, id);
    const { contact } = selfService;
    const parts = { label, id, texts, contact, visit: visitIn(request), solved: null };
    return answerPage(reply, articlePage(parts, readerOf(request)));
  });
  own.post('/report/:label/articles/:id', form(Article), async (request, reply) => {
    const { label, id } = request.params as { label: string; id: string };
    const fields = fieldsIn(request);
    const visit = visitIn(request, fields.visit);
    const solved = fields.solved === 'yes';
    await selfService.helped(label, id, { solved, visit }, request.ip);
    const texts = await selfService.article(label, id);
    const parts = { label, id, texts, contact: selfService.contact, visit, solved };
    return answerPage(reply, articlePage(parts, readerOf(request)));
  });
}

/** What somebody reported, and all that a browser remembers. */
function requestPages(own: App, { selfService, attachments, readerOf, strangerOf, keep }: PageParts): void {
  async function showRequest(
    request: FastifyRequest,
    reply: FastifyReply,
    more: { problem?: string; text?: string } = {},
  ) {
    const { secret } = request.params as { secret: string };
    const { done } = queryIn(request);
    const view = await selfService.follow(secret);
    return answerPage(
      reply,
      requestPage({ view, secret, contact: selfService.contact, done, ...more }, readerOf(request)),
    );
  }

  own.get('/request', { config: few, schema: { hide: true, querystring: Query } }, async (request, reply) => {
    if (!selfService.isOn) throw fail('REPORT_LINK_UNKNOWN');
    return answerPage(reply, ownPage(await selfService.own(strangerOf(request).browser), readerOf(request)));
  });
  own.post(
    '/request',
    {
      config: few,
      schema: { hide: true, querystring: Query, body: PageForm },
    },
    async (request, reply) => {
      if (!selfService.isOn) throw fail('REPORT_LINK_UNKNOWN');
      return seeOther(keep(reply, '', 0), `/request${queryOf(readerOf(request))}`);
    },
  );
  own.get('/request/:secret', page(Secret), (request, reply) => showRequest(request, reply));
  own.get('/request/:secret/files/:file', page(File), async (request, reply) => {
    const { secret, file } = request.params as { secret: string; file: number };
    const ticket = await selfService.file(secret, file);
    return sendFile(reply.headers(pageHeaders), await attachments.read(ticket, file));
  });
  own.post('/request/:secret', form(Secret), async (request, reply) => {
    const { secret } = request.params as { secret: string };
    const { act, text, rating } = fieldsIn(request);
    const reader = readerOf(request);
    const deeds = {
      answer: ['answered', () => selfService.answer(secret, text, request.ip)],
      reopen: ['reopened', () => selfService.reopen(secret, text, request.ip)],
      rate: ['rated', () => selfService.rate(secret, Number(rating), text, request.ip)],
    } as const;
    const deed = act !== undefined && Object.hasOwn(deeds, act) ? deeds[act as keyof typeof deeds] : undefined;
    if (!deed) throw fail('REPORT_LINK_UNKNOWN');
    const again = text === undefined ? {} : { text };
    try {
      const fault = await deed[1]();
      if (fault !== null)
        return await showRequest(request, reply.code(422), { ...again, problem: faultWords(fault, reader.language) });
      return seeOther(reply, `/request/${secret}${queryOf(reader, { done: deed[0] })}`);
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError) || !shownInForm.has(thrown.code)) throw thrown;
      request.refusedAs = thrown.code;
      // Its words name what only the desk knows.
      const problem =
        thrown.code === 'CONFLICT'
          ? (findWord(reader.language, 'selfService.changed') ?? '')
          : wordsOf(thrown, reader.language);
      return await showRequest(request, reply.code(thrown.status), { ...again, problem });
    }
  });
}

export function selfServiceRoutes(app: App, context: Context): void {
  const { selfService, attachments } = context;
  const parts = { selfService, attachments, recovers: context.recovery.isOn, ...createReading(context) };
  publicPages(app, context, (own) => {
    reportPages(own, parts);
    requestPages(own, parts);
  });
}
