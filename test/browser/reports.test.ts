/** Reports as a manager meets them: made on the page, read, printed, downloaded; the PDF is the page on paper. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findBrowser } from '../../collector/reports/pdf/browser.ts';
import { createPdfs } from '../../collector/reports/pdf/pdf.ts';
import type { PeriodReport, PeriodReportRow } from '../../shared/api.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { cutPercent } from '../../shared/words/format.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';
import { clock, now, putMonth, zone } from '../support/stability-month.ts';

const test = suite('reports pages');
const password = 'a sentence that nobody guesses';
/** With a folder here the pictures are kept, to be looked at. */
const pictures = process.env.EVENKEEL_PICTURES;
let collector: InProcess;
let browser: Browser;
let page: Page;
let web: string;

const { missing, step } = browserSteps(test);

test.before(async () => {
  if (missing) return;
  web = await buildWeb();
  collector = await openCollector({ clock, web, settings: `zone: ${zone}\n` });
  await putMonth(collector);
  browser = await openBrowser();
  page = browser.page;
  await page.clock.setSystemTime(now);
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('navigation').waitFor();
});
test.after(async () => {
  await browser?.close();
  await collector?.close();
});

const url = () => collector.started.addresses.http;
const picture = async (name: string) => {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
};
const make = async (body: object): Promise<PeriodReportRow> => {
  const answer = await collector.call('/api/v1/reports', { method: 'POST', as: 'manager', body });
  assert.ok(answer.status < 300, answer.text);
  return answer.body;
};
const contentOf = async (id: string): Promise<PeriodReport> =>
  (await collector.call(`/api/v1/reports/${id}`, { as: 'viewer' })).body;

/** Text of a PDF by poppler; null where that is not installed. */
function textOf(pdf: Buffer, name: string): string | null {
  const file = join(tmpdir(), `evenkeel-${process.pid}-${name}.pdf`);
  writeFileSync(pictures ? join(pictures, `${name}.pdf`) : file, pdf);
  try {
    return execFileSync('pdftotext', ['-layout', pictures ? join(pictures, `${name}.pdf`) : file, '-'], {
      encoding: 'utf8',
    });
  } catch {
    return null;
  }
}

step(
  'made on the page: last month, all sites; it opens with the sentence and the numbers of the Stability page',
  async () => {
    await openPage(page, `${url()}/reports`, 'en');
    await page.getByRole('button', { name: 'Make report' }).click();
    await page.waitForURL(/\/reports\/r/);
    await page.locator('.report .tile').first().waitFor();
    const id = page.url().split('/').at(-1) as string;
    const { content } = await contentOf(id);
    const value = content.stability.kpis.find((kpi) => kpi.id === 'availability_server')?.value;
    const shown = (await page.locator('.report').textContent()) ?? '';
    assert.match(shown, cutPercent(value, 'en'));
    assert.match(shown, /Nothing was left out/);
    await page.getByRole('link', { name: 'Reports' }).first().click();
    await page.getByRole('link', { name: /2026/ }).first().waitFor();
  },
);

step('wide, phone and paper, light and dark, in both languages: readable, nothing scrolls sideways', async () => {
  const { id } = await make({ period: '2026-10' });
  for (const language of ['en', 'ja'])
    for (const [width, scheme] of [
      [1440, 'light'],
      [1440, 'dark'],
      [390, 'light'],
      [360, 'dark'],
    ] as const)
      for (const [name, path] of [
        ['list', 'reports'],
        ['report', `reports/${id}`],
      ]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: scheme });
        await openPage(page, `${url()}/${path}`, language);
        if (name === 'report') await page.locator('.report').waitFor();
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${path} in ${language} at ${width}: ${over} px too wide`);
        assert.equal(await violations(page), [], `${path} in ${language} at ${width}, ${scheme}`);
        await picture(`${name}-${language}-${width}-${scheme}`);
      }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
});

step(
  'the PDF is made by the collector: the same numbers, in the language of the report, without navigation',
  async () => {
    for (const language of ['en', 'ja'] as const) {
      const { id } = await make({ period: '2026-10', language });
      const response = await fetch(`${url()}/api/v1/reports/${id}.pdf`, {
        headers: { authorization: `Bearer ${collector.token('viewer')}` },
      });
      assert.is(response.status, 200);
      assert.is(response.headers.get('content-type'), 'application/pdf');
      const pdf = Buffer.from(await response.arrayBuffer());
      assert.is(pdf.subarray(0, 5).toString(), '%PDF-');
      const text = textOf(pdf, `report-${language}`);
      if (text === null) {
        console.log('\nSKIP the text of the PDF: pdftotext is not there');
        continue;
      }
      const { content } = await contentOf(id);
      for (const id of ['availability_server', 'availability_workstation']) {
        const value = content.stability.kpis.find((kpi) => kpi.id === id)?.value;
        assert.match(text, cutPercent(value, language), id);
      }
      assert.match(text, language === 'en' ? /Report October 2026/ : /レポート 2026年10月/);
      assert.ok(text.split('\f').length > 2, 'the annexes have pages of their own');
      assert.not.match(text, language === 'en' ? /Log out|Settings/ : /ログアウト/);
      assert.match(text, content.stability.period.zone);
    }
  },
);

step('a page that asks for a PDF gets the file, and its profile is gone', async () => {
  const profiles = () => readdirSync(tmpdir()).filter((name) => name.startsWith('evenkeel-pdf-'));
  const before = profiles();
  const { id } = await make({ period: '2026-10' });
  await openPage(page, `${url()}/reports/${id}`, 'en');
  for (const [button, ending] of [
    ['PDF', 'pdf'],
    ['CSV', 'csv'],
  ]) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button as string, exact: true }).click(),
    ]);
    assert.is(download.suggestedFilename(), `evenkeel-2026-10.${ending}`);
  }
  await until(async () => profiles().length <= before.length, 5000, 'the profile is removed');
});

step('hostile names and titles stay text on the page and on paper', async () => {
  const title = '<img src=x onerror=alert(1)>"><script>alert(2)</script>';
  await collector.state.updateTable('tickets').set({ title, kind: 'person' }).where('id', '=', 1).execute();
  const { id } = await make({ period: '2026-10', reason: 'renamed' });
  await openPage(page, `${url()}/reports/${id}`, 'en');
  await page.locator('.report').waitFor();
  assert.is(await page.locator('.report img, .report script').count(), 0);
  assert.match((await page.locator('.report').textContent()) ?? '', '<img src=x');
});

step(
  'a status page: a stranger reads it wide and on a phone, light and dark, in both languages; off it is not there',
  async () => {
    const sites = (await collector.call('/api/v1/sites', { as: 'viewer' })).body as {
      items: { id: string; name: string }[];
    };
    const of = (name: string) => sites.items.find((one) => one.name === name)?.id as string;
    await page.setViewportSize({ width: 1280, height: 1400 });
    await openPage(page, `${url()}/settings?section=parts`, 'en');
    await page.getByRole('button', { name: 'New status page' }).click();
    await page.getByLabel('Title', { exact: true }).fill('Is IT working?');
    await page.getByLabel('Address').fill('it');
    await page.getByLabel('Who may see it').selectOption('public');
    await page.getByLabel('Text under the title').fill('Questions: call 4711.');
    await page.getByLabel('Name shown to people').fill('Mail (Osaka)');
    await page.getByLabel('Based on').selectOption(`site:${of('Osaka')}`);
    await page.getByRole('button', { name: 'Add a service' }).click();
    await page.getByLabel('Name shown to people').nth(1).fill('Files');
    await page
      .getByLabel('Based on')
      .nth(1)
      .selectOption(`site:${of('Berlin')}`);
    await page.getByRole('button', { name: 'Save status page' }).click();
    await page.getByText('/status/it').waitFor();
    assert.is((await fetch(`${url()}/api/v1/status/it`)).status, 404, 'off until it is turned on');
    await page.getByRole('button', { name: 'Edit Is IT working?' }).click();
    await page.getByLabel('On', { exact: true }).check();
    await page.getByRole('button', { name: 'Save status page' }).click();
    await page.getByRole('link', { name: 'Is IT working?' }).waitFor();
    await page.getByRole('button', { name: /^New notice/ }).click();
    await page.getByLabel('Title of the notice').fill('Mail is slow');
    await page.getByLabel('Which service').selectOption({ label: 'Mail (Osaka)' });
    await page.getByLabel('In plain words').fill('Mail arrives late. We are replacing a part.');
    await picture('settings-status');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByRole('button', { name: /^Add an update/ }).waitFor();
    assert.equal(await violations(page), []);
    const context = await page.context().browser()?.newContext();
    const stranger = context ? await context.newPage() : page;
    for (const language of ['en', 'ja'])
      for (const [width, scheme] of [
        [1440, 'light'],
        [390, 'light'],
        [360, 'dark'],
      ] as const) {
        await stranger.setViewportSize({ width, height: 900 });
        await stranger.emulateMedia({ colorScheme: scheme });
        if (stranger.url() === 'about:blank') await stranger.goto(`${url()}/status/it`);
        await openPage(stranger, `${url()}/status/it`, language);
        await stranger.locator('.status-lead').waitFor();
        const over = await stranger.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${language} at ${width}: ${over} px too wide`);
        assert.equal(await violations(stranger), [], `${language} at ${width}`);
        if (pictures)
          await stranger.screenshot({
            path: join(pictures, `status-${language}-${width}-${scheme}.png`),
            fullPage: true,
          });
      }
    assert.match((await stranger.locator('.status-lead').textContent()) ?? '', /Mail \(Osaka\)/);
    await openPage(stranger, `${url()}/status/nowhere`, 'en');
    await stranger.getByText('There is no status page here').waitFor();
    if (stranger !== page) await context?.close();
    await page.emulateMedia({ colorScheme: 'light' });
  },
);

const failure = async (work: Promise<unknown>): Promise<EvenkeelError> => {
  const thrown = await work.then(
    () => assert.unreachable('it was made'),
    (error: unknown) => error,
  );
  assert.instance(thrown, EvenkeelError);
  return thrown as EvenkeelError;
};

step('no browser, one that ends, one that hangs, and one too many: each is said, in time', async () => {
  const report = await contentOf((await make({ period: '2026-10' })).id);
  const common = { web, version: 'test' };
  const none = await failure(createPdfs({ ...common, browser: '/nowhere/chromium' }).of(report, 'en'));
  assert.equal([none.code, none.status], ['PDF_NO_BROWSER', 503]);
  assert.match(none.message, '/nowhere/chromium');
  assert.match(none.hint, /chromium.*evenkeel\.yaml/);
  const ends = await failure(createPdfs({ ...common, browser: '/bin/false' }).of(report, 'en'));
  assert.is(ends.code, 'PDF_FAILED');
  const script = join(tmpdir(), `evenkeel-hangs-${process.pid}.sh`);
  writeFileSync(script, '#!/bin/sh\nsleep 60\n', { mode: 0o755 });
  const begun = performance.now();
  const pdfs = createPdfs({ ...common, browser: script, timeoutMs: 500 });
  const hangs = await failure(pdfs.of(report, 'en'));
  assert.match(hangs.message, /more than 0\.5 s/);
  assert.ok(performance.now() - begun < 5000);
  const many = Array.from({ length: 9 }, (_, n) => failure(pdfs.of({ ...report, id: `r${n}` }, 'en')));
  assert.is((await many[8])?.code, 'PDF_BUSY');
  await Promise.all(many);
});

step('nothing of the report, and no secret, is on the command line of the browser', async () => {
  const path = findBrowser(null);
  assert.ok(path && existsSync(path));
  if (process.platform !== 'linux') return;
  const report = await contentOf((await make({ period: '2026-10' })).id);
  const making = createPdfs({ web, version: 'test', browser: null }).of(report, 'en');
  const lines: string[] = [];
  for (let n = 0; n < 20; n++) {
    const own = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
    lines.push(...own.filter((line) => line.includes('evenkeel-pdf-')));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await making;
  assert.ok(lines.length > 0, 'it was seen running');
  for (const line of lines) assert.not.match(line, new RegExp(`${report.id}|report\\.invalid|Bearer|2026-10`));
});

test.run();
