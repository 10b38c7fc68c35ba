/** Rules in a browser: read, changed for a scope after a look at what differs, refused at the field, followed by the fleet. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointRow, NewEnrollment, RuleEntry } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { type SimulatedFleet, startFleet } from '../simulate/fleet.ts';
import {
  type Browser,
  browserSteps,
  buildWeb,
  openBrowser,
  openPage,
  rowText,
  violations,
} from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('rules');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const settings = `rules:
  - { id: cpu, for_s: 120 }
  - { id: disk-inodes, scope: { site: Osaka }, enabled: false }
`;
const complaints: string[] = [];
let collector: RunningCollector;
let fleet: SimulatedFleet;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

async function send<T>(path: string, method: string, body: unknown): Promise<T> {
  const answer = await fetch(`${collector.http}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

const list = async <T>(path: string) => (await collector.get<{ items: T[] }>(`/api/v1/${path}`)).items;
const entries = async (id: string) => (await list<RuleEntry>('rules')).filter(({ rule }) => rule.id === id);
const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const press = (name: string | RegExp) =>
  page
    .locator('main')
    .getByRole('button', { name, exact: typeof name === 'string' })
    .click();
const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const level = (severity: string) => page.locator('fieldset.level').filter({ hasText: severity }).first();

test.before(async () => {
  if (missing) return;
  await buildWeb();
  writeFileSync(join(folder.path, 'evenkeel.yaml'), settings);
  collector = await startCollector(join(folder.path, 'data'), ['--config', join(folder.path, 'evenkeel.yaml')]);
  const { code } = await send<NewEnrollment>('enrollments', 'POST', { maxUses: 4, site: 'Berlin' });
  const joining = { code: decodeJoinCode(code), endpoints: 4, seed: 3, intervalMs: 1000, longestWaitMs: 1000 };
  fleet = await startFleet({ ...joining, steady: true });
  await until(async () => (await list<EndpointRow>('endpoints')).every(({ disk }) => disk !== null), 20_000, 'values');
  browser = await openBrowser();
  page = browser.page;
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  await page.goto(collector.setup as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await heading('Fleet');
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await fleet.stop();
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

step('the list says in words what each rule waits for, whose it is, and where it differs', async () => {
  await open('/settings');
  await page.getByRole('main').getByRole('link', { name: 'Rules', exact: true }).click();
  await heading('Rules');
  const disk = await rowText(page, 'disk-space');
  assert.match(disk, /Disk in use ≥ 90% and Disk, available < 20\sGiB for 1m; clears at 87% or 22\sGiB/);
  assert.match(disk, /Critical ?Disk in use ≥ 95%.*Built in ?None ?On ?0/);
  await page.getByLabel('Search').fill('inode');
  assert.is(await page.locator('tbody tr').count(), 1);
  assert.match(await rowText(page, 'disk-inodes'), /Site: Osaka/);
  await page.getByLabel('Search').fill('nothing of the kind');
  await page.getByText('No rule matches this search.').waitFor();
});

step('what the settings file says is shown, and cannot be changed', async () => {
  await open('/rules/cpu');
  await page.getByText('Set in evenkeel.yaml and read-only here').waitFor();
  assert.is(await page.locator('main .scopes').getByRole('button').count(), 0);
  await open('/rules/cpu?edit=all');
  assert.ok(await level('Warning').evaluate((fieldset) => (fieldset as HTMLFieldSetElement).disabled));
});

step('bad input is answered at its field, which has the focus; nothing is sent', async () => {
  await open('/rules/disk-space');
  await press(/^Exception for/);
  await level('Warning').getByLabel('Disk in use ≥').fill('97');
  await level('Warning').getByLabel('Clears at').first().fill('99');
  await level('Critical').getByLabel('For at least', { exact: true }).fill('');
  await press('Review change');
  for (const words of [
    'Choose one that exists.',
    'Must not be above the limit',
    'A worse level needs a worse limit',
    'Enter a time:',
    'Enter why.',
  ])
    await page.getByText(words).first().waitFor();
  const focused = await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'));
  assert.is(focused, 'true');
  assert.is((await entries('disk-space')).length, 1);
});

step('what only the collector knows to be wrong is reported at the field as well', async () => {
  await page.getByLabel('Which one').selectOption('Berlin');
  await level('Warning').getByLabel('Disk in use ≥').fill('90');
  await level('Warning').getByLabel('Clears at').first().fill('-5');
  await level('Critical').getByLabel('For at least', { exact: true }).fill('1');
  await page.getByLabel('Reason').fill('trying');
  const before = complaints.length;
  await press('Review change');
  await page
    .locator('.fault')
    .getByText(/^Not accepted: .*can never be reached/)
    .waitFor();
  // The browser itself reports the refusal that was asked for here.
  complaints.splice(before);
});

step('the difference is shown before it is applied; then alerts, row and list follow by themselves', async () => {
  await level('Warning').getByLabel('Disk in use ≥').fill('10');
  await level('Warning').getByLabel('Clears at').first().fill('5');
  await level('Warning').getByLabel('Disk, available <', { exact: true }).fill('100');
  await level('Warning').getByLabel('Unit of Disk, available <').selectOption('TiB');
  await level('Warning').getByLabel('For at least', { exact: true }).fill('0');
  await level('Warning').getByText('What the rule says').click();
  await level('Warning').getByLabel('Summary').fill('{host} is at {valeu}');
  await level('Warning').getByLabel('Labels').fill('severity=high');
  await page.getByLabel('Reason').fill('Berlin <b>fills</b> up');
  await press('Review change');
  await page.getByText('In braces stands one of the listed names').waitFor();
  await page.getByText('Every alert has a label of that name already').waitFor();
  await level('Warning').getByLabel('Summary').fill('{host} is at {value}');
  await level('Warning').getByLabel('Labels').fill('team=storage');
  await press('Review change');
  await page.getByRole('heading', { name: 'What changes: Site: Berlin' }).waitFor();
  const difference = (await page.locator('.difference').first().textContent()) ?? '';
  assert.match(difference, /Disk in use: limit≥ 90%→ ≥ 10%/);
  assert.match(difference, /Disk, available: limit< 20\sGiB→ < 100\sTiB/);
  assert.match(difference, /For at least1m→ 0s/);
  assert.match(difference, /Summary—→ {host} is at {value}/);
  assert.match(difference, /Labels—→ team=storage/);
  await page.getByText('Endpoints reached: 4. With an alert of this rule: 0 now, 4 by the newest values.').waitFor();
  assert.is((await entries('disk-space')).length, 1, 'not yet');
  await press('Apply change');
  await page.getByText('The change is in force.').waitFor();
  await page.getByText('Berlin <b>fills</b> up').waitFor();
  await page.getByRole('link', { name: 'Endpoints now: 4' }).waitFor({ timeout: 10_000 });
  await page.getByRole('link', { name: 'Endpoints now: 4' }).click();
  await heading('Fleet');
  await page.getByRole('row').filter({ hasText: 'Disk nearly full' }).first().waitFor();
  await until(async () => (await page.locator('tbody tr').count()) === 4, 10_000, 'the endpoints that it is about');
});

step('the list names the rule that made most alerts, how many went by themselves, and leads to its form', async () => {
  await open('/rules');
  const noisiest = page.locator('main p').filter({ hasText: 'Noisiest' });
  assert.match(
    (await noisiest.textContent()) ?? '',
    /^Noisiest: Disk nearly full, 4 in 30 days, 0% resolved alone\. Tune rule$/,
  );
  assert.match(await rowText(page, 'disk-space'), /On ?4 ?4 ?Acknowledged: 0% ?Resolved alone: 0%$/);
  assert.match(await rowText(page, 'disk-inodes'), /0 ?0$/);
  await page.getByRole('link', { name: 'Tune rule' }).click();
  await page.getByRole('heading', { name: 'Change rule' }).waitFor();
  assert.match(page.url(), /\/rules\/disk-space\?edit=all$/);
  await open('/rules');
  await noisiest.getByRole('link', { name: '4' }).click();
  await heading('Alerts');
  await page.getByRole('row').filter({ hasText: 'Disk nearly full' }).first().waitFor();
  assert.is(await page.locator('tbody tr').count(), 4);
});

step('the page of an endpoint says which rule holds and what gave way, and leads to an exception for it', async () => {
  const [row] = await list<EndpointRow>('endpoints?sort=name');
  await open(`/endpoints/${row?.id}?tab=rules`);
  const held = await rowText(page, 'instead of');
  assert.match(held, /Disk nearly full.*Disk in use ≥ 10%.*Site: Berlin ?instead of All endpoints: Disk in use ≥ 90%/);
  await page.getByRole('link', { name: 'Change here Disk nearly full, Warning' }).click();
  await heading('Disk nearly full');
  assert.is(await page.getByLabel('Which one').inputValue(), row?.name);
  // It begins with what is so everywhere, because nothing was said for it yet.
  await level('Warning').getByLabel('State').selectOption('off');
  await page.getByLabel('Reason').fill('A scratch disk');
  await press('Review change');
  await press('Apply change');
  await page.getByText('The change is in force.').waitFor();
  await page.getByRole('link', { name: 'Endpoints now: 3' }).waitFor({ timeout: 10_000 });
  assert.equal((await entries('disk-space')).map(({ scope }) => scope.of).sort(), ['all', 'endpoint', 'site']);
});

step('an exception is removed with a reason, and the history keeps all of it', async () => {
  await press(/^Remove exception Site: Berlin/);
  await press('Review change');
  await page.getByText('Enter why.').waitFor();
  await page.getByLabel('Reason').fill('Back to normal');
  await press('Review change');
  await page.getByRole('heading', { name: 'What changes: Site: Berlin' }).waitFor();
  assert.match((await page.locator('.difference').first().textContent()) ?? '', /limit≥ 10%→ ≥ 90%/);
  await press('Remove exception');
  await page.getByRole('heading', { level: 3, name: 'Site: Berlin', exact: true }).waitFor({ state: 'detached' });
  await page.locator('.version').filter({ hasText: 'Back to normal' }).waitFor();
  assert.match((await page.locator('.version').allTextContents()).join('\n'), /admin.*Site: Berlin.*Berlin <b>fills/s);
});

step('a new rule is made from the catalogue, holds at once, and is deleted again', async () => {
  await open('/rules');
  await press('New rule');
  await press('Review change');
  await page.getByText('Choose a metric.').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Memory in use');
  await page.getByLabel('Metric').selectOption('mem.used_percent');
  await page.getByLabel('Limit', { exact: true }).fill('1');
  await page.getByLabel('Critical at').fill('99.5');
  await page.getByLabel('For at least', { exact: true }).fill('0');
  await page.getByLabel('Reason').fill('To see it work');
  await press('Review change');
  await page.getByText('With an alert of this rule: 0 now, 4 by the newest values.').waitFor();
  await press('Create rule');
  await heading('Memory in use');
  await page.getByRole('link', { name: 'Endpoints now: 4' }).waitFor({ timeout: 10_000 });
  assert.equal((await entries('memory-in-use-critical'))[0]?.rule.level_of, 'memory-in-use');
  await press(/^Delete rule/);
  await page.getByLabel('Reason').fill('Seen');
  await press('Review change');
  await page.getByText(/^The rule holds nowhere else, so Memory in use is removed with this/).waitFor();
  await press('Delete rule');
  await heading('Rules');
  await page.getByText('Removed: Memory in use').waitFor();
  assert.equal(await entries('memory-in-use'), []);
  const ended = (await list<Alert>('alerts?state=resolved')).filter(({ rule }) => rule.id.startsWith('memory-in-use'));
  assert.equal([...new Set(ended.map(({ rule }) => rule.name))], ['Memory in use'], 'what fired keeps the name');
  await press('Undo');
  await heading('Memory in use');
  const levels = ['memory-in-use-critical', 'memory-in-use'];
  assert.is((await Promise.all(levels.map(entries))).flat().length, 2);
  await send('rules/changes', 'POST', { changes: levels.map((rule) => ({ rule, parts: null })), reason: 'Seen' });
});

step(
  'a new rule of another kind: what it asks for, what the collector refuses at its field, and what history says',
  async () => {
    await open('/rules?new=1');
    const kind = page.getByLabel('Alerts on', { exact: true });
    await kind.selectOption('expression');
    await page.getByLabel('Name', { exact: true }).fill('Busy and full');
    await page.getByLabel('Expression', { exact: true }).fill('disk.used_percent >');
    await page.getByLabel('Reason').fill('To see it refused');
    const before = complaints.length;
    await press('Review change');
    await page.locator('.field', { hasText: 'Expression' }).locator('.fault', { hasText: 'Not accepted:' }).waitFor();
    complaints.splice(before);

    await kind.selectOption('absence');
    await press('Review change');
    await page.getByText('History cannot say how often it would have fired').waitFor();
    await press('Back to editing');

    await kind.selectOption('threshold');
    await page.getByLabel('Metric').selectOption('mem.used_percent');
    await page.getByLabel('Limit', { exact: true }).fill('1');
    await page.getByLabel('For at least', { exact: true }).fill('0');
    await press('Review change');
    // The history of minutes counts as well, and is of those that have the metric.
    await page.getByText(/By .* of history, in steps of 5 min, of all 4 endpoints with this metric:/).waitFor();
    await press('Back to editing');

    await kind.selectOption('baseline');
    await page.getByLabel('Which side').selectOption('above');
    await press('Review change');
    await page.getByText(/would fire 0 times on 0 of them/).waitFor();
    await press('Create rule');
    await heading('Busy and full');
    await page.getByText('is above what this hour of the week has been').first().waitFor();
    const [made] = await entries('busy-and-full');
    assert.equal(
      [made?.rule.when, made?.rule.notify],
      [{ kind: 'baseline', measurement: 'mem', field: 'used_percent', side: 'above' }, true],
    );
    await send('rules/busy-and-full', 'DELETE', { reason: 'Seen' });
  },
);

/** The pages as they are, and with what they open. */
async function views(): Promise<string[]> {
  const [row] = await list<EndpointRow>('endpoints?sort=name');
  return [
    ...[
      '/rules',
      '/rules?new=1',
      '/rules/disk-space',
      '/rules/disk-space?edit=endpoint',
      '/rules/backup-failed?edit=all',
    ],
    ...['/rules/cpu', '/rules/nothing-such', `/endpoints/${row?.id}?tab=rules`],
  ];
}

async function look(language: 'en' | 'ja', check: (where: string) => Promise<void>): Promise<void> {
  for (const path of await views()) {
    await open(path, language);
    await check(`${language} ${path}`);
  }
}

step('no accessibility violation, light and dark, in both languages', async () => {
  const wrong: string[] = [];
  for (const [language, colorScheme] of [
    ['en', 'light'],
    ['ja', 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await look(language, async (where) => {
      wrong.push(...(await violations(page)).map((text) => `${where} ${text}`));
    });
  }
  assert.equal(wrong, []);
});

step('nothing is wider than a phone of 360 px, also with long names and reasons', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const [row] = await list<EndpointRow>('endpoints?sort=name');
  const parts = { for_s: 86_399, name: { en: 'W'.repeat(120), ja: '幅'.repeat(120) } };
  const scope = { of: 'endpoint', target: row?.id };
  await send('rules/disk-space', 'PUT', { scope, parts, reason: 'R'.repeat(500) });
  await send('rules/swap', 'PUT', { parts, reason: '由'.repeat(500) });
  const wide: string[] = [];
  for (const language of ['en', 'ja'] as const) {
    await look(language, async (where) => {
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll('main *')]
          .filter((one) => one.getBoundingClientRect().right > 360 && !one.closest('.unseen, thead, .tabs'))
          .map((one) => `${one.tagName}.${one.className} ${one.textContent?.slice(0, 40)}`),
      );
      wide.push(...cut.map((one) => `${where} cut: ${one}`));
    });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.equal(wide, []);
});

step('a limit for one site is six clicks, with what it would do before it holds', async () => {
  await open('/');
  let clicks = 0;
  const click = async (what: Locator) => {
    await what.click();
    clicks++;
  };
  const main = page.getByRole('main');
  await click(page.getByRole('navigation').getByRole('link', { name: 'Alerts' }));
  await click(main.getByRole('link', { name: 'Rules', exact: true }));
  await click(main.getByRole('link', { name: 'Inodes nearly used up', exact: true }));
  await click(main.getByRole('button', { name: /^Exception for/ }));
  await page.getByLabel('Which one').selectOption('Berlin');
  clicks++;
  await level('Warning').getByRole('spinbutton').first().fill('80');
  await level('Warning').getByLabel('Clears at').first().fill('70');
  await page.getByLabel('Reason').fill('Many small files');
  await page.getByLabel('Reason').press('Enter');
  await page.getByText(/^Endpoints reached: 4\./).waitFor();
  await click(main.getByRole('button', { name: 'Apply change' }));
  await page.getByText('The change is in force.').waitFor();
  assert.is(clicks, 6);
  assert.ok((await entries('disk-inodes')).some(({ scope }) => scope.of === 'site' && scope.target === 'Berlin'));
});

step('a viewer reads, and is offered nothing else', async () => {
  await send('users', 'POST', { name: 'vera', password, role: 'viewer' });
  await open('/');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('User name').fill('vera');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await heading('Fleet');
  for (const path of (await views()).filter((one) => one.startsWith('/rules'))) {
    await open(path);
    await page.locator('main a').first().waitFor();
    assert.is(await page.locator('main :is(button, form):not(.table *, .list-bar *)').count(), 0, path);
  }
});

step('the browser had nothing to complain of', async () => {
  await until(async () => true, 1000, 'the last messages');
  assert.equal(complaints, []);
});

test.run();
