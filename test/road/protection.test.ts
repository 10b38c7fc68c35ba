/**
 * Backups, updates and own checks end to end: real tools make each state, a real agent reads it and reports over MQTT, a
 * real collector stores and judges it, and its interface and its pages say it. One server has everything, one has no
 * backup and a broken package source; the machine itself is not changed (see ../support/namespace.ts).
 */

import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointDetail, EndpointRow, PatchOverview, Protection, Series } from '../../shared/api.ts';
import type { HealthItem, PatchState } from '../../shared/inventory.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import {
  backupProducts,
  dumps,
  type Expected,
  has,
  openWorkshop,
  rsnapshotConfiguration,
  type Workshop,
} from '../support/backup-states.ts';
import { type Browser, browserMissing, buildWeb, openBrowser, openPage, rowText } from '../support/browser.ts';
import { type Bind, namespaceMissing, startAgentSeeing } from '../support/namespace.ts';
import { isAlive, ownChecks, plugins } from '../support/own-checks.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { inLog, onPage } from '../support/reasons.ts';

const test = suite('protection');
const folder = temporaryFolder();
const path = (...parts: string[]) => join(folder.path, ...parts);
const agents = new Map<string, AgentProcess>();
const ids = new Map<string, string>();
let collector: RunningCollector;
let browser: Browser | null = null;
let shop: Workshop;
let expected: Expected[] = [];

const noNamespace = namespaceMissing();
const noBrowser = browserMissing();
const lists = '/var/lib/apt/lists';
const hasApt = existsSync('/usr/bin/apt-get') && readdirSync(lists).some((name) => name.endsWith('Release'));
const skips: [string, string | null][] = [
  ['mount namespace', noNamespace],
  ['chromium', noBrowser],
  ['apt', hasApt ? null : 'this machine has no apt with lists'],
  ['monitoring-plugins-basic', plugins ? null : 'not installed'],
  ...Object.keys(backupProducts).map((name): [string, string | null] => [name, has(name) ? null : 'not installed']),
];
for (const [name, why] of skips) if (why !== null) console.log(`SKIP ${name}: ${why}`);

async function enrol(name: string): Promise<void> {
  const answer = await fetch(`${collector.http}/api/v1/enrollments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${collector.token}` },
    body: '{}',
  });
  const { code } = (await answer.json()) as { code: string };
  const words = ['enroll', code, '--data', path(name), '--name', name, '--kind', 'server'];
  const enrolled = await startAgent(words).finished;
  assert.is(enrolled.code, 0, enrolled.stderr);
}

/** Starts an enrolled agent, with every check at its quickest. */
async function start(name: string, binds: readonly Bind[], off: readonly string[]): Promise<void> {
  const quick = Object.fromEntries(['backup', 'custom', 'patches', 'health'].map((check) => [check, { every_s: 1 }]));
  const idle = Object.fromEntries(off.map((check) => [check, { enabled: false }]));
  writeFileSync(
    path(name, 'agent.settings.json'),
    JSON.stringify({ v: 1, interval_s: 1, checks: { ...quick, ...idle } }),
  );
  const words = ['run', '--data', path(name)];
  agents.set(name, noNamespace === null ? startAgentSeeing(binds, words) : startAgent(words));
  await until(
    async () => {
      const { items } = await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints');
      const row = items.find((one) => one.name === name);
      if (row) ids.set(name, row.id);
      return row?.state === 'online' && row.cpuPercent !== null;
    },
    40_000,
    `${name} to report: ${agents.get(name)?.output()}`,
  );
}

async function stop(name: string): Promise<void> {
  const agent = agents.get(name);
  agents.delete(name);
  agent?.child.kill('SIGTERM');
  await agent?.finished;
}

const idOf = (name: string) => ids.get(name) as string;
const detailOf = (name: string) => collector.get<EndpointDetail>(`/api/v1/endpoints/${idOf(name)}`);
const rowOf = async (name: string) => (await detailOf(name)).row;
/** Rules that a limit is crossed of, also where the time until they fire is not over. */
async function judgedBy(name: string): Promise<string[]> {
  const { id } = await rowOf(name);
  const held = ['pending', 'firing'].map((state) =>
    collector.get<{ items: Alert[] }>(`/api/v1/alerts?endpoint=${id}&state=${state}&limit=500`),
  );
  return (await Promise.all(held)).flatMap(({ items }) => items.map(({ rule }) => rule.id));
}
async function sectionOf<T>(name: string, section: string): Promise<T | undefined> {
  return (await detailOf(name)).sections.find((one) => one.section === section)?.data as T | undefined;
}

/** The last value of each series of a metric, by what tells them apart. */
async function lastValues(name: string, metric: string, keyOf: (tags: Record<string, string>) => string) {
  const { series } = await collector.get<Series>(`/api/v1/endpoints/${idOf(name)}/series?metric=${metric}`);
  const last = (points: Series['series'][number]['points']) => points.findLast(([, value]) => value !== null)?.[1];
  return new Map(series.map((line) => [keyOf(line.tags), last(line.points)]));
}

const own = ownChecks(path('forked'));

/** Package sources with a security source that cannot be fetched. */
function breakSources(): Bind[] {
  if (!hasApt) return [];
  cpSync('/etc/apt/sources.list.d', path('sources'), { recursive: true });
  writeFileSync(path('sources/mirror.list'), 'deb http://127.0.0.1:9/debian-security bookworm-security main\n');
  return [[path('sources'), '/etc/apt/sources.list.d']];
}
let brokenBinds: Bind[] = [];

// A test, not a hook: what fails in a hook is not reported.
test('everything is made, by the real tools', async () => {
  // The tools run as nobody and have to get in.
  chmodSync(folder.path, 0o755);
  collector = await startCollector(path('collector'));
  const web = noBrowser === null ? buildWeb() : Promise.resolve();
  await enrol('full');
  await enrol('bare');
  shop = openWorkshop(path('shop'), path('full'));
  const making = Object.entries(backupProducts).map(async ([name, make]) => (has(name) ? make(shop) : []));
  // One that fails must not leave the others at work behind our back.
  await Promise.allSettled(making);
  const made = await Promise.all(making);
  const files = dumps(shop);
  const binds: Bind[] = [];
  if (existsSync('/etc/rsnapshot.conf') && noNamespace === null) {
    writeFileSync(path('rsnapshot.conf'), rsnapshotConfiguration(shop, shop.path('plain')));
    binds.push([path('rsnapshot.conf'), '/etc/rsnapshot.conf']);
  }
  expected = [...made.flat(), ...files.expected].filter(({ job }) => binds.length > 0 || job !== 'daily');
  writeFileSync(path('full/checks.yaml'), [shop.settings(), files.lines, 'custom:', ...own.lines, ''].join('\n'));
  brokenBinds = breakSources();
  await web;
  await start('full', binds, ['hardware']);
  await start('bare', brokenBinds, ['hardware', 'software', 'health_slow']);
});

test.after(async () => {
  await browser?.close();
  await shop?.release();
  for (const name of [...agents.keys()]) await stop(name);
  collector?.child.kill('SIGKILL');
  await collector?.ended;
  folder.remove();
});

const inWords = ({ product, job, state }: Pick<Expected, 'product' | 'job' | 'state'>) => `${product} ${job}: ${state}`;

test('each backup is reported as it is', async () => {
  let told: Protection | undefined;
  const mine = () => (told?.items ?? []).flatMap(({ endpoint, job }) => (endpoint.name === 'full' && job ? [job] : []));
  const wanted = expected.map(inWords).sort();
  await until(
    async () => {
      told = await collector.get<Protection>('/api/v1/protection');
      return mine().map(inWords).sort().join() === wanted.join();
    },
    60_000,
    'all states',
  ).catch(() => assert.equal(mine().map(inWords).sort(), wanted));
  for (const { job, reason } of expected) {
    const found = mine().find((one) => one.job === job);
    if (reason) assert.match(inLog(found?.reason), reason, `${job}: ${inLog(found?.reason)}`);
    if (found?.state === 'ok' || found?.state === 'warning') assert.type(found.lastSuccess, 'number', job);
    if (found?.state === 'never') assert.is(found.lastSuccess, null, job);
  }
  assert.equal(
    told?.items.flatMap(({ endpoint, groups }) => (groups.includes('none') ? [endpoint.name] : [])),
    ['bare'],
  );
  assert.is(
    told?.groups.find(({ name }) => name === 'failed')?.count,
    expected.filter(({ state }) => state === 'failed').length,
  );
  if (has('restic')) {
    const good = mine().find(({ job }) => job === 'restic-good');
    assert.equal([good?.bytes, good?.verifiedBy], [2000, 'restic']);
    assert.type(good?.lastVerified, 'number');
  }
  const states = new Set(expected.map(({ state }) => state));
  console.log(`\nFIGURE protection: ${expected.length} backup jobs in ${states.size} states told right end to end`);
});

test('the row of the fleet page says the worst of it', async () => {
  const [full, bare] = [await rowOf('full'), await rowOf('bare')];
  assert.equal([full.backup.state, full.backup.jobs], ['failed', expected.length]);
  assert.equal([bare.backup.state, bare.backup.ageSeconds, bare.backup.jobs], ['none', null, 0]);
  const [ofFull, ofBare] = [await judgedBy('full'), await judgedBy('bare')];
  const rules = { failed: 'backup-failed', late: 'backup-late-server', unknown: 'backup-unknown' } as const;
  // What no installed tool has made cannot be told.
  for (const state of ['failed', 'late', 'unknown'] as const)
    assert.is(
      ofFull.some((id) => id.startsWith(rules[state])),
      expected.some((one) => one.state === state) || state === 'late',
      `${state}: ${ofFull}`,
    );
  // That there is none at all is worth a look once it has been so for three days.
  assert.not.ok(ofBare.some((code) => code.startsWith('backup-')));
});

test('backup values are in the series and on /metrics/hosts; unknown has no value', async () => {
  const numbers = { ok: 0, warning: 1, failed: 2, never: 4, unknown: 5, late: 0, running: 3 };
  await until(
    async () => (await lastValues('full', 'backup.result', (tags) => String(tags.job))).size === expected.length,
    20_000,
    'a series for each job',
  );
  const results = await lastValues('full', 'backup.result', (tags) => String(tags.job));
  const ages = await lastValues('full', 'backup.age_s', (tags) => String(tags.job));
  const answer = await fetch(`${collector.http}/metrics/hosts`, {
    headers: { authorization: `Bearer ${collector.token}` },
  });
  const text = await answer.text();
  for (const { job, state } of expected) {
    assert.is(results.get(job), numbers[state], job);
    if (state === 'never') assert.not(ages.has(job), `${job} has an age`);
    if (state === 'ok' || state === 'late') assert.type(ages.get(job), 'number', job);
    const line = text
      .split('\n')
      .find((one) => one.startsWith('evenkeel_backup_result{') && one.includes(`job="${job}"`));
    assert.ok(line?.endsWith(` ${numbers[state]}`), `${job}: ${line}`);
  }
  assert.ok((ages.get('dump-old') ?? 0) > 2.9 * 86_400);
});

const managerOf = async (name: string) =>
  (await sectionOf<PatchState[]>(name, 'patches'))?.find(({ manager }) => manager === 'apt');

if (hasApt && noNamespace === null) {
  test('a broken package source is unknown, with the reason, and never 0', async () => {
    await until(async () => (await managerOf('bare')) !== undefined, 60_000, 'the section patches');
    const state = await managerOf('bare');
    assert.equal([state?.scan, state?.pending, state?.pendingSecurity], ['failed', null, null]);
    assert.match(inLog(state?.reason), '127.0.0.1:9/debian-security');
    // The row follows the section a moment later.
    await until(async () => (await rowOf('bare')).patches.scan === 'failed', 20_000, 'the row of the fleet page');
    const row = await rowOf('bare');
    assert.equal([row.patches.scan, row.patches.pending, row.patches.pendingSecurity], ['failed', null, null]);
    const isAsked = async () => (await judgedBy('bare')).some((id) => id.startsWith('update-scan-failed'));
    await until(isAsked, 20_000, 'the rule that asks for attention');
    const overview = await collector.get<PatchOverview>('/api/v1/patches');
    const seen = overview.endpoints.find(({ endpoint }) => endpoint.name === 'bare');
    assert.equal([seen?.state, seen?.pending, seen?.pendingSecurity], ['unknown', null, null]);
    assert.match(inLog(seen?.reason), 'apt_no_lists');
    await until(
      async () => (await lastValues('bare', 'patches.scan_ok', () => '')).get('') === 0,
      20_000,
      'scan_ok = 0',
    );
    for (const field of ['pending', 'pending_security'])
      assert.is((await lastValues('bare', `patches.${field}`, () => '')).size, 0, field);
  });

  test('the sound sources of the same machine give numbers', async () => {
    await until(async () => (await managerOf('full')) !== undefined, 60_000, 'the section patches');
    const state = await managerOf('full');
    assert.is(state?.scan, 'ok', inLog(state?.reason));
    assert.is(state?.pending, state?.list.length);
    await until(async () => (await rowOf('full')).patches.scan === 'ok', 20_000, 'the row of the fleet page');
    const row = await rowOf('full');
    assert.equal([row.patches.scan, row.patches.pending], ['ok', state?.pending]);
    await until(
      async () => (await lastValues('full', 'patches.pending', () => '')).get('') === state?.pending,
      20_000,
      'the number in the series',
    );
  });
}

test('own checks: plugins are read, and what hangs, floods or forks is ended and told', async () => {
  const items = async () =>
    ((await sectionOf<HealthItem[]>('full', 'health')) ?? []).filter(({ kind }) => kind === 'custom');
  await until(async () => (await items()).length === own.checks.length, 30_000, 'all own checks');
  const found = new Map((await items()).map((item) => [item.name, item]));
  for (const { name, status, words } of own.checks) {
    assert.is(found.get(name)?.status, status, `${name}: ${inLog(found.get(name)?.summary)}`);
    assert.match(inLog(found.get(name)?.summary), words);
  }
  const numbers = { ok: 0, warning: 1, critical: 2, unknown: 3 };
  const told = await lastValues('full', 'custom.status', (tags) => String(tags.check));
  for (const { name, status } of own.checks) assert.is(told.get(name), numbers[status], name);
  const values = await lastValues('full', 'custom.value', (tags) => `${tags.check} ${tags.label}`);
  assert.is(values.get('json queue'), 7);
  if (plugins) assert.ok((values.get('disk /') ?? 0) > 1e6, 'megabytes are turned into bytes');
  const pids = readFileSync(path('forked'), 'utf8').trim().split('\n');
  assert.is(pids.length, 9);
  assert.equal(pids.filter(isAlive), [], 'what it forked is ended');
  const alertFor = async (metric: string, tag: string, value: string) => {
    const { items: alerts } = await collector.get<{ items: Alert[] }>(`/api/v1/alerts?endpoint=${idOf('full')}`);
    return alerts.some((alert) => alert.metric.startsWith(metric) && alert.tags[tag] === value);
  };
  if (plugins) await until(() => alertFor('custom', 'check', 'dummy'), 10_000, 'an alert for the critical plugin');
  await until(() => alertFor('backup', 'job', 'dump-old'), 10_000, 'an alert for the late backup');
});

const step = (name: string, run: (page: Page) => Promise<void>) => {
  if (noBrowser === null) test(name, () => run((browser as Browser).page));
};

if (noBrowser === null)
  test('a person logs in', async () => {
    browser = await openBrowser();
    const { page } = browser;
    await page.goto(collector.setup as string);
    await page.getByLabel('Password', { exact: true }).fill('a sentence that nobody guesses');
    await page.getByLabel('Confirm password').fill('a sentence that nobody guesses');
    await page.getByRole('button', { name: 'Create admin account' }).click();
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
  });

const show = (page: Page, where: string, language: 'en' | 'ja' = 'en') =>
  openPage(page, collector.http + where, language);

const words = {
  en: {
    failed: 'Failed',
    late: 'Late',
    never: 'Never succeeded',
    unknown: 'Unknown',
    ok: 'OK',
    warning: 'With warnings',
  },
  ja: { failed: '失敗', late: '遅延', never: '成功実績なし', unknown: '不明', ok: '正常', warning: '警告付き成功' },
} as const;

/** What agents report is in Japanese on a Japanese page; what a tool said itself stands between quotation marks. */
async function noEnglish(page: Page): Promise<void> {
  const words = /\b(the|is|are|was|were|has|have|cannot|could|there|this|does|did)\b/i;
  const cells = await page.locator('main td, main .callout, main dd').allTextContents();
  assert.ok(cells.length > 3, page.url());
  for (const text of cells) assert.not.match(text.replaceAll(/「[^」]*」/g, '「」'), words, `${page.url()}: ${text}`);
}

/** A reason as a page shows it, up to its first value. */
const inWordsOf = (language: 'en' | 'ja', codeOrText: string) =>
  onPage(language, codeOrText, { host: hostname() }).split('{{')[0] ?? '';

for (const language of ['en', 'ja'] as const)
  step(`the Protection page says each state (${language})`, async (page) => {
    for (const group of ['failed', 'late', 'never', 'warning', 'unknown', 'ok'] as const) {
      await show(page, `/protection?group=${group}`, language);
      for (const { job, state, reason } of expected.filter((one) => one.state === group)) {
        const text = await rowText(page, job);
        assert.ok(text.includes(words[language][state as 'ok']), `${job}: ${text}`);
        if (reason) assert.ok(text.includes(inWordsOf(language, reason)), `${job}: ${text}`);
      }
      if (language === 'ja') await noEnglish(page);
    }
    await show(page, '/protection?group=none', language);
    await rowText(page, 'bare');
  });

step('the Patches page says "unknown" with the reason, and no zero', async (page) => {
  if (!hasApt || noNamespace !== null) return;
  for (const [language, unknown] of [
    ['en', 'Unknown'],
    ['ja', '不明'],
  ] as const) {
    await show(page, '/patches', language);
    const row = page.getByRole('row').filter({ hasText: 'bare' }).first();
    assert.ok((await row.textContent())?.includes(unknown));
    assert.ok((await row.textContent())?.includes(inWordsOf(language, 'apt_no_lists')));
    assert.not((await row.locator('td.right').allTextContents()).includes('0'));
    if (language === 'ja') await noEnglish(page);
  }
});

step('the tabs of the endpoint say it: backups, updates, health, software', async (page) => {
  const tab = async (name: string, which: string, language: 'en' | 'ja' = 'en') => {
    await show(page, `/endpoints/${encodeURIComponent(idOf(name))}?tab=${which}`, language);
    return ((await page.locator('main').textContent()) ?? '').replace(/\s+/g, ' ');
  };
  const backups = await tab('full', 'backups');
  for (const { job, reason } of expected)
    assert.ok(backups.includes(job) && backups.includes(inWordsOf('en', reason ?? '')), job);
  assert.match(await tab('bare', 'backups'), 'No backup job was found');
  if (hasApt && noNamespace === null) {
    const updates = await tab('bare', 'updates');
    assert.match(updates, 'Scan failed');
    assert.match(updates, inWordsOf('en', 'apt_no_lists'));
    assert.match(await tab('full', 'updates'), 'Scanned');
    assert.match(await tab('bare', 'updates', 'ja'), 'スキャン失敗');
  }
  await tab('full', 'health');
  const healthWords = { ok: 'OK', warning: 'Warning', critical: 'Critical', unknown: 'Unknown' };
  for (const { name, status, words: said } of own.checks) {
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
    const text = (await row.first().textContent({ timeout: 5000 })) ?? '';
    assert.ok(text.includes(healthWords[status]) && text.includes(inWordsOf('en', said)), `${name}: ${text}`);
  }
  assert.match(await tab('full', 'health', 'ja'), '独自チェック');
  await until(async () => (await sectionOf('full', 'software')) !== undefined, 60_000, 'the section software');
  if (hasApt) assert.match(await tab('full', 'software'), 'apt');
});

step('the tabs of an endpoint say in Japanese what its agent reports', async (page) => {
  for (const [name, tab] of [
    ...['backups', 'updates', 'health', 'about'].map((one) => ['full', one] as const),
    ['bare', 'updates'],
  ] as const) {
    await show(page, `/endpoints/${encodeURIComponent(idOf(name))}?tab=${tab}`, 'ja');
    await noEnglish(page);
  }
});

step('a restore test recorded by a person is reported with name and time', async (page) => {
  await show(page, `/endpoints/${encodeURIComponent(idOf('full'))}?tab=backups`);
  const box = page
    .locator('section', { hasText: 'dump-fresh' })
    .filter({ has: page.getByRole('button') })
    .last();
  await box.getByRole('button', { name: 'Record a restore test' }).click();
  await box.getByLabel('Note').fill('one table compared');
  await box.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /dump-fresh.*one table compared/ }).waitFor();
  const { items } = await collector.get<Protection>('/api/v1/protection?q=dump-fresh');
  assert.is(items[0]?.job?.verifiedBy, 'admin');

  await box.getByRole('button', { name: 'Record a restore test' }).click();
  await box.getByLabel('Result').selectOption('no');
  await box.getByLabel('Note').fill('archive corrupt');
  await box.getByRole('button', { name: 'Save' }).click();
  await box.getByText('Restore test failed').waitFor();
  assert.match((await box.textContent()) ?? '', /Failed.*Restore test failed.*archive corrupt/);
  for (const [language, words] of [
    ['en', /Restore test failed.*admin: archive corrupt/],
    ['ja', /復元テスト失敗.*admin: archive corrupt/],
  ] as const) {
    await show(page, '/protection?group=failed', language);
    const row = page.getByRole('row').filter({ hasText: 'dump-fresh' });
    assert.match((await row.first().textContent()) ?? '', words);
  }
});

if (hasApt && noNamespace === null)
  test('once the source is mended the numbers are back', async () => {
    await stop('bare');
    mkdirSync(path('mended'));
    cpSync('/etc/apt/sources.list.d', path('mended'), { recursive: true });
    await start('bare', [[path('mended'), '/etc/apt/sources.list.d']], ['hardware', 'software', 'health_slow']);
    await until(async () => (await rowOf('bare')).patches.scan === 'ok', 60_000, 'a good scan');
    assert.is((await rowOf('bare')).patches.pending, (await rowOf('full')).patches.pending);
  });

test.run();
