/** The queue in a browser: what is next, keys, several tickets at once, workload, and a ticket in the middle of an incident. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TicketDetail } from '../../shared/api.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';

const test = suite('the queue of tickets in a browser');
/** Folder for pictures of the pages; none are made without it. */
const pictures = process.env.EVENKEEL_PICTURES;
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;
let url = '';
const ids: number[] = [];

const { missing, step } = browserSteps(test);

const call = (path: string, body: object, method = 'POST') =>
  collector.call(`/api/v1/${path}`, { method, as: 'admin', body });
async function open(title: string, more: object = {}): Promise<number> {
  const made = await call('tickets', { title, requester: 'Mia Abe', ...more });
  return (made.body as TicketDetail).row.id;
}

async function looked(name: string): Promise<void> {
  const at = page.url();
  for (const language of ['en', 'ja'])
    for (const width of [1280, 360])
      for (const scheme of ['light', 'dark'] as const) {
        if (scheme === 'dark' && !pictures) continue;
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 800 });
        await openPage(page, at, language);
        assert.is(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name} ${language}`);
        if (scheme === 'light') assert.equal(await violations(page), []);
        if (!pictures) continue;
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, `${name}-${language}-${width}-${scheme}.png`), fullPage: true });
      }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
  await openPage(page, at, 'en');
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({
    web: await buildWeb(),
    settings: "tickets: { chat: 'https://chat.example.org/room/{ticket}' }\n",
  });
  ids.push(
    await open('The array lost a disk', { impact: 2, urgency: 2 }),
    await open('New laptop for Ken', { category: 'request' }),
    await open('Mail does not reach customers', { impact: 1, urgency: 1 }),
    await open('Mail is slow', { impact: 2, urgency: 3 }),
  );
  browser = await openBrowser();
  page = browser.page;
  url = collector.started.addresses.http;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('navigation').first().waitFor();
  const rotation = { unit: 'week', every: 1, start: '2026-03-02T09:00' };
  const content = { zone: 'UTC', layers: [{ name: 'main', users: ['admin'], rotation }] };
  assert.is((await call('on-call/schedules/primary', { content }, 'PUT')).status, 200);
});
test.after(async () => {
  await browser?.close();
  await collector?.close();
});

const focused = () => page.evaluate(() => Number((document.activeElement as HTMLElement | null)?.dataset.ticket ?? 0));

step('next says which and why, keys go down the list, choose, take, and do nothing while somebody types', async () => {
  await openPage(page, `${url}/tickets`, 'en');
  await page.getByText(`Next for you: #${ids[2]}, P1, answer due in`).waitFor();
  await page.getByRole('link', { name: /The array lost a disk/ }).waitFor();
  await page.keyboard.press('j');
  const first = await focused();
  assert.is(first, ids[2], 'due first');
  await page.keyboard.press('x');
  await page.getByText('Chosen: 1.').waitFor();
  await page.keyboard.press('j');
  assert.is.not(await focused(), first);
  await page.keyboard.press('k');
  assert.is(await focused(), first);
  await page.getByLabel('Search').fill('xjna?');
  await page.getByText('No ticket matches these filters').waitFor();
  assert.is(await page.getByText('Chosen: 1.').count(), 0, 'what is not shown is not chosen');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByText('Chosen: 1.').waitFor();
  await page.getByRole('link', { name: /Mail does not/ }).focus();
  await page.keyboard.press('a');
  await page.getByText('Done: 1.').waitFor();
  const { body } = await collector.call(`/api/v1/tickets/${ids[2]}`, { as: 'admin' });
  assert.is((body as TicketDetail).row.assignee, 'admin');
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Next ticket for me').waitFor();
  await page.keyboard.press('Escape');
});

step('several at once: each has its result, and those refused stay chosen with the reason', async () => {
  await openPage(page, `${url}/tickets`, 'en');
  await page.getByLabel(`Choose #${ids[0]}`).check();
  await page.getByLabel(`Choose #${ids[3]}`).check();
  await page.getByText('Chosen: 2.').waitFor();
  const bar = page.getByRole('region', { name: 'Chosen tickets' });
  await bar.getByRole('button', { name: 'Tags' }).click();
  await looked('queue-none');
  await page.getByLabel(`Choose #${ids[0]}`).check();
  await page.getByLabel(`Choose #${ids[3]}`).check();
  await bar.getByRole('button', { name: 'Merge' }).click();
  await page.getByLabel('Into ticket').fill(`${ids[0]}`);
  await page.getByLabel('For the requester').fill('We go on in one ticket.');
  assert.equal(await violations(page), []);
  if (pictures) await page.screenshot({ path: join(pictures, 'queue-bulk.png'), fullPage: true });
  await bar.getByRole('button', { name: 'Merge' }).last().click();
  await page.getByText('Done: 1. Left as they were: 1.').waitFor();
  await page.getByText('cannot be merged into itself').waitFor();
  await page.getByText('Chosen: 1.').waitFor();
});

step('what everybody has and knows stands by name, and skills change what is next', async () => {
  await call(`tickets/${ids[0]}/tags`, { add: ['raid', 'backup'] });
  await openPage(page, `${url}/tickets/people`, 'en');
  await page.getByRole('button', { name: 'Change admin' }).click();
  await page.getByLabel('raid').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('cell', { name: /^raid/ }).waitFor();
  await looked('workload');
});

step('a ticket in the middle of an incident: what was tried, whom the swarm calls, a part of its own', async () => {
  const id = ids[2] as number;
  await call(`tickets/${id}/comment`, { text: 'Queue grows. @admin please look', public: false });
  await openPage(page, `${url}/tickets/${id}`, 'en');
  await page.getByText('On call now, and called by the button: admin (primary).').waitFor();
  assert.is(
    await page.getByRole('link', { name: 'Open the chat of this ticket' }).getAttribute('href'),
    `https://chat.example.org/room/${id}`,
  );
  await page.getByRole('button', { name: 'Call the swarm' }).click();
  await page.getByText('admin called: admin.').waitFor();
  await page.getByRole('button', { name: 'Join to help' }).first().click();
  await page.getByText('Helping: admin.').waitFor();
  await page.locator('h1').focus();
  await page.keyboard.press('h');
  await page.getByLabel('Tier', { exact: true }).selectOption('3');
  const fold = page.locator('.act-sheet');
  await fold.getByLabel('Reason').fill('The relay refuses us');
  await fold.getByLabel('What was tried').fill('Restarted the queue; another relay.');
  await fold.getByRole('button', { name: 'Hand over' }).click();
  await page.locator('.callout', { hasText: 'What was tried: Restarted the queue' }).waitFor();
  await looked('ticket-incident');
  await page.getByText('Split off a part').click();
  const part = page.locator('details[open]', { hasText: 'Split off a part' });
  await part.getByLabel('Title').fill('Clear the old queue');
  await part.getByText('Queue grows.').click();
  await part.getByRole('button', { name: 'Split' }).click();
  await page.getByRole('heading', { name: 'Clear the old queue' }).waitFor();
  await page.locator('.story .quotation', { hasText: 'Queue grows.' }).waitFor();
  await openPage(page, `${url}/tickets/${ids[3]}`, 'en');
  await page.getByRole('button', { name: 'Take out again' }).click();
  await page.getByText('Cancelled → In progress').or(page.getByText('ticket reopened')).first().waitFor();
  await until(
    async () => (await page.getByRole('button', { name: 'Resolve', exact: true }).count()) === 1,
    5000,
    'it is open',
  );
});

test.run();
