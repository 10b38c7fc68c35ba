/** Maintenance in a browser: entered with a preview, extended and ended, as a person does it. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MaintenanceRow } from '../../shared/api.ts';
import {
  type Browser,
  browserSteps,
  buildWeb,
  openBrowser,
  openPage,
  rowText,
  violations,
} from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('maintenance');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const list = async () => (await collector.get<{ items: MaintenanceRow[] }>('/api/v1/maintenance')).items;
const shots = process.env.EVENKEEL_TEST_PICTURES;
const picture = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
};

if (!missing) {
  test.before(async () => {
    await buildWeb();
    collector = await startCollector(folder.path);
    const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'Osaka <b>', note: '' });
    await fetch(`${collector.http}/api/v1/sites`, { method: 'POST', headers, body });
    browser = await openBrowser();
    page = browser.page;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(collector.setup as string);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Confirm password').fill(password);
    await page.getByRole('button', { name: /^Create admin account/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  });
  test.after(async () => {
    await browser.close();
    collector.child.kill('SIGTERM');
    await collector.ended;
    folder.remove();
  });
}

step('without any, it says why one would enter some', async () => {
  await open('/maintenance');
  await page.getByText('No maintenance planned').waitFor();
  assert.equal(await violations(page), []);
});

step('a form says what it would cover before it is sent', async () => {
  await open('/maintenance?of=site&target=Osaka+%3Cb%3E');
  await page
    .getByText(/Covered: 0/)
    .first()
    .waitFor();
  await page.getByText('It covers no endpoint at present.').waitFor();
  await page.getByLabel('Repeat').selectOption('weekly');
  await page.getByLabel('Start').fill('2030-12-10T22:00');
  await page.getByLabel('Repeat').selectOption('cron');
  await page.getByLabel('Cron expression', { exact: true }).fill('61 * * * *');
  await page.getByText(/minute "61" is not understood/).waitFor();
  assert.equal(await violations(page), []);
  await picture('form-fault');
  await page.getByLabel('Cron expression', { exact: true }).fill('0 22 * * TUE#2');
  await page.locator('ol.plain li').nth(4).waitFor();
  await picture('form');
  await page.getByLabel('Reason').fill('Monthly updates <img src=x onerror=alert(1)>');
  await page.getByRole('button', { name: 'Enter maintenance' }).click();
  await until(async () => (await list()).length === 1, 10_000, 'entered');
  assert.match(await rowText(page, 'Osaka <b>'), /Planned.*on the second Tuesday of each month, 22:00.*<img src=x/);
});

step('one that has not begun is edited, and one of its dates left out', async () => {
  await open('/maintenance');
  await page.getByText('Next dates', { exact: true }).click();
  await page
    .getByRole('button', { name: /^Leave out/ })
    .first()
    .click();
  await page.getByText(/^Left out: 20\d\d-\d\d-\d\d$/).waitFor();
  const [skipped] = await list();
  assert.is(skipped?.repeat?.skip.length, 1);
  await page.getByRole('button', { name: /^Edit/ }).click();
  assert.is(await page.getByLabel('Cron expression', { exact: true }).inputValue(), '0 22 * * TUE#2');
  await page.getByLabel('Length').selectOption('until');
  await page.getByLabel('End', { exact: true }).fill('02:30');
  const dates = page.locator('form ol.plain li');
  await dates.filter({ hasText: '4h 30m' }).first().waitFor();
  assert.is(await dates.count(), 4, 'the one that is left out is no date of it');
  assert.equal(await violations(page), []);
  await picture('edit');
  await page.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await list())[0]?.repeat?.until === '02:30', 10_000, 'changed');
  assert.equal((await list())[0]?.repeat?.skip, skipped?.repeat?.skip, 'what is left out stays so');
});

step('what was entered late waits at the top, and its author is told that it is for someone else', async () => {
  const now = Date.now();
  const scope = { of: 'site', target: 'Osaka <b>' };
  const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
  const enter = (reason: string) => {
    const body = JSON.stringify({ scope, reason, from: now - 7_200_000, to: now - 3_600_000, late: true });
    return fetch(`${collector.http}/api/v1/maintenance`, { method: 'POST', headers, body });
  };
  await enter('forgotten <i>');
  await open('/maintenance');
  const top = page.getByText('Waiting for a second person: 1');
  await top.waitFor();
  await page.getByText('forgotten <i>').waitFor();
  for (const language of ['en', 'ja'] as const)
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height });
      await open('/maintenance', language);
      await page.getByText('forgotten <i>').waitFor();
      assert.equal(await violations(page), [], `${language} ${width}`);
      await picture(`waiting-${language}-${width}`);
    }
  await page.setViewportSize({ width: 1280, height: 900 });
  await open('/maintenance');
  await page.getByRole('button', { name: /^Approve/ }).click();
  await top.waitFor({ state: 'detached' });
});

step('a refusal on a Japanese page is Japanese', async () => {
  await open('/maintenance?of=site&target=Osaka+%3Cb%3E', 'ja');
  await page.locator('select').nth(2).selectOption('cron');
  await page.locator('input.input').first().fill('61 * * * *');
  const told = page.locator('.callout .small');
  await told.getByText('分 "61" を解釈できません').waitFor();
  assert.not.match((await told.textContent()) ?? '', /understood|entered|minute/);
});

step('one from now on runs, is extended and ended', async () => {
  await open('/maintenance?of=site&target=Osaka+%3Cb%3E');
  await page.getByLabel('Reason').fill('New switch');
  await page.getByRole('button', { name: 'Enter maintenance' }).click();
  await page.getByText(/Running now: 1/).waitFor();
  const end = (await list()).find(({ state }) => state === 'running')?.running[0]?.end ?? 0;
  await page.getByRole('button', { name: /Extend by 1 h/ }).click();
  await until(
    async () => (await list()).some(({ running }) => running[0]?.end === end + 3_600_000),
    10_000,
    'extended',
  );
  for (const language of ['en', 'ja'] as const)
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await open('/maintenance', language);
        assert.equal(await violations(page), [], `${language} ${width} ${scheme}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${overflow} px beyond ${width}`);
        await picture(`list-${language}-${width}-${scheme}`);
      }
    }
  await page.setViewportSize({ width: 1280, height: 900 });
  await open('/maintenance');
  await page.getByRole('button', { name: /Extend until/ }).click();
  const field = page.getByLabel('End', { exact: true });
  const shown = await field.inputValue();
  const later = new Date(Date.parse(`${shown}Z`) + 90 * 60_000).toISOString().slice(0, 16);
  await field.fill(later);
  await page.getByRole('button', { name: 'Save' }).click();
  await field.waitFor({ state: 'detached' });
  const moved = (await list()).find(({ state }) => state === 'running')?.running[0]?.end ?? 0;
  assert.is(Math.floor((moved - end - 3_600_000) / 60_000), Math.floor((90 * 60_000 - (end % 60_000)) / 60_000));
  await page.getByRole('button', { name: /End now/ }).click();
  await page.getByText('Nothing is in maintenance now.').waitFor();
  await page.getByRole('button', { name: 'Show past maintenance' }).click();
  await page.getByText('New switch').waitFor();
  assert.match(page.url(), /past=1/);
  assert.equal(await violations(page), []);
  assert.equal(
    complaints.filter((text) => !text.includes('400')),
    [],
  );
});

test.run();
