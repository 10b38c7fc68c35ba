/** A machine that waits is seen on the fleet and on Add endpoint, let in, and refused with a reason. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkWordOf } from '../../shared/check-word.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('joining');
/** Folder for pictures of the pages; none are made without it. */
const pictures = process.env.EVENKEEL_PICTURES;
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;
let secret = '';

const { missing, step } = browserSteps(test);

const ask = (hostname: string, attempt: string) =>
  collector.call('/api/v1/enroll', {
    method: 'POST',
    body: {
      ...{ code: secret, attempt: attempt.repeat(32), hostname, platform: 'linux', arch: 'x64', kind: 'workstation' },
      ...{
        kind_why: 'test',
        version: '0.1.0',
        fingerprint: { machine: '0123456789abcdef', macs: ['fedcba9876543210'] },
      },
    },
  });

async function picture(name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: join(pictures, `joining-${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
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

step('a second machine is one line and three clicks; then the page says by itself that it has come', async () => {
  await openPage(page, `${collector.started.addresses.http}/`, 'en');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  let clicks = 0;
  const click = async (what: Locator) => {
    await what.click();
    clicks++;
  };
  await click(page.getByRole('main').getByRole('link', { name: 'Add endpoint', exact: true }).first());
  await click(page.getByRole('button', { name: 'Make line' }));
  await click(page.getByRole('button', { name: 'Copy' }).first());
  assert.is(clicks, 3);
  await page.getByText(/^Needs: x64 or arm64, sudo, and a way to 127\.0\.0\.1/).waitFor();
  await page.getByText(/^Waiting for the machine… \d/).waitFor();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  secret = decodeJoinCode(/EK2-[A-Za-z0-9_-]+/.exec(line)?.[0] ?? '').secret;
  assert.is((await ask('vm-3', 'c')).status, 201);
  await page.getByText('Enrolled, no report yet').waitFor();
  await page.getByRole('main').getByRole('link', { name: 'vm-3' }).first().waitFor();
});

step('a code that wants approval is made on the page', async () => {
  await openPage(page, `${collector.started.addresses.http}/add`, 'en');
  await page.getByText(/^More: many machines/).click();
  await page.getByText('A person approves each machine.').click();
  await page.getByLabel('Machines').fill('5');
  await page.getByLabel('Valid for').selectOption('8760');
  await picture('form');
  // An answer that takes long: the button says that it waits.
  await page.route('**/api/v1/enrollments', async (route) => {
    if (route.request().method() === 'POST') await page.locator('button[aria-busy="true"]').waitFor();
    await route.continue();
  });
  await page.getByRole('button', { name: 'Make line' }).click();
  const line = await page.getByLabel('The line to paste').textContent();
  secret = decodeJoinCode(/EK2-[A-Za-z0-9_-]+/.exec(line ?? '')?.[0] ?? '').secret;
  assert.match((await page.getByRole('table').textContent()) ?? '', /with approval/);
  await page.reload();
  assert.is(await page.getByLabel('The line to paste').textContent(), line, 'it is not shown by anything else again');
});

step('machines that wait are on the fleet, and let in or refused on Add endpoint', async () => {
  for (const [name, attempt] of [
    ['kiosk-1', 'a'],
    ['kiosk-2', 'b'],
  ] as const)
    assert.is((await ask(name, attempt)).status, 202);
  const row = page.getByRole('row', { name: /kiosk-1/ });
  await row.getByText(checkWordOf('a'.repeat(32))).waitFor();
  assert.equal(await violations(page), []);
  await picture('waiting');
  await openPage(page, `${collector.started.addresses.http}/`, 'en');
  await page.getByText('Machines that wait for your approval: 2').waitFor();
  await picture('fleet');
  await openPage(page, `${collector.started.addresses.http}/add`, 'en');
  await row.getByRole('button', { name: 'Approve' }).click();
  await row.getByText('Approved, has not come yet').waitFor();
  const other = page.getByRole('row', { name: /kiosk-2/ });
  await other.getByRole('button', { name: 'Refuse' }).click();
  await other.getByLabel('Why it is refused').fill('Nobody knows it.');
  await other.getByRole('button', { name: 'Refuse' }).click();
  await other.getByText('Nobody knows it.').waitFor();
  assert.is((await ask('kiosk-1', 'a')).status, 201);
  assert.match((await ask('kiosk-2', 'b')).text, /Nobody knows it/);
  await row.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '日本語' }).first().click();
  await page.getByText('参加を求めているマシン').first().waitFor();
  await picture('ja');
});

test.run();
