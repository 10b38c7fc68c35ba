/** Search, keys, titles and the way back, by the keyboard alone. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { endpointId, putEndpoint } from '../support/fleet-history.ts';
import { until } from '../support/processes.ts';

const test = suite('search and keys');
const { missing, step } = browserSteps(test);
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;
let address: string;

const question = () => page.getByRole('combobox', { name: 'Search for anything' });
const options = () => page.getByRole('option').allTextContents();
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
const isAt = (path: string) => until(async () => new URL(page.url()).pathname === path, 5000, path);
const focusIn = (selector: string) =>
  page.evaluate(
    (of) => document.activeElement?.closest(of) !== null && document.activeElement !== document.body,
    selector,
  );

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  const post = (path: string, body: object) => collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body });
  for (const name of ['Berlin', 'Osaka']) await post('sites', { name });
  for (let n = 1; n <= 60; n++) await putEndpoint(collector.state, n, { site: n % 2 ? 'Berlin' : 'Osaka' });
  // The fleet is read at the start.
  await collector.stop();
  collector = await collector.again();
  assert.is(
    (await post('tickets', { title: 'Printer on fire', impact: 2, urgency: 2, endpoint: endpointId(7) })).status,
    201,
  );
  browser = await openBrowser();
  page = browser.page;
  address = collector.started.addresses.http;
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

step(
  'what is typed before the search has come is in it, does nothing to the page, and Enter opens what it names',
  async () => {
    await page.getByRole('link', { name: 'box-0042' }).waitFor();
    await page.route('**/*palette-*.js', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.continue();
    });
    await press('Control+k');
    // `x` ticks a row, `?` opens the list of keys.
    await page.keyboard.type('xx?');
    await press('Backspace', 'Backspace', 'Backspace');
    await page.keyboard.type('box-0031');
    assert.is(await question().count(), 0, 'it has not come');
    await question().waitFor();
    assert.is(await question().inputValue(), 'box-0031');
    assert.is(await page.locator('main input[type=checkbox]:checked').count(), 0);
    await press('Enter');
    await heading('box-0031');
    await page.unroute('**/*palette-*.js');
    await page.goto(`${address}/`);
  },
);

step('a mistyped endpoint is found and opened by keys; its name is first in the title', async () => {
  await page.getByRole('link', { name: 'box-0042' }).waitFor();
  await press('/');
  await question().waitFor();
  await page.keyboard.type('bxo-0042');
  await page.getByRole('option', { name: /^box-0042/ }).waitFor();
  await press('Enter');
  await heading('box-0042');
  assert.is(await page.title(), 'box-0042 · Evenkeel');
});

step('what was looked at last is first; an action names the endpoint that it is for', async () => {
  await press('g', 'a');
  await heading('Alerts');
  assert.is(await page.title(), 'Alerts · Evenkeel');
  await press('/');
  await page.getByRole('option', { name: /^box-0042/ }).waitFor();
  assert.match((await options())[0] ?? '', /^box-0042/);
  await page.keyboard.type('sil box-0042 2h');
  await page.getByRole('option', { name: 'Silence: box-0042' }).waitFor();
  await press('Enter');
  await isAt('/silences/new');
  assert.is(new URL(page.url()).searchParams.get('matcher'), `endpoint="${endpointId(42)}"`);
});

step('tickets are found by number and words, in full width too; the arrows choose', async () => {
  // Also while somebody types; there `/` is a letter.
  await page.goto(`${address}/tickets`);
  await heading('Tickets');
  const text = page.getByRole('searchbox').or(page.getByRole('textbox')).first();
  await text.focus();
  await press('/');
  assert.is(await question().count(), 0);
  await press('Control+k');
  for (const asked of ['#1', 'ｐｒｉｎｔｅｒ', 'pritner']) {
    await question().fill(asked);
    await page.getByRole('option', { name: /^#1 Printer on fire/ }).waitFor();
  }
  const selected = () => page.locator('dialog [role=option][aria-selected=true]').textContent();
  await question().fill('o');
  const first = await selected();
  await press('ArrowDown');
  assert.is.not(await selected(), first);
  await press('ArrowUp', 'ArrowUp', 'ArrowDown');
  assert.is(await selected(), first);
  await press('Escape');
  await question().waitFor({ state: 'detached' });
  assert.ok(await text.evaluate((one) => one === document.activeElement), 'the focus is where it was');
});

step('the key that ends a composition chooses nothing; what is composed is searched already', async () => {
  await page.goto(`${address}/tickets`);
  await heading('Tickets');
  await press('Control+k');
  await question().waitFor();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Input.imeSetComposition', { text: 'ｂｏｘ－００４２', selectionStart: 8, selectionEnd: 8 });
  await page.getByRole('option', { name: /^box-0042/ }).waitFor();
  await question().evaluate((box) => {
    const key = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true };
    box.dispatchEvent(new KeyboardEvent('keydown', key));
  });
  assert.is(new URL(page.url()).pathname, '/tickets');
  await devtools.send('Input.insertText', { text: 'ｂｏｘ－００４２' });
  await press('Enter');
  await heading('box-0042');
});

step('`?` shows the keys of the page and of every page, and says nothing of keys that are not there', async () => {
  await press('g', 't');
  await heading('Tickets');
  await press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.getByRole('heading', { name: 'On this page' }).waitFor();
  await help.getByText('Next ticket for me').waitFor();
  assert.equal(await violations(page), []);
  await press('Escape');
  await help.waitFor({ state: 'detached' });
  await press('g', 's');
  await heading('Stability');
  await press('?');
  await help.getByRole('heading', { name: 'On every page' }).waitFor();
  assert.is(await help.getByText('Next ticket for me').count(), 0);
  await help.getByLabel(/^Single keys/).uncheck();
  await press('Escape', 'g', 'f');
  await isAt('/stability');
  await page.getByRole('button', { name: 'Keys', exact: true }).click();
  await help.getByLabel(/^Single keys/).check();
  await press('Escape');
});

step('the way back leads to the list as it was left: filter, place, and the focus on what was opened', async () => {
  await page.goto(`${address}/?site=Berlin`);
  const link = page.getByRole('link', { name: 'box-0051' });
  await link.waitFor();
  await link.focus();
  const y = await page.evaluate(() => scrollY);
  assert.ok(y > 100, 'far down');
  await press('Enter');
  await heading('box-0051');
  const back = page.getByRole('link', { name: 'Fleet (Berlin)' });
  await back.focus();
  await press('Enter');
  await until(() => link.evaluate((one) => one === document.activeElement).catch(() => false), 5000, 'the focus');
  assert.is(new URL(page.url()).search, '?site=Berlin');
  await until(async () => Math.abs((await page.evaluate(() => scrollY)) - y) < 3, 5000, 'the place');
  await press('Enter');
  await heading('box-0051');
  await page.goBack();
  await until(() => link.evaluate((one) => one === document.activeElement).catch(() => false), 5000, 'the focus');
});

step('the app starts with the page that was chosen; the fleet stays where links lead', async () => {
  await page.goto(`${address}/settings`);
  await page.getByRole('group', { name: 'Start with' }).getByRole('button', { name: 'Tickets' }).click();
  await page.getByRole('link', { name: 'Evenkeel' }).first().click();
  await heading('Tickets');
  assert.is(new URL(page.url()).pathname, '/tickets');
  await press('g', 'f');
  await heading('Fleet');
  await page.reload();
  await heading('Fleet');
  await page.goto(`${address}/?site=Berlin`);
  await heading('Fleet');
  await page.evaluate(() => localStorage.removeItem('evenkeel.start'));
});

step('without a connection what was read is readable, of a time that is said; what is sent is not', async () => {
  await page.goto(`${address}/tickets`);
  await page.getByRole('link', { name: /Printer on fire/ }).click();
  await heading(/Printer on fire/);
  await press('g', 'a');
  await heading('Alerts');
  await page.context().setOffline(true);
  await press('g', 't');
  await page.getByRole('link', { name: /Printer on fire/ }).click();
  await heading(/Printer on fire/);
  const banner = page.getByText(/^Not connected\. Values are from \d+ \w+, \d\d:\d\d\. Reconnecting…$/);
  await banner.waitFor();
  await page.getByLabel('Comment', { exact: true }).fill('on my way');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await page.getByText('The collector does not answer.').waitFor();
  await page.context().setOffline(false);
  await banner.waitFor({ state: 'hidden' });
  assert.is(await page.getByLabel('Comment', { exact: true }).inputValue(), 'on my way');
});

step('it has no accessibility violation, and fits a small phone, in both languages', async () => {
  for (const [language, width] of [
    ['en', 1280],
    ['ja', 360],
  ] as const) {
    await page.setViewportSize({ width, height: 740 });
    await openPage(page, `${address}/alerts`, language);
    await page.getByRole('button', { name: /^(Search|検索)/ }).click();
    await page.getByRole('combobox').fill('o');
    await page.getByRole('option').first().waitFor();
    assert.equal(await violations(page), [], language);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${over} px too wide`);
    await press('Escape');
    await until(() => focusIn('.find-button, .thumb-bar'), 5000, 'the focus on the button');
  }
  const text = (await page.locator('body').textContent()) ?? '';
  assert.equal(text.match(/\b(?:find|keys|shell)\.\w+/g) ?? [], []);
});

test.run();
