/** Scripts of a machine on the pages of a ticket and an endpoint, in both languages; and a runbook that points to one. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scriptLevel } from '../../shared/agent-level.ts';
import type { TicketDetail } from '../../shared/api.ts';
import type { ScriptOffers, ScriptRun } from '../../shared/inventory.ts';
import { reason } from '../../shared/reason.ts';
import type { ScriptOrder } from '../../shared/report.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import type { Wire } from '../simulate/wire.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/until.ts';
import { wired } from '../support/wired-machine.ts';

const test = suite('scripts on pages');
const pictures = process.env.EVENKEEL_PICTURES;
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;
let machine: { id: string; wire: Wire };
let ticket: number;
let article: string;
let alive: NodeJS.Timeout;
let orders: ScriptOrder[] = [];
let seq = 0;

const { missing, step } = browserSteps(test);
const main = () => page.getByRole('main');
const go = (path: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, `${collector.started.addresses.http}${path}`, language);

const send = (section: string, data: unknown) => {
  const message = { v: 1, epoch: 'e'.repeat(32), seq: ++seq, at: Date.now(), section, data };
  const address = { bucket: bucketOf(machine.id), endpoint: machine.id };
  return machine.wire.publish(topicOf(address, 'inventory'), JSON.stringify(message), { qos: 1 });
};
const offers: ScriptOffers = {
  token: 'a'.repeat(32),
  off: null,
  list: [
    {
      ...{ name: 'free-space', sha256: '1'.repeat(64), limit_s: 120, two_persons: false, problem: null },
      title: { en: 'Free disk space', ja: 'ディスクの空きを増やす' },
      about: { en: 'Deletes logs that are older than the days chosen', ja: '選んだ日数より古いログを削除します' },
      parameters: [{ name: 'days', title: { en: 'Keep days', ja: '残す日数' }, values: ['7', '30'] }],
    },
    {
      ...{ name: 'restart-mail', sha256: '2'.repeat(64), limit_s: 60, two_persons: true, problem: null },
      ...{ title: { en: 'Restart the mail server', ja: 'メールサーバーを再起動' }, about: null, parameters: [] },
    },
    {
      ...{ name: 'spooler', sha256: '3'.repeat(64), limit_s: 60, two_persons: false },
      problem: [
        reason('script_changed', {
          ...{ path: '/usr/local/lib/evenkeel/spooler', found: '4'.repeat(64), allowed: '3'.repeat(64) },
        }),
      ],
      ...{ title: { en: 'Restart the print spooler', ja: '印刷スプーラーを再起動' }, about: null, parameters: [] },
    },
  ],
};

/** Wide and on a phone, in both languages, dark and light: nothing wider than its screen, no fault of accessibility. */
async function looked(name: string): Promise<void> {
  const url = page.url();
  for (const language of ['en', 'ja'] as const)
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [360, 'light'],
      [1280, 'dark'],
      [360, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await openPage(page, url, language);
      await main().locator('.scripts').waitFor();
      assert.is(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name} ${language} ${width}`);
      assert.equal(await violations(page), [], `${name} ${language} ${colorScheme}`);
      if (!pictures) continue;
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({
        path: join(pictures, `${name}-${language}-${width}-${colorScheme}.png`),
        fullPage: true,
      });
    }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  await go(new URL(url).pathname + new URL(url).search);
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb(), settings: 'scripts: { enabled: true }\n' });
  machine = await wired(collector, 'files-0002', {}, (topic, payload) => {
    if (topic.endsWith('/config') && payload.length > 0)
      orders = (JSON.parse(String(payload)).scripts ?? []) as ScriptOrder[];
  });
  const address = { bucket: bucketOf(machine.id), endpoint: machine.id };
  await machine.wire.subscribe(topicOf(address, 'config'));
  const born = {
    state: 'online',
    session: 'b'.repeat(32),
    boot_id: 'b',
    version: '0.3.0',
    level: scriptLevel,
    started_at: 1,
    previous_shutdown: 'clean',
  };
  const lives = () =>
    machine.wire.publish(topicOf(address, 'presence'), JSON.stringify(born), { qos: 1, retain: true });
  await lives();
  // Its pages are looked at for longer than a machine may be silent.
  alive = setInterval(() => void lives(), 5000);
  await send('scripts', offers);
  const post = async <T>(path: string, body: object) =>
    (await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body })).body as T;
  ticket = (
    await post<TicketDetail>('tickets', {
      title: 'The disk of files-0002 is full',
      endpoint: machine.id,
      impact: 2,
      urgency: 2,
    })
  ).row.id;
  const body =
    'Look whether logs fill it.\n\n1. [Free disk space](script:free-space)\n2. [Reboot](script:reboot), where that is not enough.';
  const texts = [{ language: 'en', title: 'A disk is full', body }];
  article = (
    await post<{ id: string }>('articles', {
      texts,
      keywords: '',
      reviewer: null,
      validUntil: null,
      state: 'published',
    })
  ).id;
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('navigation').first().waitFor();
});
test.after(async () => {
  if (missing) return;
  clearInterval(alive);
  machine.wire.cut();
  await browser.close();
  await collector.close();
});

step(
  'a runbook that was opened from a ticket has a button for what its machine offers, and a name for the rest',
  async () => {
    await go(`/knowledge/${article}`);
    await main().getByText('Look whether logs fill it.').waitFor();
    assert.is(
      await main()
        .getByRole('link', { name: /on files-0002/ })
        .count(),
      0,
    );
    assert.is(await main().locator('code', { hasText: 'free-space' }).count(), 1);
    await go(`/knowledge/${article}?from=ticket&ticket=${ticket}`);
    await main().getByRole('link', { name: 'Run "Free disk space" on files-0002' }).click();
    await main().getByText('Run "Free disk space" on files-0002?').waitFor();
    assert.is(await main().locator('code', { hasText: 'reboot' }).count(), 0);
  },
);

step('the question names the machine and what it does; what came of it stands on the ticket', async () => {
  await go(`/tickets/${ticket}?script=free-space`);
  const box = main()
    .locator('.box')
    .filter({ has: page.getByRole('heading', { name: 'Scripts on this machine' }) });
  await box.getByText('Deletes logs that are older').waitFor();
  assert.match((await box.textContent()) ?? '', /spooler was changed: its SHA-256/);
  await looked('scripts-question');
  await box.getByLabel('Keep days').selectOption('30');
  await box.getByLabel('Why (optional)').fill('/var is at 98 %');
  await box.getByRole('button', { name: 'Run on files-0002' }).click();
  await box.getByText('Sent', { exact: true }).waitFor();
  await until(() => orders.length === 1, 10_000, 'the order at the machine');
  const [order] = orders as [ScriptOrder];
  assert.equal(
    [order.name, order.choices, order.persons, order.token],
    ['free-space', { days: '30' }, ['admin'], offers.token],
  );
  const run: ScriptRun = {
    ...{ id: order.id, script: order.name, state: 'done', reason: null, heard: Date.now(), ended: Date.now() },
    ...{ code: 0, signal: null, output: 'Deleted 41 files, 3.2 GB\n/var is at 61 %\n', cut: false },
  };
  await send('script_runs', [run]);
  await box.getByText('exit code 0').waitFor();
  await until(() => orders.length === 0, 10_000, 'the order to be taken from the settings');
  await main().getByText('admin: script free-space: Done (exit code 0)').waitFor();
  await box.getByText('Output').click();
  await box.getByText('Deleted 41 files, 3.2 GB').waitFor();
});

step('one that needs two persons waits; whoever asked can take it back, and not approve it', async () => {
  await go(`/endpoints/${machine.id}`);
  const box = main()
    .locator('.box')
    .filter({ has: page.getByRole('heading', { name: 'Scripts on this machine' }) });
  await box.getByRole('button', { name: 'Run: Restart the mail server' }).click();
  await box.getByRole('button', { name: 'Ask for approval' }).click();
  await box.getByText('Waits for approval').waitFor();
  assert.is(await box.getByRole('button', { name: 'Approve and run' }).count(), 0);
  await looked('scripts-endpoint');
  await box.getByRole('button', { name: 'Take back' }).click();
  await box.getByText('Taken back by admin').waitFor();
  assert.equal(orders, []);
});

test.run();
