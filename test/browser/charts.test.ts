/** The charts of an endpoint: one crosshair, a pin and a zoom in the address, what is drawn of little data, files. */

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseCsv } from '../../shared/csv.ts';
import type { Metric } from '../../shared/report.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { measured } from '../../shared/words/format.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { putAlerts } from '../support/fleet-history.ts';
import { until } from '../support/processes.ts';
import { wired } from '../support/wired-machine.ts';

const test = suite('charts');
const password = 'a sentence that nobody guesses';
const minute = 60_000;
const GiB = 1024 ** 3;
const now = Math.floor(Date.now() / minute) * minute;
let collector: InProcess;
let browser: Browser;
let page: Page;
let address: string;

const { missing, step } = browserSteps(test);

/** What a machine of 50 minutes has reported: memory rises by a percent each minute, until it has no more news of swap. */
function metricsAt(at: number): Metric[] {
  const metric = (name: string, fields: Record<string, number>, tags = {}) => ({ name, tags, fields, timestamp: at });
  const percent = 20 + (50 - (now - at) / minute);
  return [
    metric('cpu', { usage_user: 5, usage_system: 2, usage_active: 7 }, { cpu: 'cpu-total' }),
    metric('mem', { used_percent: percent, total: 32 * GiB, used: (percent / 100) * 32 * GiB }),
    metric('disk', { used_percent: 50, total: 100 * GiB }, { path: '/' }),
    metric('procstat', { cpu_usage: 88, memory_rss: 3 * GiB }, { process_name: 'compiler' }),
    metric('procstat', { cpu_usage: 2, memory_rss: GiB }, { process_name: 'editor' }),
  ];
}

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  const { id, wire } = await wired(collector, 'box');
  const machine = { bucket: bucketOf(id), endpoint: id };
  for (let n = 50; n >= 0; n--) {
    const at = now - n * minute;
    const head = { v: 1, epoch: '0123456789abcdef'.repeat(2), seq: 51 - n, at, interval_s: 60 };
    const topic = topicOf(machine, n === 0 ? 'report' : 'backlog');
    await wire.publish(topic, JSON.stringify({ ...head, metrics: metricsAt(at) }), { qos: 1 });
  }
  wire.end();
  await putAlerts(collector.state, [
    { id: 'a1', endpoint: id, resolvedAt: null, events: [['fired', now - 20 * minute]] },
  ]);
  address = `${collector.started.addresses.http}/endpoints/${id}?tab=charts`;
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

const chart = (name: string) =>
  page.locator('.chart').filter({ has: page.getByRole('img', { name: new RegExp(`^${name}\\.`) }) });
const shownValue = async (name: string) => (await chart(name).locator('.legend .value').first().textContent()) ?? '';
const over = (name: string) => chart(name).locator('.u-over');
const times = () =>
  page.locator('.cursor-time:not([hidden])').evaluateAll((all) => all.map(({ textContent }) => textContent));

async function open(more = ''): Promise<void> {
  await openPage(page, `${address}${more}`, 'en');
  for (const name of ['CPU', 'Memory']) await over(name).waitFor();
}

/** Moves the mouse to a part of the width of a plot. @returns where that is */
async function moveTo(name: string, part: number): Promise<void> {
  await over(name).scrollIntoViewIfNeeded();
  const box = await over(name).boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * part, box.y + 60);
}

step('one crosshair goes over all charts, with its time; legends show the values there', async () => {
  await open('&range=hour');
  assert.equal(await times(), [], 'none before the mouse is there');
  const last = await shownValue('Memory');
  await moveTo('CPU', 0.5);
  await until(async () => (await times()).length >= 2, 5000, 'a time in both charts');
  assert.is(new Set(await times()).size, 1, 'the same in all');
  const half = Number.parseFloat(await shownValue('Memory'));
  assert.ok(half > 30 && half < 50, `in the middle of the hour it was about 40 %: ${half}`);
  await page.mouse.move(0, 0);
  await until(async () => (await shownValue('Memory')) === last, 5000, 'the last value again');
});

step('axes say what full means, and panels without data are one line with the reason', async () => {
  assert.match((await chart('Memory').locator('.legend').textContent()) ?? '', /of 32\sGiB.*of 100%/);
  assert.match((await chart('CPU').locator('.legend').textContent()) ?? '', /of 100%/);
  const line = page.locator('summary', { hasText: 'No data:' });
  assert.match((await line.textContent()) ?? '', /Pressure.*Temperature/);
  assert.is(await page.getByRole('heading', { name: 'Temperature' }).count(), 0);
  await line.click();
  await page.getByText('never reported by this endpoint').waitFor();
});

step(
  'a click pins a moment: it stands in the address, survives a reload, lists the processes; Esc frees it',
  async () => {
    await moveTo('Memory', 0.5);
    await page.mouse.down();
    await page.mouse.up();
    await page.waitForURL(/[?&]at=\d+/);
    const pinned = await shownValue('Memory');
    await page.mouse.move(0, 0);
    assert.is(await shownValue('Memory'), pinned, 'it stays where the mouse is not');
    await page.reload();
    for (const name of ['CPU', 'Memory']) await over(name).waitFor();
    await until(async () => (await times()).length >= 2, 10_000, 'the crosshair');
    assert.is(await shownValue('Memory'), pinned);
    const busy = page.getByRole('list', { name: 'Busiest processes' });
    await busy.waitFor();
    assert.match((await busy.textContent()) ?? '', /^compiler 88(\.0)?%\s3[.\d]*\sGiB.*editor/);
    assert.equal(await violations(page), []);
    await page.keyboard.press('Escape');
    await until(async () => !page.url().includes('at='), 5000, 'no pin');
    assert.is(await page.getByRole('region', { name: 'Pinned' }).count(), 0);
  },
);

step('the keyboard alone: arrows move by a point, with Shift by ten, Enter pins', async () => {
  const slider = page.getByRole('slider', { name: 'Moment in the chart: Memory' });
  await slider.focus();
  const at = async () => Number(await slider.getAttribute('aria-valuenow'));
  const end = await at();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  const one = end - (await at());
  assert.ok(one >= minute && one <= 2 * minute, `${one} ms for the point before the last`);
  await page.keyboard.press('Shift+ArrowLeft');
  assert.is(end - (await at()), one + 10 * minute);
  assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /Memory in use 5\d\.0%/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/[?&]at=\d+/);
  await page.keyboard.press('Escape');
  await until(async () => !page.url().includes('at='), 5000, 'no pin');
});

step('a zoom is a step that Back undoes; a double click resets it and pins nothing', async () => {
  const drag = async () => {
    await moveTo('Memory', 0.4);
    await page.mouse.down();
    await moveTo('Memory', 0.6);
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    assert.not.match(page.url(), /at=/);
  };
  await drag();
  await page.goBack();
  await until(async () => !page.url().includes('from='), 5000, 'the whole hour');
  assert.match(page.url(), /range=hour/);
  await drag();
  await over('Memory').dblclick({ position: { x: 200, y: 60 } });
  await until(async () => !page.url().includes('from='), 5000, 'the whole hour');
  assert.not.match(page.url(), /at=/);
});

step('the table and the file of a chart have the same rows and values', async () => {
  await page.getByRole('button', { name: 'Show as table Memory', exact: true }).click();
  const rows = await page.getByRole('table', { name: 'Data of the chart: Memory' }).locator('tbody tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('td').allTextContents()));
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV Memory', exact: true }).click(),
  ]);
  assert.is(download.suggestedFilename(), 'Memory.csv');
  const [head, ...lines] = parseCsv(readFileSync(await download.path(), 'utf8')).rows;
  assert.equal(head?.cells, ['Time', 'Memory in use [percent]']);
  assert.ok(lines.length >= 40, `${lines.length} lines of 50 minutes`);
  assert.equal(
    lines.map(({ cells: [, value] }) => [measured(Number(value), 'percent', 'en')]),
    cells,
  );
  assert.match(lines[0]?.cells[0] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
});

/** How much of a canvas has the colour of its first line. */
const pixels = (name: string) =>
  chart(name).evaluate((whole) => {
    const canvas = whole.querySelector('canvas') as HTMLCanvasElement;
    const swatch = getComputedStyle(whole.querySelector('.swatch') as HTMLElement).borderTopColor;
    const [red = 0, green = 0, blue = 0] = (swatch.match(/\d+/g) ?? []).map(Number);
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    );
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
      const off =
        Math.abs((data[at] ?? 0) - red) + Math.abs((data[at + 1] ?? 0) - green) + Math.abs((data[at + 2] ?? 0) - blue);
      if (off < 12) found++;
    }
    return found;
  });

step('30 days on a machine of an hour: its one point is drawn as a dot, and longer ranges say since when', async () => {
  await open('&range=month');
  await until(async () => (await pixels('Memory')) > 8, 10_000, 'a dot');
  assert.ok((await pixels('Memory')) < 200, 'a dot, no line');
  await page.getByText(/^data since /).waitFor();
  const preset = (name: string) => page.getByRole('button', { name, exact: true });
  assert.ok(await preset('7 d').isDisabled());
  assert.ok(await preset('Since enrolled').isEnabled());
  await open();
  assert.is(await preset('Since enrolled').getAttribute('aria-pressed'), 'true', 'what fits the data there is');
});

step('limits and alerts are in the charts, each with a switch in the address; an alert opens', async () => {
  await open('&range=hour');
  const group = page.getByRole('group', { name: 'Drawn in the charts' });
  await group.getByText('Alerts: 1').waitFor();
  await over('Disk space').scrollIntoViewIfNeeded();
  const titleAt = (part: number) =>
    over('Disk space').evaluate((element, share) => {
      const box = element.getBoundingClientRect();
      const at = { clientX: box.left + box.width * share, clientY: box.top + 3, bubbles: true };
      element.dispatchEvent(new PointerEvent('pointermove', at));
      return (element as HTMLElement).title;
    }, part);
  await until(async () => (await titleAt(0.8)) !== '', 10_000, 'the bar of the alert');
  assert.match(await titleAt(0.8), /Warning: Disk nearly full/);
  assert.is(await titleAt(0.3), '', 'none before it fired');
  await group.getByLabel(/^Alerts/).uncheck();
  await page.waitForURL(/hide=alerts/);
  await until(async () => (await titleAt(0.8)) === '', 10_000, 'no bar');
  await group.getByLabel(/^Alerts/).check();
  await until(async () => (await titleAt(0.8)) !== '', 10_000, 'the bar again');
  const box = await over('Disk space').boundingBox();
  assert.ok(box);
  await page.mouse.click(box.x + box.width * 0.8, box.y + 3);
  await page.waitForURL(/\/alerts\/a1/);
});

step('Ctrl+P prints all charts, also those that were never in view', async () => {
  const size = page.viewportSize();
  assert.ok(size);
  await page.setViewportSize({ ...size, height: 300 });
  await page.goto(`${address}&range=hour`);
  await chart('CPU').locator('canvas').waitFor();
  const last = chart('Top processes by memory');
  assert.is(await last.count(), 0, 'far below');
  await page.evaluate(() => {
    Object.assign(globalThis, { print: () => Object.assign(globalThis, { printed: true }) });
  });
  await page.keyboard.press('Control+p');
  const isPrinted = () => page.evaluate(() => 'printed' in globalThis);
  await until(isPrinted, 20_000, 'the window of the printer');
  await last.locator('canvas').waitFor();
  assert.is(await page.locator('.charts .bones').count(), 0);
  await page.setViewportSize(size);
});

step(
  'a rule begins from the pinned value of a chart: its metric, its endpoint and a limit beyond the value',
  async () => {
    await open(`&range=hour&at=${now - 10 * minute}`);
    await chart('Memory').getByRole('link', { name: 'Alert on this' }).click();
    const box = page.getByRole('main');
    await box.getByLabel('Which one').waitFor();
    assert.is(await box.getByLabel('Name', { exact: true }).inputValue(), 'Memory in use');
    assert.is(await box.getByLabel('Limit', { exact: true }).inputValue(), '65', 'a step beyond the pinned 60');
    assert.match(page.url(), /metric=mem\.used_percent&.*edit=endpoint/);
    await box.getByLabel('Reason').fill('Seen in the chart');
    await box.getByRole('button', { name: 'Review change' }).click();
    await box.getByRole('button', { name: 'Create rule' }).waitFor();
    assert.match(await box.locator('table.difference').innerText(), /Kind of endpoint\s.*Servers and workstations/s);
  },
);

test.run();
