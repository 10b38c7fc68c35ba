/** What stands behind a month: error budgets, changes before an incident, and changes as diamonds on a chart. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow } from '../../shared/api.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { openCollector } from '../support/collector.ts';
import { endpointId } from '../support/fleet-history.ts';
import { startCollector, temporaryFolder, until } from '../support/processes.ts';
import { clock, now, outage, putMonth, zone } from '../support/stability-month.ts';

const test = suite('evidence of a month');
const password = 'a sentence that nobody guesses';
const hour = 3_600_000;
let browser: Browser;
let page: Page;
let web: string;

const { missing, step } = browserSteps(test);

test.before.each(async () => {
  if (missing) return;
  web ??= await buildWeb();
  browser = await openBrowser();
  page = browser.page;
});
test.after.each(async () => {
  if (!missing) await browser.close();
});

async function logIn(setup: string): Promise<void> {
  await page.goto(setup);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
}

/** A change that was recognised on an endpoint, as rows of state. */
const changeRow = (at: number) => ({
  ...{ kind: 'recognised', title: '', description: '', state: 'done', what: 'patch', manager: 'apt', site: 'Berlin' },
  ...{ packages: '["openssl"]', start_at: at, end_at: at, implemented_at: at, rolled_back: 0, emergency_fix: 0 },
  ...{ created_at: at, created_by: 'monitor', updated_at: at, updated_by: 'monitor' },
});

step('error budgets: what was overspent comes first, by site as well, and a target changes it', async () => {
  await using collector = await openCollector({ settings: `zone: ${zone}\n`, clock, web });
  await putMonth(collector);
  await collector.stop();
  await using again = await collector.again();
  await page.clock.setSystemTime(now);
  await logIn(again.started.setupLink as string);
  const http = again.started.addresses.http;
  await openPage(page, `${http}/stability/availability_server?period=2026-10`, 'en');
  const budgets = page.getByRole('table', { name: 'Error budgets' });
  await budgets.getByRole('row').nth(1).waitFor();
  const texts = (await budgets.getByRole('row').allTextContents()).map((text) => text.replace(/\s+/g, ' '));
  // Down six hours: 0.1 % of October are 44 minutes and some.
  assert.match(texts[1] ?? '', /box-0012.*99\.90%.*44m.*6h.*−5h.*overspent/, texts.join('\n'));
  assert.match(texts[2] ?? '', /box-000[0-3].*3h\s27m.*−2h\s42m/);
  assert.match(texts.at(-1) ?? '', /100\.00%.*0s/);

  await page.getByLabel('By', { exact: true }).first().selectOption('Site');
  await until(async () => (await budgets.getByRole('row').count()) === 3, 10_000, 'a row for each site');
  const before = await budgets.getByRole('row').filter({ hasText: 'Berlin' }).textContent();
  await page.getByText('Targets and their versions').click();
  await page.getByLabel('Name', { exact: true }).fill('Berlin');
  await page.getByLabel('Target in percent').fill('90');
  await page.getByLabel('Reason').fill('An old hall');
  await page.getByRole('button', { name: 'Save target' }).click();
  await until(
    async () => (await budgets.getByRole('row').filter({ hasText: 'Berlin' }).textContent()) !== before,
    10_000,
    'the new target',
  );
  const after = await budgets.getByRole('row').filter({ hasText: 'Berlin' }).textContent();
  assert.match(after ?? '', /90\.00%(?![\s\S]*overspent)/);
  assert.equal(await violations(page), []);
});

step('the page of an incident tells which changes came before it, and leads to them', async () => {
  await using collector = await openCollector({ settings: `zone: ${zone}\n`, clock, web });
  await putMonth(collector);
  for (const [n, before] of [5, 71, 73].entries()) {
    const at = outage.start - before * hour;
    await collector.state
      .insertInto('changes')
      .values(changeRow(at) as never)
      .execute();
    const seen = { change: n + 1, endpoint: endpointId(n), at, what: 'patch', fingerprint: `f${n}`, packages: '[]' };
    await collector.state
      .insertInto('change_observations')
      .values(seen as never)
      .execute();
  }
  await collector.stop();
  await using again = await collector.again();
  await page.clock.setSystemTime(now);
  await logIn(again.started.setupLink as string);
  await openPage(page, `${again.started.addresses.http}/incidents/1`, 'en');
  const box = page.locator('section.box').filter({ hasText: 'Changes in the 72 hours before' });
  await box.getByRole('listitem').first().waitFor();
  const lines = (await box.getByRole('listitem').allTextContents()).map((text) => text.replace(/\s+/g, ' '));
  assert.is(lines.length, 2, `of 73 hours before is none: ${lines.join('\n')}`);
  assert.match(lines[0] ?? '', /box-0000 C-1/);
  assert.match(lines[1] ?? '', /box-0001 C-2/);
  await box.getByRole('link', { name: /^C-1/ }).click();
  await page.getByRole('heading', { level: 1, name: /^C-1/ }).waitFor();
});

/** Where on the base line of a chart the pointer is told of something, from the left; null: nowhere. */
const diamondAt = () =>
  page.evaluate(() => {
    const over = document.querySelector<HTMLElement>('.u-over');
    if (!over) return null;
    const box = over.getBoundingClientRect();
    for (let x = 0; x < box.width; x += 2) {
      const at = { clientX: box.left + x, clientY: box.bottom - 6, bubbles: true };
      over.dispatchEvent(new PointerEvent('pointermove', at));
      if (over.title !== '') return { x, y: box.height - 6, title: over.title };
    }
    return null;
  });

step('a change is a diamond on the charts of its endpoint: it says what it is, and a click opens it', async () => {
  const folder = temporaryFolder();
  const collector = await startCollector(folder.path, ['--local-agent']);
  try {
    await logIn(collector.setup as string);
    const rows = () => collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints');
    await until(async () => (await rows()).items[0]?.lastSeenAt != null, 60_000, 'its first report');
    const endpoint = (await rows()).items[0] as EndpointRow;
    const at = Date.now() - 60_000;
    const state = new DatabaseSync(join(folder.path, 'state.db'), { timeout: 10_000 });
    const put = (table: string, row: Record<string, string | number>) =>
      state
        .prepare(
          `insert into ${table} (${Object.keys(row).join()}) values (${Object.keys(row)
            .map(() => '?')
            .join()})`,
        )
        .run(...Object.values(row));
    put('changes', changeRow(at));
    put('change_observations', {
      change: 1,
      endpoint: endpoint.id,
      at,
      what: 'patch',
      fingerprint: 'f',
      packages: '[]',
    });
    state.close();
    // Charts below are not drawn before somebody gets there: nothing to wait for.
    await page.goto(`${collector.http}/endpoints/${endpoint.id}?tab=charts`);
    await page.getByText(/^Changes, updates, restarts: /).waitFor({ timeout: 60_000 });
    // A report that comes in between draws the chart anew, and the click falls beside.
    const opened = page.getByRole('heading', { level: 1, name: /^C-1/ });
    const over = page.locator('.u-over').first();
    await until(
      async () => {
        const found = await diamondAt();
        if (!found?.title.includes('C-1')) return false;
        await over.click({ position: { x: found.x, y: found.y }, timeout: 2000 }).catch(() => {});
        return opened.waitFor({ timeout: 2000 }).then(
          () => true,
          () => false,
        );
      },
      60_000,
      'the page of C-1',
    );
  } finally {
    collector.child.kill('SIGTERM');
    await collector.ended;
    folder.remove();
  }
});

test.run();
