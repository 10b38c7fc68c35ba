/** The pages of whoever is on call, in a browser: what fires and who has it, by keyboard and by thumb, and links without log-in. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createActLinks } from '../../collector/act/links.ts';
import type { AlertGroups } from '../../shared/alert-groups.ts';
import type { Alert } from '../../shared/api.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Settling } from '../../shared/settling.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';
import { type WiredMachine, wiredMachine } from '../support/wired-machine.ts';

const test = suite('alerts in a browser');
/** Folder for pictures of the pages; none are made without it. */
const pictures = process.env.EVENKEEL_PICTURES;
const password = 'a sentence that nobody guesses';
const settings = `rules:
  - { id: disk-space, for_s: 0, clear_for_s: 0 }
  - { id: disk-space-critical, for_s: 0, clear_for_s: 0 }
`;
let collector: InProcess;
let browser: Browser;
let page: Page;
const machines: WiredMachine[] = [];
/** They go on reporting: on a slow machine the silent ones would add alerts of their own. */
const reports: (() => Promise<void>)[] = [];
const reporting = setInterval(() => Promise.all(reports.map((report) => report())), 5000);

const { missing, step } = browserSteps(test);

const groups = async (show = 'all') =>
  (await collector.call(`/api/v1/alerts/groups?show=${show}`, { as: 'viewer' })).body as AlertGroups;
const active = async () =>
  ((await collector.call('/api/v1/alerts?state=active&limit=500', { as: 'viewer' })).body as { items: Alert[] }).items;
const url = (path: string) => collector.started.addresses.http + path;

/** Wide and on a phone, in both languages and both lights, without a page that is wider than its screen, or a fault of accessibility. */
async function looked(name: string, address: string, prepare = async () => {}): Promise<void> {
  for (const language of ['en', 'ja'])
    for (const width of [1280, 390]) {
      const colorScheme = language === 'en' ? 'light' : 'dark';
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      await openPage(page, address, language);
      await prepare();
      assert.is(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name} ${language}`);
      assert.equal(await violations(page), [], `${name} ${language} ${width}`);
      if (!pictures) continue;
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `${name}-${language}-${width}.png`), fullPage: width > 400 });
    }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
  await openPage(page, address, 'en');
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb(), settings });
  for (const [name, site, used] of [
    ['osaka-1', 'Osaka', 97],
    ['osaka-2', 'Osaka', 96],
    ['osaka-3', 'Osaka', 93],
    ['berlin-1', 'Berlin', 92],
    ['paris-1', 'Paris', 99],
  ] as const) {
    const machine = await wiredMachine(collector, name, { site });
    machines.push(machine);
    const report = () => machine.disk(used);
    await report();
    reports.push(report);
  }
  await collector.state
    .updateTable('endpoints')
    .set({ name: '<b id=bad>berlin</b>' })
    .where('name', '=', 'berlin-1')
    .execute();
  await until(async () => (await groups()).counts.all === 5, 10_000, 'five alerts');
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('navigation').first().waitFor();
});
test.after(async () => {
  clearInterval(reporting);
  await browser?.close();
  for (const machine of machines) machine.end();
  await collector?.close();
});

step('the first line says what needs somebody; groups by rule and site, what nobody has first', async () => {
  await openPage(page, url('/alerts'), 'en');
  await page.getByText('Need somebody: 3 critical, 2 others. Being worked on: 0.').waitFor();
  await until(async () => /^\(3\) Alerts/.test(await page.title()), 10_000, 'the count in the title');
  assert.is(await page.locator('link[rel=icon]').getAttribute('href'), '/mark-alert.svg');
  const rows = page.locator('.alert-row');
  assert.is(await rows.count(), 3);
  const texts = await rows.allTextContents();
  assert.match(texts[0] ?? '', 'Osaka');
  assert.match(texts[0] ?? '', 'Alerts: 3 · affected: 3');
  assert.match(texts[0] ?? '', 'nobody');
  // Markup in a name stays text.
  assert.match(texts.join(), '<b id=bad>berlin</b>');
  assert.is(await page.locator('#bad').count(), 0);
  await looked('alerts', url('/alerts'), async () =>
    page
      .getByRole('button', { name: /nearly full|空き容量/ })
      .first()
      .click(),
  );
});

step(
  'keys move, open, select and acknowledge; never while somebody types, and not when they are switched off',
  async () => {
    await openPage(page, url('/alerts'), 'en');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const focused = () => page.evaluate(() => document.activeElement?.closest('[data-group]')?.textContent ?? '');
    assert.match(await focused(), 'Paris');
    await page.keyboard.press('k');
    assert.match(await focused(), 'Osaka');
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Take: acknowledge and open the missing ticket').waitFor();
    await page.keyboard.press('a');
    await page.keyboard.press('Escape');
    assert.is((await groups()).counts.owned, 0, 'an open dialog keeps keys away');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('Selected alerts: 1').waitFor();
    await page.keyboard.press('Escape');
    assert.is(await page.getByText('Selected alerts: 1').count(), 0);
    // A composition of Japanese ends with a key that is none.
    await page.evaluate(() => dispatchEvent(new KeyboardEvent('keydown', { key: 'a', isComposing: true })));
    await page.evaluate(() => {
      const input = document.body.appendChild(document.createElement('input'));
      input.id = 'typing';
      input.focus();
    });
    await page.keyboard.press('a');
    assert.is(await page.locator('#typing').inputValue(), 'a');
    assert.is((await groups()).counts.owned, 0);

    await openPage(page, url('/settings'), 'en');
    await page.getByLabel('Single keys act on pages').uncheck();
    await openPage(page, url('/alerts'), 'en');
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    assert.is((await groups()).counts.owned, 0);
    await openPage(page, url('/settings'), 'en');
    await page.getByLabel('Single keys act on pages').check();

    await openPage(page, url('/alerts'), 'en');
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.getByText('Acknowledged: 3.').waitFor();
    await until(async () => (await groups()).counts.owned === 3, 5000, 'three are owned');
    const first = page.locator('.alert-row').first();
    await until(async () => /Paris/.test((await first.textContent()) ?? ''), 5000, 'what nobody has is first');
    await page.getByRole('button', { name: 'Undo' }).click();
    await until(async () => (await groups()).counts.owned === 0, 5000, 'taken back');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
  },
);

step('by keys alone several are selected, and the place is kept when rows go elsewhere', async () => {
  await openPage(page, url('/alerts'), 'en');
  await page.locator('.alert-row').first().waitFor();
  const place = () =>
    page.evaluate(() => document.activeElement?.closest('[data-group]')?.textContent?.match(/Osaka|Paris|Berlin/)?.[0]);
  for (const key of 'jxjx') await page.keyboard.press(key);
  await page.getByText('Selected alerts: 4').waitFor();
  assert.is(await place(), 'Paris');
  await page.keyboard.press('a');
  await page.getByText('Acknowledged: 4.').waitFor();
  const first = page.locator('.alert-row').first();
  await until(async () => /Berlin/.test((await first.textContent()) ?? ''), 5000, 'what nobody has is first');
  assert.is(await place(), 'Berlin', 'the one that nobody has yet');
  await page.keyboard.press('j');
  assert.is(await place(), 'Osaka');
  await page.getByRole('button', { name: 'Undo' }).click();
  await until(async () => (await groups()).counts.owned === 0, 5000, 'taken back');
});

step('all counts are of what the list shows, also of alerts without an endpoint, and of unknown ones', async () => {
  const [critical] = (await active()).filter(({ severity }) => severity === 'critical');
  const row = await collector.state
    .selectFrom('alerts')
    .selectAll()
    .where('id', '=', critical?.id ?? '')
    .executeTakeFirstOrThrow();
  for (const more of [
    { id: 'own1', active_key: 'own1', endpoint: 'collector', rule: 'channel-failed' },
    { id: 'lost1', active_key: 'lost1', endpoint: 'gone', rule: 'patches-overdue', state: 'unknown' as const },
    { id: 'mine1', active_key: 'mine1', endpoint: 'gone', acknowledged_at: 1, acknowledged_by: 'ann' },
    { id: 'quiet1', active_key: 'quiet1', endpoint: 'gone', suppressed_by: 'silence' },
  ])
    await collector.state
      .insertInto('alerts')
      .values({ ...row, ...more })
      .execute();
  await openPage(page, url('/alerts'), 'en');
  await page.getByText('Need somebody: 5 critical, 2 others. Being worked on: 1.').waitFor();
  await page.locator('.side nav .tally', { hasText: /^5$/ }).waitFor();
  await until(async () => /^\(5\) Alerts/.test(await page.title()), 10_000, 'the count in the title');
  const critically = page.locator('.alert-row', { hasText: 'nobody' }).filter({ hasText: 'Critical' });
  assert.is(await critically.filter({ hasText: 'Unknown' }).count(), 1, 'the unknown one is marked');
  await collector.state.deleteFrom('alerts').where('id', 'in', ['own1', 'lost1', 'mine1', 'quiet1']).execute();
});

step('an alert says what may explain it; a thumb acknowledges it, hands it over, and finds earlier ones', async () => {
  const alert = (await active()).find(({ endpoint }) => endpoint.name === 'paris-1') as Alert;
  const row = await collector.state
    .selectFrom('alerts')
    .selectAll()
    .where('id', '=', alert.id)
    .executeTakeFirstOrThrow();
  const hour = 3_600_000;
  const earlier = {
    ...row,
    id: 'earlier1',
    active_key: null,
    state: 'resolved' as const,
    resolved_why: 'cleared',
    first_acknowledged_at: null,
  };
  const times = {
    pending_at: row.pending_at - 5 * hour,
    fired_at: row.pending_at - 5 * hour,
    resolved_at: row.pending_at - 4 * hour,
  };
  await collector.state
    .insertInto('alerts')
    .values({ ...earlier, ...times })
    .execute();
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page, url(`/alerts/${alert.id}`), 'en');
  await page.getByText('back to normal').waitFor();
  await page.getByText('No update, restart or change of this machine is known').waitFor();
  await page.getByText('Nothing is compared: it reported none of the metrics').waitFor();
  const bar = page.getByRole('region', { name: 'Actions' });
  const box = await bar.boundingBox();
  assert.ok(Math.round((box?.y ?? 0) + (box?.height ?? 0)) === 844, 'at the bottom of the screen');
  for (const button of await bar.locator('.button').all()) assert.ok(((await button.boundingBox())?.height ?? 0) >= 44);
  await bar.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Acknowledged: 1.').waitFor();
  await bar.getByText('admin has it').waitFor();
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
  await bar.getByRole('button', { name: 'Acknowledge' }).waitFor();
  await bar.getByRole('button', { name: 'Silence' }).click();
  assert.match(String(await bar.getByRole('link', { name: /^Other time/ }).getAttribute('href')), `alert=${alert.id}`);
  await page.keyboard.press('Escape');
  assert.is(
    await page
      .getByRole('main')
      .getByRole('button', { name: /^Acknowledge/ })
      .count(),
    1,
    'once on the page',
  );
  await looked('alert', url(`/alerts/${alert.id}`));
});

step('several are acknowledged at once, and taken with their tickets', async () => {
  await openPage(page, url('/alerts'), 'en');
  for (const box of await page.locator('.alert-row input[type=checkbox]').all()) await box.check();
  await page.getByText('Selected alerts: 5').waitFor();
  await page.getByRole('region', { name: 'Selected alerts' }).getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Acknowledged: 5.').waitFor();
  await page.getByText('Nothing waits for somebody. Being worked on: 5.').waitFor();
  await until(async () => !/^\(/.test(await page.title()), 10_000, 'no count in the title');
  assert.is((await groups('needs')).groups.length, 0);
  await page.getByRole('button', { name: 'Not acknowledged 0' }).click();
  await page.getByRole('heading', { name: 'No such alert' }).waitFor();
  await page.getByRole('button', { name: 'Mine 5' }).click();
  await page.locator('.alert-row').first().waitFor();
  assert.match(page.url(), /show=mine$/);
  await page.locator('.alert-row [data-row]').last().focus();
  await page.keyboard.press('t');
  await page.getByText(/Taken: \d. New tickets: [01]\./).waitFor();
});

step('how much noise the rules make, and the alerts behind each number', async () => {
  await openPage(page, url('/alerts'), 'en');
  // All began within minutes: that is no rate per week.
  const lead = page.getByText(/Last 30 days: 6 alerts fired/);
  await lead.waitFor();
  assert.match(
    (await lead.textContent()) ?? '',
    /fired, per endpoint and week unknown: 0(\.\d+)? endpoint weeks so far, 1 is needed/,
  );
  const row = page.getByRole('row', { name: /Disk nearly full/ });
  assert.match((await row.textContent()) ?? '', /Disk nearly full6501 17%0/);
  await row.getByRole('link', { name: '5' }).first().click();
  await page.getByText('Acknowledged: 5', { exact: true }).waitFor();
  await page.getByText(/^Fired since/).waitFor();
  await until(async () => (await page.locator('main tbody tr').count()) === 5, 5000, 'the five');
});

step('a link of a message acts without a log-in, on a phone and without script', async () => {
  const machine = await wiredMachine(collector, 'night-1', { site: 'Lagos' });
  machines.push(machine);
  await machine.disk(98);
  const found = async () => (await active()).find(({ endpoint }) => endpoint.id === machine.id);
  await until(async () => (await found())?.state === 'firing', 10_000, 'an alert');
  const never = async (): Promise<never> => {
    throw new Error('the collector itself acts');
  };
  const links = createActLinks({
    ...{ state: collector.state, clock: systemClock, zone: 'UTC', silence: null, acknowledge: never },
    ruleNamed: (id) => ({ id }),
  });
  const { acknowledge } = await links.make([(await found())?.id ?? ''], null);
  const stranger = await page.context().browser()?.newContext({ javaScriptEnabled: false });
  const context = stranger ?? page.context();
  const phone = await context.newPage();
  await phone.setViewportSize({ width: 390, height: 844 });
  for (const language of ['en', 'ja']) {
    await phone.emulateMedia({ colorScheme: language === 'en' ? 'light' : 'dark' });
    await phone.goto(url(`${acknowledge}?language=${language}`));
    if (pictures) await phone.screenshot({ path: join(pictures, `act-${language}-390.png`) });
  }
  assert.is((await found())?.acknowledgedBy, null, 'opened only');
  await phone.goto(url(acknowledge ?? ''));
  const button = phone.getByRole('button', { name: 'Acknowledge' });
  const box = await button.boundingBox();
  assert.ok((box?.height ?? 0) >= 44, JSON.stringify(box));
  assert.ok((box?.y ?? 999) + (box?.height ?? 0) < 640, 'in view on a small phone');
  await button.click();
  await phone.getByText(/^Acknowledged until/).waitFor();
  assert.is((await found())?.acknowledgedBy, 'message link');
  if (pictures) await phone.screenshot({ path: join(pictures, 'act-done-390.png') });
  await phone.close();
  await stranger?.close();
});

step('why nobody is notified of an alert is said: by whom, until when, for what', async () => {
  const [alert] = (await active()).filter(
    ({ endpoint, metric }) => endpoint.name === 'paris-1' && metric.startsWith('disk.'),
  );
  if (!alert) throw new Error('paris-1 has no alert');
  const hour = 3_600_000;
  const silence = { matchers: ['host="paris-1"'], reason: 'disk is on its way', end: Date.now() + hour };
  const made = await collector.call('/api/v1/silences', { method: 'POST', as: 'operator', body: silence });
  assert.is(made.status, 201, made.text);
  await openPage(page, url(`/alerts/${alert.id}`), 'en');
  await page.getByText(/^Silenced by .+ until \d.+: disk is on its way/).waitFor();
  await openPage(page, url(`/alerts/${alert.id}`), 'ja');
  await page.getByText(/まで通知を停止: disk is on its way/).waitFor();
  const { id } = made.body as { id: string };
  await collector.call(`/api/v1/silences/${id}/end`, { method: 'POST', as: 'operator' });
  await openPage(page, url(`/alerts/${alert.id}`), 'en');
  await page.getByText('Nobody is notified', { exact: true }).waitFor({ state: 'detached' });
});

step('who was asked to take an alert is said, until when, and who may take that back', async () => {
  const [alert] = (await active()).filter(
    ({ endpoint, metric }) => endpoint.name === 'paris-1' && metric.startsWith('disk.'),
  );
  if (!alert) throw new Error('paris-1 has no alert');
  const post = (verb: string, body: object) =>
    collector.call(`/api/v1/alerts/${alert.id}/${verb}`, { method: 'POST', as: 'operator', body });
  assert.is((await post('acknowledge', {})).status, 200);
  const handed = await post('hand-over', { to: 'admin' });
  assert.is(handed.status, 200, handed.text);
  for (const where of ['/alerts', `/alerts/${alert.id}`]) {
    await openPage(page, url(where), 'en');
    await page
      .getByText(/^Handed to admin, who has not accepted yet\. Otherwise escalation starts again in 1[45]/)
      .first()
      .waitFor();
  }
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('button', { name: 'Withdraw acknowledgement' }).click();
  await page.getByText(/has it; any operator may withdraw that/).waitFor();
  await page.getByRole('button', { name: 'Withdraw acknowledgement' }).click();
  await page
    .getByRole('region', { name: 'Actions' })
    .getByRole('button', { name: 'Acknowledge', exact: true })
    .waitFor();
});

step(
  'after a maintenance that was ended by hand it is said until when nobody is notified, on its page and on the alert',
  async () => {
    const [alert] = (await active()).filter(
      ({ endpoint, metric }) => endpoint.name === 'paris-1' && metric.startsWith('disk.'),
    );
    if (!alert) throw new Error('paris-1 has no alert');
    const scope = { of: 'endpoint', target: alert.endpoint.id };
    const body = { scope, reason: 'New disk', to: Date.now() + 3_600_000 };
    const made = await collector.call('/api/v1/maintenance', { method: 'POST', as: 'operator', body });
    assert.is(made.status, 201, made.text);
    const { id } = made.body as { id: string };
    await openPage(page, url(`/alerts/${alert.id}`), 'en');
    await page.getByText(/^In maintenance until .*: New disk/).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Maintenance', exact: true }).click();
    await page.getByRole('button', { name: /^End now/ }).click();
    await page.getByText('still quiet until').waitFor();
    const settling = (await collector.call('/api/v1/maintenance/settling', { as: 'viewer' })).body as {
      items: Settling[];
    };
    assert.equal(
      settling.items.map(({ endpoint }) => endpoint.name),
      ['paris-1'],
    );
    await looked('maintenance-settling', url(`/maintenance?id=${id}`));
    await openPage(page, url(`/alerts/${alert.id}`), 'en');
    await page.getByText(/^Maintenance is over; still quiet until .*: New disk/).waitFor();
  },
);

step('what happened and what was sent stand in one order', async () => {
  const times = await page.locator('.story time').evaluateAll((all) => all.map((one) => one.getAttribute('datetime')));
  assert.ok(times.length > 2);
  assert.equal(times, times.toSorted());
  const [osaka] = (await active()).filter(({ endpoint }) => endpoint.name === 'osaka-1');
  const opened = await collector.call(`/api/v1/alerts/${osaka?.id}/ticket`, { method: 'POST', as: 'operator' });
  assert.ok([200, 409].includes(opened.status), opened.text);
  await openPage(page, url(`/alerts/${osaka?.id}`), 'en');
  await page
    .locator('.story')
    .getByText(/opened ticket #\d/)
    .waitFor();
});

test.run();
