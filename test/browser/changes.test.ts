/** Changes in a browser: planned with a warning, seen in the calendar, finished with an outcome, as a person does it. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChangeRow } from '../../shared/api.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('changes');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
const hour = 3_600_000;
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const list = async () => (await collector.get<{ items: ChangeRow[] }>('/api/v1/changes')).items;
const shots = process.env.EVENKEEL_TEST_PICTURES;
const picture = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/changes-${name}.png`, fullPage: true });
};
const post = async (path: string, body: object) => {
  const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
  const answer = await fetch(collector.http + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${await answer.clone().text()}`);
};
const local = (at: number) => {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
};

if (!missing) {
  test.before(async () => {
    await buildWeb();
    collector = await startCollector(folder.path);
    await post('/api/v1/sites', { name: 'Osaka <b>', note: '' });
    await post('/api/v1/sites', { name: 'Berlin', note: '' });
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

step('without any, it says how changes get there', async () => {
  await open('/changes');
  await page.getByText('No change is planned in this month.').waitFor();
  assert.equal(await violations(page), []);
});

step('a plan says what it reaches; faults are shown before and at sending', async () => {
  await open('/changes?of=site&target=Osaka+%3Cb%3E');
  await page.getByLabel('Title').fill('New switches <img src=x onerror=alert(1)>');
  await page.getByLabel('Start').fill(local(Date.now() + hour));
  await page.getByLabel('End').fill(local(Date.now()));
  await page.getByText('It covers no endpoint at present.').waitFor();
  await page.getByRole('button', { name: 'Plan change' }).click();
  await page.getByText(/is not after its start/).waitFor();
  await picture('form-fault');
  assert.equal(await violations(page), []);
  await page.getByLabel('End').fill(local(Date.now() + 3 * hour));
  await page.getByRole('button', { name: 'Plan change' }).click();
  await page.getByRole('heading', { level: 1, name: /^C-1 New switches <img/ }).waitFor();
  assert.equal(
    (await list()).map(({ state }) => state),
    ['planned'],
  );
  assert.equal(await violations(page), []);
});

step('one that runs is finished; a better outcome than computed needs a reason', async () => {
  const scopes = [{ of: 'site', target: 'Berlin' }];
  const now = Date.now();
  await post('/api/v1/changes', { title: 'Firmware', scopes, from: now - 2 * hour, to: now + hour });
  await open('/changes/2');
  await page.getByRole('button', { name: 'Finish' }).click();
  await page.getByLabel('Rolled back').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/Its outcome as computed is "failed"/).waitFor();
  await picture('outcome');
  assert.equal(await violations(page), []);
  await page.getByLabel('Reason').fill('Planned as a trial');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('raised by a person').waitFor();
  assert.match((await page.getByRole('main').textContent()) ?? '', /Planned as a trial/);
});

step('one is cancelled with a reason, and its maintenance with it', async () => {
  await open('/changes/1');
  await page.getByRole('button', { name: 'Cancel this change' }).click();
  await page.getByLabel('Reason for cancelling').fill('Parts are late');
  await page.getByRole('button', { name: 'Cancel this change' }).click();
  await page.getByText('Parts are late').waitFor();
  const windows = await collector.get<{ items: unknown[] }>('/api/v1/maintenance');
  await until(async () => windows.items.length <= 1, 1000, 'no window to come');
});

step('recognised changes are a number in the calendar, and drown no plan in the list', async () => {
  const state = new DatabaseSync(join(folder.path, 'state.db'));
  const insert = state.prepare(
    `insert into changes (kind, title, description, state, start_at, end_at, implemented_at, what, manager, site, packages,
       rolled_back, emergency_fix, created_at, created_by, updated_at, updated_by)
     values ('recognised', '', '', 'done', ?1, ?1, ?1, 'patch', 'apt', 'Berlin', '["a"]', 0, 0, ?1, 'monitor', ?1, 'monitor')`,
  );
  const month = new Date();
  month.setDate(1);
  month.setHours(0, 0, 0, 0);
  for (let n = 0; n < 60; n++) insert.run(month.getTime() + n);
  state.close();
  await open('/changes');
  const list = page.getByRole('table', { name: 'List' });
  assert.equal(await list.getByRole('row').count(), 1 + 2, 'the plans alone');
  await page.getByRole('link', { name: /: 60 Recognised$/ }).click();
  assert.match(page.url(), /kind=recognised.*day=/);
  assert.equal(await list.getByRole('row').count(), 1 + 60);
  await page.getByRole('button', { name: /^All 62$/ }).click();
  await page.getByRole('button', { name: /show the whole month/ }).click();
  await until(async () => (await list.getByRole('row').count()) === 1 + 62, 10_000, 'all of the month');
  assert.equal(await violations(page), []);
});

step('pages fit in both languages, widths and themes', async () => {
  const scopes = [{ of: 'site', target: 'Berlin' }];
  const now = Date.now();
  for (const [n, title] of ['Core switch', 'Mail server', 'Database', 'Printers', 'Wi-Fi'].entries())
    await post('/api/v1/changes', { title, scopes, from: now + (n + 1) * hour, to: now + (n + 8) * hour });
  for (const path of ['/changes', '/changes/2', '/changes?target=Berlin&of=site', '/stability'])
    for (const language of ['en', 'ja'] as const)
      for (const [width, height] of [
        [1440, 900],
        [390, 844],
        [360, 740],
      ] as const) {
        await page.setViewportSize({ width, height });
        for (const scheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme: scheme });
          await open(path, language);
          const where = `${path} ${language} ${width} ${scheme}`;
          assert.equal(await violations(page), [], where);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          assert.ok(overflow <= 0, `${where}: ${overflow} px beyond`);
          await picture(`${path.replaceAll(/\W+/g, '-')}-${language}-${width}-${scheme}`);
        }
      }
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.equal(
    complaints.filter((text) => !text.includes('400')),
    [],
  );
});

test.run();
