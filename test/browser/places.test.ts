/** Sites and groups in a browser: from an empty collector to endpoints that are moved, as a person does it. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, GroupRow, NewEnrollment, SiteRow } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
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

const test = suite('places');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

async function send<T>(path: string, method: string, body: unknown): Promise<T> {
  const answer = await fetch(`${collector.http}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

const list = async <T>(path: string) => (await collector.get<{ items: T[] }>(`/api/v1/${path}`)).items;
const endpoints = () => list<EndpointRow>('endpoints?sort=name');
const siteOf = async (name: string) => (await endpoints()).find((row) => row.name === name)?.site;

async function enrol(names: readonly string[]): Promise<void> {
  const { code } = await send<NewEnrollment>('enrollments', 'POST', { maxUses: names.length });
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  const secret = decodeJoinCode(code).secret;
  for (const hostname of names) await send('enroll', 'POST', { code: secret, hostname, ...about });
}

const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const press = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).click();
const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

/** Counts follow what was changed a moment ago. */
async function chosenIs(label: string, text: string): Promise<void> {
  const chosen = page.getByLabel(label).locator('option:checked');
  await until(async () => (await chosen.textContent()) === text, 10_000, `${label}: ${text}`);
}

async function logIn(user: string): Promise<void> {
  await press('Log out');
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password').fill(password);
  await press('Log in');
  await heading('Fleet');
}

test.before(async () => {
  if (missing) return;
  await buildWeb();
  collector = await startCollector(folder.path);
  browser = await openBrowser();
  page = browser.page;
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  await page.goto(collector.setup as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await press(/^Create admin account/);
  await heading('Fleet');
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

step('an empty page says what to do, and its form makes the first site', async () => {
  await open('/sites');
  await page.getByRole('heading', { name: 'No site yet' }).waitFor();
  await page.getByLabel('Name').fill('Berlin');
  await page.getByLabel('Time zone').selectOption('Europe/Berlin');
  await page.getByLabel('Note').fill('Keys at the front desk');
  await press('Create site');
  await heading('Berlin');
  await page.getByText('The fleet has no endpoint yet').waitFor();
  const [site] = await list<SiteRow>('sites');
  assert.equal([site?.zone, site?.note], ['Europe/Berlin', 'Keys at the front desk']);
});

step('endpoints are ticked, searched for and added; the list counts them', async () => {
  await enrol(Array.from({ length: 14 }, (_, i) => `box-${i + 1}`));
  await page.getByRole('checkbox', { name: 'Choose box-2', exact: true }).check();
  await page.getByLabel('Search').fill('box-14');
  await page.getByRole('checkbox', { name: 'Choose box-14' }).check();
  await press('Add endpoints: 2');
  await page.getByRole('link', { name: 'Endpoints: 2' }).waitFor();
  assert.is(await siteOf('box-14'), 'Berlin');
  await page.getByRole('checkbox', { name: 'Choose box-2', exact: true }).check();
  await press('Remove endpoints: 1');
  await page.getByRole('link', { name: 'Endpoints: 1' }).waitFor();
  assert.is(await siteOf('box-2'), null);
  await page.getByRole('navigation', { name: 'You are here' }).getByRole('link').click();
  await heading('Sites');
  assert.match(await rowText(page, 'Berlin'), /Europe\/Berlinnot known1None needs attention/);
  await page.getByRole('link', { name: 'endpoints without a site: 13' }).click();
  await heading('Fleet');
  await until(async () => (await page.locator('tbody tr').count()) === 13, 10_000, 'the list of the 13');
  await chosenIs('Site', 'None (13)');
});

step('what is ticked while others are being sent stays ticked; a search stays while the list gets short', async () => {
  await page.goBack();
  await heading('Sites');
  await page.getByRole('link', { name: 'Berlin', exact: true }).click();
  await heading('Berlin');
  const box = (n: number) => page.getByRole('checkbox', { name: `Choose box-${n}`, exact: true });
  await page.getByLabel('Search').fill('box-1');
  await until(async () => (await box(2).count()) === 0, 10_000, 'the end of the search');
  for (const n of [10, 11, 12]) await box(n).check();
  const members = '**/members';
  await page.route(members, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await route.continue();
  });
  await press('Add endpoints: 3');
  await box(13).check();
  await page.getByRole('link', { name: 'Endpoints: 4' }).waitFor();
  await page.unrouteAll({ behavior: 'wait' });
  // Ten are left to choose from, of which the search shows two.
  await page.getByRole('button', { name: 'Add endpoints: 1' }).waitFor();
  assert.ok(await box(13).isChecked());
  assert.is(await page.getByLabel('Search').inputValue(), 'box-1');
  await page.getByLabel('Search').fill('');
  await box(2).waitFor();
  for (const n of [10, 11, 12]) await box(n).check();
  await press('Remove endpoints: 3');
  await page.getByRole('link', { name: 'Endpoints: 1' }).waitFor();
});

step('a name that is taken is reported, and what was typed stays', async () => {
  await open('/sites');
  await press('New site');
  await page.getByLabel('Name').fill('BERLIN');
  const before = complaints.length;
  await press('Create site');
  assert.match((await page.getByRole('alert').textContent()) ?? '', /there is a site called "Berlin" already/);
  // The browser itself reports the refusal that was asked for here.
  complaints.splice(before);
  assert.is(await page.getByLabel('Name').inputValue(), 'BERLIN');
  await page.getByLabel('Name').fill('Paris <b>1</b>');
  await press('Create site');
  await heading('Paris <b>1</b>');
});

step('a new name is at the endpoints too; a site in use is deleted only with a place to go', async () => {
  await open('/sites');
  await page.getByRole('link', { name: 'Berlin', exact: true }).click();
  await press('Edit');
  await page.getByLabel('Name').fill('Potsdam');
  await press('Save');
  await heading('Potsdam');
  assert.is(await siteOf('box-14'), 'Potsdam');
  await press('Delete…');
  const cancel = page.getByRole('button', { name: 'Cancel' });
  assert.ok(await cancel.evaluate((button) => button === document.activeElement), 'Cancel has the focus');
  const really = page.getByRole('button', { name: 'Delete Potsdam' });
  assert.ok(await really.isDisabled());
  const where = page.getByLabel('Move endpoints to');
  await where.focus();
  await where.selectOption({ label: 'Paris <b>1</b>' });
  assert.ok(await where.evaluate((select) => select === document.activeElement), 'the focus stays where it was put');
  await really.click();
  await heading('Sites');
  assert.is(await siteOf('box-14'), 'Paris <b>1</b>');
  assert.is((await list<SiteRow>('sites')).length, 1);
});

step('an endpoint joins groups in its editor, and its page and the filter lead to them', async () => {
  await open('/groups');
  await page.getByLabel('Name').fill('Cluster');
  await press('Create group');
  await heading('Cluster');
  const row = (await endpoints()).find(({ name }) => name === 'box-3') as EndpointRow;
  await open(`/endpoints/${row.id}?tab=about`);
  await press('More…');
  await press('Edit');
  await page.getByRole('checkbox', { name: 'Cluster' }).check();
  await page.getByLabel('Site').fill('Rome');
  await press('Save');
  await page.getByRole('link', { name: 'Group: Cluster' }).click();
  await heading('Cluster');
  await page.getByRole('link', { name: 'Endpoints: 1' }).click();
  await heading('Fleet');
  assert.equal(await page.locator('tbody tr a').first().textContent(), 'box-3');
  const [group] = await list<GroupRow>('groups');
  assert.is(new URL(page.url()).search, `?group=${group?.id}`);
  await chosenIs('Group', 'Cluster (1)');
  await open('/sites');
  await page.getByRole('link', { name: 'Rome' }).waitFor();
});

step('an open page follows what others change', async () => {
  await open('/groups');
  const [group] = await list<GroupRow>('groups');
  await send(`groups/${group?.id}`, 'PATCH', { name: 'Renamed elsewhere' });
  await page.getByRole('link', { name: 'Renamed elsewhere' }).waitFor({ timeout: 10_000 });
});

/** The pages as they are, and with what they open. */
async function views(): Promise<[path: string, button: RegExp | null][]> {
  const [site] = await list<SiteRow>('sites');
  const [group] = await list<GroupRow>('groups');
  const both = [`/sites/${site?.id}`, `/groups/${group?.id}`];
  return [
    ...['/sites', '/groups'].flatMap((path): [string, RegExp | null][] => [
      [path, null],
      [path, /^(New|新しい)/],
    ]),
    ...both.flatMap((path): [string, RegExp | null][] => [
      [path, null],
      [path, /^(Edit|編集)$/],
      [path, /^(Delete|削除)…$/],
    ]),
  ];
}

async function look(language: 'en' | 'ja', check: (where: string) => Promise<void>): Promise<void> {
  for (const [path, button] of await views()) {
    await open(path, language);
    if (button) await page.locator('main').getByRole('button', { name: button }).click();
    if (button) await page.locator('main .box .button').first().waitFor();
    await check(`${language} ${path} ${button ?? ''}`);
  }
}

step('no accessibility violation, light and dark, in both languages', async () => {
  const wrong: string[] = [];
  for (const [language, colorScheme] of [
    ['en', 'light'],
    ['ja', 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await look(language, async (where) => {
      wrong.push(...(await violations(page)).map((text) => `${where} ${text}`));
    });
  }
  assert.equal(wrong, []);
});

step('nothing is wider than a phone of 360 px, also with a name of 128 letters without a space', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const [site] = await list<SiteRow>('sites');
  const [group] = await list<GroupRow>('groups');
  await send(`sites/${site?.id}`, 'PATCH', {
    name: 'W'.repeat(128),
    note: 'N'.repeat(200),
    zone: 'America/Argentina/ComodRivadavia',
  });
  await send(`groups/${group?.id}`, 'PATCH', { name: '幅'.repeat(128) });
  const wide: string[] = [];
  for (const language of ['en', 'ja'] as const) {
    await look(language, async (where) => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > 360) wide.push(`${where} ${width}`);
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll('main .box *')]
          .filter((one) => one.getBoundingClientRect().right > 360 && !one.closest('.unseen, thead'))
          .map((one) => `${one.tagName}.${one.className} ${one.textContent?.slice(0, 40)}`),
      );
      wide.push(...cut.map((one) => `${where} cut: ${one}`));
    });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.equal(wide, []);
});

step('a viewer reads, and is offered nothing else', async () => {
  await send('users', 'POST', { name: 'vera', password, role: 'viewer' });
  await open('/');
  await logIn('vera');
  for (const path of ['/sites', '/groups', ...(await views()).map(([one]) => one)]) {
    await open(path);
    await page.locator('main a').first().waitFor();
    assert.equal(await page.locator('main button:not(.table button, .list-bar button)').allTextContents(), [], path);
    assert.is(await page.locator('main input[type=checkbox], main form').count(), 0, path);
  }
});

step('the browser had nothing to complain of', async () => {
  await until(async () => true, 1000, 'the last messages');
  assert.equal(complaints, []);
});

test.run();
