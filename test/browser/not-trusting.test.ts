/** An agent that could not take a change of the collector's authority: its page says so, and why. With a real authority, over https. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, NewEnrollment } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('not trusting');
/** Folder for pictures of the pages; none are made without it. */
const pictures = process.env.EVENKEEL_PICTURES;
const password = 'a sentence that nobody guesses';
let collector: InProcess;
let browser: Browser;
let page: Page;
let refused: string;
let trusting: string;

const { missing, step } = browserSteps(test);

async function enrol(hostname: string): Promise<string> {
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body: {} });
  const { secret: code } = decodeJoinCode((made.body as NewEnrollment).code);
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  const answer = await collector.call('/api/v1/enroll', { method: 'POST', body: { code, hostname, ...about } });
  return (answer.body as { endpoint: string }).endpoint;
}

async function picture(name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  for (const [width, scheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: join(pictures, `not-trusting-${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test.before(async () => {
  if (missing) return;
  // This process asks the collector, whose authority it does not know.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const web = await buildWeb();
  collector = await openCollector({ web, settings: 'tls: { names: [localhost] }\n' });
  refused = await enrol('till-refused');
  trusting = await enrol('till-trusting');
  const { version } = (await collector.call('/api/v1/collector/tls', { as: 'admin' })).body as { version: number };
  const said = { version, why: 'with it mqtts://keel:8883 is not reached' };
  await collector.state
    .updateTable('endpoints')
    .set({ trust: 0, trust_refused: JSON.stringify(said) })
    .where('id', '=', refused)
    .execute();
  await collector.state
    .insertInto('identity_events')
    .values({
      ...{ endpoint: refused, at: Date.now(), kind: 'rotation_asked', by_user: null },
      detail: JSON.stringify({ names: { cause: 'authority' }, doubtfulSince: null }),
    })
    .execute();
  await collector.stop();
  collector = await collector.again();
  browser = await openBrowser('none', true);
  page = browser.page;
  const { setupLink } = collector.started;
  await page.goto(setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('navigation').first().waitFor();
});
test.after(async () => {
  await browser?.close();
  await collector?.close();
});

const open = (id: string, language: 'en' | 'ja') =>
  openPage(page, `${collector.started.addresses.http}/endpoints/${id}?tab=about`, language);
const shows = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 15_000 });

step('the page of an endpoint says that its agent has not taken a change, why, and what follows', async () => {
  await open(refused, 'en');
  for (const text of [
    'Its agent has not taken a change of the collector’s authority',
    'with it mqtts://keel:8883 is not reached',
    'because the authority was given up',
    /is cut off after that/,
  ])
    await shows(text);
  assert.equal(await violations(page), []);
  await picture('en');
  await page.getByRole('link', { name: /Open Settings, which says until when/ }).click();
  await page.waitForURL(/\/settings/);
  await open(refused, 'ja');
  await shows('エージェントは、コレクターの認証局の変更を受け入れていません');
  await shows('認証局が破棄されたため');
  await picture('ja');
});

step('one that has what it was told, and one that has never connected, are not spoken of', async () => {
  const { row } = (await collector.call(`/api/v1/endpoints/${trusting}`, { as: 'viewer' })).body as EndpointDetail;
  assert.is(row.state, 'never');
  await open(trusting, 'en');
  await page.getByText('What happened to its identity').waitFor({ state: 'detached' });
  assert.is(await page.getByText('Its agent has not taken a change').count(), 0);
});

test.run();
