/** Updates of agents in a browser: turned on, a release rolled out, stopped and resumed; lists behind the numbers; pictures. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { UpdateSummary } from '../../shared/agent-update.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { makeReleaseKeys, writeRelease } from '../support/release.ts';

const test = suite('updates of agents');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const summary = () => collector.get<UpdateSummary>('/api/v1/agent-updates');
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const shots = process.env.EVENKEEL_TEST_PICTURES;

if (!missing) {
  test.before(async () => {
    await buildWeb();
    // With an agent of this machine.
    collector = await startCollector(folder.path, ['--local-agent']);
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
    await until(async () => (await summary()).endpoints === 1, 30_000, 'the agent of this machine');
    // Of a number that is refused.
    page.on('console', (message) => {
      if (/the server responded with a status of 400/.test(message.text())) complaints.pop();
    });
  });
  test.after(async () => {
    await browser.close();
    collector.child.kill('SIGTERM');
    await collector.ended;
    folder.remove();
  });
}

step('off, and without a release, the page says both and what to do', async () => {
  await open('/settings');
  await page.getByRole('link', { name: /^Agent updates/ }).click();
  await page.getByText('Updates of agents are off.').waitFor();
  await page.getByText(/There is no manifest\.json in .*packages/).waitFor();
  assert.equal(await violations(page), []);
});

step('turned on; a number out of its bounds is told at its field', async () => {
  await press('Settings of updates');
  await page.getByLabel('Agent updates').selectOption('on');
  const atOnce = page.getByLabel('At once at most', { exact: true });
  assert.is(await atOnce.inputValue(), '25');
  assert.is(await atOnce.getAttribute('max'), '500');
  await page.locator('form').evaluate((form) => form.setAttribute('novalidate', ''));
  await atOnce.fill('501');
  await press('Save settings');
  await page
    .getByText(/501 must be .*500/)
    .first()
    .waitFor();
  await atOnce.fill('30');
  assert.equal(await violations(page), []);
  if (shots) await page.screenshot({ path: `${shots}/agent-updates-settings.png`, fullPage: true });
  await press('Save settings');
  await page.getByText('No release lies in the folder.').waitFor();
  assert.equal([(await summary()).settings.on, (await summary()).settings.numbers.at_once], [true, 30]);
});

step('a release is shown with what is in it, and rolled out with a reason', async () => {
  const packages = { 'evenkeel-agent-9.9.9-linux-x64.tar.gz': 'a', 'evenkeel-agent-9.9.9-win-x64.msi': 'b' };
  writeRelease(join(collector.data, 'packages'), makeReleaseKeys(), { version: '9.9.9', sequence: 412, packages });
  await open('/agent-updates');
  await page.getByText('9.9.9 · number 412').waitFor();
  await page.getByText('evenkeel-agent-9.9.9-win-x64.msi').waitFor();
  await press('Roll out');
  await page.getByLabel('Reason').fill('Fixes the disk check');
  await page.locator('form').getByRole('button', { name: 'Roll out' }).click();
  await page.getByRole('heading', { name: '9.9.9 (number 412)' }).waitFor();
  await page.getByText('Fixes the disk check').waitFor();
  assert.is((await summary()).rollout?.state, 'running');
  assert.equal(await violations(page), []);
});

step('stopped, the page says by whom; each number opens its list; the endpoint says where it stands', async () => {
  await press('Stop');
  await page.getByLabel('Reason').fill('Not on a Friday');
  await page.locator('form').getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stopped by a person').waitFor();
  const [place] = Object.entries((await summary()).counts).find(([, n]) => n > 0) as [string, number];
  await page.locator(`a[href*="place=${place}"]`).first().click();
  await until(() => page.url().includes(`place=${place}`), 5000, 'the address of the list');
  await page.locator('table').filter({ hasText: 'Agent says' }).locator('tbody tr').first().waitFor();
  const [row] = (await collector.get<{ items: { id: string }[] }>('/api/v1/endpoints')).items;
  await open(`/endpoints/${row?.id}?tab=about`);
  await page.getByRole('link', { name: 'All updates of agents' }).waitFor();
  assert.equal(await violations(page), []);
});

step('pictures, and no finding in either language, wide and narrow, light and dark', async () => {
  for (const language of ['en', 'ja'] as const)
    for (const width of [1280, 390])
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 900 });
        await open('/agent-updates', language);
        await page.getByText('evenkeel-agent-9.9.9-win-x64.msi').waitFor();
        assert.equal(await violations(page), []);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(over <= 0, `${language} ${width}: ${over} px beyond the window`);
        if (shots)
          await page.screenshot({ path: `${shots}/agent-updates-${language}-${width}-${scheme}.png`, fullPage: true });
      }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
});

step('withdrawn, it stands among the earlier ones; nothing was complained of', async () => {
  await open('/agent-updates');
  await press('Withdraw');
  await page.getByLabel('Reason').fill('A better one comes');
  await page.locator('form').getByRole('button', { name: 'Withdraw' }).click();
  await page.getByRole('heading', { name: 'Earlier roll-outs' }).waitFor();
  await page.getByRole('cell', { name: 'Withdrawn' }).waitFor();
  assert.equal(complaints, []);
});

test.run();
