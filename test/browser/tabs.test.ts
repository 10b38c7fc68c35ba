/**
 * Many tabs of one browser, over HTTP/1.1 where a browser has six connections to a host: they share one stream of changes,
 * one takes over from another, and whoever is logged out in one tab is logged out in all.
 */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Browser, browserSteps, buildWeb, openBrowser } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';

const test = suite('tabs');
const { missing, step } = browserSteps(test);
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let address: string;
const tabs: Page[] = [];

/** Open streams by the tab that holds one: asked of the tabs, as a stream that hangs never reaches the collector. */
const holders = async () => {
  const states = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.openStreams?.())));
  return states.flatMap((open, n) => (open ? [n] : []));
};

declare global {
  interface Window {
    openStreams?(): number;
  }
}

async function open(): Promise<Page> {
  const tab = await browser.page.context().newPage();
  tabs.push(tab);
  await tab.goto(`${address}/tickets`);
  await tab.getByRole('heading', { level: 1, name: 'Tickets' }).waitFor({ timeout: 10_000 });
  return tab;
}

async function openTicket(title: string): Promise<void> {
  const made = await collector.call('/api/v1/tickets', { method: 'POST', as: 'operator', body: { title } });
  assert.is(made.status, 201, made.text);
}

/** A tab that is not in front reads again when it is. */
async function allShow(title: string): Promise<void> {
  for (const tab of tabs) {
    await tab.bringToFront();
    await tab.getByText(title).first().waitFor({ timeout: 10_000 });
  }
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  browser = await openBrowser('allow');
  address = collector.started.addresses.http;
  await browser.page.context().addInitScript(() => {
    const made: EventSource[] = [];
    window.openStreams = () => made.filter(({ readyState }) => readyState !== EventSource.CLOSED).length;
    window.EventSource = class extends EventSource {
      constructor(url: string | URL) {
        super(url);
        made.push(this);
      }
    };
  });
  const { page } = browser;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('one tab, loaded nine times: each load comes, and holds no stream of the one before', async () => {
  const { page } = browser;
  for (let n = 0; n < 9; n++) {
    await page.goto(`${address}/tickets?n=${n}`);
    await page.getByRole('heading', { level: 1, name: 'Tickets' }).waitFor({ timeout: 10_000 });
  }
  for (let n = 0; n < 9; n++) {
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Tickets' }).waitFor({ timeout: 10_000 });
  }
});

step('eight tabs open, one of them holds the stream, and all show what happens', async () => {
  tabs.push(browser.page);
  while (tabs.length < 8) await open();
  await until(async () => (await holders()).length === 1, 10_000, 'one stream');
  await openTicket('seen by all tabs');
  await allShow('seen by all tabs');
});

step('the tab that holds it is closed: another takes over, and what happened meanwhile is there', async () => {
  const [leader] = await holders();
  const [closing] = tabs.splice(leader as number, 1);
  await Promise.all([closing?.close(), openTicket('while nobody listened')]);
  await until(async () => (await holders()).length === 1, 10_000, 'one stream');
  await allShow('while nobody listened');
  await openTicket('after that');
  await allShow('after that');
});

step('logged out in one tab, all tabs are, and none holds a stream', async () => {
  const ended = await tabs[0]?.evaluate(async () => {
    const headers = { 'content-type': 'application/json', 'x-evenkeel': '1' };
    return (await fetch('/api/v1/logout', { method: 'POST', headers, body: '{}' })).status;
  });
  assert.ok(ended !== undefined && ended < 300, `answered ${ended}`);
  for (const tab of tabs) {
    await tab.bringToFront();
    await tab.getByLabel('Password', { exact: true }).waitFor({ timeout: 10_000 });
  }
  await until(async () => (await holders()).length === 0, 10_000, 'no stream');
});

step('without locks a tab has a stream while it is in front only', async () => {
  const tab = tabs[0] as Page;
  await tab.addInitScript(() => void Reflect.deleteProperty(Navigator.prototype, 'locks'));
  await tab.goto(address);
  await tab.getByLabel('User').fill('admin');
  await tab.getByLabel('Password', { exact: true }).fill(password);
  await tab.getByRole('button', { name: 'Log in' }).click();
  await tab.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  const streams = () => tab.evaluate(() => window.openStreams?.());
  const turn = (hidden: boolean) =>
    tab.evaluate((to) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => to });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await until(async () => (await streams()) === 1, 10_000, 'a stream in front');
  await turn(true);
  assert.is(await streams(), 0);
  await turn(false);
  assert.is(await streams(), 1);
});

test.run();
