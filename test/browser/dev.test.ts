/** `npm run dev` on a copy of the tree: log in, change a word and see it without a reload, change the collector. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { browserMissing, openBrowser } from '../support/browser.ts';
import { temporaryFolder, until } from '../support/processes.ts';

const top = fileURLToPath(new URL('../../', import.meta.url));
const banner = /^Not connected\./;
const password = 'a sentence that nobody guesses';

/** The parts that run, with links to the packages: Vite keeps what it prepares beside them, so in the copy. */
function copyTree(to: string): void {
  const parts = ['agent', 'collector', 'shared', 'dashboards', 'package.json', 'tsconfig.json'];
  for (const part of [...parts, 'test/dev.ts', 'test/support/port.ts', 'test/support/arguments.ts'])
    cpSync(join(top, part), join(to, part), { recursive: true });
  mkdirSync(join(to, 'node_modules'));
  for (const name of readdirSync(join(top, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(top, 'node_modules', name), join(to, 'node_modules', name));
}

function change(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(from), `${file} has ${from}`);
  writeFileSync(file, text.replace(from, to));
}

function runDev(tree: string) {
  const words = ['--disable-warning=ExperimentalWarning', join(tree, 'test/dev.ts'), '--port', '0'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, output: () => output };
}

const missing = browserMissing();
if (missing) console.log(`SKIP chromium: ${missing}`);

test('log in, see a changed word without a reload, and a changed collector start again', async () => {
  if (missing) return;
  const tree = temporaryFolder();
  copyTree(tree.path);
  const dev = runDev(tree.path);
  const browser = await openBrowser();
  const { page } = browser;
  try {
    await until(() => dev.output().includes('Stop it with'), 30_000, 'the start lines');
    const setup = /Set-up +(\S+)/.exec(dev.output())?.[1] as string;
    const { origin } = new URL(setup);
    await page.goto(setup);
    await page.locator('input[type=password]').first().fill(password);
    await page.locator('input[type=password]').last().fill(password);
    await page.locator('button[type=submit]').click();
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    await page.locator('tbody tr').first().waitFor();

    await page.evaluate(() => Object.assign(window, { sameDocument: true }));
    const stillThere = () =>
      page.evaluate(() => (window as unknown as { sameDocument?: boolean }).sameDocument === true);
    change(
      join(tree.path, 'dashboards/web/pages/fleet/fleet.tsx'),
      "{t('page.fleet')}",
      "{t('page.fleet').concat(' of the copy')}",
    );
    await page.getByRole('heading', { name: 'Fleet of the copy' }).waitFor();
    assert.ok(await stillThere(), 'a page changed without a reload');

    // The words are the collector's as well, so it starts again too; the page keeps its session all the same.
    change(join(tree.path, 'shared/words/en/first.ts'), "fleet: 'Fleet'", "fleet: 'Flotilla'");
    await page.getByRole('heading', { name: 'Flotilla of the copy' }).waitFor();
    assert.ok(await stillThere(), 'a word changed without a reload');

    change(join(tree.path, 'collector/commands/start.ts'), 'is running.', 'is running, changed.');
    await until(() => dev.output().includes('is running, changed.'), 30_000, 'the changed start line');
    const me = await page.evaluate(async () => (await fetch('/api/v1/me')).json());
    assert.is((me as { user: string }).user, 'admin', 'the session outlives the restart');
    assert.match(dev.output(), `Restarting the collector: ${join('collector', 'commands', 'start.ts')} changed\n`);
    assert.not.match(dev.output(), 'The collector has ended', 'it did not end by itself');

    // A page that is opened meanwhile waits, says so, and reads by itself what it could not.
    await page.getByText(banner).waitFor({ state: 'hidden' });
    const slow = 'await new Promise((resolve) => setTimeout(resolve, 5000));\nexport const command';
    change(join(tree.path, 'collector/commands/start.ts'), 'export const command', slow);
    await page.getByText(banner).waitFor();
    await page.getByRole('link', { name: 'Alerts' }).click();
    await page.getByRole('heading', { name: 'Alerts', exact: true }).waitFor();
    await page.waitForTimeout(1000);
    assert.not.match((await page.locator('main').textContent()) ?? '', /BAD_ANSWER|does not understand|Try again/);
    await page.locator('main table, main .empty').waitFor();
    await page.getByText(banner).waitFor({ state: 'hidden' });
    assert.ok(await stillThere(), 'no reload all the way');
    assert.is(new URL(page.url()).origin, origin);
  } catch (thrown) {
    throw new Error(`${(thrown as Error).message}\n${dev.output()}`);
  } finally {
    await browser.close();
    dev.child.kill('SIGTERM');
    const code = await dev.ended;
    const data = /Data +(\S+)/.exec(dev.output())?.[1] as string;
    tree.remove();
    assert.is(code, 0, dev.output());
    assert.not.ok(existsSync(data), 'the throw-away data folder is removed');
  }
});

test.run();
