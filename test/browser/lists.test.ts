/** Lists in a browser: order, filters and columns of a whole list in the address, its file, and keys alone. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { parseCsv } from '../../shared/csv.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type CallOptions, type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';

const test = suite('lists');
const password = 'a sentence that nobody guesses';
const many = 12;
let collector: InProcess;
let browser: Browser;
let page: Page;
let group = '';

const { missing, step } = browserSteps(test);

async function send<T>(path: string, options: CallOptions = {}): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, { as: 'admin', ...options });
  assert.ok(answer.status < 300, `${path}: ${answer.text}`);
  return answer.body as T;
}
const go = (address: string) => openPage(page, collector.started.addresses.http + address, 'en');
const list = () => page.getByRole('table', { name: 'Endpoints' });
const shown = () => list().locator('tbody th').allTextContents();
const head = (name: string) => list().getByRole('columnheader').getByRole('button', { name, exact: true });
const shows = (names: readonly string[]) =>
  until(async () => (await shown()).join() === names.join(), 10_000, names.join()).catch(async () =>
    assert.equal(await shown(), names),
  );
const nth = (n: number) => `web-${n}`;

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  const { code } = await send<NewEnrollment>('enrollments', { method: 'POST', body: { maxUses: many } });
  for (let n = 1; n <= many; n++) {
    const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
    await send('enroll', { method: 'POST', body: { code: decodeJoinCode(code).secret, hostname: nth(n), ...about } });
  }
  const { items } = await send<{ items: EndpointRow[] }>('endpoints?limit=100&sort=name');
  for (const [n, { id }] of items.entries())
    await send(`endpoints/${id}`, { method: 'PATCH', body: { site: n % 3 === 0 ? '=2+3' : 'Osaka' } });
  group = (await send<{ id: string }>('groups', { method: 'POST', body: { name: 'Cluster' } })).id;
  await send(`groups/${group}/members`, { method: 'PUT', body: { add: items.map(({ id }) => id) } });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet', exact: true }).waitFor();
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

const names = Array.from({ length: many }, (_, n) => nth(n + 1));
const inOsaka = names.filter((_, n) => n % 3 !== 0);

step('a head puts in order, up, down and as it was; with Shift a second one; a reload keeps it', async () => {
  await go(`/groups/${group}`);
  await shows(names);
  await head('Endpoint').click();
  await head('Endpoint').click();
  await shows([...names].reverse());
  await head('Site').click();
  await head('Endpoint').click({ modifiers: ['Shift'] });
  await head('Endpoint').click({ modifiers: ['Shift'] });
  const both = [...names.filter((name) => !inOsaka.includes(name)).reverse(), ...[...inOsaka].reverse()];
  await shows(both);
  await page.reload();
  await shows(both);
  assert.is(await list().locator('th[aria-sort="descending"]').textContent(), 'Endpoint');
});

step(
  'a column filters and another is left out; the file holds just what is shown, and no formula; Back keeps it',
  async () => {
    await go(`/groups/${group}?members-sort=-name`);
    await page.getByRole('button', { name: 'Filter, columns' }).first().click();
    await page.getByRole('group', { name: 'Site', exact: true }).getByRole('checkbox', { name: '=2+3 (4)' }).check();
    await page.getByRole('checkbox', { name: 'State', exact: true }).first().click();
    const wanted = names.filter((name) => !inOsaka.includes(name)).reverse();
    await shows(wanted);
    assert.equal(await violations(page), []);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV', exact: true }).first().click(),
    ]);
    const text = readFileSync(await file.path(), 'utf8');
    const { rows } = parseCsv(text);
    const heads = (await list().getByRole('columnheader').allTextContents()).filter((word) => word !== 'Select');
    assert.equal(rows[0]?.cells, heads);
    assert.equal(
      rows.slice(1).map(({ cells }) => cells[0]),
      wanted,
    );
    assert.match(text, /'=2\+3/);
    await list()
      .getByRole('link', { name: wanted[0] as string, exact: true })
      .click();
    await page.getByRole('heading', { level: 1, name: wanted[0] as string }).waitFor();
    await page.goBack();
    await shows(wanted);
  },
);

step('the funnel of a head finds a part of a text, also from a link; a chip says so and takes it away', async () => {
  await go(`/groups/${group}`);
  await shows(names);
  await list().getByRole('button', { name: 'Filter by Endpoint' }).click();
  const text = page.getByLabel('Endpoint contains');
  await until(() => text.evaluate((one) => one === document.activeElement), 5000, 'the focus in the field');
  await text.fill('WEB-1');
  const some = names.filter((name) => name.startsWith('web-1'));
  await shows(some);
  assert.equal(await violations(page), []);
  await page.reload();
  await shows(some);
  await page.getByRole('button', { name: /^Endpoint: “WEB-1”/ }).click();
  await shows(names);
});

step('rows keep their places under the pointer; the new order waits for a click', async () => {
  await go('/?sort=site');
  const all = page.getByRole('table', { name: 'Endpoints' }).locator('tbody tr');
  const first = (await all.first().locator('th a').textContent()) ?? '';
  await all.nth(2).hover();
  const { items } = await send<{ items: EndpointRow[] }>('endpoints?limit=100');
  const id = items.find(({ name }) => name === first)?.id;
  await send(`endpoints/${id}`, { method: 'PATCH', body: { site: 'Zagreb' } });
  await all.first().getByText('Zagreb').waitFor();
  await page.getByRole('button', { name: /^Order changed: / }).click();
  await all.last().getByText(first, { exact: true }).waitFor();
  assert.is(await page.getByRole('button', { name: /^Order changed: / }).count(), 0);
  await send(`endpoints/${id}`, { method: 'PATCH', body: { site: '=2+3' } });
});

step(
  'keys alone: one stop, down and up, a box, all up to another, Esc; Enter opens, and so does the whole row',
  async () => {
    await go('/?sort=name');
    const at = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    const stops = await page
      .locator('main tbody :is(a, input)')
      .evaluateAll((all) => all.filter((one) => (one as HTMLElement).tabIndex === 0).length);
    assert.is(stops, 2, 'box and name of one row');
    for (const [key, name] of [
      ['j', 'web-1'],
      ['j', 'web-2'],
      ['ArrowDown', 'web-3'],
      ['k', 'web-2'],
    ] as const) {
      await page.keyboard.press(key);
      await until(async () => (await at()) === name, 10_000, `${key} to ${name}`);
    }
    const bar = page.getByRole('region', { name: 'Selected endpoints' });
    await page.keyboard.press('x');
    await bar.getByText('Selected endpoints: 1').waitFor();
    for (const name of ['web-3', 'web-4']) {
      await page.keyboard.press('j');
      await until(async () => (await at()) === name, 10_000, name);
    }
    await page.keyboard.press('Shift+X');
    await bar.getByText('Selected endpoints: 3').waitFor();
    await page.keyboard.press('Escape');
    await bar.waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'web-4' }).waitFor();
    await page.goBack();
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'web-7', exact: true }) });
    await row.getByText('0.1.0').click();
    await page.getByRole('heading', { level: 1, name: 'web-7' }).waitFor();
  },
);

step('how close rows stand is kept for the person', async () => {
  await go('/?sort=name');
  const height = async () => (await page.locator('main tbody tr').first().boundingBox())?.height ?? 0;
  const compact = await height();
  assert.ok(compact <= 32, `${compact}`);
  await page.getByRole('button', { name: 'Columns, CSV' }).click();
  await page.getByRole('button', { name: 'Comfortable' }).click();
  await page.reload();
  await until(async () => (await height()) >= 44, 10_000, 'more room');
  await page.evaluate(() => localStorage.removeItem('evenkeel.density.admin'));
});

test.run();
