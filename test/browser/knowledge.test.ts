/** The knowledge base as people use it, in both languages: found by keyboard, read, written with a preview, put back, and made of a ticket. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TicketDetail } from '../../shared/api.ts';
import type { ArticleDetail } from '../../shared/knowledge.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('knowledge base on pages');
let collector: InProcess;
let browser: Browser;
let page: Page;
let ticket: number;
const { missing, step } = browserSteps(test);
const open = (path: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, `${collector.started.addresses.http}${path}`, language);
const main = () => page.getByRole('main');
const title = (name: string) => page.getByRole('heading', { level: 1, name });
const id = 'printer-shows-a-paper-jam';

async function send<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body ? { body } : {}) });
  assert.ok(answer.status < 300, `${path}: ${answer.text}`);
  return answer.body as T;
}
const article = () => send<ArticleDetail>('GET', `articles/${id}`);

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb() });
  const texts = [
    { language: 'en', title: 'Printer shows a paper jam', body: 'Open the **tray** of <device>.' },
    { language: 'ja', title: 'プリンターの紙詰まり', body: '**トレイ**を開けます。' },
  ];
  const validUntil = Date.now() + 5 * 86_400_000;
  const fields = { keywords: '', state: 'published', validUntil, reviewer: 'nobody known' };
  await send('POST', 'articles', { ...fields, texts });
  const other = [{ language: 'en', title: 'Free disk space', body: '```sh\ndf -h\n```' }];
  await send('POST', 'articles', { ...fields, validUntil: null, texts: other });
  const said = { title: 'Badge reader is dark', text: 'No light at the door.' };
  ticket = (await send<TicketDetail>('POST', 'tickets', said)).row.id;
  await send('POST', `tickets/${ticket}/resolve`, { text: 'Pulled the fuse out and in again.' });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
  await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

for (const [language, words] of [
  [
    'en',
    {
      search: 'pritner',
      found: 'Printer shows a paper jam',
      body: /Open the tray of <device>/,
      others: 'Free disk space',
    },
  ],
  ['ja', { search: 'ぷりんた', found: 'プリンターの紙詰まり', body: /トレイを開けます/, others: 'Free disk space' }],
] as const)
  step(`an article is found and opened by the keyboard alone, in ${language}`, async () => {
    await open('/knowledge', language);
    await main().getByRole('link', { name: words.others }).waitFor();
    assert.equal(await violations(page), []);
    const box = main().getByRole('searchbox');
    await box.focus();
    await page.keyboard.insertText(words.search);
    const link = main().getByRole('link', { name: words.found });
    await link.waitFor();
    await main().getByRole('link', { name: words.others }).waitFor({ state: 'detached' });
    assert.match(await main().locator('.found').innerText(), words.body, 'its lines read as the article does');
    assert.equal(await violations(page), []);
    await page.keyboard.press('Tab');
    assert.is(await link.evaluate((one) => one === document.activeElement), true, 'the first result is the next stop');
    await page.keyboard.press('Enter');
    await title(words.found).waitFor();
    assert.match(await main().locator('.markdown').innerText(), words.body);
    assert.equal(await violations(page), []);
  });

for (const [language, words] of [
  ['en', { list: 'To review', lack: 'no such user' }],
  ['ja', { list: '要見直し', lack: '該当するユーザーがいない' }],
] as const)
  step(`the list of what is to be reviewed says who was not told, in ${language}`, async () => {
    await open('/knowledge', language);
    await main().locator('nav.tabs').getByRole('link', { name: words.list }).click();
    await main().getByRole('row').filter({ hasText: words.lack }).waitFor();
    assert.equal(await violations(page), []);
    await open(`/knowledge/${id}`, language);
    await main().locator('dl').getByText(words.lack).waitFor();
  });

step('editing begins with the text in the reader’s language, beside how it will look', async () => {
  for (const [language, text, shown] of [
    ['ja', '本文（Markdown）', 'トレイを開けます。'],
    ['en', 'Text (Markdown)', 'Open the tray of <device>.'],
  ] as const) {
    await open(`/knowledge/${id}?edit=1`, language);
    const field = main().getByLabel(text);
    assert.is((await field.inputValue()).replaceAll('**', ''), shown);
    assert.is((await main().locator('.preview').innerText()).trim(), shown);
    assert.equal(await violations(page), []);
  }
  await main().getByLabel('Text (Markdown)').fill('## Steps\n\n1. Close the *lid*\n\n<script>alert(1)</script>');
  const preview = main().locator('.preview');
  await preview.getByRole('heading', { name: 'Steps' }).waitFor();
  assert.is(await preview.locator('em').innerText(), 'lid');
  assert.match(await preview.innerText(), '<script>alert(1)</script>');
  assert.is(await preview.locator('script').count(), 0);
  await main().getByLabel('What is changed').fill('another printer');
  await main().getByRole('button', { name: 'Save', exact: false }).first().click();
  await main().locator('.markdown').getByRole('heading', { name: 'Steps' }).waitFor();
  const { row, texts, versions } = await article();
  assert.equal([row.version, texts[1]?.body, versions[0]?.reason], [2, '**トレイ**を開けます。', 'another printer']);
});

step('an earlier version is looked at and put back as the newest', async () => {
  await open(`/knowledge/${id}`);
  await main().getByRole('link', { name: 'Version 1' }).click();
  const back = main().getByRole('button', { name: 'Restore version' });
  await back.waitFor();
  assert.match(await main().locator('.markdown').innerText(), /Open the tray/);
  assert.equal(await violations(page), []);
  await back.click();
  await main().getByRole('link', { name: 'Version 3' }).waitFor();
  await back.waitFor({ state: 'detached' });
  assert.match(await main().locator('.markdown').innerText(), /Open the tray/);
  assert.is((await article()).row.version, 3);
});

step('whether it helped is noted, and the answer that was given last holds', async () => {
  await open(`/knowledge/${id}`, 'ja');
  await main().getByRole('button', { name: '解決しない' }).click();
  await main().getByText('記録しました: この記事では解決せず。').waitFor();
  await open(`/knowledge/${id}`);
  await main().getByRole('button', { name: 'Solved it' }).click();
  await main().getByText('Noted: this article solved it.').waitFor();
  assert.is(await main().getByRole('button', { name: 'Solved it' }).getAttribute('aria-pressed'), 'true');
  const { row } = await article();
  assert.is(row.solved, 1);
  assert.equal(await violations(page), []);
});

step('a resolved ticket becomes a draft in one click, to be gone on with at once', async () => {
  await open(`/tickets/${ticket}`);
  await main().getByRole('button', { name: 'Make article' }).click();
  await title('Badge reader is dark').waitFor();
  const field = main().getByLabel('Text (Markdown)');
  await field.waitFor();
  assert.match(await field.inputValue(), /^## Symptom\n\nNo light at the door\.\n\n## Solution\n\nPulled the fuse/);
  await main().locator('.preview').getByRole('heading', { name: 'Solution' }).waitFor();
  assert.equal(await violations(page), []);
  await open(`/tickets/${ticket}`, 'ja');
  await main().getByRole('link', { name: 'このチケットから作った記事' }).click();
  await title('Badge reader is dark').waitFor();
  assert.equal(await violations(page), []);
});

test.run();
