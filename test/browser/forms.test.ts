/** Forms on a phone: what was refused comes into view with the focus, what was typed stays, and a grey button says what is lacking. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('forms');
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);
const go = (address: string) => openPage(page, collector.started.addresses.http + address, 'en');
const press = (name: string | RegExp) => page.locator('main').getByRole('button', { name }).first().click();
/** Fields of the form that was opened last. */
const field = (label: string) => page.locator('main form').last().getByLabel(label, { exact: true });

interface Focused {
  isFault: boolean;
  text: string;
  top: number;
  bottom: number;
}
const focused = (): Promise<Focused> =>
  page.evaluate(() => {
    const here = document.activeElement as HTMLElement;
    const { top, bottom } = here.getBoundingClientRect();
    const isFault = here.role === 'alert' || here.getAttribute('role') === 'alert' || here.ariaInvalid === 'true';
    return { isFault, text: here.textContent ?? '', top, bottom };
  });

/** Sends the form by its button, scrolled to as a thumb does, and waits for the answer. */
async function refuse(button: string | RegExp, kept: Record<string, string>): Promise<string> {
  const send = page.locator('main form').last().getByRole('button', { name: button });
  await send.scrollIntoViewIfNeeded();
  await send.click();
  await page.locator('[role=alert]:focus, [aria-invalid]:focus').waitFor();
  const { isFault, text, top, bottom } = await focused();
  assert.ok(isFault, 'the fault has the focus');
  assert.ok(top >= 0 && bottom <= 640, `it is in view: ${top} to ${bottom}`);
  for (const [label, value] of Object.entries(kept)) assert.is(await field(label).inputValue(), value, label);
  return text;
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  for (const name of ['Berlin', 'Osaka'])
    await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name } });
  await collector.call('/api/v1/tickets', { method: 'POST', as: 'admin', body: { title: 'Printer' } });
  browser = await openBrowser();
  page = browser.page;
  await page.setViewportSize({ width: 360, height: 640 });
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('set-up: passwords that differ are said at the field', async () => {
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('User').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill('another');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByText('The passwords do not match').waitFor();
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet', exact: true }).waitFor();
});

step('a site of a name that is there', async () => {
  await go('/sites');
  await press(/New site|Create site/);
  await field('Name').fill('berlin');
  await field('Note').fill('by the river\n'.repeat(3));
  assert.match(await refuse(/Create site/, { Name: 'berlin', Note: 'by the river\n'.repeat(3) }), 'already');
});

step('a user with a password that is too short', async () => {
  await go('/settings?section=people');
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Add user' }) });
  await form.getByLabel('User').fill('mia');
  await form.getByLabel('Password').fill('short');
  await form.getByRole('button', { name: 'Add user' }).click();
  await page.locator('[role=alert]:focus').waitFor();
  const { isFault, top, bottom } = await focused();
  assert.ok(isFault && top >= 0 && bottom <= 640, `${top} to ${bottom}`);
  assert.equal(
    [await form.getByLabel('User').inputValue(), await form.getByLabel('Password').inputValue()],
    ['mia', 'short'],
  );
});

step('a target whose address is refused', async () => {
  await go('/targets');
  await press('Add target');
  await field('Name').fill('Shop');
  await field('Address').fill('not an address');
  await refuse(/Create|Watch/, { Name: 'Shop', Address: 'not an address' });
});

step('a ticket: the grey button says what is lacking, and no longer when it is there', async () => {
  await go('/tickets/1');
  const send = page.getByRole('button', { name: 'Comment', exact: true });
  assert.ok(await send.isDisabled());
  await page.getByText('Write a comment first.').waitFor();
  const about = await send.getAttribute('aria-describedby');
  assert.is(await page.locator(`[id="${about}"]`).textContent(), 'Write a comment first.');
  await page.getByLabel('Comment', { exact: true }).fill('on my way');
  assert.not(await send.isDisabled());
  assert.is(await page.getByText('Write a comment first.').count(), 0);
});

test.run();
