/** Somebody is woken at three: what is done with one thumb on a phone of 390 by 844, and in how many taps. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert } from '../../shared/api.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';
import { type WiredMachine, wiredMachine } from '../support/wired-machine.ts';

const test = suite('on call on a phone');
/** Folder for pictures of the pages; none are made without it. */
const pictures = process.env.EVENKEEL_PICTURES;
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;
let machine: WiredMachine;
let alert = '';
let taps = 0;
const { missing, step } = browserSteps(test);

const url = (path: string) => collector.started.addresses.http + path;
/** A thumb needs 44 px, and what it presses must not be under something else. */
async function tap(what: Locator): Promise<void> {
  const box = await what.boundingBox();
  assert.ok((box?.height ?? 0) >= 44, `${await what.textContent()}: ${box?.height} px high`);
  await what.click({ timeout: 5000 });
  taps++;
}
const button = (name: string | RegExp) => page.locator('.act-bar').getByRole('button', { name, exact: true });
const now = async () =>
  (await collector.call(`/api/v1/alerts/${alert}`, { as: 'viewer' })).body as {
    alert: Alert;
    events: { code: string; params: { note?: string } }[];
  };
async function picture(name: string): Promise<void> {
  assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 390, name);
  assert.equal(await violations(page), [], name);
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}-390.png`) });
}

test.before(async () => {
  if (missing) return;
  const settings =
    'rules: [{ id: disk-space, for_s: 0, clear_for_s: 0 }, { id: disk-space-critical, for_s: 0, clear_for_s: 0 }]\n';
  collector = await openCollector({ web: await buildWeb(), settings });
  machine = await wiredMachine(collector, 'osaka-1', { site: 'Osaka' });
  await machine.disk(97);
  const firing = async () =>
    ((await collector.call('/api/v1/alerts?state=active', { as: 'viewer' })).body as { items: Alert[] }).items;
  await until(async () => (await firing()).length === 1, 10_000, 'an alert');
  alert = (await firing())[0]?.id ?? '';
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('navigation').first().waitFor();
  // Whoever follows the link of the set-up is the first.
  const kenji = { name: 'kenji', password, role: 'operator' };
  await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body: kenji });
  await page.setViewportSize({ width: 390, height: 844 });
});
test.after(async () => {
  await browser?.close();
  machine?.end();
  await collector?.close();
});

step('the notification leads to the alert: acknowledged by its second tap, with a note in the message', async () => {
  // The first tap is on the notification.
  taps = 1;
  await openPage(page, url(`/alerts/${alert}`), 'en');
  await picture('alert-free');
  await tap(button('Acknowledge'));
  await until(async () => (await now()).alert.acknowledgedAt !== null, 5000, 'acknowledged');
  assert.ok(taps <= 2, `${taps} taps to acknowledge`);
  await page.getByLabel('Note for whoever looks next').fill('On my way');
  await page.keyboard.press('Enter');
  await until(async () => (await now()).events.some(({ params }) => params.note === 'On my way'), 5000, 'the note');
  await picture('alert-owned');
});

step('silenced for two hours in two taps, and that is taken back in one', async () => {
  taps = 0;
  await tap(button('Silence'));
  await picture('alert-silence');
  await tap(button('2 hours'));
  await page.getByText(/^Silenced until/).waitFor();
  assert.is(taps, 2);
  const active = async () =>
    ((await collector.call('/api/v1/silences', { as: 'viewer' })).body as { items: { end: number; start: number }[] })
      .items;
  const [silence] = await active();
  assert.is(Math.round(((silence?.end ?? 0) - (silence?.start ?? 0)) / 60_000), 120);
  await tap(page.getByRole('button', { name: 'Undo' }));
  await until(async () => (await active()).length === 0, 5000, 'the silence to end');
});

step('handed over in three taps at most, to somebody of the list', async () => {
  taps = 0;
  await tap(button('Hand over'));
  await picture('alert-hand-over');
  await tap(button('kenji'));
  await page.getByText(/^Handed over to kenji/).waitFor();
  assert.ok(taps <= 3, `${taps}`);
  assert.is((await now()).alert.handedTo, 'kenji');
});

step('resolved while it fires: asked before, and “won’t fix until” keeps it from coming back', async () => {
  await collector.call(`/api/v1/alerts/${alert}/ticket`, { method: 'POST', as: 'operator' });
  await until(async () => (await now()).alert.ticket !== null, 5000, 'a ticket');
  const { ticket } = (await now()).alert;
  await openPage(page, url(`/tickets/${ticket}`), 'en');
  await picture('ticket-free');
  const row = async () =>
    (
      (await collector.call(`/api/v1/tickets/${ticket}`, { as: 'viewer' })).body as {
        row: { state: string; assignee: string | null };
      }
    ).row;
  if ((await row()).assignee !== 'admin') await tap(button('Take'));
  await until(async () => (await row()).assignee === 'admin', 5000, 'it is mine');
  await tap(button('Resolve'));
  await page
    .getByText(/would be opened again|would open again|reopen/i)
    .first()
    .waitFor();
  await picture('ticket-resolve');
  assert.is((await row()).state === 'resolved', false, 'nothing is done before the answer');
  await tap(button('Resolve anyway'));
  await until(async () => (await row()).state === 'resolved', 5000, 'resolved');
});

test.run();
