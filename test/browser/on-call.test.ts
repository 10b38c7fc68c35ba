/** On call as an admin uses it: a schedule by form, a time taken over in two clicks, routes with their difference, the trace. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUsers } from '../../collector/accounts/users.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const test = suite('on-call pages');
let collector: InProcess;
let browser: Browser;
let page: Page;
const { missing, step } = browserSteps(test);
const password = 'correct horse battery';
const settings = `
channels:
  - { name: ops, kind: webhook, url: http://127.0.0.1:9/hook }
outgoing: { allow: [127.0.0.1] }
`;
const open = (path: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, collector.started.addresses.http + path, language);
/** Buttons with the name of what they are for, which is not shown, are found without it. */
const press = (name: string) =>
  page
    .getByRole('main')
    .getByRole('button', { name: new RegExp(`^${name}( |$)`) })
    .first()
    .click();
const choose = (label: string, value: string) =>
  page
    .locator('main select')
    .and(page.getByLabel(label, { exact: true }))
    .selectOption(value);
const matchField = (label: string) => page.locator('.field', { has: page.getByLabel(label, { exact: true }) });
const says = (text: string) => page.getByRole('main').getByText(text).first().waitFor();

test.before(async () => {
  if (missing) return;
  collector = await openCollector({ web: await buildWeb(), settings });
  browser = await openBrowser();
  page = browser.page;
  await page.goto(collector.started.setupLink as string);
  await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
  await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
  await page.getByRole('button', { name: /^Create admin account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  await createUsers(collector.state, Date.now, () => undefined).create({ name: 'bob', password, role: 'operator' });
  await open('/oncall');
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  await collector.close();
});

step('an empty rotation is refused in words, and nothing is saved; with people in it it counts', async () => {
  await press('Add schedule');
  await page.getByLabel('Name').first().fill('primary');
  await press('Save');
  await says('has nobody in its rotation');
  await choose('Users, in turn', 'bob');
  await press('Save');
  await says('On call: bob (has no way to be reached).');
  assert.equal(await violations(page), []);
});

step('what has the name already is not replaced, and whoever cannot be reached is named', async () => {
  await says('bob has no way to be reached');
  await press('Add schedule');
  await page.getByLabel('Name').first().fill('primary');
  await says('There is primary already');
  await press('Save');
  await press('Cancel');
  await says('On call: bob (has no way to be reached).');
});

step('every time is in one zone, which is named, and nobody hands over where the four weeks end', async () => {
  const zone = await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  await says(`All times: ${zone}.`);
  const lines = await page.getByRole('main').locator('li', { hasText: 'bob' }).allTextContents();
  assert.match(lines[0] ?? '', /^from .*, no hand-over before .* bob/);
});

step('a shift is taken over in two clicks', async () => {
  await press('Take over');
  await page.getByRole('main').locator('form').getByRole('button', { name: 'Take over' }).click();
  await says('On call: admin (has no way to be reached).');
  await says('You are on call now.');
  const entry = page.getByRole('navigation').getByRole('link', { name: /On call.*your turn/ });
  await entry.first().waitFor();
});

step('a policy and routes are made without YAML; the difference stands there before they count', async () => {
  await open('/oncall/escalation');
  await press('Add policy');
  await page.getByLabel('Name').fill('servers');
  await choose('Step 1: who', 'schedule:primary');
  await choose('Step 1: who', 'channel:ops');
  await page.getByLabel('Then wait').fill('5s');
  await press('Save');
  const wait = page.locator('.field', { has: page.getByLabel('Then wait') });
  await wait.getByText('"5s" is not a duration from 1m to 1d').waitFor();
  await page.getByLabel('Then wait').fill('5m');
  await page.getByLabel('If nobody reacted').selectOption('person:bob');
  await press('Save');
  await says('primary (schedule), ops (channel), then wait 5m');
  await says('Nobody reacted: bob (person).');
  await open('/oncall/routes');
  await says('Nobody has written routes');
  await press('Change');
  await choose('Receivers of what no node matches', 'channel:ops');
  await press('Add node');
  await page.getByLabel('Matches', { exact: true }).fill('severity=critcal');
  await choose('Receivers', 'policy:servers');
  await says('Changes: 2');
  await press('Save');
  await matchField('Matches').getByText('did you mean critical?').waitFor();
  await page.getByLabel('Matches', { exact: true }).fill('severity=critical');
  await press('Save');
  await says('node 1:');
  await says('alerts with severity=critical go to servers (escalation policy)');
  assert.equal(await violations(page), []);
});

step('hours, grouping and quiet hours of a channel are set on the page, and stand in the difference', async () => {
  await press('Change');
  const node = page.getByRole('group', { name: 'node 1', exact: true });
  await node.getByText('Only at certain times').click();
  await node.getByLabel('Mon', { exact: true }).check();
  await node.getByLabel('From', { exact: true }).fill('08:00');
  await node.getByLabel('Time zone').selectOption('Asia/Tokyo');
  await node.getByText('Grouping and repeats').click();
  await node.getByLabel('One message for each').fill('rule, site, endpoint');
  await node.getByLabel('Repeated (Critical) after').fill('soon');
  await page.getByRole('main').getByText('Quiet hours of channels').click();
  await press('Add quiet hours');
  const quiet = page.getByRole('group', { name: 'Quiet hours 1', exact: true });
  await quiet.getByLabel('Channel', { exact: true }).selectOption('channel:ops');
  await quiet.getByLabel('Time zone').selectOption('Europe/Berlin');
  await quiet.getByLabel('Warning').check();
  await says('Mon 08:00–24:00 Asia/Tokyo');
  await says('ops: 22:00–07:00 Europe/Berlin · Sent all the same: Critical, Warning');
  await press('Save');
  await matchField('Repeated (Critical) after').getByText('"soon" is not a duration').waitFor();
  await node.getByLabel('Repeated (Critical) after').fill('2h');
  await press('Save');
  await says('One message for each rule, site, endpoint · Repeated (Critical) after 2h');
  await press('Change');
  assert.is(await node.getByLabel('From', { exact: true }).inputValue(), '08:00');
  assert.is(await quiet.getByLabel('Quiet to').inputValue(), '07:00');
  assert.equal(await violations(page), []);
});

step('a fault in a condition is said at its field in Japanese as well', async () => {
  await open('/oncall/routes', 'ja');
  await press('変更');
  await page.getByLabel('条件', { exact: true }).fill('rule=~"("');
  await press('保存');
  await matchField('条件').getByText('rule のパターンを解釈できません').waitFor();
});

step('who says how to be reached is on the page Settings, and what is wrong there is said', async () => {
  await open('/settings');
  await press('Add way');
  await page.getByLabel('Channel 1').selectOption('channel:ops');
  const box = page.getByRole('main').locator('section', { hasText: 'How you are reached' });
  await box.getByRole('button', { name: 'Save' }).click();
  await box.getByText('Saved').waitFor();
  await box.getByText('Not tried yet').waitFor();
  await box.getByLabel('Quiet from').fill('22:00');
  await box.getByRole('button', { name: 'Save' }).click();
  assert.ok(await box.getByLabel('Quiet to').evaluate((field) => (field as HTMLInputElement).validity.valueMissing));
  await box.getByLabel('Quiet from').fill('');
});

step('each own way has a test, whose result stays beside it', async () => {
  const box = page.getByRole('main').locator('section', { hasText: 'How you are reached' });
  await box.getByRole('button', { name: 'Send test ops' }).click();
  await box.getByText('Failed').waitFor();
  await open('/settings');
  await box.getByText('Failed').waitFor();
  await box.getByText('the webhook').or(box.getByText('ECONNREFUSED')).first().waitFor();
});

step('the pages read in Japanese, and fit a phone', async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  for (const path of ['/oncall', '/oncall/routes', '/oncall/escalation']) {
    await open(path, 'ja');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForTimeout(300);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
    if (process.env.PICTURES)
      await page.screenshot({ path: `${process.env.PICTURES}${path.replaceAll('/', '-')}.png` });
  }
});

test.run();
