/** The app on a home screen: its manifest, what its service worker keeps, and what it shows where nothing answers. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deviceAt, received } from '../collector/notify/push-receiver.ts';
import { openReceiver } from '../collector/notify/receiver.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
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
  collector = await openCollector({ web: built.path, settings: 'outgoing: { allow: [127.0.0.1] }\n' });
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

step('messages on this device: what is missing is said; devices are listed, tested and switched off', async () => {
  await page.context().grantPermissions(['notifications'], { origin: address });
  const main = page.getByRole('main');
  await openPage(page, `${address}/settings`, 'en');
  await main.getByText(/Nothing is sent yet: an admin adds a channel of the kind push/).waitFor();
  await main.getByRole('button', { name: 'Switch on' }).waitFor();
  const { name } = await collector.state.selectFrom('users').select('name').executeTakeFirstOrThrow();
  await using service = await openReceiver(() => [201]);
  await collector.state
    .insertInto('push_subscriptions')
    .values(deviceAt(service.url, { user_name: name }))
    .execute();
  await page.reload();
  const row = main.getByRole('row').filter({ hasText: 'Firefox, Android' });
  await row.getByRole('button', { name: /^Send a test/ }).click();
  await main.getByText(/there is no channel of kind push yet/).waitFor();
  const body = { name: 'browsers', settings: { url: 'push://it@example.org' } };
  const made = await collector.call('/api/v1/channels', { method: 'POST', as: 'admin', body });
  assert.is(made.status, 201, made.text);
  await page.reload();
  await row.getByRole('button', { name: /^Send a test/ }).click();
  await main.getByText(/The push service has accepted it/).waitFor();
  assert.match(received(service.received[0]?.body ?? ''), /browsers/);
  assert.equal(await violations(page), []);
  for (const language of ['en', 'ja'] as const) {
    await openPage(page, `${address}/settings`, language);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      if (shots) await page.screenshot({ path: `${shots}/push-${language}-${width}.png`, fullPage: true });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${over} px too wide`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await openPage(page, `${address}/settings`, 'en');
  await row.getByRole('button', { name: /^Switch off/ }).click();
  await row.waitFor({ state: 'detached' });
  assert.equal(await collector.state.selectFrom('push_subscriptions').select('id').execute(), []);
});

step('a message that comes is shown with its button, and the next about the same takes its place', async () => {
  const devtools = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [first] }) => {
      if (first) resolve(first.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await registered;
  const deliver = (title: string) =>
    devtools.send('ServiceWorker.deliverPushMessage', {
      ...{ origin: address, registrationId },
      data: JSON.stringify({
        ...{ title, body: 'limit 95%', lang: 'en', tag: 'one', severity: 'critical', url: `${address}/alerts` },
        ...{ acknowledge: `${address}/act/x`, words: { acknowledge: 'Acknowledge', failed: 'Not sent.' } },
      }),
    });
  const shown = () =>
    page.evaluate(async () => {
      const all = await (await navigator.serviceWorker.ready).getNotifications();
      return all.map(({ title, body, ...more }) => [title, body, (more as { actions?: { title: string }[] }).actions]);
    });
  await deliver('Critical: web-1');
  await until(async () => (await shown()).length === 1, 10_000, 'shown');
  await deliver('Critical: web-1, web-2');
  await until(async () => (await shown())[0]?.[0] === 'Critical: web-1, web-2', 10_000, 'replaced');
  const [first, ...others] = await shown();
  assert.equal([first?.slice(0, 2), others], [['Critical: web-1, web-2', 'limit 95%'], []]);
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
  // As a build does it: the file, and beside it what is sent to whoever takes it compressed.
  const rewrite = (name: string, from: RegExp, to: string) => {
    const text = readFileSync(join(built.path, name), 'utf8').replace(from, to);
    writeFileSync(join(built.path, name), text);
    writeFileSync(join(built.path, `${name}.gz`), gzipSync(text));
  };
  rewrite('sw.js', /"cache":"shell-\w+"/, '"cache":"shell-of-the-next-build"');
  rewrite('index.html', /<div id="app">/, '<div id="app" data-build="next">');
  await page.reload();
  assert.is(await page.locator('#app').getAttribute('data-build'), 'next');
  const next = async () => JSON.stringify(await keptNames()) === '["shell-of-the-next-build"]';
  await until(next, 10_000, `the next build is kept, instead of ${before}`);
});

test.run();
