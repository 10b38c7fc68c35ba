/** People who have lost their access: the pages as a browser uses them, letters by a real mail server, and what attackers try. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Clock, systemClock } from '../../../shared/clock.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { mailServerMissing, openRealMailServer, type RealMailServer } from '../../support/mail-server.ts';
import { until } from '../../support/until.ts';

const test = suite('recovery of access');
if (mailServerMissing) console.log(`SKIP exim: ${mailServerMissing}`);
const step = (name: string, run: () => Promise<void>) => {
  if (!mailServerMissing) test(name, run);
};
const reset = 'https://login.example.net/reset?realm=keel';
let collector: InProcess;
let mail: RealMailServer;
let [ahead, wall] = [0, 0];
const clock: Clock = {
  ...systemClock,
  now: () => systemClock.now() + wall,
  monotonic: () => systemClock.monotonic() + ahead,
};
/** Limits are full again, and counts of a day begin anew. */
const tomorrow = () => {
  ahead += 25 * 3_600_000;
  wall += 25 * 3_600_000;
};

test.before(async () => {
  if (mailServerMissing) return;
  mail = await openRealMailServer();
  collector = await openCollector({
    clock,
    settings: `http: { trustProxy: [127.0.0.1] }
outgoing: { allow: [127.0.0.1] }
self_service: { enabled: false, contact: "Call 4711" }
channels: [{ name: mail, kind: email, host: 127.0.0.1, port: ${mail.port}, require_tls: false, from: keel@example.org, to: ops@example.org }]
recovery: { enabled: true, reset_url: "${reset}", ways: [mail, manager, approver], approvers: ["desk@example.org", "mia@example.org", "schedule:desk"] }
schedules: [{ name: desk, zone: UTC, layers: [{ name: main, users: [kim], rotation: { unit: week, every: 1, start: 2026-01-05T00:00 } }] }]
`,
  });
  const csv = [
    'number,name,mail,phone,manager,left',
    '4711,Mia Abe,Mia@example.org,+81 6 1234,boss@example.org,',
    '4712,Boss,boss@example.org,,boss@example.org,',
    '4713,Gone,gone@example.org,,,yes',
    '4714,<b>Eve</b>,eve@example.org,,boss@example.org,',
  ].join('\r\n');
  const made = await collector.call('/api/v1/directory/table', {
    ...{ method: 'POST', as: 'admin', body: { csv, reason: 'people' } },
  });
  assert.is(made.status, 200, made.text);
});
test.after(async () => {
  if (mailServerMissing) return;
  await collector.close();
  await mail.stop();
});

const url = (path: string) => collector.started.addresses.http + path;
let networks = 0;
const elsewhere = () => ({ 'x-forwarded-for': `10.${(++networks >> 8) & 255}.${networks & 255}.7` });
const own = () => ({ origin: collector.started.addresses.http, 'sec-fetch-site': 'same-origin' });

interface Shown {
  status: number;
  html: string;
  location: string;
}
const shown = async (answer: Response): Promise<Shown> => ({
  ...{ status: answer.status, html: await answer.text(), location: answer.headers.get('location') ?? '' },
});
const visit = async (path: string, headers = {}) =>
  shown(await fetch(url(path), { redirect: 'manual', headers: { ...elsewhere(), ...headers } }));
const send = async (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  shown(
    await fetch(url(path), {
      ...{ method: 'POST', redirect: 'manual', body: new URLSearchParams(fields).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...own(), ...elsewhere(), ...headers },
    }),
  );
async function ask(who: string, way = 'mail', reach = 'my laptop'): Promise<string> {
  const sent = await send('/recovery', { who, reach, way });
  assert.is(sent.status, 303, sent.html);
  assert.match(sent.location, /^\/recovery\/[\w-]{43}$/);
  return sent.location;
}
/** The clock moves days ahead: marks of tickets are mailed as well. */
const letters = () => mail.mails().filter((one) => one.includes('<recovery-'));
const plain = (text: string) => text.replace(/=\r?\n/g, '').replace(/=3D/g, '=');
async function letter(n: number, waitMs = 20_000): Promise<string> {
  await until(() => letters().length >= n, waitMs, 'the letter');
  return plain(letters()[n - 1] ?? '');
}
const codeOf = (text: string) => /(\d{4}) (\d{4})/.exec(text)?.slice(1).join('') ?? 'none';
const other = (code: string) => String((Number(code) + 1) % 100_000_000).padStart(8, '0');
const tickets = async () => collector.state.selectFrom('tickets').selectAll().orderBy('id').execute();
const audit = async () =>
  collector.state.selectFrom('audit_log').selectAll().where('object', '=', 'recovery').orderBy('id').execute();
const textOf = async (ticket: number) =>
  (await collector.state.selectFrom('ticket_events').select('text').where('ticket', '=', ticket).execute())
    .map(({ text }) => text ?? '')
    .join('\n');

step('a code by mail, once: the reset link of the provider, and a ticket with the proof', async () => {
  const form = await visit('/recovery');
  assert.is(form.status, 200);
  assert.match(form.html, 'Call 4711');
  assert.not.match(form.html, 'type="password"');
  const page = await ask('mia@example.org');
  const text = await letter(1);
  assert.match(text, /To: Mia@example\.org/);
  const code = codeOf(text);
  assert.not.match(/^Subject:.*$/m.exec(text)?.[0] ?? '', /\d{4}/);
  assert.not.match((await visit(page)).html, reset.split('?')[0] ?? '');
  assert.is((await send(page, { code: other(code) })).status, 422);
  const right = await send(page, { code: `${code.slice(0, 4)} ${code.slice(4)}` });
  assert.is(right.status, 303, right.html);
  const done = await visit(page);
  assert.match(done.html, `href="${reset}"`);
  const [ticket] = await tickets();
  assert.equal(
    [ticket?.title, ticket?.requester, ticket?.priority],
    ['Access lost: Mia Abe', 'Mia Abe <Mia@example.org>', 4],
  );
  const history = await textOf(Number(ticket?.id));
  assert.match(history, 'sent to Mia@example.org');
  assert.not.match(history, code);
  assert.is((await send(page, { code })).status, 422, 'a code is used once');
  assert.is((await tickets()).length, 1);
  assert.equal(
    (await audit()).map(({ action, name }) => [action, name]),
    [
      ['recovery_ask', 'Mia Abe'],
      ['recovery_verify', 'Mia Abe'],
    ],
  );
  const kept = JSON.stringify(await collector.state.selectFrom('recovery_requests').selectAll().execute());
  assert.not.match(kept, code);
  wall += 11 * 60_000;
  assert.not.match((await visit(page)).html, 'login.example.net');
});

step('a manager enters the code that is read to them; the person themselves cannot', async () => {
  tomorrow();
  const page = await ask('4711', 'manager', 'the VPN <script>');
  const spoken = codeOf((await visit(page)).html);
  const text = await letter(2);
  assert.match(text, /To: boss@example\.org/);
  assert.not.match(text, `${spoken.slice(0, 4)} ${spoken.slice(4)}`);
  const confirm = new URL(/http\S+\/recovery\/confirm\/[\w-]{43}/.exec(text)?.[0] ?? '').pathname;
  const asked = await visit(confirm);
  assert.match(asked.html, '+81 6 1234');
  assert.match(asked.html, 'the VPN &lt;script&gt;');
  assert.is((await send(page, { code: spoken })).status, 422, 'whoever asks does not confirm');
  assert.is((await send(confirm, { act: 'confirm', code: other(spoken) })).status, 422);
  const done = await send(confirm, { act: 'confirm', code: spoken });
  assert.is(done.status, 200);
  assert.match((await visit(page)).html, `href="${reset}"`);
  assert.match(await textOf(Number((await tickets()).at(-1)?.id)), 'confirmed by boss@example.org');
  assert.is((await visit(confirm)).status, 404, 'the link ends with it');
});

step('an approver says that it is not they: nobody gets anything, the desk gets a ticket', async () => {
  tomorrow();
  const page = await ask('mia@example.org', 'approver');
  const text = await letter(3);
  assert.match(text, /To: desk@example\.org/);
  assert.is(letters().length, 3, 'an approver does not confirm for themselves');
  const confirm = new URL(/http\S+\/recovery\/confirm\/[\w-]{43}/.exec(text)?.[0] ?? '').pathname;
  assert.is((await send(confirm, { act: 'refuse' })).status, 200);
  assert.match((await visit(page)).html, 'This request is over');
  assert.is((await tickets()).at(-1)?.title, 'Somebody asked for access in the name of Mia Abe');
  assert.is((await audit()).at(-1)?.action, 'recovery_refuse');
});

step('guessing: five tries, also all at once, then the right code is refused too', async () => {
  tomorrow();
  const page = await ask('mia@example.org');
  const code = codeOf(await letter(4));
  const before = (await tickets()).length;
  const wrong = Array.from({ length: 40 }, (_, n) => String(n).padStart(8, '0')).filter((one) => one !== code);
  const statuses = await Promise.all(wrong.map((one) => send(page, { code: one }).then(({ status }) => status)));
  assert.ok(statuses.every((status) => status === 422));
  const { tries } = await collector.state
    .selectFrom('recovery_requests')
    .select('tries')
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  assert.is(Number(tries), 5);
  assert.is((await send(page, { code })).status, 422);
  assert.is((await tickets()).length, before);
  assert.is((await audit()).at(-1)?.action, 'recovery_wrong');
  const late = await ask('mia@example.org');
  const second = codeOf(await letter(5));
  wall += 10 * 60_000 + 1;
  assert.is((await send(late, { code: second })).status, 422, 'after ten minutes');
  assert.is((await send(late, { code: code })).status, 422, 'nor that of another request');
  assert.is((await tickets()).length, before);
});

step('enumeration: whoever is named, known or not, gets the same answers', async () => {
  tomorrow();
  const sent = letters().length;
  const pages = new Map<string, string[]>();
  for (const who of ['nobody@example.org', 'gone@example.org', '9999', "' or 1=1 --", '%', 'eve@example.org', '*']) {
    for (const way of ['mail', 'manager']) {
      const page = await ask(who, way);
      const same = (html: string) => html.replaceAll(page.slice(10), '…').replace(/\d{4} \d{4}/, '0000 0000');
      const seen = [same((await visit(page)).html), same((await send(page, { code: '12345678' })).html)];
      pages.set(way, [...(pages.get(way) ?? []), seen.join('\n')]);
    }
  }
  for (const [way, seen] of pages) assert.is(new Set(seen).size, 1, way);
  await until(() => letters().length >= sent + 2, 20_000, 'the letter');
  assert.is(letters().length, sent + 2, 'only the one who is known');
  const unknown = (await audit()).filter(({ name }) => name === null);
  assert.ok(unknown.length >= 12, 'what was typed is not kept: it may be a password');
});

step('floods: per network, per name, per person and in all', async () => {
  tomorrow();
  const one = { 'x-forwarded-for': '192.0.2.9' };
  const many = await Promise.all(
    Array.from({ length: 14 }, (_, n) => send('/recovery', { who: `x${n}@example.org`, reach: 'x', way: 'mail' }, one)),
  );
  assert.is(many.filter(({ status }) => status === 303).length, 10);
  assert.match(many.find(({ status }) => status === 429)?.html ?? '', /x\d+@example\.org/);
  tomorrow();
  const names: number[] = [];
  for (let n = 0; n < 5; n++) names.push((await send('/recovery', { who: 'MIA@example.org', reach: 'x' })).status);
  assert.equal(names, [303, 303, 303, 429, 429]);
  // By all that names one person: six letters a day, and the page says nothing of it.
  tomorrow();
  const sent = letters().length;
  for (const who of ['4714', 'eve@example.org', 'EVE@example.org '])
    for (let n = 0; n < 3; n++) {
      if ((await send('/recovery', { who, reach: 'x' })).status === 303) continue;
      // What has not gone out by then has no more use, and is dropped.
      await until(() => letters().length >= sent + 6, 60_000, 'six letters');
      tomorrow();
    }
  tomorrow();
  const all = await Promise.all(
    Array.from({ length: 70 }, (_, n) => send('/recovery', { who: `y${n}@example.org`, reach: 'x' })),
  );
  assert.is(all.filter(({ status }) => status === 303).length, 60);
});

step('forged: other origins, unknown links, too much, a header in a name', async () => {
  tomorrow();
  const fields = { who: 'mia@example.org', reach: 'x' };
  for (const origin of ['https://evil.example', 'null'])
    assert.is((await send('/recovery', fields, { origin, 'sec-fetch-site': 'cross-site' })).status, 403);
  for (const path of ['/recovery/x', `/recovery/${'A'.repeat(43)}`, `/recovery/confirm/${'A'.repeat(43)}`]) {
    assert.is((await visit(path)).status, 404);
    assert.is((await send(path, { code: '12345678' })).status, 404);
  }
  assert.is((await send('/recovery', { ...fields, reach: 'x'.repeat(70_000) })).status, 413);
  await ask('mia@example.org\r\nBcc: evil@example.org');
  const framed = await visit('/recovery');
  assert.match(framed.html, 'noindex');
  // Letters of the attacks before this one may still be on their way.
  const asked = collector.state.selectFrom('recovery_requests').select('person').orderBy('id', 'desc');
  assert.is((await asked.executeTakeFirstOrThrow()).person, null, 'it is nobody, so that no letter goes out');
  assert.not.ok(JSON.stringify(letters()).includes('evil@example.org'));
});

step('an approver by the schedule is whoever is on call when it is asked for, and stands in the proof', async () => {
  tomorrow();
  const csv = 'name,mail,login\r\nKim,kim@example.org,kim\r\n';
  const made = { name: 'kim', password: 'a long enough sentence', role: 'operator' };
  for (const [path, body] of [
    ['users', made],
    ['directory/table', { csv, reason: 'on call' }],
  ] as const)
    assert.ok((await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body })).status < 300);
  const sent = letters().length;
  await ask('mia@example.org', 'approver');
  await until(() => letters().length >= sent + 2, 20_000, 'two letters');
  const [, own] = letters().slice(sent).sort();
  const to = letters()
    .slice(sent)
    .map((one) => /^To: (.+)$/m.exec(one)?.[1]?.trim())
    .sort();
  assert.equal(to, ['desk@example.org', 'kim@example.org']);
  const confirm = new URL(/http\S+\/recovery\/confirm\/[\w-]{43}/.exec(plain(own ?? ''))?.[0] ?? '').pathname;
  assert.is((await send(confirm, { act: 'refuse' })).status, 200);
  assert.match(await textOf(Number((await tickets()).at(-1)?.id)), 'desk@example.org, kim@example.org');
});

step('a mail server that is away: the letter waits with its number alone, and comes once it is back', async () => {
  tomorrow();
  await mail.stop();
  const page = await ask('mia@example.org');
  const waiting = () =>
    collector.state
      .selectFrom('deliveries')
      .selectAll()
      .where('about', 'like', 'recovery/%')
      .orderBy('created_at', 'desc')
      .executeTakeFirst();
  await until(async () => Number((await waiting())?.attempts) > 0, 20_000, 'an attempt');
  const { notification } = (await waiting()) ?? { notification: 0 };
  const stored = await collector.state
    .selectFrom('notifications')
    .select('facts')
    .where('id', '=', notification)
    .execute();
  assert.match(stored[0]?.facts ?? '', /^\{"event":"recovery","request":\d+,"nth":0\}$/);
  mail = await openRealMailServer(mail.port);
  const code = codeOf(await letter(1, 60_000));
  assert.is((await send(page, { code })).status, 303);
  // Past its time, or after another start, it is of no use and goes nowhere.
  await mail.stop();
  await ask('mia@example.org');
  await until(async () => (await waiting())?.state === 'queued', 20_000, 'the next one');
  tomorrow();
  mail = await openRealMailServer(mail.port);
  await until(async () => ['dropped', 'dead'].includes((await waiting())?.state ?? ''), 20_000, 'it to be over');
  assert.equal(letters(), []);
});

step('it is off unless an admin turns it on, and https only', async () => {
  await collector.stop();
  collector = await collector.again('');
  assert.is((await visit('/recovery')).status, 404);
  assert.is((await send('/recovery', { who: 'mia@example.org', reach: 'x' })).status, 404);
});

test.run();
