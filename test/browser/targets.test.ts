/** Targets in a browser: tried, kept, seen to be up and down, by a person and on a phone. */

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder } from '../support/processes.ts';

const test = suite('targets in a browser');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
const server = createServer((_, answer) => answer.end('Welcome to the shop'));
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);
const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const press = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).click();
const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

test.before(async () => {
  if (missing) return;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await buildWeb();
  const file = join(folder.path, 'evenkeel.yaml');
  writeFileSync(file, 'targets: { allow: [127.0.0.1] }\n');
  collector = await startCollector(join(folder.path, 'data'), ['--config', file]);
  browser = await openBrowser();
  page = browser.page;
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('response', (r) => {
    if (r.status() === 404) complaints.push(`404 ${r.url()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  await page.goto(collector.setup as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await press(/^Create admin account/);
  await heading('Fleet');
});
test.after(async () => {
  server.closeAllConnections();
  server.close();
  await browser?.close();
  collector?.child.kill('SIGTERM');
  await collector?.ended;
  folder.remove();
});

const look = async (name: string) => {
  const kept = process.env.EVENKEEL_PICTURES;
  if (kept) await page.screenshot({ path: join(kept, `${name}.png`), fullPage: true });
};

/** The present page in both languages, wide and on a phone, light and dark: not wider than its window, and accessible. */
async function pictures(name: string, ready: string): Promise<void> {
  const own = new URL(page.url()).pathname;
  for (const language of ['en', 'ja'] as const)
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: (language === 'ja') === (width === 1280) ? 'dark' : 'light' });
      await open(own, language);
      await page.locator(ready).first().waitFor();
      await look(`${name}-${language}-${width}`);
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(wider <= 0, `${name} ${language} ${width}: ${wider} px wider than the window`);
      assert.equal(await violations(page), []);
    }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
  await open(own);
  await page.locator(ready).first().waitFor();
}

step('an empty page says what it is for', async () => {
  await open('/targets');
  await heading('Targets');
  await page.getByText('Nothing is watched from outside').waitFor();
});

step('a target is tried before it is kept: wrong words, then well', async () => {
  await press('Add target');
  await page.getByLabel('Name', { exact: true }).fill('Shop');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await page.getByLabel('Address', { exact: true }).fill(address);
  await page.getByLabel('Words that must be there').fill('Goodbye');
  await press('Try it now');
  await page.getByText('Expected words are missing').waitFor();
  await look('targets-try-wrong');
  await page.getByLabel('Words that must be there').fill('Welcome');
  await press('Try it now');
  await page.locator('.callout').getByText('Answers').waitFor();
  await look('targets-try-well');
  await page.getByLabel('Interval, seconds').fill('10');
  await page.getByLabel('Timeout, seconds').fill('3');
  await press('Watch target');
  await page.locator('table').getByText('Up', { exact: true }).waitFor({ timeout: 15_000 });
  await page.getByText('0 of 1 targets are down.').waitFor();
});

step('what may not be looked at says what to do', async () => {
  await press('Add target');
  await page.getByLabel('Kind').selectOption('tcp');
  await page.getByLabel('Host').fill('10.1.2.3');
  await page.getByLabel('Port').fill('22');
  await press('Try it now');
  await page.getByText('targets.allow in evenkeel.yaml').waitFor();
  await press('Cancel');
});

step('it is down, and the page says why', async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await page.locator('table').getByText('Down', { exact: true }).waitFor({ timeout: 30_000 });
  await page.getByText('Collector: Connection refused').waitFor();
  await look('targets-down-wide');
  await open('/alerts');
  await page.getByText('Target does not answer as it should').first().waitFor();
  await page.getByRole('link', { name: 'Shop' }).first().click();
  await heading('Shop');
  assert.match(page.url(), /\/targets\/t[a-z0-9]{15}$/);
});

step('its page: what each watcher said, how long each phase took, and when it was down', async () => {
  const watching = page.locator('section', { hasText: 'Seen from' }).locator('table');
  await watching.getByText('Connection refused').waitFor();
  // Of before the server was stopped.
  await page.getByRole('img', { name: /^Answer time by phase\. .*Time to the first byte/ }).waitFor();
  await page.getByRole('img', { name: /^The last 24 hours: .*Down/ }).waitFor();
  await page.getByRole('img', { name: /^The last 90 days: .*Down/ }).waitFor();
  await page.getByText('outages: 1').first().waitFor();
  const outages = page.getByRole('table', { name: 'Outages' });
  await outages.getByText('goes on').waitFor();
  await outages.getByText('Connection refused').waitFor();
  await outages.getByRole('link', { name: 'Alert' }).click();
  await page.getByText('Connection refused (its only watcher says so)').waitFor();
  await page.getByText(/^http:\/\/127\.0\.0\.1:\d+\/$/).waitFor();
  await pictures('alert-of-target', 'canvas');
  await page.goBack();
  await outages.waitFor();
  await pictures('target', 'canvas');
  await page.getByRole('link', { name: 'Edit target' }).click();
  await page.getByLabel('Words that must be there').waitFor();
});

step('a service is made of it, and follows it', async () => {
  await open('/services');
  await press('Add service');
  await page.getByLabel('Name', { exact: true }).fill('Online shop');
  await page.getByLabel('Add part').selectOption({ label: 'Shop' });
  await press('Create service');
  await page.getByText('1 of 1 services are down.').waitFor({ timeout: 10_000 });
  await page.getByRole('link', { name: 'Online shop' }).click();
  await heading('Online shop');
  await page.getByText(/^Down for .*: Shop\.$/).waitFor();
  const parts = page.getByRole('table', { name: 'Made of' });
  await parts.getByText('Connection refused').waitFor();
  await page.getByRole('table', { name: 'Outages' }).getByText('goes on').waitFor({ timeout: 10_000 });
  await page.getByText('None is planned on it or on its parts.').waitFor();
  await pictures('service', 'table');
  await parts.getByRole('link', { name: 'Shop' }).click();
  await heading('Shop');
  await page.getByRole('link', { name: 'Online shop' }).click();
  await page.getByRole('link', { name: 'Edit service' }).click();
  await page.getByLabel('So many must work').fill('1');
  await press('Save');
  await page.getByText('1 of 1 services are down.').waitFor();
  for (const language of ['en', 'ja'] as const)
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await open('/services', language);
      await page.locator('table').waitFor();
      await look(`services-${language}-${width}`);
      assert.equal(await violations(page), []);
    }
});

step('on a status page it has the name that the admin gave it, and its outage', async () => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
  await open('/settings?section=parts');
  await press('New status page');
  await page.getByLabel('Title', { exact: true }).fill('Does it work?');
  await page.getByLabel('Address', { exact: true }).fill('works');
  await page.getByLabel('Name shown to people').fill('Ordering');
  await page.getByLabel('Based on').selectOption({ label: 'Service: Online shop' });
  await page.getByLabel('On', { exact: true }).check();
  await press('Save status page');
  await page.getByRole('link', { name: 'Does it work?' }).waitFor();
  await open('/status/works');
  await page.getByText('Disrupted: Ordering, since').waitFor();
  await page.getByText('Outages: 1 · planned work: 0').click();
  await page.getByText(/^Not working since /).waitFor();
  assert.not.match((await page.locator('main').textContent()) ?? '', /Shop|127\.0\.0\.1/);
  await pictures('status', '.status-part');
});

step('on a phone and in Japanese, in light and dark: nothing scrolls sideways, and it is accessible', async () => {
  for (const language of ['en', 'ja'] as const)
    for (const width of [1280, 390, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await open('/targets', language);
      await page.locator('table').waitFor();
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(wider <= 0, `${language} ${width}: ${wider} px wider than the window`);
      await look(`targets-${language}-${width}`);
      assert.equal(await violations(page), []);
    }
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await open('/targets', 'ja');
  await page.locator('table a.strong').first().click();
  await page.getByRole('link', { name: '監視対象を編集' }).click();
  await page.locator('form').waitFor();
  await look('targets-form-ja-dark-390');
  assert.equal(await violations(page), []);
  assert.equal(complaints, []);
});

test.run();
