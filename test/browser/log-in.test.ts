/** Log-in in a browser: a second factor from its key to its recovery codes, a provider's log-in, and log-ins ended from elsewhere. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeAt } from '../../collector/accounts/totp.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { freePort } from '../support/port.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { providerSettings, type RunningProvider, startProvider } from '../support/provider.ts';

const test = suite('log-in');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const faults: string[] = [];
let collector: RunningCollector;
let provider: RunningProvider;
let browser: Browser;
let page: Page;
let seed: Buffer;
let recovery: string[] = [];
/** Of the code that was used last: each is good once. */
let used = 0;

const { missing, step } = browserSteps(test);

const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const press = (name: string | RegExp, at = page) =>
  at.getByRole('button', { name, exact: typeof name === 'string' }).click();
const shots = process.env.EVENKEEL_TEST_PICTURES;
/** The page as it is now: wide and narrow, light and dark, in both languages. */
async function pictures(name: string): Promise<void> {
  if (!shots) return;
  for (const language of ['日本語', 'English']) {
    await page.setViewportSize({ width: 1280, height: 900 });
    const chooses = page.getByTitle(language).first();
    if (await chooses.isVisible().catch(() => false)) await chooses.click().catch(() => undefined);
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'light'],
      [1280, 'dark'],
      [390, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.emulateMedia({ colorScheme });
      const shape = language === 'English' ? 'en' : 'ja';
      await page.screenshot({ path: `${shots}/${name}-${shape}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: null });
}

if (!missing) {
  test.before(async () => {
    await buildWeb();
    const port = await freePort();
    provider = await startProvider(`http://127.0.0.1:${port}/login/provider`);
    const file = join(folder.path, 'evenkeel.yaml');
    writeFileSync(file, providerSettings(folder.path, provider.issuer, '{ keel-desk: operator }'));
    collector = await startCollector(join(folder.path, 'data'), ['--config', file, '--http-port', String(port)]);
    browser = await openBrowser();
    page = browser.page;
    page.on('pageerror', (error) => faults.push(String(error)));
    await loopbackOnly(page.context());
    await page.goto(collector.setup as string);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Confirm password').fill(password);
    await press(/^Create admin account/);
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  });
  test.after(async () => {
    await browser.close();
    collector.child.kill('SIGTERM');
    await collector.ended;
    await provider.stop();
    folder.remove();
  });
}

/** The pages of the provider ask for letters of somewhere else. */
const loopbackOnly = (context: BrowserContext) =>
  context.route(
    ({ hostname, protocol }) => protocol.startsWith('http') && hostname !== '127.0.0.1',
    (route) => route.abort(),
  );

const now = () => Math.floor(Date.now() / 30_000);
/** One that is good now and was not used: that of the next half minute is as well. */
async function freshCode(): Promise<string> {
  await until(() => now() + 1 > used, 60_000, 'a code that was not used');
  used = Math.max(used + 1, now());
  return codeAt(seed, used);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
function unbase32(key: string): Buffer {
  const bits = [...key].map((one) => letters.indexOf(one).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}

/** The key as a person reads it off the page. */
async function readKey(at: Page): Promise<Buffer> {
  const key = (await at.locator('form code').textContent()) ?? '';
  assert.match(key, /^[A-Z2-7]{4}( [A-Z2-7]{1,4})+$/);
  return unbase32(key.replaceAll(' ', ''));
}

async function fillIn(user: string, word: string, at = page): Promise<void> {
  await at.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
  await at.getByLabel('User name').fill(user);
  await at.getByLabel('Password').fill(word);
  await press('Log in', at);
}
const code = (at = page) => at.getByLabel('Code of the second factor');

async function logOut(): Promise<void> {
  await page.locator('.side-foot').getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
}

step('a second factor is turned on with the code of its key, and its recovery codes are shown once', async () => {
  await open('/settings');
  await page.getByText('Off: the password alone opens this account').waitFor();
  await pictures('settings-before');
  await press('Set up');
  seed = await readKey(page);
  await pictures('factor-key');
  const code = await freshCode();
  await page.getByLabel('Code that the app shows now').fill(code === '000000' ? '000001' : '000000');
  await press('Turn on');
  await page.getByText('This code is wrong, or was used already.').waitFor();
  await page.getByLabel('Code that the app shows now').fill(code);
  await press('Turn on');
  await page.getByText('The second factor is on').waitFor();
  recovery = ((await page.locator('main pre').textContent()) ?? '').split('\n');
  assert.is(new Set(recovery).size, 10);
  await pictures('factor-codes');
  assert.equal(await violations(page), []);
  await press('I have kept them');
  await page.getByText('Recovery codes that are left: 10').waitFor();
  assert.is(await page.getByText(recovery[0] as string).count(), 0);
  await open('/settings');
  assert.is(await page.locator('main pre').count(), 0);
});

step('a log-in asks for a code, refuses one that was used, and takes the next and a recovery code', async () => {
  await logOut();
  const before = codeAt(seed, used);
  await fillIn('admin', password);
  await code().waitFor();
  await pictures('log-in-code');
  assert.equal(await violations(page), []);
  await code().fill(before);
  await press('Log in');
  await page.getByText('This code is wrong, or was used already.').waitFor();
  await code().fill(await freshCode());
  await press('Log in');
  await page.locator('.side-foot').waitFor();
  await logOut();
  await fillIn('admin', password);
  await code().fill(recovery[0] as string);
  await press('Log in');
  await page.locator('.side-foot').waitFor();
  await open('/settings');
  await page.getByText('Recovery codes that are left: 9').waitFor();
});

step('a role that must have one sets it up before anything else', async () => {
  await open('/settings?section=people');
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Add user' }) });
  await form.getByLabel('User name').fill('vera');
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button', { name: 'Add user' }).click();
  await page.getByRole('row', { name: /vera/ }).first().waitFor();
  await open('/settings?section=logIn');
  const mustHave = page.getByRole('group', { name: 'Roles that must have a second factor' });
  // Vera alone is stopped by it, which is said before it is so.
  await mustHave.getByLabel('Viewer').click();
  await mustHave.getByText('stopped at their next page: 1').waitFor();
  await mustHave.getByRole('button', { name: 'Cancel' }).click();
  assert.not.ok(await mustHave.getByLabel('Viewer').isChecked());
  await mustHave.getByLabel('Viewer').click();
  await mustHave.getByRole('button', { name: 'Require it' }).click();
  await mustHave.getByRole('button', { name: 'Require it' }).waitFor({ state: 'detached' });
  await pictures('settings');
  const other = await elsewhere();
  await fillIn('vera', password, other.page);
  await other.page.getByRole('heading', { level: 1, name: 'Set up a second factor' }).waitFor();
  await other.page.goto(`${collector.http}/alerts`);
  await other.page.getByRole('heading', { level: 1, name: 'Set up a second factor' }).waitFor();
  const mine = page;
  page = other.page;
  await pictures('factor-needed');
  page = mine;
  assert.equal(await violations(other.page), []);
  await press('Set up', other.page);
  const theirs = await readKey(other.page);
  await other.page.getByLabel('Code that the app shows now').fill(codeAt(theirs, now()));
  await press('Turn on', other.page);
  await other.page.getByText('The second factor is on').waitFor();
  await press('I have kept them', other.page);
  await other.page.locator('.side-foot').waitFor();

  // Their page ends where the admin ends their log-in, without anything that they do.
  await open('/settings?section=logIn');
  const everybody = page.getByRole('table', { name: 'Everybody who is logged in' });
  await everybody
    .getByRole('row', { name: /vera.*Chrome on Linux/ })
    .getByRole('button', { name: /^Log out/ })
    .click();
  await other.page.getByText('You are logged out').waitFor();
  assert.is(await other.page.locator('.side-foot').count(), 0);
  await page.locator('.side-foot').waitFor();
  await everybody.getByRole('row', { name: /vera/ }).waitFor({ state: 'detached' });
  await other.close();
});

step('one who logs in by a provider comes in with the role of the groups there', async () => {
  await logOut();
  await provider.person('s-bo', { name: 'bo', groups: ['keel-desk'] });
  await page.getByRole('button', { name: 'Log in with Test keys' }).waitFor();
  await pictures('log-in');
  assert.equal(await violations(page), []);
  await press('Log in with Test keys');
  await page.waitForURL(`${provider.issuer}/**`);
  await page.locator('input[name=login]').fill('s-bo');
  await page.locator('input[name=password]').fill('of the provider');
  await page.locator('button[type=submit]').click();
  // Then whether this collector may know who that is.
  await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' });
  await page.locator('button[type=submit]').click();
  await page.locator('.side-foot').waitFor();
  assert.is(new URL(page.url()).origin, collector.http);
  await page.getByText('(Operator)').first().waitFor();
  await open('/settings');
  await page.getByText('You log in with Test keys: password and role are changed there.').waitFor();
  await pictures('settings-provider');
  assert.equal(faults, []);
});

/** A browser of somebody else, at the log-in. */
async function elsewhere(): Promise<{ page: Page; close(): Promise<void> }> {
  const other = await openBrowser();
  await loopbackOnly(other.page.context());
  other.page.on('pageerror', (error) => faults.push(String(error)));
  await other.page.goto(`${collector.http}/login`);
  return other;
}

test.run();
