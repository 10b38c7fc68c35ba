/**
 * A language is one file and one line: a language made from English is added so, to the collector and to the web app, and
 * then nothing that people read is without its brackets, but data. A fleet in which everything is wrong once, its mails and
 * webhooks on real ports, its REST interface, and its pages.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from 'vite';
import { defaultRules } from '../../collector/evaluate/defaults.ts';
import type { Alert, EndpointRow, GroupRow, SiteRow, TicketRow } from '../../shared/api.ts';
import { openMailServer, openReceiver } from '../collector/notify/receiver.ts';
import { createSimulated, type Simulated } from '../simulate/endpoint.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { type Machine, makeMachine } from '../simulate/machine.ts';
import { troubleKinds } from '../simulate/troubles.ts';
import { type Browser, browserMissing, openBrowser, openPage } from '../support/browser.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { pseudo, withLine, writeHook, writePseudo } from '../support/pseudo.ts';

const test = suite('languages');
const folder = temporaryFolder();
const web = join(folder.path, 'web');
const day = 86_400_000;
const fleet: Simulated[] = [];
let collector: RunningCollector;
let mail: Awaited<ReturnType<typeof openMailServer>>;
let hook: Awaited<ReturnType<typeof openReceiver>>;
let browser: Browser | null = null;

const missing = browserMissing();
if (missing) console.log(`SKIP chromium: ${missing}`);

/** Everything quick, so that the test is. A rule of one's own is called what its makers call it. */
const settings = () => `
agents: { interval: 1s }
tickets: { openAfter: 0s }
outgoing: { allow: [127.0.0.1] }
notify: { wait: 0s, interval: 0s, by: [rule, endpoint] }
channels:
  - { name: hook, kind: webhook, language: ${pseudo}, url: ${hook.url} }
  - name: mail
    kind: email
    host: 127.0.0.1
    port: ${mail.port}
    from: evenkeel@example.org
    to: it@example.org
    language: ${pseudo}
rules:
  - { id: server-down, for_s: 0, when: { kind: absence, after_s: 3 } }
  - { id: own-rule, name: Ourownname, when: { kind: threshold, measurement: mem, all: [{ field: used_percent, op: '>=', value: 1 }] } }
${quick.map((id) => `  - { id: ${id}, for_s: 0 }`).join('\n')}
`;
/** Some stay as they are, to be changed on a page. */
const untouched = ['server-down', 'disk-space', 'swap', 'certificate'];
const quick = defaultRules.map(({ id }) => id).filter((id) => !untouched.includes(id));

async function send<T>(path: string, method: string, body: unknown): Promise<T> {
  const answer = await fetch(`${collector.http}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return (await answer.json()) as T;
}
const get = <T>(path: string) => collector.get<T>(`/api/v1/${path}`);
const list = async <T>(path: string) => (await get<{ items: T[] }>(path)).items;

/** One machine for each trouble, servers and workstations of all systems by turns, and one without any. */
async function startFleet(): Promise<void> {
  const now = Date.now();
  const machines = [...troubleKinds, null].map((kind, n): Machine => {
    // Two servers, then a workstation: some troubles are of one kind only.
    const drawn = Array.from({ length: 20 }, (_, k) => makeMachine(5, n * 20 + k, now));
    const machine = drawn.find(({ kind }) => kind === (n % 3 === 2 ? 'workstation' : 'server')) as Machine;
    const name = `machine${n}`;
    return { ...machine, hostname: name, sleepShare: 0, troubles: kind ? [{ kind, from: now - 20 * day }] : [] };
  });
  const code = await makeCode(collector.http, collector.token, machines.length);
  for (const machine of machines) {
    const credential = await enroll(code, machine);
    const one = createSimulated({ machine, credential, intervalMs: 1000, longestWaitMs: 1000 });
    fleet.push(one);
    one.start();
  }
}

/** What people leave behind: places, an exception, a comment, a restore test. */
async function actAsPeople(): Promise<void> {
  const [first, second] = await list<EndpointRow>('endpoints?limit=500');
  await send('sites', 'POST', { name: 'Zarquon', note: 'Notetaken', zone: 'Asia/Tokyo' });
  const group = await send<GroupRow>('groups', 'POST', { name: 'Vogons' });
  await send('groups', 'POST', { name: 'Emptygroup' });
  for (const row of [first, second])
    await send(`endpoints/${row?.id}`, 'PATCH', { site: 'Zarquon', tags: ['Tagged'], groups: [group.id] });
  const scope = { of: 'site', target: 'Zarquon' };
  await send('rules/disk-space', 'PUT', { scope, parts: { enabled: false }, reason: 'Becauseso' });
  await send('rules/swap', 'PUT', { parts: { for_s: 60, ticket: 'off', no_data: 'ignore' }, reason: 'Becauseso' });
  await send('tokens', 'POST', { name: 'Tokenname', role: 'viewer' });
  const made = await send<{ row: TicketRow }>('tickets', 'POST', { title: 'Titletyped', impact: 3, urgency: 3 });
  await send(`tickets/${made.row.id}/comment`, 'POST', { text: 'Commented' });
}

// ── what may stand without brackets ──

/** Keys of REST whose texts are codes: shown as they are, they are words that were forgotten. */
const codeKeys = new Set(
  'state severity code status cause evidence event resolvedWhy kind reasonCode applies of owner role urgency'.split(
    ' ',
  ),
);
/** Those of people and endpoints: only they may hold prose. */
const dataKeys = new Set(
  'name label title detail instance site text reason note by actor changedBy lastError job path requester person target comment'.split(
    ' ',
  ),
);
const data = new Set<string>(['Norule']);

function gather(value: unknown, key = ''): void {
  if (typeof value === 'string') {
    if (!codeKeys.has(key)) data.add(value);
  } else if (Array.isArray(value)) for (const one of value) gather(one, key);
  else if (value !== null && typeof value === 'object')
    for (const [name, inner] of Object.entries(value)) {
      if (key === 'tags') data.add(name);
      // What a tool said of a disk or an array.
      gather(inner, key === 'tags' || key === 'details' ? '' : name);
    }
}

/** Units, names of products, of languages and of zones, and identifiers that people type as they are. */
const always = [
  ...Intl.supportedValuesOf('timeZone'),
  ...'Evenkeel English EN 日本語 KiB MiB GiB TiB B ms s °C UTC GMT P1 P2 P3 P4 P5 CSV PDF Markdown Windows macOS Linux'.split(
    ' ',
  ),
  ...'Chrome Edge Firefox Opera Safari Android iPhone iPad'.split(' '),
  'evenkeel.yaml',
];

/** What is left of a text without what is between brackets, data, and what Intl wrote. Empty: nothing escaped. */
function escaped(text: string): string {
  if (data.has(text)) return '';
  // Names of facts that people type into a text are the same in each language: {value|unit}.
  // The names of lines in one chart lose the words that they begin with, and their first bracket.
  let rest = text.replaceAll(/⟦[^⟦⟧]*⟧|\{[\w|]*\}/g, ' ').replaceAll(/[\p{L} ]+⟧/gu, ' ');
  if (!/\p{L}/u.test(rest.replaceAll(/\p{Script=Greek}/gu, ''))) return '';
  for (const one of [...data, ...always].sort((a, b) => b.length - a.length)) {
    if (one.length === 0 || !rest.includes(one)) continue;
    const isWord = /^[\p{L}\p{N}].*[\p{L}\p{N}]$|^[\p{L}\p{N}]$/u.test(one);
    const place = isWord ? `(?<![\\p{L}\\p{N}])${RegExp.escape(one)}(?![\\p{L}\\p{N}])` : RegExp.escape(one);
    rest = rest.replaceAll(new RegExp(place, 'gu'), ' ');
  }
  return /\p{L}/u.test(rest.replaceAll(/\p{Script=Greek}/gu, '')) ? rest.trim() : '';
}

// ── the proof ──

// A test, not a hook: what fails in a hook is not reported.
test('a language is added by one file and one line, and a fleet has all kinds of trouble', async () => {
  const line = writePseudo(folder.path);
  mail = await openMailServer();
  hook = await openReceiver(() => [200]);
  writeFileSync(join(folder.path, 'evenkeel.yaml'), settings());
  collector = await startCollector(join(folder.path, 'data'), ['--config', join(folder.path, 'evenkeel.yaml')], {
    NODE_OPTIONS: `--import ${writeHook(folder.path, line)}`,
  });
  await startFleet();
  // One of them is silent by its trouble.
  const online = async () => (await list<EndpointRow>('endpoints?limit=500')).filter(({ state }) => state === 'online');
  await until(async () => (await online()).length >= fleet.length - 1, 60_000, 'the fleet');
  await actAsPeople();
  await fleet.at(-1)?.stop();
  const firing = async () => new Set((await list<Alert>('alerts?state=firing&limit=1000')).map(({ rule }) => rule.id));
  await until(async () => (await firing()).size >= 15, 120_000, 'alerts of 15 rules').catch(async (thrown) => {
    throw new Error(`${thrown}: ${[...(await firing())].join(' ')}`);
  });
  if (missing) return;
  const configFile = fileURLToPath(new URL('../../dashboards/web/vite.config.ts', import.meta.url));
  await build({ configFile, logLevel: 'warn', build: { outDir: web }, plugins: [withLine(line)] });
  browser = await openBrowser();
});
test.after(async () => {
  await browser?.close();
  for (const one of fleet) await one.stop();
  collector?.child.kill('SIGTERM');
  await collector?.ended;
  await mail?.close();
  await hook?.close();
  folder.remove();
});

test('REST answers codes with parameters, and what people and endpoints wrote', async () => {
  const rows = await list<EndpointRow>('endpoints?limit=500');
  const alerts = await list<Alert>('alerts?limit=1000');
  const tickets = await list<TicketRow>('tickets?limit=1000');
  const answers: [string, unknown][] = [
    ['alerts', alerts],
    ['tickets', tickets],
    ['rules', await get('rules')],
    ['attention', rows.map(({ attention }) => attention)],
  ];
  for (const { id } of alerts) answers.push([`alerts/${id}`, await get(`alerts/${id}`)]);
  for (const { id } of tickets) answers.push([`tickets/${id}`, await get(`tickets/${id}`)]);
  for (const { id } of rows)
    answers.push([`timeline ${id}`, (await get<{ timeline: unknown }>(`endpoints/${id}`)).timeline]);
  for (const id of ['disk-space', 'swap']) answers.push([`history ${id}`, await get(`rules/${id}/history`)]);
  const prose: string[] = [];
  const look = (value: unknown, where: string, key = ''): void => {
    if (typeof value === 'string') {
      if (!dataKeys.has(key) && /\p{L}\s+\p{L}/u.test(value)) prose.push(`${where}: ${value}`);
    } else if (value !== null && typeof value === 'object')
      for (const [name, inner] of Object.entries(value)) {
        const isText = Array.isArray(value) || key === 'tags';
        if (name !== 'tags') look(inner, `${where}.${name}`, isText ? key : name);
      }
  };
  for (const [where, answer] of answers) look(answer, where);
  assert.ok(alerts.length > 30 && tickets.length > 20);
  assert.equal([...new Set(prose)].slice(0, 40), []);
});

test('a mail and a webhook have no word that is not of the language', async () => {
  // After thirty of an hour they come as a digest.
  await until(() => mail.mails.length > 20 && hook.received.length > 20, 30_000, 'mails and webhooks');
  gather(await get('endpoints?limit=500'));
  gather(await get('alerts?limit=1000'));
  data.add('Ourownname');
  const wrong = new Set<string>();
  let summaries = 0;
  for (const { body } of hook.received) {
    const { alerts } = JSON.parse(body) as { alerts: { annotations: Record<string, string> }[] };
    for (const { annotations } of alerts) {
      summaries++;
      assert.match(annotations.summary ?? '', /⟦/);
      for (const text of [annotations.summary, annotations.value_text]) if (text) wrong.add(escaped(text));
    }
  }
  for (const { data: raw } of mail.mails) {
    const [head = ''] = raw.split('\n\n', 1);
    for (const lineOf of [subjectOf(head), ...linesOf(raw)]) {
      const words = lineOf.replaceAll(/https?:\/\/\S+|\d{4}-\d\d-\d\d \S+ UTC|\w+=/g, ' ');
      if (escaped(words)) wrong.add(lineOf);
    }
    assert.match(subjectOf(head), /⟦/);
  }
  wrong.delete('');
  assert.ok(summaries > 20);
  assert.equal([...wrong], []);
});

const decoded = (text: string, encoding: string) =>
  encoding.toLowerCase() === 'b' || encoding.toLowerCase() === 'base64'
    ? Buffer.from(text, 'base64').toString('utf8')
    : Buffer.from(
        text.replaceAll(/=\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16))),
        'latin1',
      ).toString('utf8');

/** RFC 2047. */
function subjectOf(head: string): string {
  const folded = /^Subject: (.*(?:\n[ \t].*)*)/m.exec(head)?.[1] ?? '';
  return folded
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, encoding, text) => decoded(text.replaceAll('_', ' '), encoding));
}

const bodyOf = (head: string, body: string) =>
  decoded(body, /^Content-Transfer-Encoding: (\S+)/im.exec(head)?.[1] ?? '7bit');

/** What a person reads of a mail, of all its parts: HTML without its tags. */
function linesOf(raw: string): string[] {
  const [head = '', ...rest] = raw.split('\n\n');
  const body = rest.join('\n\n');
  const boundary = /^Content-Type: multipart\/[\s\S]*?boundary="([^"]+)"/im.exec(head)?.[1];
  if (boundary !== undefined)
    return body
      .split(`--${boundary}`)
      .slice(1, -1)
      .flatMap((part) => linesOf(part.trimStart()));
  const text = bodyOf(head, body);
  const isHtml = /^Content-Type: text\/html/im.test(head);
  return (isHtml ? text.replaceAll(/<style[\s\S]*?<\/style>|<[^>]*>/g, '\n') : text).split('\n');
}

// ── pages ──

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The collector serves the app as it is in the tree: only its interface is asked, the pages come from the build with the language. */
async function serveBuild(page: Page): Promise<void> {
  await page.route(
    ({ pathname }) => !pathname.startsWith('/api/'),
    (route) => {
      const { pathname } = new URL(route.request().url());
      const file = extname(pathname) === '' ? '/index.html' : pathname;
      return route.fulfill({ contentType: types[extname(file)] ?? 'text/plain', body: readFileSync(web + file) });
    },
  );
  page.on('response', (response) => {
    if (response.headers()['content-type']?.startsWith('application/json'))
      response.json().then(gather, () => undefined);
  });
}

const attributes = ['aria-label', 'aria-description', 'title', 'placeholder', 'alt'];

/** Every text that is on the page as it is now, also those that only a screen reader says. */
async function textsOf(page: Page): Promise<string[]> {
  return await page.evaluate((names) => {
    const texts = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement?.closest('script, style, noscript, code, kbd')) continue;
      // `P` and `1` beside each other are one text to read, and so is a sentence with a command in it.
      const before = node.previousSibling;
      const left = before?.nodeName === 'CODE' ? before.previousSibling : before;
      const goesOn = left?.nodeType === Node.TEXT_NODE;
      texts.push((goesOn ? texts.pop() : '') + (node.nodeValue ?? ''));
    }
    for (const name of names)
      for (const one of document.querySelectorAll(`[${name}]`)) texts.push(one.getAttribute(name) ?? '');
    return [...new Set(texts.map((text) => text.trim()))].filter((text) => text !== '');
  }, attributes);
}

const found = new Map<string, string>();
let seen = 0;

async function check(page: Page, where: string): Promise<void> {
  const texts = await textsOf(page);
  seen += texts.filter((text) => text.includes('⟦')).length;
  for (const text of texts) {
    const rest = escaped(text);
    if (rest !== '' && !found.has(rest)) found.set(rest, `${where}: ${text.slice(0, 200)}`);
  }
}

const isDone = async (page: Page) => (await page.locator('main .bones:visible').count()) === 0;

/** The page itself, and after each of its buttons was pressed once: forms, questions, and what is wrong with empty ones. */
async function walk(page: Page, path: string, press = false): Promise<void> {
  await openPage(page, collector.http + path, pseudo);
  await check(page, path);
  if (!press) return;
  const names = new Set<string>();
  const moved = new Set<string>();
  for (;;) {
    const buttons = page.locator('main button:visible:not([aria-pressed]):enabled');
    const labels = await buttons.allTextContents();
    const at = labels.findIndex((label) => !names.has(label));
    if (at < 0) break;
    const label = labels[at] ?? '';
    names.add(label);
    await buttons
      .nth(at)
      .click({ timeout: 10_000 })
      .catch(async (thrown) => {
        // A form that closed meanwhile, because what it asked for is done, took its buttons with it; or others moved this one.
        const now = await buttons.allTextContents();
        if (now[at] === label || moved.has(label)) throw thrown;
        if (now.includes(label)) {
          moved.add(label);
          names.delete(label);
          return;
        }
        console.log(`gone before it was pressed: ${label} on ${path}`);
      });
    await page.waitForTimeout(100);
    await until(() => isDone(page), 20_000, path);
    await check(page, `${path} after ${label}`);
    // It lies over the buttons that are pressed next.
    if ((await page.locator('main dialog[open]').count()) > 0) await page.keyboard.press('Escape');
    if (new URL(page.url()).pathname !== path.split('?')[0]) await openPage(page, collector.http + path, pseudo);
  }
}

const tabs = [
  'overview',
  'charts',
  'alerts',
  'tickets',
  'processes',
  'presence',
  'backups',
  'updates',
  'health',
  'software',
  'rules',
  'about',
];

async function views(): Promise<[path: string, press: boolean][]> {
  const rows = await list<EndpointRow>('endpoints?limit=500');
  const tickets = await list<TicketRow>('tickets?limit=1000');
  const kinds = new Set<string>();
  // One ticket of each kind of rule is enough.
  const some = tickets.filter(({ rule, kind }) => !kinds.has(rule?.id ?? kind) && kinds.add(rule?.id ?? kind));
  const [site] = await list<SiteRow>('sites');
  const groups = await list<GroupRow>('groups');
  const [first] = rows;
  const plain = [
    '/alerts',
    '/alerts?state=all',
    '/stability',
    '/protection',
    '/patches',
    '/nowhere',
    '/endpoints/none',
    '/rules/Norule',
  ];
  const pressed = [
    '/',
    '/tickets',
    '/tickets/people',
    '/sites',
    '/groups',
    '/rules',
    '/rules/disk-space',
    '/rules/swap',
    '/rules/own-rule',
  ];
  return [
    ...plain.map((path): [string, boolean] => [path, false]),
    ...[...pressed, '/add', `/sites/${site?.id}`, ...groups.map(({ id }) => `/groups/${id}`)].map(
      (path): [string, boolean] => [path, true],
    ),
    ['/rules/disk-space?edit=all', true],
    ['/rules?new=1', true],
    ['/tickets?state=all', false],
    ...some.map(({ id, kind }): [string, boolean] => [`/tickets/${id}`, kind === 'person']),
    ...tabs.map((tab): [string, boolean] => [`/endpoints/${first?.id}?tab=${tab}`, true]),
    ...rows.map(({ id }): [string, boolean] => [`/endpoints/${id}?tab=health`, false]),
    ['/settings', true],
  ];
}

if (!missing)
  test('no page has a word that is not of the language', async () => {
    const { page } = browser as Browser;
    await serveBuild(page);
    // So high that nothing waits to be scrolled to: charts are not read before.
    await page.setViewportSize({ width: 1280, height: 9000 });
    await page.addInitScript((code) => localStorage.setItem('evenkeel.language', code), pseudo);
    await page.goto(collector.setup as string);
    await page.locator('input').first().waitFor();
    await check(page, '/setup');
    for (const input of await page.locator('input[type=password]').all())
      await input.fill('a sentence that nobody guesses');
    await page.locator('button[type=submit]').click();
    await page.locator('.side-foot').waitFor();
    await send('users', 'POST', { name: 'vera', password: 'a sentence that nobody guesses', role: 'viewer' });
    for (const [path, press] of await views()) await walk(page, path, press);
    await page.context().clearCookies();
    await page.goto(`${collector.http}/login`);
    await page.locator('input').first().waitFor();
    await check(page, '/login');
    assert.ok(seen > 3000, `${seen} texts were seen`);
    assert.equal(
      [...found].map(([rest, where]) => `${rest}  ←  ${where}`),
      [],
    );
  });

test.run();
