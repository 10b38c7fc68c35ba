/** A headless Chromium on a profile of its own, and the web app as it is in the tree. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { temporaryFolder, until } from './processes.ts';

const file = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** @returns why there is none here; null when there is */
export const browserMissing = () => (existsSync(file) ? null : `${file} is not there`);

/** Builds the web app that the collector serves. */
export async function buildWeb(): Promise<void> {
  const configFile = fileURLToPath(new URL('../../dashboards/web/vite.config.ts', import.meta.url));
  await build({ configFile, logLevel: 'warn' });
}

export interface Browser {
  page: Page;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const profile = temporaryFolder();
  const viewport = { width: 1280, height: 900 };
  const context = await chromium.launchPersistentContext(profile.path, {
    ...{ executablePath: file, args: flags, viewport, locale: 'en-GB' },
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
export async function openPage(page: Page, url: string, language: 'en' | 'ja'): Promise<void> {
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
