/** Tickets in a browser: filtered lists, and what people do with one ticket. */
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TicketDetail } from '../../shared/api.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';

const test = suite('tickets in a browser');
/** Folder for pictures of the pages; none are made without it. */
const pictures = process.env.EVENKEEL_PICTURES;
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

async function open(title: string, more: object = {}): Promise<number> {
  const body = { title, requester: 'Mia Abe', ...more };
  const made = await collector.call('/api/v1/tickets', { method: 'POST', as: 'admin', body });
  return (made.body as TicketDetail).row.id;
}

/** Wide and on a phone, in both languages, without a page that is wider than its screen, or a fault of accessibility. */
async function looked(name: string): Promise<void> {
  const url = page.url();
  for (const language of ['en', 'ja'])
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await openPage(page, url, language);
      assert.is(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name} ${language}`);
      assert.equal(await violations(page), []);
      if (!pictures) continue;
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `${name}-${language}-${width}.png`), fullPage: true });
    }
  await page.setViewportSize({ width: 1280, height: 800 });
  await openPage(page, url, 'en');
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  await open('The same disk', { impact: 2, urgency: 2 });
  await open('New laptop for Ken', { category: 'request' });
  await open('Mail does not reach customers', { impact: 1, urgency: 1 });
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

step('tickets are filtered in the address, and an empty list leads out of what hides everything', async () => {
  const url = collector.started.addresses.http;
  await page.goto(`${url}/tickets?state=all`);
  await page.getByLabel('Search').fill('DISK same');
  await page.getByRole('link', { name: /The same disk/ }).waitFor();
  await until(async () => (await page.locator('main tbody tr').count()) === 1, 5000, 'one row');
  await page.getByText('Tickets: 1.').waitFor();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download CSV' }).first().click(),
  ]);
  const [head, line, ...rest] = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  assert.match(head ?? '', 'number,title,priority');
  assert.match(line ?? '', /^\d+,The same disk,P\d,new,/);
  assert.equal(rest, []);
  await page.getByLabel('Tier', { exact: true }).selectOption('4');
  await page.getByRole('heading', { name: 'No ticket matches these filters' }).waitFor();
  const shared = page.url();
  assert.match(shared, /state=all&q=DISK\+same&tier=4/);
  await page.goto(`${url}/`);
  await page.goto(shared);
  assert.is(await page.getByLabel('Tier', { exact: true }).inputValue(), '4');
  await page.getByText('Nothing without it, either').first().waitFor();
  await looked('tickets-none');
  await page.getByRole('link', { name: 'Without it: 1' }).click();
  await page.getByRole('link', { name: /The same disk/ }).waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await until(async () => (await page.locator('main tbody tr').count()) > 1, 5000, 'all rows');
  assert.match(page.url(), /tickets\?state=all$/);
  await page.getByLabel('Category').selectOption('incident');
  await looked('tickets');
});

step('a ticket waits for a vendor under its number, is cancelled with a reason, and closed by hand', async () => {
  const url = collector.started.addresses.http;
  const laptop = await open('Laptop with a broken hinge');
  await openPage(page, `${url}/tickets/${laptop}`, 'en');
  await page.getByRole('button', { name: 'On hold', exact: true }).click();
  assert.is(await page.getByLabel('Vendor’s case number').count(), 0, 'only where a vendor is awaited');
  await page.getByLabel('Waiting for').selectOption('awaiting_vendor');
  await page.getByLabel('Vendor’s case number').fill('RMA-4711');
  await page.getByLabel('Look at it again').fill(new Date(Date.now() + 86_400_000).toISOString().slice(0, 16));
  await page.getByRole('button', { name: 'Put on hold' }).click();
  await page.locator('.side-facts', { hasText: 'RMA-4711' }).waitFor();
  await page.getByText(/Awaiting vendor.* · Vendor’s case number: RMA-4711/).waitFor();
  await looked('ticket');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('button', { name: 'Cancel ticket' }).click();
  const folded = page.locator('.act-sheet');
  await folded.getByLabel('Comment (optional)').fill('It was the wrong lid.');
  await page.getByRole('button', { name: 'Cancel ticket' }).click();
  assert.is(await folded.getByLabel('Reason').evaluate((one) => (one as HTMLSelectElement).validity.valid), false);
  await folded.getByLabel('Reason').selectOption('not_an_issue');
  await page.getByRole('button', { name: 'Cancel ticket' }).click();
  await page.getByText('On hold → Cancelled (not an issue)').waitFor();
  await page.locator('.side-facts dt', { hasText: 'Took' }).waitFor();
  await page.getByText('It was the wrong lid.').waitFor();
  assert.is(await page.getByText('Put on hold').count(), 0, 'nothing is changed in it any more');

  const other = await open('Key lost');
  await openPage(page, `${url}/tickets/${other}`, 'en');
  await page.getByLabel('Comment', { exact: true }).fill('It lay below the mat.');
  await page.getByLabel('Visible to').selectOption('public');
  await page.getByRole('button', { name: 'Resolve', exact: true }).click();
  await page.getByRole('button', { name: 'Resolve ticket' }).click();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  const { events } = (await collector.call(`/api/v1/tickets/${other}`, { as: 'viewer' })).body as TicketDetail;
  const said = events.filter(({ text }) => text === 'It lay below the mat.');
  assert.equal(
    said.map(({ kind, isPublic }) => [kind, isPublic]),
    [['comment', true]],
    'what the requester is to read is not lost in the resolution',
  );
  await page.getByText('Closed, it cannot be reopened').waitFor();
  await page.getByRole('button', { name: 'Close ticket' }).click();
  await page.getByText('Resolved → Closed').waitFor();
  assert.is(await page.getByRole('button', { name: 'Reopen' }).count(), 0);
});

step(
  'Enter takes the first who is offered while a name is typed; what is too long is kept and said, not sent',
  async () => {
    await collector.call('/api/v1/users', {
      method: 'POST',
      as: 'admin',
      body: { name: 'mira', password, role: 'operator' },
    });
    const id = await open('Whom to ask');
    await openPage(page, `${collector.started.addresses.http}/tickets/${id}`, 'en');
    const box = page.getByLabel('Comment', { exact: true });
    const unknown = page.getByText(/^Nobody here is called/);
    await box.click();
    await page.keyboard.type('Ask @mi');
    await page.getByRole('button', { name: '@mira' }).waitFor();
    assert.is(await unknown.count(), 0, 'it is still being typed');
    await page.keyboard.press('Enter');
    assert.is(await box.inputValue(), 'Ask @mira ');
    await page.keyboard.type('or @mxx ');
    await unknown.waitFor();
    await box.fill('');
    await page.keyboard.insertText('x'.repeat(12_000));
    assert.is((await box.inputValue()).length, 12_000);
    const said = () => box.evaluate((one) => (one as HTMLTextAreaElement).validationMessage);
    assert.match(await said(), /12,000 characters, 10,000 at most/);
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await box.fill('Short enough');
    assert.is(await said(), '');
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await page.locator('main li', { hasText: 'Short enough' }).first().waitFor();
  },
);

step('targets are seen, changed with a reason, and each version stays', async () => {
  await openPage(page, `${collector.started.addresses.http}/tickets`, 'en');
  await page.getByRole('link', { name: 'Ticket targets' }).click();
  await page.getByRole('heading', { name: 'Ticket targets' }).waitFor();
  await page.getByRole('row', { name: 'P2 1 h 8 h Support hours' }).waitFor();
  await page.getByRole('group', { name: 'P2' }).getByLabel('Answer, minutes').fill('45');
  await page.getByLabel('Reason').fill('Contract of 2027');
  await page.getByRole('button', { name: 'Save targets' }).click();
  await page.getByRole('row', { name: 'P2 45 min 8 h Support hours' }).waitFor();
  await page.getByRole('row', { name: /^1 in force .* admin Contract of 2027/ }).waitFor();
  await looked('ticket-targets');
});

test.run();
