/** A month as a manager reads it: the sentence, each number to its list, the incident behind it, and what it cost. */

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, KpiDetail, KpiWhy, SiteRow, Stability } from '../../shared/api.ts';
import { parseCsv } from '../../shared/csv.ts';
import {
  type Browser,
  browserSteps,
  buildWeb,
  openBrowser,
  openPage,
  rowText,
  violations,
} from '../support/browser.ts';
import { closeMonths } from '../support/close-months.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/processes.ts';
import { clock, now, outage, people, putMonth, zone } from '../support/stability-month.ts';

const test = suite('stability page');
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
/** What the outage cost Berlin, whose people work day and night as far as the collector knows. */
const cost = (people.Berlin * (outage.end - outage.start)) / 3_600_000;
let collector: InProcess;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

const http = () => collector.started.addresses.http;
const open = (path: string, language: 'en' | 'ja' = 'en') => openPage(page, http() + path, language);
const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
const press = (name: string) => page.getByRole('main').getByRole('button', { name, exact: true }).click();
const lead = async () => ((await page.locator('.lead').textContent()) ?? '').replace(/\s+/g, ' ');
async function get<T>(path: string): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, { as: 'viewer' });
  assert.is(answer.status, 200, answer.text);
  return answer.body as T;
}
const near = (a: number, b: number, what: string) => assert.ok(Math.abs(a - b) < 1e-6, `${what}: ${a}, expected ${b}`);

test.before(async () => {
  if (missing) return;
  const web = await buildWeb();
  collector = await openCollector({ settings: `zone: ${zone}\n`, clock, web });
  browser = await openBrowser();
  page = browser.page;
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  await page.clock.setSystemTime(now);
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await heading('Fleet');
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('an empty collector says what to do first', async () => {
  await open('/stability');
  await page.getByRole('heading', { name: 'Nothing was monitored in this month' }).waitFor();
  assert.is(await page.locator('.lead').count(), 0);
  await page.getByRole('main').getByRole('link', { name: 'Add endpoint' }).click();
  await heading('Add endpoint');
});

step('opens on the last closed month, and its first line says how it was, each number a link', async () => {
  await putMonth(collector);
  // Endpoints are read at the start.
  await collector.stop();
  collector = await collector.again();
  await open('/stability?period=2026-10');
  await page.getByText('not closed yet').waitFor();
  assert.ok((await closeMonths(collector, clock, zone)) > 0);
  await open('/stability');
  await page.getByText('final since').waitFor();
  const answer = await get<Stability>('stability');
  assert.is(answer.period.name, '2026-10');
  const index = String(Math.round(answer.index.value as number));
  assert.match(
    await lead(),
    new RegExp(`^${index} of 100 \\(poor\\), limited by late answers\\. 0\\sperson-hours lost\\.`),
  );
  assert.match(
    await lead(),
    /483\sperson-hours more are estimated and not confirmed\. In September 2026 it was 100: no clear change/,
  );
  const links = await page.locator('.lead a').allTextContents();
  for (const one of [index, 'late answers', '483\u00a0person-hours', '100']) assert.ok(links.includes(one), one);
  assert.match(
    (await page.locator('main .dots').first().textContent()) ?? '',
    /Europe\/Berlin[\s\S]*Coverage 100\.0%[\s\S]*n 17 endpoints/,
  );
});

step('how last month was, and what it cost, is one click from the fleet', async () => {
  await open('/');
  await page.getByRole('navigation').getByRole('link', { name: 'Stability', exact: true }).click();
  await page.locator('.lead', { hasText: /of 100 \(poor\)/ }).waitFor();
  assert.match(await lead(), /person-hours lost\. 483\sperson-hours more are estimated/);
});

step('a month that was monitored in part says so wherever it is shown or stands beside another', async () => {
  const note = 'monitored since 27 Aug: 5 of 31 days';
  await open('/stability?period=2026-08');
  assert.match(await lead(), /August 2026 was monitored since 27 Aug: 5 of 31 days\./);
  await open('/stability?period=2026-09');
  const tile = page.locator('a.tile[href^="/stability/availability_server?"]');
  await tile.waitFor();
  assert.match((await tile.textContent()) ?? '', /August 2026: 100\.00%/);
  assert.match(await lead(), new RegExp(`August 2026 was ${note}\\.`));
  const tiles = (await page.locator('a.tile').allTextContents()).join('\n');
  assert.not.match(tiles, /monitored since/, 'once, and not on every tile');
  await open('/stability?period=2026-09', 'ja');
  await page.locator('.lead', { hasText: '2026年8月: 8月27日から監視: 31 日中 5 日。' }).waitFor();
});

step(
  'a period that is none, or has not begun, is no other one: the page says so and leads to the present month',
  async () => {
    for (const [path, period] of [
      ['/stability?period=2031-01', '2031-01'],
      ['/stability?period=2026-13', '2026-13'],
      ['/stability?period=2026-10&compare=2026-W54', '2026-W54'],
      ['/stability/lost_hours?period=2031-01', '2031-01'],
    ] as const) {
      await open(path);
      await page.getByRole('heading', { name: `There are no numbers of “${period}”` }).waitFor();
    }
    assert.equal(await violations(page), []);
    await page.getByRole('link', { name: 'Show November 2026' }).click();
    await page.getByRole('status').getByText('November 2026').waitFor();
    await open('/stability?period=2026-10');
    await page.getByText('final since').waitFor();
  },
);

step('another month and another site stand beside it by choice, and why it differs is one click away', async () => {
  const tile = page.locator('a.tile[href^="/stability/availability_server?"]');
  assert.match((await tile.textContent()) ?? '', /September 2026: 100\.00% no clear change/);
  await page.getByLabel('Compare with site').selectOption('Osaka');
  await page
    .getByText(/^Osaka: 99\.8/)
    .first()
    .waitFor();
  assert.is(new URL(page.url()).searchParams.get('against'), 'Osaka');
  await open('/stability/availability_server?period=2026-10');
  const why = page.locator('#why');
  await why.getByRole('link', { name: /^#1 / }).waitFor();
  const { difference, machines } = await get<KpiWhy>('kpis/availability_server/why?from=2026-09&to=2026-10');
  near(
    machines.lines.reduce((sum, line) => sum + line.by, machines.rest ?? 0),
    difference as number,
    'why',
  );
  const offered = await why
    .getByLabel('Compared with')
    .locator('option')
    .evaluateAll((all) => all.map((one) => one.getAttribute('value')));
  assert.not.ok(offered.includes('2026-06'), 'nothing was monitored then');
  await open('/stability/availability_server?period=2026-10&compare=2026-06');
  await why.getByText(/nothing was monitored in June 2026/).waitFor();
  await open('/stability');
});

step('each tile opens its list, for the same month, and the list sums to the tile', async () => {
  for (const kpi of ['availability_server', 'availability_workstation', 'lost_hours', 'response_in_target']) {
    await open('/stability');
    await page.locator(`a.tile[href^="/stability/${kpi}?"]`).click();
    await page.locator('.crumbs').waitFor();
    await until(async () => (await page.locator('main .bones:visible').count()) === 0, 20_000, kpi);
    assert.is(new URL(page.url()).searchParams.get('period'), '2026-10');
    const { kpi: value, total, evidence } = await get<KpiDetail>(`kpis/${kpi}?period=2026-10`);
    const part = evidence.reduce((sum, line) => sum + line.part, 0);
    near(part, total.part, `${kpi} part`);
    if (value.unit === 'percent' && value.value !== null) near((100 * total.part) / total.whole, value.value, kpi);
    assert.is(await page.locator('main tbody tr:not(#why tr, #budget tr, #left-out tr)').count(), evidence.length, kpi);
  }
  await open('/stability');
  assert.is(await page.locator('a.tile').count(), 5);
});

step(
  'the list and the month leave as CSV, with the numbers of the page; an incident leads to its correction',
  async () => {
    const file = async () => {
      const [download] = await Promise.all([page.waitForEvent('download'), press('CSV')]);
      return { name: download.suggestedFilename(), rows: parseCsv(readFileSync(await download.path(), 'utf8')).rows };
    };
    await open('/stability?period=2026-10&site=Osaka');
    const month = await file();
    assert.is(month.name, 'evenkeel-stability-2026-10.csv');
    const { index } = await get<Stability>('stability?period=2026-10&site=Osaka');
    const own = month.rows.find(({ cells }) => cells[0] === 'index' && cells[3] === 'index');
    assert.is(own?.cells[4], index.value === null ? '' : String(index.value));
    await open('/stability/availability_server?period=2026-10&site=Osaka');
    const list = await file();
    assert.is(list.name, 'evenkeel-availability_server-2026-10.csv');
    const { evidence } = await get<KpiDetail>('kpis/availability_server?period=2026-10&site=Osaka');
    assert.is(list.rows.length - 1, evidence.length);
    await page.locator('#left-out').getByText('Nothing was left out.').waitFor();
    await page.getByText(`Time zones ${process.versions.tz}`).waitFor();
    await open('/stability/major_incidents?period=2026-10');
    await page.getByRole('link', { name: 'Correct impact' }).first().click();
    await page.waitForURL(/\/incidents\/1\?impact=correct$/);
    await page.getByRole('button', { name: 'Save impact' }).waitFor();
  },
);

step(
  'the major incidents stand in a table: how long, whom they hit, what they cost; each leads to its page',
  async () => {
    await open('/stability?period=2026-10');
    const list = page.locator('#majors');
    const row = (await list.getByRole('row').filter({ hasText: '#1 ' }).textContent()) ?? '';
    assert.match(
      row,
      /P1[\s\S]*Berlin[\s\S]*3h\s27m[\s\S]*140[\s\S]*\+ 483\sperson-hours not confirmed[\s\S]*not stated/,
    );
    await open('/stability?period=2026-09');
    await list.getByText('No incident of priority 1 or 2 began in this period.').waitFor();
    await open('/stability?period=2026-10');
    await list.getByRole('link', { name: /^#1 / }).click();
    await page.waitForURL(/\/incidents\/1$/);
  },
);

step('from 100 to the index and from the points to their causes: all of it adds up on the page', async () => {
  await open('/stability');
  const numbers = async (caption: string) => {
    const cells = page.getByRole('table', { name: caption }).locator('td[data-label="Points"]');
    return (await cells.allTextContents()).map((text) => Number.parseFloat(text.replace('−', '-')) || 0);
  };
  const steps = await numbers('From 100 to the index');
  const lost = steps.slice(1, -1).reduce((sum, points) => sum - points, 0);
  assert.ok(Math.abs((steps[0] as number) - lost - (steps.at(-1) as number)) < 0.8, `${steps}`);
  const causes = await numbers('What took the points');
  assert.ok(Math.abs(causes.reduce((sum, points) => sum - points, 0) - lost) < 0.4, `${causes}`);
  assert.match(await rowText(page, 'box-0012'), /−1\.4 pt ?Servers/);
});

step('sites stand side by side; one of them has the page for itself, in the address', async () => {
  await open('/stability');
  const sites = page.getByRole('table', { name: 'Sites' });
  assert.is(await sites.getByRole('row').count(), 3);
  const strip = await sites.getByRole('img').nth(1).getAttribute('aria-label');
  assert.match(strip ?? '', /^Osaka: Up 99\.8%, Down 0\.2%$/);
  await page.getByLabel('Site', { exact: true }).selectOption('Osaka');
  await until(
    async () => (await page.locator('main .dots').first().textContent())?.includes('n 5 endpoints') ?? false,
    10_000,
    'Osaka',
  );
  assert.is(new URL(page.url()).searchParams.get('site'), 'Osaka');
  await page.locator('a.tile[href^="/stability/availability_server?"]').click();
  // The budgets below list it as well.
  await page
    .getByRole('row', { name: /box-0016/ })
    .first()
    .waitFor();
  assert.is(await page.locator('main tbody tr:not(#why tr, #budget tr)').count(), 5);
});

step('machines stay folded until somebody asks, those below target first', async () => {
  await open('/stability');
  assert.is(await page.locator('.month-row').count(), 0);
  await page.getByRole('button', { name: 'Show Servers, lowest first' }).click();
  await page.getByText('Under the target of 99.90%: 5').waitFor();
  assert.is(await page.locator('.month-row').count(), 5);
  await page.getByRole('button', { name: 'Show At 100 %: 6' }).click();
  assert.is(await page.locator('.month-row').count(), 11);
});

step('the incident: how long, whom it hit, how it was found, and all of it on one axis', async () => {
  await open('/stability');
  await page.getByRole('table', { name: 'What took the points' }).getByRole('link', { name: /^#1 / }).click();
  await heading(/Berlin$/);
  await page.locator('.lanes').waitFor();
  // The sentence comes with the estimate, which is read apart.
  await page.getByText('People affected: 140').first().waitFor();
  assert.match(
    await lead(),
    /\(3h\s27m\)\. People affected: 140\. 483\sperson-hours estimated in October 2026, not confirmed\. Found by the monitor after 2m\./,
  );
  const lanes = await page.locator('.lanes > li').allInnerTexts();
  const counts = lanes.slice(4, -1).map((text) => text.replace(/\s+/g, ' ').trim());
  assert.equal(counts, [
    'Signals 8',
    'Alerts 4',
    'Notifications 0',
    'Acknowledged 1',
    'Ticket 3',
    'Notes 1',
    'Recovery 1',
  ]);
  assert.is(await page.locator('.lanes .timeline .state-down').count(), 4);
  assert.match(await rowText(page, 'box-0003'), /Server does not report/);
  await page.getByText('No restart, no outage, no maintenance').waitFor();
  await page.getByRole('link', { name: 'box-0000' }).first().click();
  await heading('box-0000');
  await press('More…');
  await press('Edit');
  await page.getByLabel('People who depend on it').fill('12');
  await press('Save');
  await until(async () => (await get<EndpointDetail>('endpoints/e00000000000')).people === 12, 10_000, 'its people');
});

step('impact is confirmed where the page leads to, and then the hours count', async () => {
  await open('/stability');
  await page.getByRole('link', { name: /^Confirm what #1 / }).click();
  await page.getByText('estimated, not confirmed').waitFor();
  await page.getByLabel('Reason').fill('asked the team leads');
  await press('Confirm impact');
  await page.getByText(/stated by admin.*asked the team leads/).waitFor();
  await press('Correct impact');
  await page.getByLabel('How much').selectOption('0.5');
  await page.getByLabel('Reason').fill('the telephone worked');
  await press('Save impact');
  await page.getByText('Versions: 2').waitFor();
  // The month is closed: what came late is a revision, with a reason.
  await open('/stability?period=2026-10');
  await press('Preview recalculation');
  const moved = /Lost hours.*All sites.*0h.*241\.5h.*added 0, gone 0, changed 1/;
  await page.getByRole('row', { name: moved }).waitFor();
  await page.getByLabel('Reason').fill('impact of the outage was confirmed');
  await press('Save as revision');
  await page.getByText('revision 1: impact of the outage was confirmed').waitFor();
  assert.match(await lead(), /242\sperson-hours lost, 100% of them in #1\./);
  const answer = await get<Stability>('stability?period=2026-10');
  near(answer.kpis.find(({ id }) => id === 'lost_hours')?.value as number, cost / 2, 'hours');
});

step('another definition holds for open months, and a wrong one is refused with what is wrong', async () => {
  await open('/stability');
  await press('Change weights and targets');
  await page.getByRole('group', { name: 'Servers' }).getByLabel('Weight').fill('31');
  await page.getByLabel('Reason').fill('we promise more');
  const before = complaints.length;
  await press('Save definition');
  assert.match((await page.getByRole('alert').textContent()) ?? '', /add up to 101/);
  complaints.splice(before);
  await page.getByRole('group', { name: 'Servers' }).getByLabel('Weight').fill('30');
  await page.getByRole('group', { name: 'Servers' }).getByLabel('Value for 100 points').fill('99.95');
  await press('Save definition');
  await until(async () => (await page.getByRole('button', { name: 'Save definition' }).count()) === 0, 10_000, 'saved');
  await open('/stability?period=2026-11');
  await page.getByText('target 99.95%').waitFor();
  await open('/stability?period=2026-10');
  await page.getByText('target 99.90%').waitFor();
});

step('a calendar with its holidays is made, and a site gets it and its people where the page leads to', async () => {
  await open('/calendars');
  await page.getByRole('heading', { name: 'No calendar yet' }).waitFor();
  await press('New calendar');
  await page.getByLabel('Name').fill('Office Osaka');
  await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
  await page.getByLabel('Fri').fill('09:00-12:00, 13:00-16:00');
  await page.getByText('38 h per week').waitFor();
  await page.getByLabel('Country of the holidays').selectOption('JP');
  await press('Add holidays of JP for three years');
  const holidays = page.getByLabel('Holidays', { exact: true });
  await until(async () => /-01-01 /.test(await holidays.inputValue()), 10_000, 'the holidays');
  await page.getByLabel('Days with other hours').fill('2026-12-29 09:00-12:00');
  await page.getByLabel('Reason').fill('works agreement');
  await press('Create calendar');
  assert.match(await rowText(page, 'Office Osaka'), /Asia\/Tokyo ?38 h per week/);
  await open('/stability?period=2026-10');
  await page.getByRole('link', { name: 'Enter how many people work at Osaka' }).click();
  await page.getByLabel('People').fill('60');
  await page.getByLabel('Working hours').selectOption('Office Osaka');
  await press('Save');
  await page.getByText('people: 60').waitFor();
  const { items } = await get<{ items: SiteRow[] }>('sites');
  const osaka = items.find(({ name }) => name === 'Osaka');
  assert.is(osaka?.people, 60);
  assert.ok(osaka?.calendars.working);
  await open('/calendars');
  await press('Office Osaka');
  await page.getByText('Versions: 1').waitFor();
  assert.is(await page.getByLabel('Days with other hours').inputValue(), '2026-12-29 09:00-12:00');
});

const paths = [
  '/calendars',
  '/stability?period=2026-10',
  '/stability?period=2026-11&site=Osaka',
  '/incidents/1',
  '/tickets/1?impact=correct',
  '/stability/ticket_volume?period=2026-10',
  '/incidents/2',
];

for (const [colorScheme, language] of [
  ['light', 'en'],
  ['dark', 'ja'],
] as const)
  step(`no accessibility violation, ${colorScheme}, ${language}`, async () => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const wrong: string[] = [];
    for (const path of paths) {
      await open(path, language);
      wrong.push(...(await violations(page)).map((text) => `${path} ${text}`));
    }
    assert.equal(wrong, []);
  });

step('nothing is wider than a phone of 360 px, in both languages', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const wide: string[] = [];
  for (const language of ['en', 'ja'] as const)
    for (const path of paths) {
      await open(path, language);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > 360) wide.push(`${language} ${path}: ${width}`);
    }
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.equal(wide, []);
});

step('Japanese tells the same numbers', async () => {
  await open('/stability?period=2026-10', 'ja');
  assert.match(await lead(), /損失は 242 人時で、その 100% は #1 によるものです/);
  await page.getByRole('heading', { name: '次にすること' }).waitFor();
});

step('on paper there is nothing to press, and nothing is cut', async () => {
  await open('/stability?period=2026-10');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  // The width of A4 between its margins.
  await page.setViewportSize({ width: 718, height: 1000 });
  const shown = await page.evaluate(() => ({
    pressed: [...document.querySelectorAll('button, nav, aside')].filter((one) => one.getClientRects().length > 0)
      .length,
    cut: [...document.querySelectorAll('main *')]
      .filter((one) => one.getBoundingClientRect().right > 719 && !one.closest('.unseen'))
      .map((one) => `${one.tagName}.${one.className}`),
    ground: getComputedStyle(document.body).backgroundColor,
  }));
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.equal(shown, { pressed: 0, cut: [], ground: 'rgb(255, 255, 255)' });
});

step('the browser had nothing to complain of', async () => {
  assert.equal(complaints, []);
});

test.run();
