/** Costs and software as a manager uses them: entered by form and by table, searched, and what is refused. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CostRow, ProductRow } from '../../shared/api.ts';
import { movedPeriod } from '../../shared/period.ts';
import { periodName } from '../../shared/words/period.ts';
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
import { putEndpoint } from '../support/fleet-history.ts';

const test = suite('costs and software pages');
let collector: InProcess;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);
const open = (path: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, collector.started.addresses.http + path, language);
const main = () => page.getByRole('main');
const press = (name: string) => main().getByRole('button', { name, exact: true }).first().click();
async function items<T>(path: string): Promise<T[]> {
  const answer = await collector.call(`/api/v1/${path}`, { as: 'viewer' });
  return (answer.body as { items: T[] }).items;
}
const choose = (name: string, csv: string, nth = 0) =>
  page
    .locator('input[type=file]')
    .nth(nth)
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(csv) });

async function putSoftware(n: number): Promise<void> {
  const { state } = collector;
  await putEndpoint(state, n, { kind: 'workstation', site: 'Berlin' });
  const rows = await state.selectFrom('endpoints').select('id').orderBy('name').execute();
  const item = (name: string, version: string, lastUsed: number | null = null) => ({
    ...{ name, version, publisher: 'Example Inc.', installed: null, lastUsed },
  });
  const list = [
    item('openssl', n < 3 ? '3.0.13' : '3.5.0'),
    item('Draw Pro 2026', '26.1', n < 2 ? Date.now() : null),
    item(`<img src=x onerror=alert(1)> =1+1`, ''),
  ];
  const row = { endpoint: rows[n]?.id ?? '', section: 'software', at: 1, received_at: 1, data: JSON.stringify(list) };
  await state.insertInto('inventory').values(row).execute();
  await state.updateTable('endpoints').set({ last_seen_at: Date.now() }).execute();
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
  await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  for (let n = 0; n < 5; n++) await putSoftware(n);
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('a cost is entered; a negative one is refused before it is sent, with what to write', async () => {
  await open('/costs');
  await page.getByText('No cost entered yet').waitFor();
  await press('Enter cost');
  await page.getByLabel('Name').fill('Salaries of the desk');
  await page.getByLabel('Amount (EUR)').fill('-5');
  await page.getByText('Enter an amount of 0 or more').waitFor();
  await page.getByLabel('Amount (EUR)').fill('24800,50');
  await page.getByLabel('From month').fill('2026-01');
  await page.getByLabel('Reason').first().fill('budget');
  await main().locator('form button.main').first().click();
  assert.match(await rowText(page, 'Salaries of the desk'), /People.*€24,800\.50 per month.*January 2026.*no end/);
  const [cost] = await items<CostRow>('costs');
  assert.equal([cost?.cents, cost?.createdBy], [2_480_050, 'admin']);
});

step('the sentence is of the last whole month, which is named, and of any other that is chosen', async () => {
  const last = movedPeriod(new Date().toISOString().slice(0, 7), -1);
  const month = (by: number) => periodName(movedPeriod(last, by), 'en');
  const sentence = async (by: number) => {
    await main()
      .getByRole('status')
      .filter({ hasText: month(by) })
      .waitFor();
    await page
      .locator('.page-head p')
      .filter({ hasText: `${month(by)}: ` })
      .waitFor();
  };
  await open('/costs');
  await sentence(0);
  await press('Earlier month');
  await sentence(-1);
  assert.match(page.url(), new RegExp(`period=${movedPeriod(last, -1)}$`));
  await open('/costs?period=2999-01');
  await page.getByRole('link', { name: periodName(movedPeriod(last, 1), 'en') }).click();
  await sentence(1);
});

step('a table shows its faults first; without any it shows what it would change, then changes it', async () => {
  const head = 'name,category,kind,amount,from,to,months\r\n';
  await choose('bad.csv', `${head}Licences,tools,yearly,=1+1,2026-01,,\r\n`);
  await page.getByText('Nothing is saved before these are corrected: 1').waitFor();
  assert.match(await rowText(page, '=1+1'), /2\s*amount\s*=1\+1.*This is no amount in EUR/);
  await choose(
    'good.csv',
    `${head}Licences,tools,yearly,1200,2026-01,,\r\nLaptops,supplies,capital,1800,2026-01,,36\r\n`,
  );
  await page.getByText('Would add 2, change 0, leave 0').waitFor();
  assert.is((await items<CostRow>('costs')).length, 1);
  await page.getByLabel('Reason').first().fill('from accounting');
  await press('Save table');
  await page.getByText('Added 2, changed 0').waitFor();
  assert.match(await rowText(page, 'Laptops'), /€1,800\.00 over 36 months/);
});

step('software is searched as it is typed; a version opens its machines', async () => {
  await open('/software');
  assert.is(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'search');
  await page.keyboard.type('openssl');
  await page.getByText('openssl: 5 of 5 machines, versions: 2.').waitFor();
  assert.is(new URL(page.url()).searchParams.get('search'), 'openssl');
  await press('openssl');
  await press('3.5.0');
  await page.getByText('Machines: 2', { exact: true }).waitFor();
  assert.is(await main().locator('a[href$="?tab=software"]').count(), 2);
  await main().getByLabel('Version', { exact: true }).selectOption('lt');
  await page.getByText('Machines: 3', { exact: true }).waitFor();
  const { searchParams } = new URL(page.url());
  assert.equal([searchParams.get('op'), searchParams.get('version')], ['lt', '3.5.0'], 'a link to the answer');
  await page.getByLabel('Search by name').fill('nothing like it');
  await page.getByText('No "nothing like it" is installed on the 5 machines').waitFor();
  await page.getByLabel('Search by name').fill('onerror');
  assert.match(await rowText(page, 'onerror'), /<img src=x/);
});

step('a product is entered with its licences: what is not known is a range', async () => {
  await open('/software?search=draw');
  await press('Not classified');
  await page.getByLabel('Names of it').fill('Draw Pro*');
  await page.getByLabel('Licences, one per line').fill('6 devices');
  await page.getByText('Line 1 cannot be read: 6 devices').waitFor();
  await page.getByLabel('Licences, one per line').fill('6, device, 189.00, 2026-01-01');
  await page.getByLabel('Reason').first().fill('contract');
  await main().locator('form button.main').first().click();
  await page.getByRole('button', { name: 'Draw Pro 2026' }).last().waitFor();
  const [product] = await items<ProductRow>('software/products');
  assert.equal(
    [product?.use.entitled, product?.use.installed, product?.use.used, product?.use.usageUnknown],
    [6, 5, 2, 3],
  );
  assert.match(await rowText(page, '3 of unknown use'), /6 devices\s*5\s*2.*66\.7%\s*33\.3% to 83\.3%/s);
  await open('/stability/software_utilisation');
  assert.match(await rowText(page, 'Draw Pro'), /2 \/ 3\s*66\.7%/, 'the same number, wherever it stands');
  await main().getByRole('link', { name: 'Draw Pro' }).first().click();
  await page.getByText('33.3% to 83.3%').waitFor();
});

step('no page has what axe finds, nor scrolls sideways on a phone, in both languages', async () => {
  const pictures = process.env.EVENKEEL_TEST_PICTURES;
  const looks = [
    ['en', 'light'],
    ['ja', 'dark'],
  ] as const;
  for (const path of ['/costs', '/software?search=openssl'])
    for (const [language, scheme] of looks) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of [1440, 390, 360]) {
        await page.setViewportSize({ width, height: 900 });
        await open(path, language);
        if (path.includes('search')) {
          await press('openssl');
          await main().locator('.bars').first().waitFor();
        }
        if (width === 1440) assert.equal(await violations(page), [], `${path} ${language} ${scheme}`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${path} ${language} ${width}: ${over}`);
        if (!pictures || width === 360) continue;
        const name = `${path.replace(/\W/g, '_')}-${language}-${scheme}-${width}.png`;
        writeFileSync(join(pictures, name), await page.screenshot({ fullPage: true }));
      }
    }
});

test.run();
