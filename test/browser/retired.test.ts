/** A retired endpoint is found, and erased once its name is typed; from then on pages call it an erased one. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
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
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('retired endpoints');
/** Folder for pictures of the pages; none are made without it. */
const pictures = process.env.EVENKEEL_PICTURES;
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const post = async (path: string, body: object) =>
  (await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body })).body;

async function enrolAndRetire(hostname: string): Promise<string> {
  const { code } = (await post('enrollments', { site: 'Berlin' })) as { code: string };
  const about = { platform: 'linux', arch: 'x64', kind: 'workstation', kind_why: 'test', version: '0.1.0', hostname };
  const { endpoint } = (await post('enroll', { code: decodeJoinCode(code).secret, ...about })) as { endpoint: string };
  const made = (await post('tickets', { title: 'Noisy fan', endpoint })) as { row: { id: number } };
  await post(`tickets/${made.row.id}/resolve`, { text: 'Gone with the machine.' });
  await collector.call(`/api/v1/endpoints/${endpoint}`, { method: 'DELETE', as: 'admin' });
  return endpoint;
}

async function picture(name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: join(pictures, `retired-${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  for (const name of ['laptop-7', 'laptop-8']) await enrolAndRetire(name);
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('navigation').first().waitFor();
});
test.after(async () => {
  await browser?.close();
  await collector?.close();
});

step('within 30 days it is taken back, and its page says so', async () => {
  const url = collector.started.addresses.http;
  const id = await enrolAndRetire('laptop-9');
  await openPage(page, `${url}/endpoints/retired`, 'ja');
  await page.getByRole('button', { name: '廃止を取り消す laptop-9' }).waitFor();
  await picture('back-ja');
  await openPage(page, `${url}/endpoints/retired`, 'en');
  await page.getByRole('button', { name: 'Take back laptop-9' }).click();
  await page.getByText('laptop-9 is back in the fleet').click();
  await page.waitForURL(`${url}/endpoints/${id}`);
  await openPage(page, `${url}/endpoints/${id}?tab=about`, 'en');
  await page.getByText('Taken back from the retired ones').waitFor();
  assert.equal(await violations(page), []);
});

step('it is in the list, and goes once its name and a reason are typed', async () => {
  const url = collector.started.addresses.http;
  await openPage(page, `${url}/`, 'en');
  await page.getByRole('button', { name: 'Columns, CSV' }).click();
  await page.getByRole('link', { name: 'Retired endpoints' }).click();
  await page.getByRole('button', { name: 'Erase… laptop-7' }).waitFor();
  assert.match(await rowText(page, 'laptop-7'), /WorkstationBerlin/);
  await picture('list-en');
  await page.getByRole('button', { name: 'Erase… laptop-7' }).click();
  const sure = page.getByRole('button', { name: 'Erase for ever' });
  await page.getByLabel('Type its name').fill('laptop');
  await page.getByLabel('Reason').fill('Sold');
  assert.is(await sure.isDisabled(), true);
  await page.getByLabel('Type its name').fill('laptop-7');
  assert.equal(await violations(page), []);
  await picture('form-en');
  await sure.click();
  await page.getByText(/^e\w+ is erased\.$/).waitFor();
  await page.getByRole('button', { name: 'Erase… laptop-8' }).waitFor();
  assert.is(await page.getByRole('button', { name: 'Erase… laptop-7' }).count(), 0);
  await openPage(page, `${url}/tickets/1`, 'en');
  await page.getByText('an erased endpoint').first().waitFor();
  await picture('ticket-en');
  await openPage(page, `${url}/endpoints/retired`, 'ja');
  await page.getByRole('button', { name: '消去… laptop-8' }).click();
  await picture('form-ja');
  await openPage(page, `${url}/tickets/1`, 'ja');
  await page.getByText('消去されたエンドポイント').first().waitFor();
  await picture('ticket-ja');
});

test.run();
