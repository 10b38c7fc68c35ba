/** The fleet page in a browser over a simulated fleet: each filter, order and count is what the API says, and nothing else. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointRow, FleetFilters, NewEnrollment } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { type SimulatedFleet, startFleet } from '../simulate/fleet.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('filters');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const many = 60;
let collector: RunningCollector;
const fleets: SimulatedFleet[] = [];
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

interface Found {
  items: EndpointRow[];
  total: number;
}

const describe = () => collector.get<FleetFilters>('/api/v1/endpoints/filters');
const names = (query: string) =>
  collector.get<Found>(`/api/v1/endpoints?limit=200&${query}`).then(({ items }) => items.map(({ name }) => name));
const shown = () => page.locator('main tbody tr th a').allTextContents();

/** Goes there without loading the app again, as a link does. */
const go = (address: string) =>
  page.evaluate((href) => {
    history.pushState(null, '', href);
    dispatchEvent(new PopStateEvent('popstate'));
  }, address);

/** The page settles on what the API answers for the query. */
async function agrees(query: string): Promise<void> {
  let [there, wanted] = [[] as string[], ['?']];
  const same = async () => {
    [there, wanted] = [await shown(), await names(query)];
    return there.join() === wanted.join();
  };
  await until(same, 30_000, query).catch(() => assert.equal(there, wanted, query));
}

async function send(path: string, method: string, body?: unknown): Promise<Response> {
  const answer = await fetch(`${collector.http}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${collector.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer;
}

async function joinCode(maxUses: number, site: string | null) {
  const answer = await send('enrollments', 'POST', { maxUses, ...(site === null ? {} : { site }) });
  return decodeJoinCode(((await answer.json()) as NewEnrollment).code);
}

async function enrolFleet(site: string | null, endpoints: number, seed: number): Promise<void> {
  const code = await joinCode(endpoints, site);
  fleets.push(await startFleet({ code, endpoints, seed, intervalMs: 8000, longestWaitMs: 1000 }));
}

test.before(async () => {
  if (missing) return;
  await buildWeb();
  collector = await startCollector(join(folder.path, 'data'));
  await enrolFleet('Berlin', many / 2, 3);
  await enrolFleet(null, many / 2, 4);
  const waiting = async () => (await collector.get<Found>('/api/v1/endpoints?limit=500')).items;
  await until(async () => (await waiting()).filter(({ disk }) => disk !== null).length > many / 2, 30_000, 'values');
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.setup as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet', exact: true }).waitFor();
  await openPage(page, `${collector.http}/`, 'en');
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  for (const fleet of fleets) await fleet.stop();
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

const choiceNow = async (name: string, value: string) =>
  (await describe()).filters.find((one) => one.name === name)?.choices.find((one) => one.value === value);

step('a limit that is changed changes colour, filter, order and count at once', async () => {
  const before = (await choiceNow('attention', 'critical'))?.count ?? 0;
  const when = { kind: 'threshold', measurement: 'mem', all: [{ field: 'used_percent', op: '>=', value: 0.1 }] };
  const parts = { name: { en: 'Memory at all', ja: 'メモリ使用' }, severity: 'critical', when };
  await send('rules/memory-at-all', 'PUT', { parts, reason: 'test' });
  await go('/?attention=critical&sort=name');
  const online = (await choiceNow('state', 'online'))?.count ?? 0;
  assert.ok(online > before, 'not all were critical');
  // Endpoints of the fleet come and go meanwhile.
  const onlineNow = async () => (await choiceNow('state', 'online'))?.count ?? 0;
  const work = page.locator('.page-head a[href="/?attention=any"]');
  const needWork = async () => Number((await work.textContent()) ?? 0);
  await until(async () => (await needWork()) >= (await onlineNow()), 20_000, 'the count');
  await agrees('attention=critical&sort=name');
  const full = page.locator('main td[data-label="Memory"] .meter.full');
  await until(async () => (await full.count()) >= Math.min(online, many) * 0.9, 30_000, 'the bars');
  await send('rules/memory-at-all', 'DELETE', { reason: 'test' });
  await until(async () => (await needWork()) < online, 20_000, 'the end of it');
});

step('every choice of every filter, by its address, shows what the API finds, and as many as its count', async () => {
  // Values that stand still can be compared; who has fallen silent is noticed meanwhile, on the page as in the API.
  for (const fleet of fleets) fleet.quiet();
  for (const fleet of fleets) await fleet.drain(30_000);
  const { filters, total } = await describe();
  assert.is(total, many);
  const counts = new Set<number>();
  const found = page.locator('main search .row .quiet');
  for (const { name, choices } of filters) {
    for (const { value } of choices) {
      const query = new URLSearchParams({ [name]: value }).toString();
      await go(`/?${query}`);
      await agrees(`${query}&sort=-attention`);
      const countNow = async () =>
        (await describe()).filters.find((one) => one.name === name)?.choices.find((one) => one.value === value)?.count;
      const isCounted = async () => {
        const count = (await countNow()) ?? 0;
        counts.add(count);
        return count === 0 || (await found.textContent())?.startsWith(`Endpoints: ${count} ·`) === true;
      };
      await until(isCounted, 30_000, `${query}: the count of the choice above the list`);
    }
  }
  assert.ok(counts.size > 5, `the fleet is too plain: ${[...counts].join()}`);
});

step('each column with an order: two clicks, two directions, as the API puts it', async () => {
  await go('/');
  const heads = await page.locator('main thead button').count();
  assert.is(heads, 8);
  for (let n = 0; n < heads; n++) {
    const asked = new Set<string>();
    for (let click = 0; click < 2; click++) {
      await page.locator('main thead button').nth(n).click();
      const sort = new URL(page.url()).searchParams.get('sort') ?? '';
      await agrees(`sort=${sort}`);
      asked.add(sort);
    }
    assert.is(asked.size, 2, [...asked].join());
  }
});

step('each order that the API knows can stand in an address', async () => {
  for (const { name } of (await describe()).sorts) {
    for (const sort of [name, `-${name}`]) {
      await go(`/?sort=${sort}`);
      await agrees(`sort=${sort}`);
    }
  }
});

step('filters are chosen from fields with counts, two at once, with a search, and cleared', async () => {
  await go('/');
  const { filters } = await describe();
  const berlin = filters.find(({ name }) => name === 'site')?.choices.find(({ value }) => value === 'Berlin')?.count;
  await page.getByLabel('Site', { exact: true }).selectOption({ label: `Berlin (${berlin})` });
  await agrees('site=Berlin&sort=-attention');
  const servers = filters.find(({ name }) => name === 'kind')?.choices.find(({ value }) => value === 'server')?.count;
  await page.getByLabel('Kind', { exact: true }).selectOption({ label: `Servers (${servers})` });
  await agrees('site=Berlin&kind=server&sort=-attention');
  const [first] = await shown();
  await page.getByLabel('Search').fill(first?.slice(0, 4).toUpperCase() ?? '');
  await agrees(`site=Berlin&kind=server&q=${first?.slice(0, 4)}&sort=-attention`);
  await page.reload();
  await agrees(`site=Berlin&kind=server&q=${first?.slice(0, 4)}&sort=-attention`);
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await agrees('sort=-attention');
  await page.getByLabel('Site', { exact: true }).selectOption({ label: `None (${many - (berlin ?? 0)})` });
  await agrees('site=&sort=-attention');
});

step('a phone has no heads to press: there each order is a choice', async () => {
  await go('/?sort=name');
  await page.setViewportSize({ width: 390, height: 844 });
  const order = page.getByLabel('Order');
  const choices = (await describe()).sorts.flatMap(({ name }) => [name, `-${name}`]);
  const offered = await order.locator('option').evaluateAll((all) => all.map((one) => one.getAttribute('value')));
  assert.equal(offered.sort(), choices.sort());
  await page.getByText('More filters').click();
  for (const sort of ['-disk', 'site', '-seen']) {
    await order.selectOption(sort);
    await agrees(`sort=${sort}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.ok(await order.isHidden());
});

step(
  'the first line counts as the API does, each number leads to its rows and back, and the red one is that of alerts',
  async () => {
    await go('/');
    // Alerts fire and end meanwhile: what is compared is asked for at once.
    const { total, filters } = await describe();
    const choices = filters.find(({ name }) => name === 'attention')?.choices ?? [];
    const apart = choices.filter(({ value }) => ['any', 'fine', 'unseen'].includes(value));
    const sum = apart.reduce((all, { count }) => all + count, 0);
    for (const value of ['any', 'fine', 'unseen', 'off']) {
      const countNow = async () => (await choiceNow('attention', value))?.count ?? 0;
      const link = page.locator(`.page-head a[href="/?attention=${value}"]`);
      if ((await link.count()) === 0 && (await countNow()) === 0) continue;
      const agreed = async () => (await link.textContent()) === String(await countNow());
      await until(agreed, 30_000, `${value} as the API counts`);
      await link.click();
      await agrees(`attention=${value}&sort=-attention`);
      await page.locator('.page-head a[aria-current]').click();
      await agrees('sort=-attention');
    }
    assert.is(sum, total, 'need work, fine, unknown: all of them');
    const tally = async (title: RegExp) => Number((await page.getByTitle(title).allTextContents())[0] ?? 0);
    const all = [{ field: 'used_percent', op: '>', value: 0 }];
    const parts = { name: 'Memory in use', severity: 'critical', when: { kind: 'threshold', measurement: 'mem', all } };
    await send('rules/memory-in-use', 'PUT', { parts, reason: 'the test needs critical alerts' });
    const isTold = async () => {
      const { waiting } = await describe();
      const red = await page.locator('.page-head a[href="/alerts?show=needs"]').allTextContents();
      return waiting > 0 && (await tally(/are not acknowledged/)) === waiting && red.join() === String(waiting);
    };
    await until(isTold, 30_000, 'the red number of the navigation');
    assert.is(await page.locator('.side nav .tally').count(), 1, 'it is there once');
    const { items } = await collector.get<{ items: Alert[] }>('/api/v1/alerts?state=firing&limit=200');
    const critical = items.find(({ severity }) => severity === 'critical');
    await send(`alerts/${encodeURIComponent(critical?.id ?? '')}/acknowledge`, 'POST', {});
    const isOneLess = async () => {
      const { waiting, alerts } = await describe();
      const isLess = alerts.critical - alerts.unacknowledged === 1;
      return isLess && (await tally(/are not acknowledged/)) === waiting;
    };
    await until(isOneLess, 30_000, 'an acknowledged one to be counted no more');
  },
);

step('a large fleet: only rows about the view are asked for and drawn, and each place shows its own', async () => {
  const more = 240;
  const { secret } = await joinCode(more, null);
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  for (let n = 0; n < more; n++) await send('enroll', 'POST', { code: secret, hostname: `zz-${n}`, ...about });
  const { items } = await collector.get<Found>('/api/v1/endpoints?limit=500&sort=name');
  await openPage(page, `${collector.http}/?sort=name`, 'en');
  const table = page.locator('main .table');
  const all = items.map(({ name }) => name);
  const isPart = async (name: string) => {
    const there = await shown();
    const at = all.indexOf(there[0] ?? '');
    return there.includes(name) && there.length < 150 && there.join() === all.slice(at, at + there.length).join();
  };
  await until(() => isPart(all[0] as string), 20_000, 'the first rows');
  assert.is(await table.getAttribute('aria-rowcount'), String(items.length + 1));
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await until(() => isPart(all.at(-1) as string), 20_000, 'the last rows');
  const last = page.getByRole('row').filter({ hasText: all.at(-1) as string });
  assert.is(await last.getAttribute('aria-rowindex'), String(items.length + 1));
  assert.equal(await violations(page), []);
  // A range from one end to the other holds what was never in view.
  const tick = (name: string) => page.getByRole('checkbox', { name: `Select ${name}`, exact: true });
  await tick(all.at(-2) as string).click();
  await page.evaluate(() => scrollTo(0, 0));
  await until(() => isPart(all[0] as string), 20_000, 'the first rows again');
  await tick(all[1] as string).click({ modifiers: ['Shift'] });
  await page.getByText(`Selected endpoints: ${items.length - 2}`).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'Selected endpoints' }).waitFor({ state: 'detached' });
  for (const { id, name } of items) if (name.startsWith('zz-')) await send(`endpoints/${id}`, 'DELETE');
  await agrees('sort=name');
});

test.run();
