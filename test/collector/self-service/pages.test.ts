/** People who report without an account: the pages as a browser uses them, and what strangers try at them. */
import { createHash } from 'node:crypto';
import { request as rawRequest } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeSecret } from '../../../collector/accounts/secret.ts';
import { type Clock, systemClock } from '../../../shared/clock.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/processes.ts';
import { type WiredMachine, wiredMachine } from '../../support/wired-machine.ts';

const test = suite('self-service');
let collector: InProcess;
let machine: WiredMachine;
let label: string;
/** Limits count by this clock alone. */
let ahead = 0;
const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
/** Of limits of this room: after it all are full again. The one per minute of the server has its own clock. */
const later = () => {
  ahead += 24 * 3_600_000;
};

test.before(async () => {
  collector = await openCollector({
    clock,
    settings: `self_service: { enabled: true, contact: "Call <4711>" }
http: { trustProxy: [127.0.0.1] }
rules: [{ id: disk-space, for_s: 0, clear_for_s: 0 }, { id: disk-space-critical, for_s: 0, clear_for_s: 0 }]
`,
  });
  const ada = { name: 'ada', password: 'a sentence of its own', role: 'operator' };
  await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body: ada });
  machine = await wiredMachine(collector, 'pc-17');
  label = await newLabel();
});
test.after(async () => {
  machine.end();
  await collector.close();
});

const url = (path: string) => collector.started.addresses.http + path;
const labelsPath = () => `/api/v1/endpoints/${machine.id}/report-labels`;
async function newLabel(): Promise<string> {
  const made = await collector.call(labelsPath(), { method: 'POST', as: 'operator' });
  assert.is(made.status, 201);
  return new URL((made.body as { url: string }).url).pathname;
}

let networks = 0;
/** Each from an address of its own, so that the limit per minute of one test is not that of another. */
const elsewhere = () => ({ 'x-forwarded-for': `10.${(++networks >> 8) & 255}.${networks & 255}.7` });

interface Page {
  status: number;
  html: string;
  location: string;
  cookie: string;
}

async function visit(path: string, headers: Record<string, string> = {}): Promise<Page> {
  const answer = await fetch(url(path), { headers: { ...elsewhere(), ...headers }, redirect: 'manual' });
  return pageOf(answer);
}
const pageOf = async (answer: Response): Promise<Page> => ({
  ...{ status: answer.status, html: await answer.text(), location: answer.headers.get('location') ?? '' },
  cookie: answer.headers.get('set-cookie') ?? '',
});

/** As a browser sends the form of the page. */
async function send(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
  const own = { origin: collector.started.addresses.http, 'sec-fetch-site': 'same-origin' };
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams(fields).toString();
  const all = { ...type, ...own, ...elsewhere(), ...headers };
  return pageOf(await fetch(url(path), { method: 'POST', body, redirect: 'manual', headers: all }));
}
const tickets = async () => {
  const { n } = await collector.state
    .selectFrom('tickets')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(n);
};
const ticketNamed = (title: string) =>
  collector.state.selectFrom('tickets').selectAll().where('title', '=', title).executeTakeFirstOrThrow();
const act = async (id: number, what: string, body: object) => {
  const answer = await collector.call(`/api/v1/tickets/${id}/${what}`, { method: 'POST', as: 'operator', body });
  assert.is(answer.status, 200, answer.text);
};
const owned = (id: number, assignee: string | null) => act(id, 'assign', { assignee });
const pathOf = (location: string) => location.split('?')[0] as string;

test('from the label to the rating: a ticket, its answers in public, opened again, rated', async () => {
  later();
  const form = await visit(label);
  assert.is(form.status, 200);
  assert.match(form.html, 'Report a problem on pc-17');
  assert.match(form.html, 'Call &lt;4711&gt;');
  const sent = await send(label, {
    ...{ problem: 'The screen is black\nsince noon', urgency: 'stopped' },
    ...{ name: 'Mia Abe', mail: 'mia@example.org' },
  });
  assert.is(sent.status, 303, sent.html);
  assert.match(sent.location, /^\/request\/[\w-]{43}\?done=sent$/);
  const own = pathOf(sent.location);
  const row = await ticketNamed('The screen is black');
  assert.equal(
    [row.channel, row.requester, row.endpoint, row.priority, row.tier, row.kind],
    ['portal', 'Mia Abe <mia@example.org>', machine.id, 3, 1, 'person'],
  );
  assert.match((await visit(own)).html, 'since noon');
  await act(row.id, 'comment', { text: 'Which cable is in?', public: true });
  await act(row.id, 'comment', { text: 'He is always like this', public: false });
  const tomorrow = Date.now() + 86_400_000;
  await act(row.id, 'state', { state: 'on_hold', reason: 'awaiting_requester', until: tomorrow });
  const asked = await visit(own);
  assert.match(asked.html, 'We need an answer from you');
  assert.match(asked.html, 'Which cable is in?');
  assert.not.match(asked.html, 'always like this');
  assert.not.match(asked.html, 'a operator');
  const answered = await send(own, { act: 'answer', text: 'The <b>blue</b> one' });
  assert.match(answered.location, 'done=answered');
  const after = await visit(own);
  assert.match(after.html, 'The &lt;b&gt;blue&lt;/b&gt; one');
  assert.match(after.html, 'Received', 'nobody has taken it');
  await owned(row.id, 'ada');
  assert.match((await visit(own)).html, 'We are working on it');
  await act(row.id, 'resolve', { text: 'Secret: cable of the boss' });
  const solved = await visit(own);
  assert.match(solved.html, 'Solved');
  assert.not.match(solved.html, 'cable of the boss');
  assert.match((await send(own, { act: 'reopen', text: 'Black again' })).location, 'done=reopened');
  assert.is((await ticketNamed('The screen is black')).state, 'in_progress');
  await owned(row.id, null);
  assert.match((await visit(own)).html, /class="state received"/, 'opened again it waits for somebody');
  await act(row.id, 'resolve', { text: 'New cable' });
  assert.match((await send(own, { act: 'rate', rating: '4', text: 'Kind' })).location, 'done=rated');
  const rated = await collector.state.selectFrom('ratings').selectAll().where('rating', 'is not', null).execute();
  assert.equal(
    rated.map(({ ticket, rating, comment }) => [ticket, rating, comment]),
    [[row.id, 4, 'Kind']],
  );
});

test('a request that is worked on as part of another goes on here, without a word of the other requester', async () => {
  later();
  const [one, other] = [
    pathOf((await send(label, { problem: 'Mail is slow' })).location),
    pathOf((await send(label, { problem: 'Mail is very slow' })).location),
  ];
  const [from, into] = [await ticketNamed('Mail is slow'), await ticketNamed('Mail is very slow')];
  await act(into.id, 'comment', { text: 'Said before, to the other', public: true });
  await act(from.id, 'merge', { into: into.id, text: 'We go on with both as one.' });
  await send(other, { act: 'answer', text: 'My own secret' });
  await owned(into.id, 'ada');
  await act(into.id, 'comment', { text: 'The line is being mended', public: true });
  const page = await visit(one);
  for (const shown of ['Worked on together with another request', 'We are working on it', 'The line is being mended'])
    assert.match(page.html, shown);
  for (const hidden of ['My own secret', 'Said before']) assert.not.match(page.html, hidden);
  assert.match((await send(one, { act: 'answer', text: 'Mine is wireless' })).location, 'done=answered');
  assert.match((await visit(one)).html, 'Mine is wireless');
  const others = await visit(other);
  assert.not.match(others.html, /Mine is wireless|together with another/);
  await act(into.id, 'resolve', {});
  assert.match((await visit(one)).html, 'class="state solved"');
  assert.match((await send(one, { act: 'reopen', text: 'Slow again' })).location, 'done=reopened');
  assert.is((await ticketNamed('Mail is very slow')).state, 'in_progress');
});

test('a file for the requester is on their page, and in the history; one for the desk is neither', async () => {
  later();
  const own = pathOf((await send(label, { problem: 'How do I scan' })).location);
  const { id } = await ticketNamed('How do I scan');
  const add = async (name: string, isPublic: boolean) => {
    const address = `${url(`/api/v1/tickets/${id}/attachments`)}?name=${name}&public=${isPublic}`;
    const headers = {
      'content-type': 'application/octet-stream',
      authorization: `Bearer ${collector.token('operator')}`,
    };
    const answer = await fetch(address, { method: 'POST', body: `text of ${name}`, headers });
    assert.is(answer.status, 201);
    return ((await answer.json()) as { id: number }).id;
  };
  const [shown, hidden] = [await add('steps.txt', true), await add('inner.txt', false)];
  const page = await visit(own);
  assert.match(page.html, `href="${own}/files/${shown}"`);
  assert.not.match(page.html, 'inner.txt');
  const file = await fetch(url(`${own}/files/${shown}`), { headers: elsewhere() });
  assert.equal(
    [file.status, await file.text(), file.headers.get('content-disposition')?.slice(0, 10)],
    [200, 'text of steps.txt', 'attachment'],
  );
  assert.is((await visit(`${own}/files/${hidden}`)).status, 404);
  const elsewherePath = pathOf((await send(label, { problem: 'Other one' })).location);
  assert.is((await visit(`${elsewherePath}/files/${shown}`)).status, 404, 'of another request');
  const events = collector.state.selectFrom('ticket_events').select(['kind', 'text', 'actor']).where('ticket', '=', id);
  assert.equal(
    (await events.where('kind', '=', 'attached').execute()).map(({ text }) => text),
    ['steps.txt', 'inner.txt'],
  );
});

test('labels printed earlier end; those of just now, and what a machine opened, go on', async () => {
  later();
  const old = await newLabel();
  const before = (await collector.call(labelsPath(), { as: 'operator' })).body as { lastAt: number };
  const machineMade = `/report/${makeSecret()}`;
  const hash = createHash('sha256')
    .update(machineMade.split('/')[2] as string)
    .digest('hex');
  const row = { token_hash: hash, endpoint: machine.id, made_at: 1, made_by: 'x', expires_at: Date.now() + 60_000 };
  await collector.state.insertInto('report_labels').values(row).execute();
  assert.is((await visit(machineMade)).status, 200);
  await until(() => Date.now() > before.lastAt, 1000, 'the next millisecond');
  label = await newLabel();
  const path = `${labelsPath()}?before=${before.lastAt + 1}`;
  await collector.call(path, { method: 'DELETE', as: 'admin' });
  assert.equal(
    [(await visit(old)).status, (await visit(label)).status, (await visit(machineMade)).status],
    [404, 200, 200],
  );
});

test('what only a person of the house may know is in no page: secrets are stored as hashes, the log names none', async () => {
  later();
  const { location } = await send(label, { problem: 'Kept nowhere' });
  const secrets = [label.split('/')[2], pathOf(location).split('/')[2]] as string[];
  const tables = ['report_labels', 'request_links', 'audit_log', 'tickets', 'ticket_events'] as const;
  for (const table of tables) {
    const rows = JSON.stringify(await collector.state.selectFrom(table).selectAll().execute());
    for (const secret of secrets) assert.not.ok(rows.includes(secret), `${table} holds a secret`);
  }
});

test('what monitoring knows is said as a kind of trouble, of this machine alone', async () => {
  const { state } = collector;
  const other = await wiredMachine(collector, 'pc-18');
  await Promise.all([machine.disk(97, '/secret'), other.disk(97, '/other')]);
  const alerts = () => state.selectFrom('alerts').select(['id', 'endpoint']).where('state', '=', 'firing').execute();
  await until(async () => (await alerts()).length >= 2, 10_000, 'both alerts');
  const page = await visit(label);
  assert.match(page.html, 'Its disk is full, or nearly. It was noticed.');
  for (const inside of ['/secret', 'disk-space', 'pc-18', '/other']) assert.not.match(page.html, inside);
  for (const { id, endpoint } of await alerts())
    if (endpoint === machine.id)
      await collector.call(`/api/v1/alerts/${id}/acknowledge`, { method: 'POST', as: 'operator', body: {} });
  const taken = await visit(label, { 'accept-language': 'ja' });
  assert.match(taken.html, 'ディスクがいっぱいか、残りわずかです。 対応中です。');
  assert.not.match(taken.html, 'a operator');
  await machine.disk(10, '/secret');
  other.end();
});

test('articles for everybody are found while typing, and end a request unless it is sent after all', async () => {
  later();
  const write = async (title: string, isPublic: boolean, state = 'published') => {
    const texts = [
      {
        language: 'en',
        title,
        body: '## Steps\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) **turn** it off',
      },
    ];
    const body = { texts, keywords: '', reviewer: null, validUntil: null, state, isPublic };
    const made = await collector.call('/api/v1/articles', { method: 'POST', as: 'operator', body });
    assert.is(made.status, 201, made.text);
    return (made.body as { id: string }).id;
  };
  const id = await write('Printer does not print', true);
  const inner = await write('Printer password of the house', false);
  const draft = await write('Printer draft', true, 'draft');
  const seen = await visit(`${label}?q=printer`);
  assert.match(seen.html, `/articles/${id}`);
  for (const hidden of [inner, draft]) assert.not.match(seen.html, `/articles/${hidden}`);
  assert.is((await visit(`${label}/search?q=printr`)).html.includes(id), true);
  for (const hidden of [inner, draft, 'nothing']) assert.is((await visit(`${label}/articles/${hidden}`)).status, 404);
  const article = await visit(`${label}/articles/${id}`);
  assert.match(article.html, '<strong>turn</strong>');
  assert.not.match(article.html, '<script>alert');
  assert.not.match(article.html, 'javascript:');
  const ended = async () => {
    const answer = await collector.call('/api/v1/articles', { as: 'viewer' });
    return (answer.body as { ended: { solved: number } }).ended.solved;
  };
  const one = makeSecret();
  for (const _ of [1, 2]) await send(`${label}/articles/${id}`, { solved: 'yes', visit: one });
  assert.is(await ended(), 1);
  await send(`${label}/articles/${id}`, { solved: 'yes', visit: makeSecret() });
  assert.is(await ended(), 2);
  await send(label, { problem: 'It does not print after all', visit: one });
  assert.is(await ended(), 1);
});

test('a browser that is to remember lists what it reported; another one, and the database, open nothing', async () => {
  later();
  const first = await send(label, { problem: 'Mouse is gone', keep: 'yes' });
  assert.match(first.cookie, /HttpOnly; SameSite=Lax/);
  const cookie = first.cookie.split(';')[0] as string;
  const second = await send(label, { problem: 'Keyboard is gone', keep: 'yes' }, { cookie });
  assert.is(second.cookie.split(';')[0], cookie);
  const list = await visit('/request', { cookie });
  assert.match(list.html, 'Mouse is gone');
  const links = [...list.html.matchAll(/href="(\/request\/[\w-]{43})"/g)].map(([, path]) => path as string);
  assert.equal(links, [pathOf(second.location), pathOf(first.location)]);
  assert.match((await visit(links[1] as string)).html, 'Mouse is gone');
  assert.not.match((await visit('/request')).html, 'Mouse');
  assert.not.match((await visit('/request', { cookie: `${cookie}x` })).html, 'Mouse');
  const unkept = await send(label, { problem: 'Nobody remembers' });
  assert.is(unkept.cookie, '');
  const forgotten = await send('/request', {}, { cookie });
  assert.match(forgotten.cookie, /Max-Age=0/);
});

test('markup in every field is shown as text', async () => {
  later();
  const nasty = `"><img src=x onerror=alert(1)><script>x</script>'`;
  const fields = {
    problem: nasty,
    name: nasty,
    mail: nasty,
    phone: nasty,
    urgency: nasty,
    visit: nasty,
    language: nasty,
  };
  const refused = await send(label, fields);
  assert.is(refused.status, 422);
  assert.match(refused.html, 'not an e-mail address');
  const { location } = await send(label, { ...fields, mail: '' });
  const pages = [refused, await visit(pathOf(location)), await visit(`${label}?q=${encodeURIComponent(nasty)}`)];
  pages.push(await visit(`${label}?visit=${encodeURIComponent(nasty)}`));
  for (const { html } of pages) assert.not.match(html, /<img src=x|<script>x/);
  await collector.state.updateTable('endpoints').set({ name: nasty }).where('id', '=', machine.id).execute();
});

test('headers of a mail cannot be made by what is typed', async () => {
  later();
  const bad = [
    'a@example.org\r\nBcc: b@example.org',
    'a@example.org,b@example.org',
    'a@example.org ',
    '<a@example.org>',
  ];
  for (const mail of bad.slice(0, 2)) assert.is((await send(label, { problem: 'x', mail })).status, 422, mail);
  const name = 'Mia\r\nBcc: x@example.org, "y" <z@example.org>';
  await send(label, { problem: 'Header\u2028test', name, mail: 'mia@example.org' });
  const row = await collector.state
    .selectFrom('tickets')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  assert.match(row.requester as string, /^[\w .]+ <mia@example\.org>$/);
  assert.not.match(row.title as string, '\u2028');
});

test('nobody becomes a user by typing a name: the requester is told apart', async () => {
  later();
  await send(label, { problem: 'As the admin', name: 'admin' });
  assert.is((await ticketNamed('As the admin')).requester, 'admin (self-service)');
  await send(label, { problem: 'By address', mail: 'boss@example.org' });
  assert.is((await ticketNamed('By address')).requester, '<boss@example.org>');
  await send(label, { problem: 'By nobody' });
  assert.is((await ticketNamed('By nobody')).requester, 'self-service');
});

test('what is unknown, forged, ended or expired is refused alike', async () => {
  later();
  const gone = await newLabel();
  const { location } = await send(gone, { problem: 'Still followed' });
  const ended = await collector.call(labelsPath(), { method: 'DELETE', as: 'admin' });
  assert.is((ended.body as { ended: number }).ended, 2);
  label = await newLabel();
  assert.is((await visit(pathOf(location))).status, 200);
  const expired = pathOf((await send(label, { problem: 'Soon expired' })).location);
  const id = (await ticketNamed('Soon expired')).id;
  await collector.state.updateTable('request_links').set({ expires_at: 1 }).where('ticket', '=', id).execute();
  const forged = `${expired.slice(0, -1)}${expired.endsWith('A') ? 'B' : 'A'}`;
  const unknown = `/request/${makeSecret()}`;
  const paths = [
    gone,
    expired,
    forged,
    unknown,
    `/request/${id}`,
    `/report/${machine.id}`,
    `/report/${makeSecret()}`,
    `${label}/articles/nothing`,
  ];
  const answers = await Promise.all(paths.map((path) => visit(path)));
  for (const { status, html } of answers) assert.equal([status, html], [404, answers[0]?.html]);
  const pressed = await Promise.all(
    paths.slice(0, 7).map((path) => send(path, { problem: 'x', act: 'answer', text: 'x' })),
  );
  for (const { status, html } of pressed) assert.equal([status, html], [404, answers[0]?.html]);
});

test('a form of another origin is refused', async () => {
  later();
  const before = await tickets();
  const foreign = [
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'http://other.localhost' },
  ];
  for (const headers of foreign)
    for (const language of ['en', 'ja']) {
      const own = { 'sec-fetch-site': 'same-origin', 'accept-language': language, ...headers };
      const refused = await send(label, { problem: 'Forged' }, own);
      assert.is(refused.status, 403);
      assert.match(refused.html, language === 'ja' ? '保存されませんでした' : 'nothing was saved');
      assert.not.match(refused.html, /bearer|script|evil|トークン/i);
    }
  assert.is(await tickets(), before);
});

test('a huge body is refused by its length, before it is read', async () => {
  const { hostname, port } = new URL(collector.started.addresses.http);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(10 * 1024 ** 3) };
  const status = await new Promise<number>((resolve, reject) => {
    // Not one byte of it is sent.
    const asked = rawRequest(
      { hostname, port, path: label, method: 'POST', headers: { ...headers, ...elsewhere() } },
      (answer) => {
        resolve(answer.statusCode ?? 0);
        asked.destroy();
      },
    );
    asked.on('error', reject);
    asked.flushHeaders();
  });
  assert.is(status, 413);
  assert.is((await send(label, { problem: 'x'.repeat(70_000) })).status, 413);
  assert.is((await send(label, { problem: 'x'.repeat(4001) })).status, 422);
});

test('a flood: so many tickets per network, machine and in all, and what was typed is not lost', async () => {
  later();
  const before = await tickets();
  const from = { 'x-forwarded-for': '192.0.2.1' };
  const codes: number[] = [];
  for (let n = 0; n < 20; n++) codes.push((await send(label, { problem: `Flood ${n}` }, from)).status);
  assert.is(codes.filter((code) => code === 303).length, 5, 'of one machine');
  const last = await send(label, { problem: 'Do not lose this' }, from);
  assert.is(last.status, 429);
  assert.match(last.html, 'Do not lose this');
  assert.match(last.html, 'in a short time');
  assert.is(await tickets(), before + 5);
  // From a thousand networks: the machine is counted, too.
  later();
  let made = 0;
  for (let n = 0; n < 40; n++) if ((await send(label, { problem: `Spread ${n}` })).status === 303) made++;
  assert.is(made, 5);
});

test('off, all of it is as if it were not there', async () => {
  const off = await openCollector();
  try {
    const asked = await Promise.all(
      ['/request', '/request/x', '/report/x'].map((path) => off.call(path).then(({ status }) => status)),
    );
    assert.equal(asked, [404, 404, 404]);
    const endpoint = await wiredMachine(off, 'pc-1');
    const made = await off.call(`/api/v1/endpoints/${endpoint.id}/report-labels`, { method: 'POST', as: 'admin' });
    assert.is(made.status, 409);
    assert.match(made.text, 'self_service');
    endpoint.end();
  } finally {
    await off.close();
  }
});

test.run();
