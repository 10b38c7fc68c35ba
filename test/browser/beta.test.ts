/** The page of an endpoint says where its readers have met recorded outputs only. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { browserMissing, buildWeb, openBrowser, openPage } from '../support/browser.ts';
import { startCollector, temporaryFolder } from '../support/processes.ts';

const test = suite('beta');
const password = 'a sentence that nobody guesses';
const missing = browserMissing();

test('Windows and macOS are beta, in both languages; Linux is not', async () => {
  if (missing) return console.log(`SKIP chromium: ${missing}`);
  await buildWeb();
  const folder = temporaryFolder();
  const collector = await startCollector(folder.path);
  const browser = await openBrowser();
  const { page } = browser;
  const send = async <T>(path: string, body: object): Promise<T> => {
    const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${collector.http}/api/v1/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return (await answer.json()) as T;
  };
  try {
    const { code } = await send<NewEnrollment>('enrollments', { maxUses: 3 });
    const about = { arch: 'x64', kind: 'workstation', kind_why: 'test', version: '0.1.0' };
    for (const platform of ['linux', 'win32', 'darwin'])
      await send('enroll', { code: decodeJoinCode(code).secret, hostname: platform, platform, ...about });
    await page.goto(collector.setup as string);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.locator('input[type=password]').nth(1).fill(password);
    await page.locator('form button[type=submit]').click();
    await page.getByRole('heading', { level: 1, name: 'Fleet', exact: true }).waitFor();
    const { items } = await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints');
    const words = async (platform: string, language: 'en' | 'ja') => {
      const id = items.find((row) => row.platform === platform)?.id;
      await openPage(page, `${collector.http}/endpoints/${id}`, language);
      return (await page.locator('main').textContent()) ?? '';
    };
    assert.match(await words('win32', 'en'), /Beta: the agent for Windows has not been tested on a real machine/);
    assert.match(await words('darwin', 'en'), /Beta: the agent for macOS/);
    assert.match(await words('darwin', 'ja'), /ベータ版: macOS 用エージェントは実機で検証されていません/);
    assert.not.match(await words('linux', 'en'), /Beta/);
  } finally {
    await browser.close();
    collector.child.kill('SIGTERM');
    await collector.ended;
    folder.remove();
  }
});

test.run();
