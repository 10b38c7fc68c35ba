/** Channels as an admin sets them up: by address and by form, tested, changed, removed; what fails is said. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openReceiver } from '../collector/notify/receiver.ts';
import {
  type Browser,
  browserSteps,
  buildWeb,
  openBrowser,
  openPage,
  rowText,
  violations,
} from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/until.ts';

const test = suite('channels page');
let collector: InProcess;
let browser: Browser;
let page: Page;
let receiver: Awaited<ReturnType<typeof openReceiver>>;
let status = 200;
const shots = process.env.EVENKEEL_SHOTS;

const { missing, step } = browserSteps(test);
const open = (language: 'en' | 'ja' = 'en') =>
  openPage(page, `${collector.started.addresses.http}/oncall/channels`, language);
const main = () => page.getByRole('main');
const press = (name: string) => main().getByRole('button', { name, exact: true }).first().click();
const shot = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
};

test.before(async () => {
  if (missing) return;
  receiver = await openReceiver(() => [status]);
  const settings = `outgoing: { allow: [127.0.0.1] }\nchannels:\n  - { name: filed, kind: webhook, url: "${receiver.url}/x" }\n`;
  collector = await openCollector({ web: await buildWeb(), settings });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
  await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
  await receiver.close();
});

step('one is added by its address; a typo is answered with the form that was meant', async () => {
  await open();
  assert.match(await rowText(page, 'filed'), /evenkeel\.yaml.*Webhook/);
  await press('Add channel');
  await page.getByLabel('Name', { exact: true }).fill('chat');
  await page.getByLabel('Address').fill('slak://TokenA/TokenB/TokenC');
  await press('Save');
  await page.getByText(/did you mean slack:\/\//).waitFor();
  await shot('channels-typo');
  await page.getByLabel('Address').fill(`gotify://${receiver.url.slice(7)}/s3cret-token`);
  await press('Save');
  await page.getByRole('row').filter({ hasText: 'chat' }).waitFor();
  assert.match(await rowText(page, 'chat'), /Gotify.*Critical, Warning/);
  assert.not.match((await page.textContent('body')) ?? '', /s3cret-token/);
});

step('a test shows what came of it, and the last result stays in its row', async () => {
  const row = page.getByRole('row').filter({ hasText: 'chat' });
  await row.getByRole('button', { name: 'Send test' }).click();
  await row.getByText(/Accepted after \d+ ms/).waitFor();
  assert.is(receiver.received.at(-1)?.headers['x-gotify-key'], 's3cret-token');
  status = 403;
  await row.getByRole('button', { name: 'Send test' }).click();
  await row.getByText(/Not accepted/).waitFor();
  // The row is read again after the answer.
  await until(async () => /Failed.*HTTP 403/.test(await rowText(page, 'chat')), 10_000, 'the last result in its row');
  status = 200;
  await shot('channels-en');
});

step(
  'a secret that is left empty stays; the page has no fault that axe finds, in both languages and on a phone',
  async () => {
    const row = page.getByRole('row').filter({ hasText: 'chat' });
    await row.getByRole('button', { name: /^Edit/ }).click();
    await page.getByText('It is set and not shown').first().waitFor();
    assert.is(await page.getByLabel('Token', { exact: true }).inputValue(), '');
    await page.getByLabel('Info').check();
    assert.equal(await violations(page), []);
    await shot('channels-form');
    await press('Save');
    await page.getByRole('row').filter({ hasText: 'Critical, Warning, Info' }).waitFor();
    await row.getByRole('button', { name: 'Send test' }).click();
    await row.getByText(/Accepted after/).waitFor();
    assert.is(receiver.received.at(-1)?.headers['x-gotify-key'], 's3cret-token');
    await open('ja');
    assert.equal(await violations(page), []);
    await page.setViewportSize({ width: 390, height: 844 });
    await shot('channels-ja-phone');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${overflow} px too wide`);
    await page.setViewportSize({ width: 1280, height: 900 });
  },
);

step('it is removed after a question', async () => {
  await open();
  const row = page.getByRole('row').filter({ hasText: 'chat' });
  await row.getByRole('button', { name: /^Delete/ }).click();
  await row.getByRole('button', { name: 'Delete chat' }).click();
  await row.waitFor({ state: 'detached' });
  assert.is(await collector.state.selectFrom('channels').select('id').executeTakeFirst(), undefined);
});

test.run();
