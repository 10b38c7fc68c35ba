/** Every page while nothing has come, and when the collector refuses to answer: a heading, and nothing that axe finds. */
import type { Page, Route } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Browser, browserSteps, buildWeb, loadPages, openBrowser, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('pages without an answer');
const { missing, step } = browserSteps(test);
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;
let paths: string[];

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  // Nothing is asked of the collector: any name will do.
  const { pageEntries } = await loadPages();
  // The way back from a provider leads on at once.
  paths = pageEntries.flatMap(([name, { path }]) =>
    name === 'provider' ? [] : path.replaceAll(/:number/g, '1').replaceAll(/:\w+/g, 'x1'),
  );
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

const refusal = { code: 'STATE_UNAVAILABLE', message: 'The state is not reached.', hint: 'Try again.' };
const states = {
  loading: () => new Promise<void>(() => {}),
  error: (route: Route) => route.fulfill({ status: 503, json: refusal }),
};

for (const state of ['loading', 'error'] as const)
  step(`no accessibility violation on any page: ${state}`, async () => {
    await page.route(({ pathname }) => /^\/api\/v1\/(?!me$|events$)/.test(pathname), states[state]);
    const wrong: string[] = [];
    for (const path of paths) {
      await page.goto(`${collector.started.addresses.http}${path}`);
      await page.locator('main h1').first().waitFor();
      wrong.push(...(await violations(page, 3)).map((text) => `${path} ${text}`));
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    assert.equal(wrong, []);
  });

test.run();
