/**
 * The PDF of a report: the product's own page in a headless Chromium. Every request of that page is answered here, from
 * the built web app and with this one report, so that it needs no credential, no address and no network.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, resolve, sep } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Me, PeriodReport } from '../../../shared/api.ts';
import { EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import type { Language } from '../../../shared/words/index.ts';
import { findBrowser, startBrowser } from './browser.ts';
import { type DevTools, devTools } from './devtools.ts';

export interface PdfParts {
  /** Path of the program; null: the usual places. */
  browser: string | null;
  /** Folder of the built web app. */
  web: string;
  version: string;
  /** For everything from the start of the program to the file. */
  timeoutMs?: number;
}

export interface Pdfs {
  /** One at a time. @throws EvenkeelError PDF_NO_BROWSER, PDF_FAILED, PDF_BUSY */
  of(report: PeriodReport, language: Language): Promise<Buffer>;
}

const waitingAtMost = 8;
/** A name that is nowhere: whatever is not answered here goes nowhere. */
const origin = 'http://report.invalid';

export function createPdfs({ browser, web, version, timeoutMs = 30_000 }: PdfParts): Pdfs {
  let queue: Promise<unknown> = Promise.resolve();
  const waiting = new Map<string, Promise<Buffer>>();

  async function made(report: PeriodReport, language: Language): Promise<Buffer> {
    const path = findBrowser(browser);
    if (path === null) throw fail('PDF_NO_BROWSER', { where: browser ?? 'the usual places' });
    if (!existsSync(join(web, 'index.html'))) throw fail('PDF_FAILED', { reason: 'the web app has not been built' });
    const chromium = startBrowser(path);
    const late = pause(timeoutMs, undefined, { ref: false }).then(() => {
      throw new Error(`it took more than ${timeoutMs / 1000} s`);
    });
    try {
      return await Promise.race([print(devTools(chromium), report, language), late]);
    } catch (thrown) {
      if (thrown instanceof EvenkeelError) throw thrown;
      throw fail('PDF_FAILED', { reason: reasonOf(thrown) }, thrown);
    } finally {
      late.catch(() => {});
      await chromium.close();
    }
  }

  async function print(page: DevTools, report: PeriodReport, language: Language): Promise<Buffer> {
    const { targetId } = await page.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await page.send('Target.attachToTarget', { targetId, flatten: true });
    page.use(String(sessionId));
    page.on('Fetch.requestPaused', ({ requestId, request }) => {
      const answer = answerTo((request as { url: string }).url, report);
      const { status, type, body } = answer;
      const responseHeaders = [{ name: 'content-type', value: type }];
      page
        .send('Fetch.fulfillRequest', {
          requestId,
          responseCode: status,
          responseHeaders,
          body: body.toString('base64'),
        })
        // The page is being closed.
        .catch(() => {});
    });
    await page.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    await page.send('Emulation.setTimezoneOverride', { timezoneId: report.period.zone });
    // The app speaks the first language of the browser.
    await page.send('Emulation.setUserAgentOverride', { userAgent: `Evenkeel/${version}`, acceptLanguage: language });
    await page.send('Emulation.setEmulatedMedia', { media: 'print' });
    await page.send('Page.navigate', { url: `${origin}/reports/${encodeURIComponent(report.id)}` });
    await drawn(page);
    const { data } = await page.send('Page.printToPDF', {
      ...{ preferCSSPageSize: true, printBackground: true, generateTaggedPDF: true },
    });
    return Buffer.from(String(data), 'base64');
  }

  /** Until the report stands on the page, with its fonts. */
  async function drawn(page: DevTools): Promise<void> {
    const expression = `document.fonts.ready.then(() => document.querySelector('.report') !== null)`;
    for (;;) {
      const { result } = await page.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      if ((result as { value?: unknown }).value === true) return;
      await pause(50);
    }
  }

  function answerTo(url: string, report: PeriodReport): PdfAnswer {
    const { origin: from, pathname } = new URL(url);
    if (from !== origin) return nothing;
    const { zone } = report.content.stability.period;
    const me: Me = {
      user: null,
      role: 'viewer',
      via: null,
      provider: null,
      recovers: false,
      lacksFactor: false,
      setup: false,
      version,
      zone,
      sites: null,
      starts: {},
    };
    if (pathname === '/api/v1/me') return json(me);
    if (pathname === `/api/v1/reports/${report.id}`) return json(report);
    if (pathname.startsWith('/api/')) return nothing;
    return fileIn(web, pathname) ?? fileIn(web, '/index.html') ?? nothing;
  }

  return {
    of(report, language) {
      const key = `${report.id} ${language}`;
      const found = waiting.get(key);
      if (found !== undefined) return found;
      if (waiting.size >= waitingAtMost) return Promise.reject(fail('PDF_BUSY', { n: waiting.size }));
      const pdf = queue.then(() => made(report, language)).finally(() => waiting.delete(key));
      waiting.set(key, pdf);
      queue = pdf.catch(() => {});
      return pdf;
    },
  };
}

interface PdfAnswer {
  status: number;
  type: string;
  body: Buffer;
}

const nothing: PdfAnswer = { status: 404, type: 'application/json', body: Buffer.from('{}') };
const json = (value: unknown): PdfAnswer => ({
  ...{ status: 200, type: 'application/json', body: Buffer.from(JSON.stringify(value)) },
});

const types: Record<string, string> = {
  ...{ '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' },
};

function fileIn(folder: string, path: string): PdfAnswer | null {
  const file = resolve(join(folder, path));
  const type = types[extname(file)];
  if (!file.startsWith(resolve(folder) + sep) || type === undefined) return null;
  return existsSync(file) && statSync(file).isFile() ? { status: 200, type, body: readFileSync(file) } : null;
}
