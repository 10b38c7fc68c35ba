/**
 * `npm run bench -- web`: what a page of the web app costs whoever opens it, for fleets of several sizes: bytes over the wire,
 * requests, how long until the first row is there, the longest task of the browser, and frames while its list is scrolled. A real
 * Chromium whose processor is slowed down, a real collector, endpoints that report meanwhile; each page is opened in a browser
 * that has nothing kept. The collector and the senders work on the same cores.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { wordsOf } from '../support/arguments.ts';
import { browserFlags, browserMissing, buildWeb } from '../support/browser.ts';
import { endpointId } from './intake-names.ts';
import { awaitSenders, startSenders, stopSenders } from './scale.ts';
import { type Installation, startInstallation } from './scale-installation.ts';

/** By its name: its address, and what its first row is. */
const pages: Record<string, readonly [address: string, firstRow: string]> = {
  fleet: ['/', 'main tbody tr:not(.space)'],
  endpoint: [`/endpoints/${endpointId(0)}?tab=charts`, 'main .plot canvas'],
  alerts: ['/alerts', 'main .alert-rows li, main .empty'],
  tickets: ['/tickets', 'main tbody tr:not(.space), main .empty'],
  stability: ['/stability', 'main .tile, main .empty'],
  protection: ['/protection', 'main tbody tr:not(.space), main .empty'],
  patches: ['/patches', 'main tbody tr:not(.space), main .empty'],
  software: ['/software', 'main tbody tr:not(.space), main .empty'],
};
const intervalMs = 60_000;
/** What comes after the first row, such as marks of charts. */
const settleMs = 2000;
const rowMs = 60_000;
const scrollMs = 2000;

interface PageCost {
  bytes: number;
  requests: number;
  /** Of what `/api/` answered. */
  apiBytes: number;
  firstRowMs: number;
  longestTaskMs: number;
  framesPerSecond: number;
}

/** Tasks from the first moment of a page on. */
function watchTasks(): void {
  const kept = window as unknown as { longest: number };
  kept.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) kept.longest = Math.max(kept.longest, duration);
  }).observe({ type: 'longtask', buffered: true });
}

/** From top to end at an even pace. @returns frames drawn per second */
function scrollThrough(ms: number): Promise<number> {
  return new Promise((resolve) => {
    const height = document.documentElement.scrollHeight - innerHeight;
    const began = performance.now();
    let frames = 0;
    const step = () => {
      frames++;
      const share = (performance.now() - began) / ms;
      scrollTo(0, height * Math.min(1, share));
      if (share < 1) requestAnimationFrame(step);
      else resolve(frames / ((performance.now() - began) / 1000));
    };
    requestAnimationFrame(step);
  });
}

async function openOnce(page: Page, url: string, firstRow: string, slower: number): Promise<PageCost> {
  const debug = await page.context().newCDPSession(page);
  await debug.send('Network.enable');
  await debug.send('Emulation.setCPUThrottlingRate', { rate: slower });
  const cost: PageCost = { bytes: 0, requests: 0, apiBytes: 0, firstRowMs: 0, longestTaskMs: 0, framesPerSecond: 0 };
  const ofApi = new Set<string>();
  debug.on('Network.requestWillBeSent', ({ requestId, request }) => {
    cost.requests++;
    if (new URL(request.url).pathname.startsWith('/api/')) ofApi.add(requestId);
  });
  debug.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    cost.bytes += encodedDataLength;
    if (ofApi.has(requestId)) cost.apiBytes += encodedDataLength;
  });
  await page.addInitScript(watchTasks);
  const began = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator(firstRow).first().waitFor({ timeout: rowMs });
  cost.firstRowMs = performance.now() - began;
  await pause(settleMs);
  cost.longestTaskMs = await page.evaluate(() => (window as unknown as { longest: number }).longest);
  const { bytes, requests, apiBytes } = cost;
  cost.framesPerSecond = await page.evaluate(scrollThrough, scrollMs);
  return { ...cost, bytes, requests, apiBytes };
}

/** @returns the cookie of a log-in */
async function firstAdmin({ http, setup }: Installation): Promise<{ name: string; value: string }> {
  const body = JSON.stringify({ secret: setup, user: 'ada', password: randomUUID() });
  const headers = { 'content-type': 'application/json', origin: http };
  const answer = await fetch(`${http}/api/v1/setup`, { method: 'POST', headers, body });
  const [, name, value] = /^([^=]+)=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '') ?? [];
  if (!name || !value) throw new Error(`no log-in: ${answer.status} ${await answer.text()}`);
  return { name, value };
}

async function measure(browser: Browser, endpoints: number, slower: number): Promise<void> {
  // Nothing listens at the discard port: this fleet has nobody to notify.
  const wish = { endpoints, collectors: 1, isShared: false, webhook: 'http://127.0.0.1:9/' };
  const installation = await startInstallation(wish);
  const senders = startSenders(installation, { endpoints, intervalMs });
  try {
    await awaitSenders(senders, endpoints, console.log);
    const cookie = await firstAdmin(installation);
    await pause(intervalMs);
    for (const [name, [address, firstRow]] of Object.entries(pages)) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        serviceWorkers: 'block',
      });
      try {
        await context.addCookies([{ ...cookie, url: installation.http }]);
        const page = await context.newPage();
        const cost = await openOnce(page, `${installation.http}${address}`, firstRow, slower);
        console.log(lineOf(endpoints, name, cost));
      } finally {
        await context.close();
      }
    }
  } finally {
    await stopSenders(senders);
    await installation.close();
  }
}

function lineOf(endpoints: number, name: string, cost: PageCost): string {
  const kB = (value: number) => `${(value / 1000).toFixed(1)} kB`;
  return `FIGURE web: ${endpoints} endpoints, ${name}: ${kB(cost.bytes)} over the wire (API ${kB(cost.apiBytes)}) in ${cost.requests} requests; first row after ${cost.firstRowMs.toFixed(0)} ms, longest task ${cost.longestTaskMs.toFixed(0)} ms, ${cost.framesPerSecond.toFixed(0)} frames/s while scrolled`;
}

/** @param args `--endpoints 50,500,5000`, `--slower 4`: by how much the browser's processor is slowed down */
export async function run(args: string[]): Promise<void> {
  const options = {
    endpoints: { type: 'string', default: '50,500,5000' },
    slower: { type: 'string', default: '4' },
  } as const;
  const { values } = wordsOf({ args, options });
  const sizes = values.endpoints.split(',').map(Number);
  const slower = Number(values.slower);
  if ([...sizes, slower].some((number) => !Number.isInteger(number) || number < 1)) {
    console.error('Numbers are whole ones from 1 on: --endpoints 50,500,5000 --slower 4');
    process.exitCode = 2;
    return;
  }
  const missing = browserMissing();
  if (missing !== null) {
    console.error(`LEFT OUT web: ${missing}`);
    process.exitCode = 1;
    return;
  }
  await buildWeb();
  const { executablePath, args: flags } = browserFlags;
  const browser = await chromium.launch({ executablePath, args: flags });
  try {
    for (const endpoints of sizes) await measure(browser, endpoints, slower);
  } finally {
    await browser.close();
  }
}
