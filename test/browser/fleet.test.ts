/** Many endpoints on the fleet page in a browser: ticked, shown what would change, changed, and taken back. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type CallOptions, type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';

const test = suite('fleet');
const password = 'a sentence that nobody guesses';
const many = 60;
let collector: InProcess;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

async function send<T>(path: string, options: CallOptions = {}): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, { as: 'admin', ...options });
  assert.ok(answer.status < 300, `${path}: ${answer.text}`);
  return answer.body as T;
}
const all = async () => (await send<{ items: EndpointRow[] }>('endpoints?sort=name&limit=500')).items;
const atSite = async (site: string) => (await all()).filter((row) => row.site === site).length;
const box = (name: string) => page.getByRole('checkbox', { name: `Select ${name}`, exact: true });
const bar = () => page.getByRole('region', { name: 'Selected endpoints' });
const go = (address: string) => openPage(page, collector.started.addresses.http + address, 'en');

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  const { code } = await send<NewEnrollment>('enrollments', {
    method: 'POST',
    body: { maxUses: many, site: 'Berlin' },
  });
  for (let n = 1; n <= many; n++) {
    const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
    const body = { code: decodeJoinCode(code).secret, hostname: `web-${String(n).padStart(2, '0')}`, ...about };
    await send('enroll', { method: 'POST', body });
  }
  await send('groups', { method: 'POST', body: { name: 'Cluster' } });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet', exact: true }).waitFor();
  const begun = await page.evaluate(async () => (await fetch('/api/v1/me/sessions')).json());
  assert.is((begun as { items: unknown[] }).items.length, 1, 'who set it up is logged in once');
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('a range by the keyboard: shown what would change, then done, and taken back with one click', async () => {
  await go('/?sort=name');
  await box('web-02').focus();
  await page.keyboard.press('Space');
  await box('web-05').click({ modifiers: ['Shift'] });
  await bar().getByText('Selected endpoints: 4').waitFor();
  await bar().getByLabel('Site').fill('Lyon');
  await page.keyboard.press('Enter');
  await bar().getByText('Would change: 4. Unchanged: 0. Refused: 0.').waitFor();
  assert.is(await atSite('Lyon'), 0, 'nothing is done yet');
  assert.equal(await bar().locator('tbody th').allTextContents(), ['web-02', 'web-03', 'web-04', 'web-05']);
  assert.equal(await violations(page), []);
  await bar().getByRole('button', { name: 'Move endpoints: 4' }).click();
  await page.getByText('Changed: 4. Unchanged: 0. Refused: 0.').waitFor();
  assert.is(await atSite('Lyon'), 4);
  await bar().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Taken back.').waitFor();
  assert.equal([await atSite('Lyon'), await atSite('Berlin')], [0, many]);
});

step('all that the filters find', async () => {
  await go('/?q=web&sort=name');
  await page.getByRole('checkbox', { name: `Select all ${many}` }).click();
  await bar().getByText(`Selected endpoints: ${many}`).waitFor();
  await bar().getByLabel('What to do').selectOption('add_tags');
  await bar().getByLabel('Tags').fill('front, tier1');
  await bar().getByRole('button', { name: 'Show what changes' }).click();
  await bar().getByText(`Would change: ${many}.`).waitFor();
  await bar()
    .getByRole('button', { name: `Tag endpoints: ${many}` })
    .click();
  await page.getByText(`Changed: ${many}.`).waitFor();
  assert.ok((await all()).every(({ tags }) => tags.join() === 'front,tier1'));
  await page.getByRole('checkbox', { name: `Select all ${many}` }).click();
  await page.getByLabel('Search').fill('web-0');
  await until(async () => (await page.locator('main tbody tr').count()) === 9, 20_000, 'the filter');
  assert.is(await bar().count(), 0, 'other filters begin anew');
});

step('a change that is not chosen again is not done, and what is refused stays on the page', async () => {
  await go('/?sort=name');
  const [first] = await all();
  const full = Array.from({ length: 48 }, (_, n) => `t${n}`);
  await send('endpoints/bulk', { method: 'POST', body: { ids: [first?.id], act: 'add_tags', value: full } });
  await box('web-01').click();
  await box('web-02').click();
  await bar().getByLabel('What to do').selectOption('add_tags');
  await bar().getByLabel('Tags').fill('one-more');
  await page.keyboard.press('Enter');
  await bar().getByText('Would change: 1. Unchanged: 0. Refused: 1.').waitFor();
  await bar().getByText('It would have 51 tags; 50 are the most').waitFor();
  await box('web-03').click();
  await bar().getByText('Would change').waitFor({ state: 'detached' });
  assert.is(
    await bar()
      .getByRole('button', { name: /^Tag endpoints/ })
      .count(),
    0,
  );
  await bar().getByRole('button', { name: 'Clear' }).click();
  await bar().waitFor({ state: 'detached' });
});

step(
  'columns are chosen, stand in the address, and come with the file; what a file changes is shown first',
  async () => {
    await go('/?q=web-0&sort=name');
    await page.getByRole('button', { name: 'Columns, CSV' }).click();
    for (const name of ['Site', 'CPU', 'Memory', 'Disk', 'Backup', 'Updates', 'Agent', 'Needs attention'])
      await page.getByRole('checkbox', { name, exact: true }).click();
    for (const name of ['Site', 'Tag']) await page.getByRole('checkbox', { name, exact: true }).click();
    await page.getByRole('columnheader', { name: 'Tag' }).waitFor();
    assert.is(new URL(page.url()).searchParams.get('columns'), 'site,tags');
    assert.equal(await violations(page), []);
    const href = await page.locator('a[download][href*="endpoints/table"]').getAttribute('href');
    const table = await collector.call(href as string, { as: 'viewer' });
    const lines = table.text.trim().split('\r\n');
    assert.is(lines.length, 10);
    assert.match(lines[1] ?? '', /^e\w+,web-01,Berlin,/);
    const file = { name: 'fleet.csv', mimeType: 'text/csv' };
    const choose = (csv: string) =>
      page.locator('input[type="file"]').setInputFiles({ ...file, buffer: Buffer.from(csv) });
    await choose(table.text);
    await page.getByText('Would add 0, change 0, leave 9').waitFor();
    await choose('name,site\nweb-01,Oslo\nweb-99,Oslo\n');
    await page.getByText('It is not in the fleet').waitFor();
    await choose('name,site\nweb-01,Oslo\nweb-02,Berlin\n');
    await page.getByText('Would add 0, change 1, leave 1').waitFor();
    assert.is(await atSite('Oslo'), 0);
    await page.getByLabel('Reason').fill('from the list of the office');
    await page.getByRole('button', { name: 'Save table' }).click();
    await until(async () => (await atSite('Oslo')) === 1, 20_000, 'the site');
    await page.evaluate(() => localStorage.removeItem('evenkeel.columns'));
  },
);

step(
  'the list with its columns and what is done with many has what axe wants, and fits a phone, in both languages',
  async () => {
    const pictures = process.env.EVENKEEL_TEST_PICTURES;
    for (const [language, scheme, tick] of [
      ['en', 'light', 'Select web-02'],
      ['ja', 'dark', 'web-02 を選択'],
    ] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        const address = '/?q=web-0&sort=name&columns=state,attention,site,tags,version';
        await openPage(page, collector.started.addresses.http + address, language);
        await page.locator('.page-head .row > button').click();
        await page.locator('input[type="file"]').waitFor({ state: 'attached' });
        await page.getByRole('checkbox', { name: tick, exact: true }).click();
        await page.locator('.bulk').waitFor();
        await page.locator('.bulk button[type="submit"]').click();
        await page.locator('.bulk table').waitFor();
        assert.equal(await violations(page), [], `${language} ${width}`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${language} ${width}: ${over}`);
        if (pictures)
          await page.screenshot({ path: `${pictures}/fleet-${language}-${scheme}-${width}.png`, fullPage: true });
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });
  },
);

step('what is shown is saved under a name, chosen from the menu, and what the page opens with', async () => {
  const views = page.getByRole('button', { name: 'Views' });
  const menu = page.locator('.menu-open');
  await go('/?q=web-0&sort=-name&columns=state,tags');
  await views.click();
  await menu.getByText('No views are saved yet').waitFor();
  await menu.getByRole('button', { name: 'Save this view' }).click();
  const name = menu.getByLabel('Name of the view');
  await name.fill('   ');
  await page.keyboard.press('Enter');
  await menu.getByText('It is blank').waitFor();
  await menu.locator('[role=alert]:focus').waitFor();
  await name.fill('First nine');
  await menu.getByLabel('For everybody').check();
  await page.keyboard.press('Enter');
  await menu.getByRole('link', { name: 'First nine' }).waitFor();
  assert.equal(await violations(page), []);
  await menu.getByLabel('This page opens with').selectOption({ label: 'First nine' });
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  await page.locator('.menu button:focus').waitFor();
  await go('/?q=web-1');
  await views.click();
  await menu.getByRole('link', { name: 'First nine' }).click();
  await menu.waitFor({ state: 'detached' });
  await until(async () => (await page.locator('main tbody tr').count()) === 9, 20_000, 'the view');
  assert.match(page.url(), /q=web-0.*columns=state/);
  await go('/');
  await until(async () => page.url().includes('q=web-0'), 20_000, 'the start');
  assert.is(await page.locator('main tbody tr').count(), 9);
  await page.setViewportSize({ width: 390, height: 900 });
  await views.click();
  await menu.getByRole('button', { name: 'Edit First nine' }).click();
  await menu.getByLabel('Name of the view').fill('Web');
  await menu.getByRole('button', { name: 'Save', exact: true }).click();
  await menu.getByRole('link', { name: 'Web' }).waitFor();
  await menu.getByRole('button', { name: 'Edit Web' }).click();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `wider than a phone by ${over}`);
  if (process.env.EVENKEEL_TEST_PICTURES)
    await page.screenshot({ path: `${process.env.EVENKEEL_TEST_PICTURES}/views-390.png` });
  await menu.getByRole('button', { name: 'Delete Web' }).click();
  await menu.getByText('removed from the menu of everybody').waitFor();
  await menu.getByRole('button', { name: 'Delete Web' }).click();
  await menu.getByText('No views are saved yet').waitFor();
  await page.setViewportSize({ width: 1280, height: 900 });
  await go('/');
  assert.is(new URL(page.url()).search, '');
});

step('to retire asks for a reason, the row goes, and comes back with one click', async () => {
  await go('/?sort=-name');
  await box('web-60').click();
  await bar().getByLabel('What to do').selectOption('retire');
  await bar().getByRole('button', { name: 'Show what changes' }).click();
  await bar().getByText('Would change: 1.').waitFor();
  await bar().getByLabel('Reason').fill('sold');
  await bar().getByRole('button', { name: 'Retire endpoints: 1' }).click();
  await page.getByText('Changed: 1.').waitFor();
  await box('web-60').waitFor({ state: 'detached' });
  assert.is((await all()).length, many - 1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Taken back.').waitFor();
  assert.is((await all()).length, many);
});

test.run();
