/** The app on a home screen: its manifest, what its service worker keeps, and what it shows where nothing answers. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Browser, browserSteps, buildWeb, openBrowser, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { temporaryFolder, until } from '../support/processes.ts';

const test = suite('installed app');
const { missing, step } = browserSteps(test);
const shots = process.env.EVENKEEL_SHOTS;
const built = temporaryFolder();
let collector: InProcess;
let browser: Browser;
let page: Page;
let address: string;

const keptNames = () => page.evaluate(() => caches.keys());
const kept = () =>
  page.evaluate(async () => {
    const caught = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return caught.flat().map(({ url }) => new URL(url).pathname);
  });

test.before(async () => {
  if (missing) return;
  // A copy of its own: the second build is written over it.
  cpSync(await buildWeb(), built.path, { recursive: true });
  collector = await openCollector({ web: built.path });
  browser = await openBrowser('allow');
  page = browser.page;
  address = collector.started.addresses.http;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
  await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
});
test.after(async () => {
  built.remove();
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('a browser may install it: a manifest with its pictures, under the policy for content', async () => {
  const devtools = await page.context().newCDPSession(page);
  const { url, errors, data } = await devtools.send('Page.getAppManifest');
  assert.is(new URL(url).pathname, '/manifest.webmanifest');
  assert.equal(errors, []);
  const manifest = JSON.parse(data as string) as { start_url: string; icons: { src: string; sizes: string }[] };
  assert.is(manifest.start_url, '/alerts');
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  assert.equal(
    installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'),
    [],
  );
  for (const { src, sizes } of manifest.icons) {
    const { width, type } = await page.evaluate(async (at) => {
      const blob = await (await fetch(at)).blob();
      const image = new Image();
      image.src = at;
      await image.decode();
      return { width: image.naturalWidth, type: blob.type };
    }, src);
    assert.match(type, /^image\//);
    if (sizes !== 'any') assert.is(`${width}x${width}`, sizes, src);
  }
});

step('it keeps files of the build whose name has a hash, and no page, no answer of the API', async () => {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.goto(`${address}/settings`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await until(async () => page.evaluate(() => navigator.serviceWorker.controller !== null), 10_000, 'in charge');
  const files = await kept();
  assert.ok(files.length >= 3, files.join());
  for (const file of files) assert.match(file, /^\/assets\/[\w.-]+-[\w-]{8}\.(?:js|css)$/);
  const all = await page.evaluate(async () => {
    const names = await caches.keys();
    const bodies = await Promise.all(
      names.map(async (name) => {
        const cache = await caches.open(name);
        return Promise.all(
          (await cache.keys()).map(async (one) => (await cache.match(one))?.headers.get('content-type')),
        );
      }),
    );
    return bodies.flat();
  });
  assert.not.ok(
    all.some((type) => /json|html/.test(type ?? '')),
    all.join(),
  );
});

step(
  'without an answer: one sentence and Retry, in both languages; with one, the page that was asked for',
  async () => {
    const context = page.context();
    await context.setOffline(true);
    await page.goto(`${address}/alerts`);
    await page.getByText('The collector cannot be reached').waitFor();
    assert.equal(await violations(page), []);
    if (shots) await page.screenshot({ path: `${shots}/offline.png` });
    assert.is((await page.locator('main').textContent())?.includes('password'), false);
    await page.getByRole('link', { name: 'Retry' }).click();
    await page.getByText('The collector cannot be reached').waitFor();
    await context.setOffline(false);
    await page.getByRole('link', { name: 'Retry' }).click();
    await page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor();
    assert.is(new URL(page.url()).pathname, '/alerts');
    const worker = await (await fetch(`${address}/sw.js`)).text();
    assert.match(worker, 'コレクターに接続できません');
  },
);

step('a new build takes the place of the old one at the next load, and no old page is shown', async () => {
  const before = await keptNames();
  const worker = readFileSync(join(built.path, 'sw.js'), 'utf8');
  writeFileSync(join(built.path, 'sw.js'), worker.replace(/"cache":"shell-\w+"/, '"cache":"shell-of-the-next-build"'));
  const index = join(built.path, 'index.html');
  writeFileSync(index, readFileSync(index, 'utf8').replace('<div id="app">', '<div id="app" data-build="next">'));
  await page.reload();
  assert.is(await page.locator('#app').getAttribute('data-build'), 'next');
  const next = async () => JSON.stringify(await keptNames()) === '["shell-of-the-next-build"]';
  await until(next, 10_000, `the next build is kept, instead of ${before}`);
});

test.run();
