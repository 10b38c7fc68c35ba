/** Ticket desks as an admin sees them, in both languages: how each does, its test, and where a ticket stands there. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TicketDetail } from '../../shared/api.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { type FakeDesk, serveDesk } from '../support/desks/fake.ts';
import { githubToken, githubVendor } from '../support/desks/github.ts';
import { until } from '../support/until.ts';

const test = suite('ticket desks on pages');
let collector: InProcess;
let browser: Browser;
let page: Page;
let fake: FakeDesk;
let ticket: number;
const shots = process.env.EVENKEEL_SHOTS;

const { missing, step } = browserSteps(test);
const open = (path: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, `${collector.started.addresses.http}${path}`, language);
const main = () => page.getByRole('main');
const shot = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
};

test.before(async () => {
  if (missing) return;
  fake = await serveDesk(githubVendor({ isPrivate: false }));
  const desk = `{ name: issues, kind: github, url: "${fake.url}", repository: keel/ops, token: ${githubToken}, people: { ada: octocat } }`;
  const settings = `outgoing: { allow: [127.0.0.1] }\ndesks:\n  - ${desk}\n`;
  collector = await openCollector({ web: await buildWeb(), settings });
  const body = { title: 'Printer on fire', text: 'Smoke on the second floor', impact: 2, urgency: 2 };
  const made = await collector.call('/api/v1/tickets', { method: 'POST', as: 'admin', body });
  ticket = (made.body as TicketDetail).row.id;
  await until(() => fake.vendor.tickets().length === 1, 15_000, 'the ticket there');
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
  await fake.close();
});

step('a ticket says where it stands there, with a link', async () => {
  await open(`/tickets/${ticket}`);
  const link = main().getByRole('link', { name: '#11', exact: true });
  await link.waitFor();
  assert.is(await link.getAttribute('href'), `${fake.url}/keel/ops/issues/11`);
  assert.match((await main().textContent()) ?? '', /At issues\s*#11 · open/);
  assert.equal(await violations(page), []);
  await shot('desk-ticket');
});

for (const [language, words] of [
  ['en', { title: 'Ticket desks', test: 'Test', good: /may do all that is asked/, note: /Everybody may read there/ }],
  ['ja', { title: '外部のチケットデスク', test: 'テスト', good: /必要な権限があります/, note: /誰でも読めます/ }],
] as const)
  step(`its test says what its account may do, and what would be sent, in ${language}`, async () => {
    await open('/settings?section=parts', language);
    const box = main()
      .locator('section, .box')
      .filter({ has: page.getByRole('heading', { name: words.title }) })
      .last();
    await box.getByRole('button', { name: words.test, exact: true }).click();
    await box.getByText(words.good).waitFor();
    const text = (await box.textContent()) ?? '';
    assert.match(text, words.note);
    assert.match(text, /Printer on fire/);
    assert.match(text, /Smoke on the second floor/);
    assert.not.match(text, githubToken);
    assert.is(fake.creates(), 1, 'nothing was sent');
    assert.equal(await violations(page), []);
    await shot(`desk-settings-${language}`);
  });

step('what it refuses is said beside it', async () => {
  fake.faults.push({ when: 'any', answer: { status: 401, body: { message: 'Bad credentials' } } });
  await open('/settings?section=parts');
  const box = main()
    .locator('section, .box')
    .filter({ has: page.getByRole('heading', { name: 'Ticket desks' }) })
    .last();
  await box.getByRole('button', { name: 'Test', exact: true }).click();
  await box.getByText('Something is missing').waitFor();
  assert.match((await box.textContent()) ?? '', /HTTP 401/);
});

test.run();
