/** Silences in a browser: entered with what they would hide, changed and ended, as a person does it. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SilenceRow } from '../../shared/silence.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('silences');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const list = async () => (await collector.get<{ items: SilenceRow[] }>('/api/v1/silences')).items;
const shots = process.env.EVENKEEL_TEST_PICTURES;
const picture = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
};

if (!missing) {
  test.before(async () => {
    await buildWeb();
    collector = await startCollector(folder.path);
    browser = await openBrowser();
    page = browser.page;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(collector.setup as string);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Confirm password').fill(password);
    await page.getByRole('button', { name: /^Create admin account/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  });
  test.after(async () => {
    await browser.close();
    collector.child.kill('SIGTERM');
    await collector.ended;
    folder.remove();
  });
}

step('the page says that nothing is silenced', async () => {
  await open('/silences');
  await page.getByText('Nothing is silenced now.').waitFor();
  assert.equal(await violations(page), []);
});

step('a link fills in the matchers; a fault is told, and what it would hide is said before it is sent', async () => {
  await open('/silences/new?matcher=rule%3D%22disk-space%22&matcher=site%3D%22%3Cb%3EOsaka%22');
  const what = page.getByLabel('What', { exact: true });
  assert.is(await what.inputValue(), 'rule="disk-space"\nsite="<b>Osaka"');
  await page.getByText('Hides now: 0 of 0 alerts').waitFor();
  await what.fill('rule=~"("');
  await page.getByText(/missing closing/).waitFor();
  await what.fill('site=~".*"');
  await page.getByText(/fits nearly every alert/).waitFor();
  assert.equal(await violations(page), []);
  await what.fill('severity="critcal"');
  await page.getByText('did you mean critical?').waitFor();
  await what.fill('sit="Osaka"');
  await page.getByText(/No alert has a label "sit" now; did you mean "site"\? There are: .*, rule, severity/).waitFor();
  await what.fill('rule="disk-spac"');
  await page.getByText('There is no rule "disk-spac" now; did you mean "disk-space"? There are: ').waitFor();
  assert.equal(await violations(page), []);
  await picture('silence-fault');
  await what.fill('rule="disk-space"\nsite="<b>Osaka"');
  await page.getByText('Hides now: 0 of 0 alerts').waitFor();
  await page.getByLabel('How long').selectOption('monday');
  await page.getByLabel('Reason').fill('New disks <img src=x onerror=alert(1)>');
  await page.getByRole('button', { name: 'Silence', exact: true }).click();
  await until(async () => (await list()).length === 1, 10_000, 'entered');
  const [row] = await list();
  assert.is(new Date(row?.end ?? 0).getDay(), 1, 'until a Monday');
  await page.getByText('Silences in force: 1, hiding 0 alerts.').waitFor();
  await page.getByText('New disks <img src=x onerror=alert(1)>').waitFor();
});

step('it is as wide as the window, in both languages, light and dark', async () => {
  for (const language of ['en', 'ja'] as const)
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await open('/silences', language);
        await page.getByText('site="<b>Osaka"', { exact: true }).waitFor();
        assert.equal(await violations(page), [], `${language} ${width} ${scheme}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${overflow} px beyond ${width}`);
        await picture(`silences-${language}-${width}-${scheme}`);
      }
    }
  await page.setViewportSize({ width: 390, height: 844 });
  await open('/silences/new', 'ja');
  await page.getByText('1 行に条件を一つ').waitFor();
  await picture('silence-form-ja-390');
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
});

step('its end is moved, and it is ended', async () => {
  await open('/silences');
  const [before] = await list();
  await page.getByRole('button', { name: /^Edit/ }).click();
  assert.ok(await page.getByLabel('What', { exact: true }).isDisabled(), 'what it hides stays');
  await page.getByLabel('How long').selectOption('1h');
  await page.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await list())[0]?.end !== before?.end, 10_000, 'moved');
  await page.getByRole('button', { name: /^End now/ }).click();
  await page.getByText('Nothing is silenced now.').waitFor();
  await page.getByRole('button', { name: 'Show past silences' }).click();
  await page.getByText('New disks <img src=x onerror=alert(1)>').waitFor();
  assert.equal(await violations(page), []);
  assert.equal(
    complaints.filter((text) => !text.includes('400')),
    [],
  );
});

test.run();
