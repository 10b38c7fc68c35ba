/** Backups of many endpoints on the Protection page in a browser: counts, pages, filters and order, all in the address. */
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BackupJob } from '../../shared/inventory.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { endpointId, putEndpoint } from '../support/fleet-history.ts';
import { until } from '../support/processes.ts';

const test = suite('protection page');
const pictures = process.env.EVENKEEL_PICTURES;
const many = 260;
/** The last ones have no backup. */
const without = 5;
const hour = 3_600_000;
let collector: InProcess;
let browser: Browser;
let page: Page;
const { missing, step } = browserSteps(test);

const go = (address: string, language = 'en') => openPage(page, collector.started.addresses.http + address, language);
const rows = () => page.locator('main .box').last().locator('tbody tr');
const query = () => Object.fromEntries(new URL(page.url()).searchParams);
const shows = (count: number, what: string) =>
  until(async () => (await rows().count()) === count, 20_000, `${what}: ${count} rows`);
const chip = (name: string) => page.getByRole('group', { name: 'Which backups' }).getByRole('button', { name });

test.before(async () => {
  if (missing) return;
  const web = await buildWeb();
  collector = await openCollector({ web });
  const now = Date.now();
  for (let n = 1; n <= many; n++) {
    const endpoint = await putEndpoint(collector.state, n, { site: n <= 200 ? 'Berlin' : 'Osaka', enrolledAt: now });
    const job: BackupJob = {
      ...{ product: n % 2 ? 'restic' : 'borg', job: 'nightly', protects: ['/srv'], repository: null },
      ...{ schedule: 'daily', nextRun: null, lastRun: now - hour, lastSuccess: now - n * hour, duration: 60 },
      ...{ result: n <= 230 ? 'failed' : 'ok', reason: null, bytes: n * 1e6, files: 10, lastVerified: null },
      ...{ verifiedOk: null, readable: true, evidence: 'dropfile' },
    };
    const section = { endpoint, section: 'backups', at: now, received_at: now };
    const data = JSON.stringify(n > many - without ? [] : [job]);
    await collector.state
      .insertInto('inventory')
      .values({ ...section, data })
      .execute();
  }
  const update = { name: 'openssl', installed: '3.0.1', candidate: '3.0.2', security: true, since: now - 72 * hour };
  const known = { pending: 1, pendingSecurity: 1, held: 0, oldestSecuritySince: update.since, scannedAt: now };
  const more = { thirdParty: false, metadataAge: 60, reason: null, autoUpdates: 'off', lastInstall: null };
  const data = JSON.stringify([{ manager: 'apt', scan: 'ok', list: [update], ...known, ...more }]);
  for (let n = 1; n <= 60; n++)
    await collector.state
      .insertInto('inventory')
      .values({ endpoint: endpointId(n), section: 'patches', at: now, received_at: now, data })
      .execute();
  // The fleet is read at the start.
  await collector.stop();
  collector = await collector.again();
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
  await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet', exact: true }).waitFor();
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('it opens on the worst group that has something in it, and counts them all', async () => {
  await go('/protection');
  await shows(without, 'no backup');
  assert.is(await chip('No backup').getAttribute('aria-pressed'), 'true');
  assert.match((await chip('Failed').textContent()) ?? '', '230');
  assert.match((await rows().first().textContent()) ?? '', 'box-0256');
  assert.match(
    (await page.locator('main .page-head').textContent()) ?? '',
    /^Protection25 of 255 jobs are good\s*Endpoints without a backup: 5/,
  );
  assert.equal(await violations(page), []);
});

step('five machines without a backup become five tickets in three clicks, and none a second time', async () => {
  await go('/');
  let clicks = 0;
  const click = async (what: Locator) => {
    await what.click();
    clicks++;
  };
  await click(page.getByRole('navigation').getByRole('link', { name: 'Protection', exact: true }));
  await click(page.getByLabel('Tick all of this list'));
  await click(page.getByRole('button', { name: `Open tickets: ${without}` }));
  await page.getByText(`Tickets opened: ${without}`).waitFor();
  assert.is(clicks, 3);
  const link = rows().getByRole('link', { name: /^#\d+$/ });
  await until(async () => (await link.count()) === without, 20_000, 'each row has its ticket');
  assert.is(await page.getByLabel('Tick all of this list').count(), 0, 'nothing is left to tick');
  await link.first().click();
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'No backup: box-0256' }).waitFor();
});

step('an exception says why a machine needs none: it is counted apart, and taken back', async () => {
  await go('/protection');
  const row = rows().filter({ hasText: 'box-0257' });
  await row.getByRole('button', { name: 'Command' }).click();
  await row.getByText('sudo evenkeel-agent run-backup --job nightly -- YOUR-BACKUP-COMMAND').waitFor();
  await row.getByRole('button', { name: 'Not needed…' }).click();
  await row.getByLabel('Not needed because').fill('It holds nothing of its own.');
  await row.getByRole('button', { name: 'Not needed', exact: true }).click();
  await shows(without - 1, 'without the exception');
  await chip('Not needed').click();
  await shows(1, 'the exception');
  await rows().getByRole('link', { name: 'Not needed: see the exception' }).click();
  await page.getByText('It holds nothing of its own.').waitFor();
  await page.goBack();
  await shows(1, 'the exception');
  // The rule is off for this one only; without the exception it is as the others again.
  await page.evaluate(async (target) => {
    const body = JSON.stringify({ scope: { of: 'endpoint', target }, reason: 'It does after all.' });
    const headers = { 'content-type': 'application/json' };
    await fetch('/api/v1/rules/backup-none-server', { method: 'DELETE', headers, body });
  }, endpointId(257));
  await go('/protection');
  await shows(without, 'all of them again');
});

step('pages: each is fetched alone, stands in the address, and Back leads to the one before', async () => {
  const sizes: number[] = [];
  page.on('response', async (response) => {
    if (response.url().includes('/api/v1/protection?')) sizes.push((await response.json()).items.length);
  });
  await chip('Failed').click();
  await shows(100, 'failed');
  await page.getByText('1–100 of 230').waitFor();
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await page.getByText('101–200 of 230').waitFor();
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await shows(30, 'the last page');
  assert.equal(query(), { group: 'failed', page: '200' });
  assert.ok(await page.getByRole('button', { name: 'Next', exact: true }).isDisabled());
  await page.reload();
  await shows(30, 'the same page after loading it anew');
  await page.goBack();
  await page.getByText('101–200 of 230').waitFor();
  assert.ok(Math.max(...sizes) <= 100, sizes.join());
});

step('filters and order stand in the address, begin at the first page, and the counts follow them', async () => {
  await page.getByLabel('Site').selectOption('Osaka');
  await shows(30, 'Osaka');
  assert.equal(query(), { group: 'failed', site: 'Osaka' });
  await until(async () => (await chip('Failed').textContent())?.includes('30') ?? false, 20_000, 'counts of Osaka');
  await page.getByLabel('Product').selectOption('borg');
  await shows(15, 'borg in Osaka');
  await page.getByRole('button', { name: 'Size' }).click();
  await until(
    async () => (await rows().first().textContent())?.includes('box-0202') ?? false,
    20_000,
    'smallest first',
  );
  await page.getByRole('button', { name: 'Size' }).click();
  await until(async () => (await rows().first().textContent())?.includes('box-0230') ?? false, 20_000, 'largest first');
  assert.equal(query(), { group: 'failed', site: 'Osaka', product: 'borg', sort: '-size' });
  const address = page.url();
  await go('/protection');
  await openPage(page, address, 'en');
  await shows(15, 'the address alone');
  const href = (await page.getByRole('link', { name: 'Download CSV' }).getAttribute('href')) ?? '';
  const table = await page.evaluate(async (url) => (await fetch(url)).text(), href);
  assert.is(table.trim().split('\r\n').length, 16, 'the table is what is shown, without pages');
  await page.getByLabel('Search').fill('no such machine');
  await page.getByText('Nothing in this group').waitFor();
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await shows(100, 'without filters');
});

step('a page that is no longer there leads to the last one', async () => {
  await go('/protection?group=failed&page=900');
  await shows(30, 'the last page');
  assert.equal(query(), { group: 'failed', page: '200' });
});

step('an update is one row with the endpoints that lack it, and the line to run when it is ticked', async () => {
  await go('/patches?by=update');
  await shows(1, 'openssl');
  assert.match((await rows().first().textContent()) ?? '', /openssl.*3\.0\.2.*Security.*3 days ago.*60/);
  await rows().first().getByText('Which ones').click();
  await rows().first().getByText('and 10 more').waitFor();
  await rows().first().getByRole('checkbox').check();
  const line = page.locator('.paste-line');
  assert.is(await line.textContent(), 'sudo apt-get update && sudo apt-get install --only-upgrade openssl');
});

step('it fits a phone, in both languages, light and dark', async () => {
  for (const language of ['en', 'ja'])
    for (const width of [360, 1280])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await go('/protection?group=failed&site=Osaka', language);
        await rows().first().waitFor();
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${language} ${width}: ${wide} px too wide`);
        assert.equal(await violations(page), [], `${language} ${width} ${colorScheme}`);
        const name = `protection-${language}-${width}-${colorScheme}.png`;
        if (pictures) await page.screenshot({ path: join(pictures, name), fullPage: width > 400 });
        await go('/patches?by=update', language);
        await rows().first().waitFor();
        assert.equal(await violations(page), [], `updates ${language} ${width} ${colorScheme}`);
      }
});

test.run();
