/** Machines that are in doubt, in a browser: two that share an identity, and one that was installed anew. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, Enrollment, NewEnrollment } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { openWire } from '../simulate/wire.ts';
import { type Browser, browserSteps, buildWeb, openBrowser, openPage, violations } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('identity');
const folder = temporaryFolder();
const password = 'a sentence that nobody guesses';
const complaints: string[] = [];
let collector: RunningCollector;
let browser: Browser;
let page: Page;

const { missing, step } = browserSteps(test);

interface Enrolled {
  endpoint: string;
  bucket: string;
  name: string;
  secret: string;
}

async function send<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${collector.http}/api/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

async function enrol(hostname: string, serial: string): Promise<Enrolled> {
  const { code } = await send<NewEnrollment>('enrollments', {});
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  return send('enroll', { code: decodeJoinCode(code).secret, hostname, ...about, fingerprint: { serial } });
}

/** Signs on as a process of this machine would. */
async function signOn({ endpoint, bucket, secret }: Enrolled, instance: string, hostname: string): Promise<void> {
  const { hostname: host, port } = new URL(collector.mqtt);
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
  assert.is(await wire.connected, 0);
  const birth = { state: 'online', session: instance, boot_id: 'b', started_at: 1, previous_shutdown: 'clean' };
  const message = JSON.stringify({ ...birth, version: '0.1.0', instance, hostname });
  await wire.publish(`ek/v1/${bucket}/${endpoint}/presence`, message, { retain: true });
  wire.end();
}

/** On a tab without charts, which are not read until they are scrolled to. */
const open = (id: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, `${collector.http}/endpoints/${id}?tab=about`, language);
const shows = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 15_000 });

test.before(async () => {
  if (missing) return;
  await buildWeb();
  mkdirSync(join(folder.path, 'data'));
  collector = await startCollector(join(folder.path, 'data'));
  browser = await openBrowser();
  page = browser.page;
  page.on('console', (said) => said.type() === 'error' && complaints.push(`${page.url()}: ${said.text()}`));
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  await page.goto(collector.setup ?? '');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Confirm password').fill(password);
  await page.getByRole('button', { name: 'Create admin account' }).click();
  await page.getByRole('heading', { level: 1, name: 'Fleet', exact: true }).waitFor();
});
test.after(async () => {
  if (missing) return;
  await browser.close();
  collector.child.kill('SIGKILL');
  await collector.ended;
  folder.remove();
});

step('both machines of one identity stand on its page with what to do, in both languages', async () => {
  const gold = await enrol('gold', 'aaaaaaaaaaaaaaaa');
  const [a, b] = ['a'.repeat(16), 'b'.repeat(16)] as [string, string];
  for (const [instance, hostname] of [
    [a, 'till-1'],
    [b, 'till-2'],
    [a, 'till-1'],
    [b, 'till-2'],
  ] as const)
    await signOn(gold, instance, hostname);
  await open(gold.endpoint);
  for (const text of ['Several machines report under this identity', 'till-1', 'till-2', /enroll --again/])
    await shows(text);
  assert.equal(await violations(page), []);
  await open(gold.endpoint, 'ja');
  await shows('複数のマシンがこの ID で報告しています');
});

const agentAsks = ({ endpoint, secret }: Enrolled, hostname: string, fingerprint: object) =>
  send<{ endpoint?: string }>('agent/copied', {
    ...{ endpoint, secret, hostname, platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test' },
    ...{ version: '0.1.0', fingerprint, attempt: Buffer.from(hostname).toString('hex').padEnd(32, '0') },
  });

step(
  'a copy and its original, and a repaired machine: what happened stands on their pages, in both languages',
  async () => {
    const press = await enrol('press', '1111111111111111');
    const copy = await agentAsks(press, 'press-copy', { serial: '2222222222222222' });
    await open(press.endpoint);
    for (const text of ['A copy of it got an endpoint of its own', 'press-copy']) await shows(text);
    await open(String(copy.endpoint), 'ja');
    await shows('複製のエンドポイントとして作成されました');
    const { code } = await send<NewEnrollment>('enrollments', {});
    const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
    const fingerprint = { uuid: '3333333333333333', serial: '4444444444444444' };
    const lathe = await send<Enrolled>('enroll', {
      ...{ code: decodeJoinCode(code).secret, hostname: 'lathe', ...about, fingerprint },
    });
    const parts = { ...fingerprint, serial: '5555555555555555' };
    assert.equal(await agentAsks(lathe, 'lathe', parts), { goesOn: true });
    await open(lathe.endpoint);
    for (const text of ['Parts of its hardware changed', 'serial number']) await shows(text);
    assert.equal(await violations(page), []);
    await open(lathe.endpoint, 'ja');
    await shows('シリアル番号');
  },
);

step('a disk in another machine: an admin may say that it goes on as the endpoint of before', async () => {
  const { code } = await send<NewEnrollment>('enrollments', { maxUses: 2 });
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  const join = (hostname: string, serial: string) =>
    send<Enrolled>('enroll', {
      ...{ code: decodeJoinCode(code).secret, hostname, ...about },
      fingerprint: { serial, machine: '6666666666666666' },
    });
  const old = await join('mill', '7777777777777777');
  const moved = await join('mill', '8888888888888888');
  await open(moved.endpoint);
  await shows(/its disk in another machine/);
  await page.getByRole('button', { name: 'This one replaces mill' }).click();
  await page.getByRole('button', { name: 'Yes, it is the same machine' }).click();
  await until(async () => page.url().endsWith(`/endpoints/${old.endpoint}`), 15_000, 'the old endpoint');
});

step('a join code for machines that were installed anew is made on the page', async () => {
  await openPage(page, `${collector.http}/add`, 'en');
  await page.getByText(/^More: many machines/).click();
  await page.getByLabel(/installed anew goes on as the endpoint/).check();
  await page.getByRole('button', { name: 'Make line' }).click();
  await shows(/EK2-/);
  const { items } = await collector.get<{ items: Enrollment[] }>('/api/v1/enrollments');
  assert.is(items[0]?.replaces, 'auto');
  assert.equal(await violations(page), []);
});

step('an admin makes the line that replaces a credential, after a question, in both languages', async () => {
  const shop = await enrol('shop', 'cccccccccccccccc');
  await open(shop.endpoint, 'ja');
  await page.getByRole('button', { name: '認証情報を置き換える' }).click();
  await shows('shop で実行する 1 行を作成します。実行するまで何も変わりません。');
  await open(shop.endpoint);
  await page.getByRole('button', { name: 'Replace the credential' }).click();
  await shows(/Nothing changes until it is run/);
  assert.is(await page.getByText(/ek\.sh/).count(), 0);
  await page.getByRole('button', { name: 'Yes, make the line' }).click();
  await shows(/^curl -fsS '\S+\/install\.sh' -o ek\.sh && echo EK2-\S+ \| sudo sh ek\.sh --again$/);
  await shows(/The old credential works until the new one is used/);
  assert.equal(await violations(page), []);
  const { items } = await collector.get<{ items: Enrollment[] }>('/api/v1/enrollments');
  assert.equal([items[0]?.replaces, items[0]?.maxUses], [shop.endpoint, 1]);
});

step('an admin says that a machine was installed anew, and is led to the endpoint that goes on', async () => {
  const old = await enrol('web', 'bbbbbbbbbbbbbbbb');
  const fresh = await enrol('web', 'bbbbbbbbbbbbbbbb');
  await open(old.endpoint);
  await shows('If this is the same machine, confirm it on the page of the newer endpoint.');
  await open(fresh.endpoint, 'ja');
  await shows('web と同じマシンと思われます');
  await open(fresh.endpoint);
  await shows('Looks like the same machine as web');
  assert.equal(await violations(page), []);
  await page.getByRole('button', { name: 'This one replaces web' }).click();
  await shows(/cannot be undone/);
  await page.getByRole('button', { name: 'Yes, it is the same machine' }).click();
  await until(async () => page.url().endsWith(`/endpoints/${old.endpoint}`), 15_000, 'the old endpoint');
  await open(old.endpoint);
  await shows('Reinstalled');
  await shows(/confirmed by admin/);
  const { items } = await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints?sort=name');
  assert.equal(
    items.map(({ name }) => name),
    ['gold', 'lathe', 'mill', 'press', 'press-copy', 'shop', 'web'],
  );
  assert.equal(complaints, []);
});

test.run();
