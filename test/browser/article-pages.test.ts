/** Articles on pages: written, read, offered and searched, by whom may and by whom may not, with texts that mean harm. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUsers } from '../../collector/accounts/users.ts';
import { articleLength } from '../../shared/choices.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { until } from '../support/until.ts';

const test = suite('articles on pages');
const password = 'a sentence that nobody guesses';
const day = 86_400_000;
let collector: InProcess;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);
const open = (path: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, `${collector.started.addresses.http}${path}`, language);
const main = () => page.getByRole('main');
const words = async () => (await main().textContent()) ?? '';
const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function write(id: string | null, body: object): Promise<string> {
  const as = 'admin';
  const made = id
    ? await collector.call(`/api/v1/articles/${id}`, { method: 'PATCH', as, body: { ...body, reason: 'steps' } })
    : await collector.call('/api/v1/articles', { method: 'POST', as, body });
  assert.ok(made.status < 300, made.text);
  return id ?? (made.body as { id: string }).id;
}
const article = (texts: [language: string, title: string, body: string][], state = 'published') => ({
  ...{ texts: texts.map(([language, title, body]) => ({ language, title, body })), keywords: '', reviewer: null },
  ...{ validUntil: Date.now() + 300 * day, state },
});

const hostile = [
  '<script>document.title = "owned"</script> <img src=x onerror="document.title = \'owned\'">',
  '[one](javascript:document.title="owned") <javascript:two> [three](data:text/html,x) ![four](javascript:x)',
  'mail@example.org <details>shut</details>',
  `| Path | Size |\n|---|---|\n| /srv/${'a-long-name/'.repeat(9)} | ${'9'.repeat(60)} |`,
  `${'長'.repeat(400)} ${'x'.repeat(400)}`,
  `\`\`\`\n${'y'.repeat(400)}\n\`\`\``,
].join('\n\n');

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  // The first user of all is the admin, by the page.
  await createUsers(collector.state, Date.now, () => undefined).create({ name: 'vera', password, role: 'viewer' });
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('an empty knowledge base says what to do first, and the first article is written beside its preview', async () => {
  await open('/knowledge');
  await main().getByText('Write the first one').waitFor();
  assert.equal(await violations(page), []);
  await main().getByRole('link', { name: 'New article' }).click();
  await page.getByLabel('Title', { exact: true }).fill('Free disk space');
  await page.getByLabel('Text (Markdown)').fill('## Steps\n\nLook at `/var/log`.');
  await main().locator('.preview').getByRole('heading', { name: 'Steps' }).waitFor();
  assert.equal(await violations(page), []);
  await page.getByRole('button', { name: 'Create article' }).click();
  await page.getByRole('heading', { level: 1, name: 'Free disk space' }).waitFor();
});

step('an editor opens on the text in the language of the page, and cuts nothing that is pasted', async () => {
  await write(
    'free-disk-space',
    article([
      ['en', 'Free disk space', 'English'],
      ['ja', '空き容量を増やす', '日本語の本文'],
    ]),
  );
  await open('/knowledge/free-disk-space?edit=1', 'ja');
  const text = page.getByLabel('本文（Markdown）');
  assert.is(await text.inputValue(), '日本語の本文');
  // Without a break, which was looked for for minutes.
  const long = '長'.repeat(articleLength + 1);
  await text.fill(long);
  assert.is(await text.inputValue(), long);
  await main().getByText('本文が長すぎます').waitFor();
  assert.ok(await page.getByRole('button', { name: '記事を保存' }).isDisabled());
});

step('of two who edit the same article the second is told, keeps what was typed, and overwrites nothing', async () => {
  await open('/knowledge/free-disk-space?edit=1');
  await until(async () => (await page.getByLabel('Text (Markdown)').inputValue()) === 'English', 20_000, 'the text');
  await write('free-disk-space', article([['en', 'Free disk space', 'Of the other one']]));
  await page.getByLabel('Text (Markdown)').fill('Of the second');
  await page.getByLabel('What is changed').fill('words');
  await page.getByRole('button', { name: 'Save article' }).click();
  await main().locator('.callout.tone-critical').waitFor();
  assert.match(await words(), /changed since you opened it, by a admin/);
  assert.is(await page.getByLabel('Text (Markdown)').inputValue(), 'Of the second');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await main().getByText('Of the other one').waitFor();
  await until(() => page.evaluate(() => document.activeElement?.tagName === 'H1'), 5000, 'the focus is not lost');
});

step('markup in titles and articles is text, and nothing of it is wider than a phone', async () => {
  const id = await write(null, article([['en', `<img src=x onerror=alert(1)>${'W'.repeat(170)}`, hostile]]));
  await page.setViewportSize({ width: 360, height: 800 });
  for (const path of [`/knowledge/${id}`, `/knowledge/${id}?edit=1`, '/knowledge', '/knowledge?q=mail']) {
    await open(path);
    assert.is(await sideways(), 0, path);
    assert.equal(await violations(page), [], path);
  }
  await open(`/knowledge/${id}`);
  assert.is(await main().locator('script, img, details').count(), 0);
  const hrefs = await main()
    .locator('.markdown a')
    .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  assert.equal(hrefs, []);
  assert.match(await words(), /one \(javascript:document/);
  assert.match(await words(), /mail@example\.org <details>/);
  assert.not.match(await page.title(), /^owned/);
  await page.setViewportSize({ width: 1280, height: 900 });
});

step('a search that finds as many as are shown does not call that all', async () => {
  for (let n = 1; n <= 21; n++) await write(null, article([['en', `Toner of printer ${n}`, `Cartridge ${n}`]]));
  await until(
    async () => {
      await open('/knowledge?q=toner');
      return (await main().locator('.found > li').count()) === 20;
    },
    20_000,
    'they can be found',
  );
  await main().getByRole('heading', { name: 'Found: 20 or more' }).waitFor();
});

step('a ticket has its name in the title of the window, and what may help below what happened', async () => {
  const body = { title: 'Toner is empty', text: 'On the second floor', impact: 3, urgency: 3 };
  const made = await collector.call('/api/v1/tickets', { method: 'POST', as: 'admin', body });
  const { id } = (made.body as { row: { id: number } }).row;
  await open(`/tickets/${id}`);
  await main().getByRole('heading', { name: 'Similar tickets' }).or(main().locator('.found').first()).first().waitFor();
  assert.match(await page.title(), `#${id} Toner is empty`);
  const heads = await main().locator('h2').allTextContents();
  assert.ok(heads.indexOf('Timeline') < heads.indexOf('May help'), heads.join());
});

step('who may not write is offered nothing to write with, and no empty list of what is hidden', async () => {
  await write(null, article([['en', 'Not ready', 'x']], 'draft'));
  await page.context().clearCookies();
  await page.goto(`${collector.started.addresses.http}/login`);
  await page.getByLabel('User name').fill('vera');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.locator('button[type=submit]').click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  await open('/knowledge?list=draft');
  await main().getByRole('link', { name: 'Free disk space' }).waitFor();
  assert.not.match(await words(), /Not ready|Drafts|New article/);
  await open('/knowledge/new');
  assert.is(await main().locator('form').count(), 0);
  await open('/knowledge/free-disk-space?edit=1');
  assert.is(await main().locator('textarea').count(), 0);
  assert.equal(await main().getByRole('button').allTextContents(), ['Solved it', 'Did not']);
});

test.run();
