/** The mailbox and files of tickets as people see them, in both languages: what was put aside, the test, pictures, adding and removing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mail } from '../collector/mail/scene.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { type Dovecot, dovecotMissing, mailPassword, openDovecot } from '../support/dovecot.ts';
import { temporaryFolder } from '../support/processes.ts';
import { until } from '../support/until.ts';

const test = suite('mail in and files on pages');
let collector: InProcess;
let browser: Browser;
let page: Page;
let dovecot: Dovecot;
const folder = temporaryFolder();
const shots = process.env.EVENKEEL_SHOTS;

const steps = browserSteps(test);
const missing = steps.missing ?? (process.env.CI ? null : dovecotMissing);
const step: typeof steps.step =
  dovecotMissing && !process.env.CI ? (name) => test.skip(`${name}: ${missing}`, () => undefined) : steps.step;
const open = (path: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, `${collector.started.addresses.http}${path}`, language);
const main = () => page.getByRole('main');
const shot = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
};
// One pixel is enough for a browser; a real picture for the eye.
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

test.before(async () => {
  if (missing) return;
  dovecot = await openDovecot();
  const mailbox = {
    host: '127.0.0.1',
    port: dovecot.port,
    tls: 'none',
    user: 'desk',
    address: 'desk@keel.test',
    password: mailPassword,
  };
  collector = await openCollector({ web: await buildWeb(), settings: `mail_in: ${JSON.stringify(mailbox)}\n` });
  const parts = [
    '--b',
    'Content-Type: text/plain',
    '',
    'It is on fire.',
    '--b',
    'Content-Disposition: attachment; filename=fire.png',
    'Content-Transfer-Encoding: base64',
    '',
    png.toString('base64'),
    '--b--',
  ];
  const type = ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b'];
  dovecot.deliver('desk', mail({ subject: 'Printer', headers: type, text: parts.join('\r\n') }));
  await until(() => dovecot.mails('desk', 'Evenkeel').length === 1, 20_000, 'the ticket');
  dovecot.deliver('desk', mail({ from: 'Max <max@client.test>', subject: '[#1] Me, too', text: 'Mine as well.' }));
  dovecot.deliver('desk', mail({ subject: 'Out of office', headers: ['Auto-Submitted: auto-replied'] }));
  await until(() => dovecot.mails('desk', 'Evenkeel-aside').length === 1, 20_000, 'the absence');
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
  await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
});
test.after(async () => {
  folder.remove();
  if (missing) return;
  await browser.close();
  await collector.close();
  await dovecot[Symbol.asyncDispose]();
});

for (const [language, words] of [
  [
    'en',
    { title: 'Mail in', test: 'Test', good: /The mailbox can be read/, why: /automatic reply, such as an absence/ },
  ],
  ['ja', { title: 'メール受信', test: 'テスト', good: /メールボックスを読めます/, why: /不在通知などの自動返信/ }],
] as const)
  step(`Settings shows the mailbox, what was put aside, and tests it, in ${language}`, async () => {
    await open('/settings?section=parts', language);
    const box = main()
      .locator('section, .box')
      .filter({ has: page.getByRole('heading', { name: words.title, exact: true }) })
      .last();
    await box.getByText(words.why).waitFor();
    await box.getByRole('button', { name: words.test, exact: true }).click();
    await box.getByText(words.good).waitFor();
    assert.not.match((await box.textContent()) ?? '', mailPassword);
    assert.equal(await violations(page), []);
    await shot(`mail-settings-${language}`);
  });

step('a picture that came by mail is shown; a file is added for the requester, and removed', async () => {
  await open('/tickets/1');
  const picture = main().getByRole('img', { name: 'Picture: fire.png' });
  await picture.waitFor();
  await until(
    async () => (await picture.evaluate((one) => (one as HTMLImageElement).naturalWidth)) === 1,
    10_000,
    'the picture to be drawn',
  );
  const file = join(folder.path, 'boot.log');
  writeFileSync(file, 'all is well\n');
  await main().getByLabel('The requester may see it').check();
  await main().getByLabel('Add a file').setInputFiles(file);
  const link = main().getByRole('link', { name: 'boot.log', exact: true });
  await link.waitFor();
  const answer = await collector.call((await link.getAttribute('href')) as string, { as: 'viewer' });
  assert.is(answer.text, 'all is well\n');
  assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="boot\.log"/);
  assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/);
  assert.is(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(await violations(page), []);
  await shot('mail-ticket');
  const item = main()
    .locator('.files > li')
    .filter({ has: page.getByRole('link', { name: 'boot.log', exact: true }) });
  await item.getByRole('button', { name: /^Remove/ }).click();
  await item.getByRole('button', { name: 'Remove', exact: true }).click();
  await link.waitFor({ state: 'detached' });
});

step('a file of another kind is refused in words, in Japanese as well', async () => {
  await open('/tickets/1', 'ja');
  const file = join(folder.path, 'tool.exe');
  writeFileSync(file, Buffer.from('MZ\x00\x01\x02', 'latin1'));
  await main().getByLabel('ファイルを追加').setInputFiles(file);
  await main().getByText('このファイルは保存されませんでした。').waitFor();
  assert.match((await main().textContent()) ?? '', /プレーンテキストのいずれでもありません/);
  await shot('mail-ticket-ja');
});

step('a number that a stranger wrote is explained on the ticket that came of it', async () => {
  await open('/tickets/2');
  await main()
    .getByText(/names ticket #1, but was not sent by its requester/)
    .waitFor();
  await shot('mail-named');
});

step('on a phone, dark', async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await open('/tickets/1', 'ja');
  await main().getByRole('img', { name: '画像: fire.png' }).waitFor();
  await shot('mail-ticket-phone');
  await open('/settings?section=parts', 'ja');
  await main().getByText('メール受信').waitFor();
  await shot('mail-settings-phone');
});

test.run();
