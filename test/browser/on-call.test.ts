/** On call as an admin uses it: a schedule by form, a time taken over in two clicks, routes with their difference, the trace. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUsers } from '../../collector/accounts/users.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('on-call pages');
let collector: InProcess;
let browser: Browser;
let page: Page;
const { missing, step } = browserSteps(test);
const password = 'correct horse battery';
const settings = `
channels:
  - { name: ops, kind: webhook, url: http://127.0.0.1:9/hook }
outgoing: { allow: [127.0.0.1] }
`;
const open = (path: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, collector.started.addresses.http + path, language);
const press = (name: string) => page.getByRole('main').getByRole('button', { name, exact: true }).first().click();
const says = (text: string) => page.getByRole('main').getByText(text).first().waitFor();

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb(), settings });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
  await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  await createUsers(collector.state, Date.now, () => undefined).create({ name: 'bob', password, role: 'operator' });
  await open('/oncall');
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('an empty rotation is refused in words, and nothing is saved; with people in it it counts', async () => {
  await press('Add schedule');
  await page.getByLabel('Name').first().fill('primary');
  await press('Save');
  await says('has nobody in its rotation');
  await page.getByLabel('Users, in turn').fill('bob');
  await press('Save');
  await says('On call: bob.');
  assert.equal(await violations(page), []);
});

step('a shift is taken over in two clicks', async () => {
  await press('Take over');
  await page.getByRole('main').locator('form').getByRole('button', { name: 'Take over' }).click();
  await says('On call: admin.');
  await says('You are on call now.');
});

step('a policy and routes are made without YAML; the difference stands there before they count', async () => {
  await open('/oncall/escalation');
  await press('Add policy');
  await page.getByLabel('Name').fill('servers');
  await page.getByLabel('Step 1: who').fill('schedule:primary, channel:ops');
  await press('Save');
  await says('schedule:primary, channel:ops, then wait 5m');
  await open('/oncall/routes');
  await says('Nobody has written routes');
  await press('Change');
  await page.getByLabel('Receivers of what no node matches').fill('channel:ops');
  await press('Add node');
  await page.getByLabel('Matches', { exact: true }).fill('severity=critical');
  await page.getByLabel('Receivers', { exact: true }).fill('policy:server');
  await says('Changes: 2');
  await press('Save');
  await says('There is no escalation policy "server"');
  await page.getByLabel('Receivers', { exact: true }).fill('policy:servers');
  await press('Save');
  await says('root/node 1');
  assert.equal(await violations(page), []);
});

step('who says how to be reached is on the page Settings, and what is wrong there is said', async () => {
  await open('/settings');
  await press('Add way');
  await page.getByLabel('Channel 1').fill('opps');
  const box = page.getByRole('main').locator('section', { hasText: 'How you are reached' });
  await box.getByRole('button', { name: 'Save' }).click();
  await says('There is no channel "opps"');
  await page.getByLabel('Channel 1').fill('ops');
  await box.getByRole('button', { name: 'Save' }).click();
  await box.getByText('Saved').waitFor();
});

step('the pages read in Japanese, and fit a phone', async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  for (const path of ['/oncall', '/oncall/routes', '/oncall/escalation']) {
    await open(path, 'ja');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForTimeout(300);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
    if (process.env.PICTURES)
      await page.screenshot({ path: `${process.env.PICTURES}${path.replaceAll('/', '-')}.png` });
  }
});

test.run();
