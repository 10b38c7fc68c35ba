/** Settings of agents in a browser: a preview, a value out of range, saved, answered, and rolled back. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentSettingsSummary, EndpointSettings } from '../../shared/agent-layer.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('settings of agents');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, collector.http + path, language);
const summary = () => collector.get<AgentSettingsSummary>('/api/v1/agent-settings');
const stateOfAgent = async () => {
  const [row] = (await collector.get<{ items: { id: string }[] }>('/api/v1/endpoints')).items;
  return row && (await collector.get<EndpointSettings>(`/api/v1/endpoints/${row.id}/agent-settings`)).state;
};
const press = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).click();
const shots = process.env.EVENKEEL_TEST_PICTURES;
const picture = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
};

if (!missing) {
  test.before(async () => {
    await buildWeb();
    // With an agent of this machine.
    collector = await startCollector(folder.path, ['--local-agent']);
    browser = await openBrowser();
    page = browser.page;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(collector.setup as string);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Confirm password').fill(password);
    await press(/^Create admin account/);
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
    await until(async () => (await stateOfAgent()) === 'taken', 30_000, 'the agent of this machine');
    // Of a form that is refused: the preview says why.
    const refusals = /the server responded with a status of 4(00|09)/;
    page.on('console', (message) => {
      if (refusals.test(message.text())) complaints.pop();
    });
  });
  test.after(async () => {
    await browser.close();
    collector.child.kill('SIGTERM');
    await collector.ended;
    folder.remove();
  });
}

step('without any, the page says so, and does not count who has taken nothing', async () => {
  await open('/settings');
  await page.getByRole('link', { name: /^Agent settings/ }).click();
  await page.getByText('All agents have the usual settings.').waitFor();
  assert.is(await page.getByText('Agents with all of their settings').count(), 0);
  assert.is(await page.getByText('Not taken, and why').count(), 0);
  assert.equal(await violations(page), []);
});

step('a value out of range is told at its field; a right one says whom it would change', async () => {
  await press('New settings');
  const interval = page.getByLabel('Interval, s');
  assert.is(await interval.getAttribute('placeholder'), 'As usual (10s)');
  await interval.fill('7200');
  await page
    .getByText(/7200 must be .*3600/)
    .first()
    .waitFor();
  assert.is(await interval.getAttribute('aria-invalid'), 'true');
  assert.is(await interval.getAttribute('max'), '3600');
  await interval.fill('20');
  await page.getByText('Would change 1 of 1 endpoints that it is for').waitFor();
  await page.getByText('Interval, s: 10s → 20s (1)').waitFor();
  await page.getByLabel('Services that must run').fill('../nginx');
  await page
    .getByText(/must be the name of a service/)
    .first()
    .waitFor();
  await page.getByLabel('Services that must run').fill('nginx\ncron');
  await page.getByLabel('Add a check').selectOption('software');
  await page.getByLabel('Software', { exact: true }).selectOption('no');
  await page.getByLabel('Who is logged in').selectOption('no');
  await page.getByText('About people: Who is logged in: — → Held back (1)').waitFor();
  assert.equal(await violations(page), []);
  await picture('agent-settings-form');
});

step(
  'what keeps the form from being sent stands where the preview does; a refused one leads to its fault',
  async () => {
    await page.setViewportSize({ width: 390, height: 700 });
    const certificates = page.getByLabel('Certificates to watch');
    await certificates.fill('/root/x.pem');
    await page.locator('form .callout.tone-critical').waitFor();
    await page.getByLabel('Reason').fill('A calmer fleet');
    await press('Save and send');
    await until(
      async () => certificates.evaluate((one) => one === document.activeElement),
      10_000,
      'focus on the fault',
    );
    const { top, bottom } = await certificates.evaluate((one) => one.getBoundingClientRect().toJSON());
    assert.ok(top >= 0 && bottom <= 700, `${top} to ${bottom}`);
    await certificates.fill('');
    await page.setViewportSize({ width: 1280, height: 900 });
  },
);

step('saved with a reason, it is answered and shown; the endpoint says where each setting is from', async () => {
  await page.getByLabel('Reason').fill('A calmer fleet');
  await press('Save and send');
  await page.getByRole('cell', { name: /Interval, s: 20s/ }).waitFor();
  await until(async () => (await summary()).counts.taken === 1, 20_000, 'the answer of the agent');
  const [layer] = (await summary()).layers;
  assert.equal(layer?.settings, {
    interval_s: 20,
    checks: { software: { enabled: false } },
    services: ['nginx', 'cron'],
    privacy: { users: false },
  });
  await page.getByText('Agents with all of their settings: 1 of 1').waitFor();
  const [row] = (await collector.get<{ items: { id: string }[] }>('/api/v1/endpoints')).items;
  await open(`/endpoints/${row?.id}?tab=about`);
  const own = page
    .getByRole('region', { name: 'Agent settings' })
    .or(page.locator('section.box', { hasText: 'All settings of agents' }));
  await own.getByText('It has its settings.').waitFor();
  await own.getByText('Services that must run: nginx').waitFor();
  assert.equal(await violations(page), []);
});

step(
  'a save between is told by name, with what this one would do to it, and then it is for the person to say',
  async () => {
    await open('/agent-settings');
    await press(/^Edit/);
    const interval = page.getByLabel('Interval, s');
    await interval.fill('30');
    await page.getByText('Interval, s: 20s → 30s (1)').waitFor();
    const body = { scope: { of: 'all', target: '' }, settings: { interval_s: 45 }, reason: 'from elsewhere' };
    await page.evaluate(
      (sent) =>
        fetch('/api/v1/agent-settings/layers', {
          ...{ method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(sent) },
        }),
      body,
    );
    await page.getByLabel('Reason').fill('Not seen');
    await press('Save and send');
    await page.getByText(/It was changed since you opened it, by /).waitFor();
    await page.getByText('Interval, s: 45s → 30s (1)').waitFor();
    assert.is((await summary()).layers[0]?.settings.interval_s, 45);
    await press('Save and send');
    await page.getByRole('cell', { name: /Interval, s: 30s/ }).waitFor();
    await until(async () => (await summary()).counts.taken === 1, 20_000, 'the answer of the agent');
  },
);

step('pictures, and no finding in either language, wide and narrow, light and dark', async () => {
  for (const language of ['en', 'ja'] as const)
    for (const width of [1280, 390])
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 900 });
        await open('/agent-settings', language);
        await page
          .getByText(/nginx, cron/)
          .first()
          .waitFor();
        assert.equal(await violations(page), []);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(over <= 0, `${language} ${width}: ${over} px beyond the window`);
        await picture(`agent-settings-${language}-${width}-${scheme}`);
      }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
});

step('back to an earlier version, as a new one', async () => {
  await open('/agent-settings');
  await press('Back to version 1');
  const form = page.locator('form');
  await form.getByLabel('Reason').fill('Too calm');
  await form.getByRole('button', { name: 'Back to version 1' }).click();
  await page.getByText('All agents have the usual settings.').waitFor();
  await page.getByText('Version 5', { exact: true }).waitFor();
  assert.equal((await summary()).layers, []);
});

step('the browser had nothing to complain about', async () => {
  assert.equal(complaints, []);
});

test.run();
