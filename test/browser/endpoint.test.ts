/** The page of an endpoint: what is wrong now and what people do there; what its tabs say beside their tables. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('page of an endpoint');
const password = 'a sentence that nobody guesses';
const hour = 3_600_000;
const settings = `
tickets:
  openAfter: 1h
rules:
  - id: memory-used-at-all
    name: { en: Memory is used, ja: メモリが使用されています }
    severity: critical
    when: { kind: threshold, measurement: mem, all: [{ field: used_percent, op: '>=', value: 0.1 }] }
    for_s: 0
`;
const folder = temporaryFolder();
let collector: RunningCollector;
let browser: Browser;
let page: Page;
/** The machine that this runs on; one that is enrolled and silent. */
let machine: EndpointRow;
let silent: string;

const { missing, step } = browserSteps(test);
const go = (id: string, query = '', language = 'en') =>
  openPage(page, `${collector.http}/endpoints/${id}${query}`, language);
const main = () => page.locator('main');

/** Sections as an agent would have sent them. */
function putSections(endpoint: string, sections: Record<string, unknown>, runs: [endedAt: number, result: string][]) {
  const state = new DatabaseSync(join(folder.path, 'state.db'));
  const now = Date.now();
  for (const [section, data] of Object.entries(sections))
    state
      .prepare('insert into inventory values (?, ?, ?, ?, ?)')
      .run(endpoint, section, now, now, JSON.stringify(data));
  for (const run of runs)
    state
      .prepare('insert into backup_runs (endpoint, product, job, ended_at, result) values (?, ?, ?, ?, ?)')
      .run(endpoint, 'restic', 'nightly', ...run);
  state.close();
}

test.before(async () => {
  if (missing) return;
  await buildWeb();
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(config, settings);
  collector = await startCollector(folder.path, ['--local-agent'], { EVENKEEL_CONFIG: config });
  const send = async <T>(path: string, body: object): Promise<T> => {
    const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${collector.http}/api/v1/${path}`, init);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return (await answer.json()) as T;
  };
  const { code } = await send<NewEnrollment>('enrollments', { maxUses: 1 });
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  await send('enroll', { code: decodeJoinCode(code).secret, hostname: 'silent', ...about });
  const rows = async () => (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
  silent = (await rows()).find(({ name }) => name === 'silent')?.id as string;
  await until(async () => (await rows()).some(({ alerts }) => alerts.critical > 0), 60_000, 'an alert');
  machine = (await rows()).find(({ id }) => id !== silent) as EndpointRow;
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.setup as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet', exact: true }).waitFor();
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

step('the overview begins with what fires, its value and limit; it is acknowledged there, and taken back', async () => {
  await go(machine.id);
  const row = page.getByRole('listitem').filter({ hasText: 'Memory is used' });
  assert.match((await row.textContent()) ?? '', /Critical.*Memory is used.*%.*limit 0\.1%/);
  await row.getByRole('button', { name: 'Acknowledge Memory is used' }).click();
  await row.getByText(/admin/).first().waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await row.getByRole('button', { name: /^Acknowledge/ }).waitFor();
  await row.getByRole('link', { name: /^Silence/ }).click();
  await page.waitForURL(/\/silences\/new\?alert=/);
});

step('the head has three buttons; the others are in a menu, which Escape closes', async () => {
  await go(machine.id);
  const head = page.locator('.page-head');
  assert.ok((await head.locator('.button').count()) <= 3);
  const more = head.getByRole('button', { name: 'More…' });
  await more.click();
  await head.getByRole('button', { name: 'Edit' }).waitFor();
  await page.keyboard.press('Escape');
  assert.is(await head.getByRole('button', { name: 'Edit' }).count(), 0);
  assert.ok(await more.evaluate((button) => button === document.activeElement), 'the focus is back');
  await more.click();
  await head.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Name', { exact: true }).waitFor();
});

step('a new ticket there is about this endpoint, and the tab counts it', async () => {
  await go(machine.id);
  await page.locator('.page-head').getByRole('link', { name: 'New ticket' }).click();
  assert.is(await page.getByLabel('Endpoint', { exact: true }).inputValue(), machine.id);
  await page.getByLabel('Title').fill('Fan is loud');
  await page.getByRole('button', { name: 'Open ticket' }).click();
  await page.getByRole('heading', { level: 1, name: 'Fan is loud' }).waitFor();
  await go(machine.id, '?tab=tickets');
  await page.getByRole('link', { name: /Fan is loud/ }).waitFor();
  await page.getByRole('link', { name: /^Tickets 1$/ }).waitFor();
  for (const query of ['?tab=tickets&new=1', '?tab=alerts']) {
    await go(machine.id, query);
    assert.equal(await violations(page), [], query);
  }
});

step('what runs is a list of the newest look', async () => {
  await go(machine.id, '?tab=processes');
  const table = page.getByRole('table', { name: 'Busiest processes' });
  await table.getByRole('row', { name: /node/i }).first().waitFor();
  assert.equal(await violations(page), []);
});

step('without a backup its tab has the line to paste, and the way to say that none is needed', async () => {
  putSections(silent, { backups: [] }, []);
  await go(silent, '?tab=backups');
  const line = await main().locator('.paste-line').textContent();
  assert.match(line ?? '', /^sudo evenkeel-agent run-backup --job nightly --schedule daily -- /);
  await page.getByRole('button', { name: 'Copy' }).waitFor();
  await page.getByRole('button', { name: 'Not needed… silent' }).click();
  await page.getByLabel('Not needed because').fill('A scratch machine');
  await page.getByRole('button', { name: 'Not needed', exact: true }).click();
  await page.getByText('silent needs no backup').waitFor();
  const rule = await page.getByRole('link', { name: 'Not needed: see the exception' }).getAttribute('href');
  assert.is(rule, '/rules/backup-none-server');
});

step('a backup job shows how its last runs ended; updates can be cut to security, and lead further', async () => {
  const now = Date.now();
  const job = {
    ...{ product: 'restic', job: 'nightly', protects: ['/srv'], repository: null, schedule: 'daily', nextRun: null },
    ...{ lastRun: now - hour, lastSuccess: now - 25 * hour, result: 'failed', reason: null, bytes: null, files: null },
    ...{ duration: 60, lastVerified: null, verifiedOk: null, readable: true, evidence: 'dropfile' },
  };
  const state = new DatabaseSync(join(folder.path, 'state.db'));
  state.exec('delete from inventory');
  state.close();
  const update = { installed: '1', candidate: '2', since: now - 40 * 24 * hour, sinceAtLeast: true };
  const list = [
    { ...update, name: 'openssl', security: true },
    { ...update, name: 'nano', security: false },
  ];
  const manager = {
    ...{ manager: 'apt', thirdParty: false, pending: 2, pendingSecurity: 1, held: null, list, metadataAge: 60 },
    ...{ oldestSecuritySince: update.since, oldestSecurityAtLeast: true, scannedAt: now, scan: 'ok', reason: null },
    ...{ autoUpdates: 'off', lastInstall: null },
  };
  const os = {
    ...{ name: 'Debian GNU/Linux', version: '13', build: null, endOfLife: null, endOfSecurity: null },
    ...{ endOfLifeSource: null, rebootRequired: false, rebootSince: null, rebootWhy: null },
  };
  putSections(silent, { backups: [job], patches: [manager], os }, [
    [now - 49 * hour, 'ok'],
    [now - 25 * hour, 'warning'],
    [now - hour, 'failed'],
  ]);
  await go(silent, '?tab=backups');
  await page.getByRole('img', { name: 'nightly: Runs: 3. Good: 1, with a warning: 1, failed: 1.' }).waitFor();
  assert.equal(await violations(page), []);

  await go(silent, '?tab=updates');
  const rows = page.getByRole('table', { name: 'Pending updates' }).locator('tbody tr');
  assert.is(await rows.count(), 2);
  assert.match((await rows.first().textContent()) ?? '', /openssl.*at least/);
  await page.getByLabel('Security only').check();
  await page.waitForURL(/security=1/);
  assert.is(await rows.count(), 1);
  const changes = rows.first().getByRole('link', { name: 'What changes openssl' });
  assert.is(await changes.getAttribute('href'), 'https://tracker.debian.org/pkg/openssl');
  assert.equal(await violations(page), []);
  await rows.first().getByRole('link', { name: 'Who has it openssl' }).click();
  await page.waitForURL(/\/software\?search=openssl/);
});

step('one that never reported says what to do on the machine', async () => {
  await go(silent);
  await page.getByRole('heading', { name: 'Waiting for first report' }).waitFor();
  assert.is(await main().locator('.paste-line').textContent(), 'sudo systemctl start evenkeel-agent');
  assert.equal(await violations(page), []);
});

step('on a phone nothing scrolls sideways, in both languages, and what is pressed is large enough', async () => {
  for (const width of [390, 360]) {
    await page.setViewportSize({ width, height: 844 });
    for (const language of ['en', 'ja'])
      for (const query of ['', '?tab=alerts', '?tab=tickets', '?tab=backups', '?tab=updates', '?tab=processes']) {
        await go(machine.id, query, language);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${query} ${language} at ${width}: ${over} px too wide`);
      }
    const heights = await page
      .locator('.now-rows .acts .button')
      .evaluateAll((all) => all.map((one) => one.clientHeight));
    assert.ok(
      heights.every((height) => height >= 40),
      heights.join(),
    );
  }
  await go(machine.id);
  assert.equal(await violations(page), []);
});

test.run();
