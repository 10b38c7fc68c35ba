/** The parts of the web app come when they are needed; what happens when one does not come. */

import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Browser, browserSteps, buildWeb, openBrowser } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('parts of the web app');
const password = 'a sentence that nobody guesses';
/** Scripts, page and style of the first page, as they go over the network. */
const mostBytes = 57_000;
let collector: InProcess;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const menu = (name: string) => page.locator('aside nav').getByRole('link', { name }).click();
/** True until the whole page is loaded anew. */
const mark = () => page.evaluate(() => Object.assign(window, { sameDocument: true }));
const isMarked = () => page.evaluate(() => 'sameDocument' in window);

/** As it goes over the network, and no less when it is read. */
async function sentBytes(url: string): Promise<number> {
  const answer = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
  const whole = (await answer.arrayBuffer()).byteLength;
  const sent = Number(answer.headers.get('content-length'));
  assert.is(answer.headers.get('vary')?.toLowerCase().includes('accept-encoding'), true, url);
  if (whole >= 1000) assert.is(answer.headers.get('content-encoding'), 'gzip', url);
  assert.ok(sent > 0 && sent <= whole, `${url}: ${sent} of ${whole} bytes`);
  return sent;
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await heading('Fleet');
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('the first page needs few bytes of script: no other page, language or chart', async () => {
  const scripts: string[] = [];
  const others: string[] = [];
  page.on('response', (answer) => {
    const kind = answer.request().resourceType();
    if (kind === 'script') scripts.push(answer.url());
    else if (kind === 'document' || kind === 'stylesheet') others.push(answer.url());
  });
  await page.goto(collector.started.addresses.http);
  await heading('Fleet');
  await page.waitForLoadState('networkidle');
  page.removeAllListeners('response');
  const bytesOf = async (all: readonly string[]) => {
    // One that the page before asked for last may come among these, too.
    const urls = [...new Set(all)];
    const sizes = await Promise.all(urls.map(sentBytes));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  const [bytes, more] = [await bytesOf(scripts), await bytesOf(others)];
  console.log(
    `\nFIGURE web: ${scripts.length} scripts of ${bytes} bytes (gzip) for the first page, ${bytes + more} bytes with page and style`,
  );
  assert.ok(scripts.length > 2 && bytes + more < mostBytes, `${bytes} + ${more} bytes: ${scripts.join(' ')}`);
  assert.not(
    scripts.some((url) => /-reasons-|-more-/.test(url)),
    'neither sentences for reasons nor words of other pages are part of it',
  );
  // A word that is not here would be its key.
  const text = (await page.locator('body').textContent()) ?? '';
  assert.equal(text.match(/\b[a-z]+(\.[a-z]\w*)+\b/g) ?? [], []);
});

step('a page that shows reasons is not shown before their sentences are here', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked = page.waitForRequest('**/assets/en-reasons-*.js');
  await page.route('**/assets/en-reasons-*.js', async (route) => {
    await held;
    await route.continue();
  });
  await menu('Protection');
  await asked;
  await page.locator('main .bones').waitFor();
  assert.is(await page.locator('h1').count(), 0);
  release();
  await heading('Protection');
  await page.unrouteAll();
});

step('a page whose file has another name since an upgrade is loaded anew, at its address', async () => {
  await mark();
  let isLoadedAnew = false;
  page.on('request', (request) => {
    isLoadedAnew ||= request.isNavigationRequest();
  });
  await page.route('**/assets/tickets-list-*.js', (route) =>
    isLoadedAnew ? route.continue() : route.fulfill({ status: 404, body: '{}' }),
  );
  await menu('Tickets');
  await heading('Tickets');
  page.removeAllListeners('request');
  await page.unrouteAll();
  assert.is(new URL(page.url()).pathname, '/tickets');
  assert.not(await isMarked(), 'the page was loaded anew');
});

step('a file that is missing for good is said, not loaded over and over', async () => {
  await page.route('**/assets/software-list-*.js', (route) => route.fulfill({ status: 404, body: '{}' }));
  await mark();
  await menu('Software');
  await page.getByText('Load the page again').waitFor();
  assert.ok(await isMarked(), 'it was loaded anew a moment ago');
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await heading('Software');
});

step('without a connection that is said, and the page comes when it is back', async () => {
  await page.context().setOffline(true);
  await menu('Patches');
  await page.getByText(/^Not connected\./).waitFor();
  await page.getByRole('button', { name: '日本語' }).click();
  await page.getByText(/^Not connected\./).waitFor();
  await page.context().setOffline(false);
  await heading('Patches');
});

step('another language comes when it is chosen', async () => {
  await page.getByRole('button', { name: '日本語' }).click();
  await heading('パッチ');
  await page.reload();
  await heading('パッチ');
});

step('the keyboard begins at the heading of a page that had to be fetched', async () => {
  await menu('変更');
  await heading('変更');
  await page.locator('h1:focus').waitFor();
});

test.run();
