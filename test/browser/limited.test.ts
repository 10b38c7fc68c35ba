/** Limited to one site, in a browser: an admin chooses the sites of a person, who then sees these alone. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { makeMachine } from '../simulate/machine.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder } from '../support/processes.ts';

const test = suite('limited to sites');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const faults: string[] = [];
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const press = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).click();
const shots = process.env.EVENKEEL_TEST_PICTURES;
const picture = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
};

if (!missing) {
  test.before(async () => {
    await buildWeb();
    collector = await startCollector(folder.path);
    browser = await openBrowser();
    page = browser.page;
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.goto(collector.setup as string);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Confirm password').fill(password);
    await press(/^Create admin account/);
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
    for (const name of ['Osaka', 'Kyoto'])
      await page.evaluate(
        (body) => fetch('/api/v1/sites', { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
        JSON.stringify({ name }),
      );
  });
  test.after(async () => {
    await browser.close();
    collector.child.kill('SIGTERM');
    await collector.ended;
    folder.remove();
  });
}

step('an admin adds somebody for one site, and the list of users says so', async () => {
  await open('/settings?section=people');
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Add user' }) });
  await form.getByLabel('User name').fill('ida');
  await form.getByLabel('Password').fill('another sentence of hers');
  await form.getByLabel('Role').selectOption('operator');
  await form.getByLabel('All sites').uncheck();
  await form.getByLabel('Osaka').check();
  await picture('limited-new');
  await form.getByRole('button', { name: 'Add user' }).click();
  const row = page.getByRole('row', { name: /ida/ });
  await row.getByText('Osaka').waitFor();
  await row.getByRole('button', { name: /^Change sites/ }).click();
  await row.getByLabel('Kyoto').check();
  await picture('limited-change');
  await row.getByRole('button', { name: 'Limit to these' }).click();
  await row.getByText('Kyoto, Osaka').waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await picture('limited-narrow');
  await page.setViewportSize({ width: 1280, height: 800 });
});

step('that person sees these sites alone, and their account says which', async () => {
  await row('Osaka');
  await press('Log out');
  // The page before has a field of that name as well.
  await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
  await page.getByLabel('User name').fill('ida');
  await page.getByLabel('Password').fill('another sentence of hers');
  await press('Log in');
  await page.getByText('(Operator)').first().waitFor();
  await open('/');
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  assert.is(await page.getByRole('link', { name: 'Costs', exact: true }).count(), 0);
  await page.getByText('· Osaka').waitFor();
  await page.getByText('None in your sites (Osaka).').waitFor();
  await picture('limited-empty');
  await open('/settings');
  await page.getByText('You see these sites only: Osaka').waitFor();
  await picture('limited-account');
  await open('/sites');
  await page.getByRole('link', { name: 'Osaka' }).first().waitFor();
  assert.is(await page.getByText('Kyoto').count(), 0);
  await open('/rules');
  await page.locator('main a[href^="/rules/"]').first().waitFor();
  await open('/costs');
  await page
    .getByText(/You are limited to some sites \(Osaka\), and what support costs/)
    .first()
    .waitFor();
  await open('/software');
  await page.getByRole('heading', { level: 1, name: 'Software' }).waitFor();
  await page.locator('main').getByText('Search').first().waitFor();
  assert.is(await page.locator('main .tone-critical').count(), 0);
  await picture('limited-rules');
  await open('/settings', 'ja');
  await page.getByText('表示されるのは次の拠点だけです: Osaka').waitFor();
  await picture('limited-account-ja');
  assert.equal(faults, []);
});

step('what is of everybody is not offered to them; of theirs many are changed at once', async () => {
  const code = await makeCode(collector.http, collector.token, 1);
  await enroll(code, makeMachine(5, 0, Date.now()));
  const { items } = await collector.get<{ items: { id: string }[] }>('/api/v1/endpoints');
  const moved = await fetch(`${collector.http}/api/v1/endpoints/${items[0]?.id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ site: 'Osaka' }),
  });
  assert.ok(moved.ok, await moved.text());
  await open('/');
  await page.locator('main tbody tr').first().waitFor();
  assert.is(await page.locator('main tbody input[type=checkbox]').count(), 1);
  await picture('limited-fleet');
  await press('Columns, CSV');
  await page.getByRole('link', { name: 'Download CSV' }).waitFor();
  assert.is(await page.locator('main input[type=file]').count(), 0);
  await open('/groups');
  await page.getByText('None in your sites (Osaka).').waitFor();
  assert.is(await page.getByRole('button', { name: /group/i }).count(), 0);
  await open('/add');
  // The code of that machine is of no site.
  await page.getByText('None in your sites').first().waitFor();
  assert.is(await page.locator('main .tone-critical').count(), 0);
  await open('/settings');
  assert.is(await page.locator('main a[href="/rules"]').count(), 1);
  assert.equal(faults, []);
});

/** Of Ida: that site alone. */
async function row(site: string): Promise<void> {
  const of = page.getByRole('row', { name: /ida/ });
  await of.getByRole('button', { name: /^Change sites/ }).click();
  for (const other of ['Osaka', 'Kyoto']) await of.getByLabel(other).setChecked(other === site);
  await of.getByRole('button', { name: 'Limit to these' }).click();
  await of.getByText(site, { exact: true }).waitFor();
}

test.run();
