/** A headless Chromium on a profile of its own, and the web app as it is in the tree. */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { build, createServer } from 'vite';
import { temporaryFolder, until } from './processes.ts';

const file = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** @returns why there is none here; null when there is */
export const browserMissing = () => (existsSync(file) ? null : `${file} is not there`);

/** Tests in a browser: each needs what the one before it did. Where there is none, only the reason is a test. */
export function browserSteps(test: (name: string, run: () => void | Promise<void>) => void) {
  const missing = browserMissing();
  if (missing) {
    console.log(`SKIP chromium: ${missing}`);
    test('the reason for skipping names what is missing', () => assert.match(missing, /is not there/));
  }
  const step = (name: string, run: () => Promise<void>) => {
    if (!missing) test(name, run);
  };
  return { missing, step };
}

/** For browsers of several people at once. */
export const browserFlags = { executablePath: file, args: flags };

const configFile = fileURLToPath(new URL('../../dashboards/web/vite.config.ts', import.meta.url));

/** The app's table of pages: a file with JSX, which Node does not read by itself. */
export async function loadPages(): Promise<typeof import('../../dashboards/web/pages/index.ts')> {
  const server = { middlewareMode: true, ws: false, hmr: false, watch: null } as const;
  const vite = await createServer({ configFile, server, optimizeDeps: { noDiscovery: true }, logLevel: 'warn' });
  try {
    return (await vite.ssrLoadModule('/pages/index.ts')) as Awaited<ReturnType<typeof loadPages>>;
  } finally {
    await vite.close();
  }
}

/** Builds the web app that the collector serves, once for all files of a run. @returns its folder */
export async function buildWeb(): Promise<string> {
  const dist = join(dirname(configFile), 'dist');
  const built = process.env.TEST_KEPT && join(process.env.TEST_KEPT, 'web-built');
  if (built && existsSync(built)) return dist;
  const made = temporaryFolder();
  await build({ configFile, logLevel: 'warn', build: { outDir: made.path, emptyOutDir: true } });
  // Tests beside this one serve the same folder, and fetch parts of the app at any time: no file of it may be gone or
  // half written for a moment.
  const files = readdirSync(made.path, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const file of files) {
    const from = join(file.parentPath, file.name);
    const to = join(dist, relative(made.path, from));
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, `${to}.${process.pid}`);
    renameSync(`${to}.${process.pid}`, to);
  }
  made.remove();
  if (built) writeFileSync(built, '');
  return dist;
}

export interface Browser {
  page: Page;
  close(): Promise<void>;
}

/**
 * @param serviceWorkers none unless they are what is tested: what they answer is hidden from `page.route`
 * @param ignoreHTTPSErrors for a collector whose authority this browser does not know
 */
export async function openBrowser(
  serviceWorkers: 'allow' | 'none' = 'none',
  ignoreHTTPSErrors = false,
): Promise<Browser> {
  const profile = temporaryFolder();
  const viewport = { width: 1280, height: 900 };
  const context = await chromium.launchPersistentContext(profile.path, {
    ...{ executablePath: file, args: flags, viewport, locale: 'en-GB' },
    ignoreHTTPSErrors,
  });
  // Blocked they would be a complaint of the browser: this one does not know them.
  if (serviceWorkers === 'none')
    await context.addInitScript(() => {
      Reflect.deleteProperty(Navigator.prototype, 'serviceWorker');
    });
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    page,
    async close() {
      await context.close();
      profile.remove();
    },
  };
}

/** Opens a page of the web app in a language, and waits until nothing on it is still loading. */
export async function openPage(page: Page, url: string, language: string): Promise<void> {
  await page.evaluate((chosen) => localStorage.setItem('evenkeel.language', chosen), language);
  await page.goto(url);
  await page.locator('main h1').first().waitFor();
  await until(async () => (await page.locator('main .bones:visible').count()) === 0, 20_000, url);
}

/** The text of the first table row that has these words. */
export async function rowText(page: Page, words: string): Promise<string> {
  const text = await page.getByRole('row').filter({ hasText: words }).first().textContent({ timeout: 10_000 });
  return (text ?? '').replace(/\s+/g, ' ');
}

interface Violation {
  id: string;
  nodes: { html: string }[];
}

interface Findings {
  passes: unknown[];
  violations: Violation[];
}

/** What axe finds on the page as it is now. @throws Error when it passed no more than `least` rules, so that it saw next to nothing */
export async function violations(page: Page, least = 10): Promise<string[]> {
  // Given through the debugger's own world, so the page's content security policy stays as it is.
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<Findings> } };
    const { passes, violations } = await axe.run();
    return { passes: passes.length, violations };
  });
  if (found.passes <= least) throw new Error(`axe passed only ${found.passes} rules on ${page.url()}`);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}
