/** Join codes: whole, once, in time; and what happens to those that are not. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditRow, EndpointDetail, EndpointRow, Enrollment, NewEnrollment } from '../../../shared/api.ts';
import type { Applicant } from '../../../shared/applicant.ts';
import { checkWordOf } from '../../../shared/check-word.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import type { JoinProgress } from '../../../shared/joining.ts';
import { reason } from '../../../shared/reason.ts';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('enroll');
let collector: InProcess;
let now = Date.now();
const clock = { now: () => now, monotonic: () => performance.now() };

test.before(async () => {
  collector = await openCollector({ clock });
});
test.after(() => collector.close());

const machine = { hostname: 'macbook', platform: 'darwin', arch: 'arm64', kind: 'workstation', kind_why: 'a battery' };

async function makeCode(body: object): Promise<{ id: string; secret: string; line: string }> {
  const answer = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body });
  assert.is(answer.status, 201, answer.text);
  const { enrollment, code, lines } = answer.body as NewEnrollment;
  const { url, secret } = decodeJoinCode(code);
  assert.is(url, collector.started.addresses.http);
  return { id: enrollment.id, secret, line: lines.source };
}

const enroll = (code: string, more: object = {}): Promise<Answer> =>
  collector.call('/api/v1/enroll', { method: 'POST', body: { code, version: '0.1.0', ...machine, ...more } });
const codeOf = (answer: Answer) => (answer.body as { code: string }).code;

test('one code, one machine, also when ten ask at once', async () => {
  const { secret, line } = await makeCode({ label: 'one' });
  assert.match(line, /^echo EK2-\S+ \| npm run agent -- enroll -$/);
  const answers = await Promise.all(Array.from({ length: 10 }, () => enroll(secret)));
  assert.is(answers.filter(({ status }) => status === 201).length, 1);
  const refused = answers.filter(({ status }) => status !== 201);
  assert.ok(refused.every((answer) => codeOf(answer) === 'JOIN_CODE_USED'));
  const { items } = (await collector.call('/api/v1/endpoints', { as: 'viewer' })).body as { items: unknown[] };
  assert.is(items.length, 1);
});

test('machines of one name stay apart; site and kind of the code win', async () => {
  const { secret } = await makeCode({ label: 'two', maxUses: 2, site: 'north', kind: 'server' });
  const names: string[] = [];
  for (let i = 0; i < 2; i++) names.push(((await enroll(secret)).body as { name: string }).name);
  assert.equal(names, ['macbook-2', 'macbook-3']);
  const answer = await collector.call('/api/v1/endpoints?site=north&sort=name', { as: 'viewer' });
  const { items } = answer.body as { items: { name: string; kind: string }[] };
  assert.equal(
    items.map(({ name, kind }) => [name, kind]),
    [
      ['macbook-2', 'server'],
      ['macbook-3', 'server'],
    ],
  );
});

test('why it counts as a server: a sentence of an agent before 0.2, a reason, the code, a person', async () => {
  const whyOf = async (id: string) =>
    ((await collector.call(`/api/v1/endpoints/${id}`, { as: 'viewer' })).body as EndpointDetail).kindWhy;
  const enrolled = async (code: object, more: object) => {
    const { secret } = await makeCode({ label: 'why', ...code });
    return ((await enroll(secret, more)).body as { endpoint: string }).endpoint;
  };
  const old = await enrolled({}, {});
  assert.is(await whyOf(old), 'a battery');
  const laptop = await enrolled({}, { kind_why: [reason('kind_battery')] });
  assert.equal(await whyOf(laptop), [reason('kind_battery')]);
  assert.equal(await whyOf(await enrolled({ kind: 'server' }, {})), [reason('kind_set_by_code', { by: 'a admin' })]);
  const body = { kind: 'server' };
  const changed = await collector.call(`/api/v1/endpoints/${laptop}`, { method: 'PATCH', as: 'admin', body });
  assert.is(changed.status, 200, changed.text);
  assert.equal(await whyOf(laptop), [reason('kind_set_by', { by: 'a admin' })]);
  for (const kind_why of [7, [{ code: 'A sentence' }], 'x'.repeat(2001)]) {
    const { secret } = await makeCode({ label: 'why' });
    assert.is((await enroll(secret, { kind_why })).status, 400, JSON.stringify(kind_why).slice(0, 40));
  }
  // As a collector before 0.2 kept it.
  await collector.state
    .updateTable('endpoints')
    .set({ kind_why: 'It has a [battery].' })
    .where('id', '=', old)
    .execute();
  await collector.stop();
  collector = await collector.again();
  assert.is(await whyOf(old), 'It has a [battery].');
  assert.equal(await whyOf(laptop), [reason('kind_set_by', { by: 'a admin' })]);
});

test('whatever a machine calls itself, it is enrolled, and its own name is kept for people', async () => {
  const names: [told: string, name: string][] = [
    ['PC#1', 'PC-1'],
    ["O'BRIEN-PC", 'O-BRIEN-PC'],
    ['_gw', 'gw'],
    ['経理-ノートPC01', '経理-ノートPC01'],
    ['カ\u3099レージ', 'ガレージ'],
    ['คอมพิวเตอร์', 'คอมพิวเตอร์'],
    ['Ärger & Söhne (alt)', 'Ärger - Söhne -alt'],
    ['db.example.net.', 'db.example.net'],
    [`${'a'.repeat(300)}.example.net`, 'a'.repeat(120)],
    ['𠮷'.repeat(200), '𠮷'.repeat(120)],
    ['', 'unnamed'],
    ['...', 'unnamed-2'],
    ['🖥️', 'unnamed-3'],
    ['<b>x</b>', 'b-x-b'],
    ['a\nb\u0000', 'a-b'],
    ['pc#1', 'pc-1'],
    ['PC/1', 'PC-1-2'],
    ['  web 1  ', 'web 1'],
    ['-rf', 'rf'],
    ['\ud800x', 'x'],
  ];
  const { secret } = await makeCode({ maxUses: names.length });
  for (const [hostname, name] of names) {
    const answer = await enroll(secret, { hostname });
    assert.is(answer.status, 201, `${hostname}: ${answer.text}`);
    const body = answer.body as { name: string; endpoint: string };
    assert.is(body.name, name);
    const path = `/api/v1/endpoints/${body.endpoint}`;
    const detail = (await collector.call(path, { as: 'viewer' })).body as { hostname: string };
    if (hostname.isWellFormed() && !hostname.includes('\0')) assert.is(detail.hostname, hostname);
    // What it is called can also be said again by a person.
    const again = await collector.call(path, { method: 'PATCH', as: 'operator', body: { name } });
    assert.is(again.status, 200, `${name}: ${again.text}`);
  }
});

test('a code that ran out of time, was revoked or never was', async () => {
  const late = await makeCode({ hours: 1 });
  now += 3_600_001;
  assert.is(codeOf(await enroll(late.secret)), 'JOIN_CODE_EXPIRED');
  const revoked = await makeCode({});
  await collector.call(`/api/v1/enrollments/${revoked.id}`, { method: 'DELETE', as: 'admin' });
  assert.is(codeOf(await enroll(revoked.secret)), 'JOIN_CODE_REVOKED');
  assert.is(codeOf(await enroll('guess')), 'JOIN_CODE_UNKNOWN');
});

test('a machine that says nonsense of itself uses nothing up', async () => {
  const { secret } = await makeCode({});
  for (const more of [{ hostname: 7 }, { hostname: 'x'.repeat(1025) }, { kind: 'toaster' }, { arch: 5 }]) {
    assert.is((await enroll(secret, more)).status, 400, JSON.stringify(more));
  }
  assert.is((await enroll(secret, { colour: 'from a newer agent' })).status, 201);
});

test('a retired endpoint is gone from the list, and its name is free again', async () => {
  const list = async () =>
    ((await collector.call('/api/v1/endpoints?q=macbook-2', { as: 'viewer' })).body as { items: { id: string }[] })
      .items;
  const [endpoint] = await list();
  const path = `/api/v1/endpoints/${endpoint?.id}`;
  assert.is((await collector.call(path, { method: 'DELETE', as: 'admin' })).status, 204);
  assert.equal(await list(), []);
  assert.is((await collector.call(path, { as: 'viewer' })).status, 404);
  const { secret } = await makeCode({});
  assert.is(((await enroll(secret)).body as { name: string }).name, 'macbook-2');
});

test('an answer that was lost: the same attempt gets the same endpoint, another attempt nothing', async () => {
  const { secret } = await makeCode({ label: 'lost' });
  const attempt = 'a'.repeat(32);
  const first = (await enroll(secret, { hostname: 'lost', attempt })).body as { endpoint: string; secret: string };
  const again = (await enroll(secret, { hostname: 'lost', attempt })).body as { endpoint: string; secret: string };
  assert.is(again.endpoint, first.endpoint);
  assert.is.not(again.secret, first.secret);
  assert.is(codeOf(await enroll(secret, { attempt: 'b'.repeat(32) })), 'JOIN_CODE_USED');
});

test('bound to tags and addresses: elsewhere it is refused, and says from where', async () => {
  const { secret } = await makeCode({ tags: ['laptop', 'osaka'], ranges: ['10.0.0.0/8', '127.0.0.0/8'] });
  const { endpoint } = (await enroll(secret, { hostname: 'bound' })).body as { endpoint: string };
  const { items } = (await collector.call('/api/v1/endpoints', { as: 'viewer' })).body as { items: EndpointRow[] };
  assert.equal(items.find(({ id }) => id === endpoint)?.tags, ['laptop', 'osaka']);
  const far = await makeCode({ ranges: ['10.0.0.0/8', 'fd00::/8'] });
  const refused = await enroll(far.secret);
  assert.is(codeOf(refused), 'JOIN_CODE_ELSEWHERE');
  assert.match(refused.text, /10\.0\.0\.0\/8, fd00::\/8; this one asked from 127\.0\.0\.1/);
  const wrong = { method: 'POST', as: 'admin', body: { ranges: ['keel.example.net'] } } as const;
  assert.match((await collector.call('/api/v1/enrollments', wrong)).text, /is not an address/);
});

test('the page that waits sees machines and refusals; after 20 wrong codes only wrong ones are kept waiting', async () => {
  const { id, secret } = await makeCode({ maxUses: 2 });
  const progress = async () =>
    (await collector.call(`/api/v1/enrollments/${id}/progress`, { as: 'operator' })).body as JoinProgress;
  assert.equal((await progress()).machines, []);
  const answers = [];
  for (let n = 0; n < 22; n++) answers.push(await enroll(`wrong-${n}`));
  assert.equal(
    [answers[0], answers[21]].map((one) => one?.status),
    [403, 429],
  );
  assert.is((await enroll(secret, { hostname: 'seen' })).status, 201, 'a right one is not kept waiting');
  await collector.call('/install.sh', {});
  const { machines, fetchedAt, refused } = await progress();
  assert.equal(
    machines.map(({ name, reports }) => [name, reports]),
    [['seen', false]],
  );
  assert.type(fetchedAt, 'number');
  assert.equal(refused.map(({ why, isUnknown }) => [why, isUnknown])[0], ['JOIN_CODE_UNKNOWN', true]);
  assert.is(refused.length, 5, 'the newest, and no more');
});

test('a revoked code says when and by whom', async () => {
  const revoked = await makeCode({});
  await collector.call(`/api/v1/enrollments/${revoked.id}`, { method: 'DELETE', as: 'admin' });
  assert.match((await enroll(revoked.secret)).text, /was revoked at \d{4}-.* by a admin\./);
  const { items } = (await collector.call('/api/v1/enrollments', { as: 'operator' })).body as { items: Enrollment[] };
  assert.is(items.find(({ id }) => id === revoked.id)?.revokedBy, 'a admin');
});

test('longer than a week only where not everybody could use it', async () => {
  const make = (body: object) => collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body });
  const refused = await make({ hours: 169 });
  assert.is(refused.status, 400);
  assert.match(refused.text, /more than 7 days only with addresses, or where somebody approves/);
  const wrong = await make({ ranges: ['10.0.0.7', 'foo'] });
  assert.is(wrong.status, 400);
  // At its field, with a code that a page has words for.
  const faultsOf = ({ body }: { body: unknown }) =>
    (body as { faults: { at: string; why: { code: string } }[] }).faults.map(({ at, why }) => [at, why.code]);
  assert.equal([faultsOf(refused), faultsOf(wrong)], [[['hours', 'join_unbound']], [['ranges.1', 'range_bad']]]);
  const nobody = { name: 'grace', password: 'a rather long sentence of mine', role: 'viewer', sites: [] };
  const empty = await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body: nobody });
  assert.is(empty.status, 400, empty.text);
  assert.equal(faultsOf(empty), [['sites', 'sites_none']]);
  assert.is((await make({ hours: 168 })).status, 201);
});

const applicants = async () =>
  ((await collector.call('/api/v1/applicants', { as: 'operator' })).body as { items: Applicant[] }).items;
const decide = (id: string, act: 'approve' | 'refuse', body?: object) =>
  collector.call(`/api/v1/applicants/${id}/${act}`, { method: 'POST', as: 'admin', ...(body && { body }) });

test('with approval: it waits, under a check word that both show, and joins as it first asked', async () => {
  const made = await collector.call('/api/v1/groups', { method: 'POST', as: 'admin', body: { name: 'cluster' } });
  const group =
    (made.body as { id?: string; row?: { id: string } }).id ?? (made.body as { row: { id: string } }).row.id;
  const { secret, id: code } = await makeCode({ approval: true, groups: [group], tags: ['kiosk'], maxUses: 2 });
  const attempt = '1'.repeat(32);
  const ask = (of: string, more: object = {}) => enroll(secret, { hostname: 'kiosk', attempt: of, ...more });
  const first = await ask(attempt);
  assert.is(first.status, 202, first.text);
  assert.is((first.body as { checkWord: string }).checkWord, checkWordOf(attempt));
  assert.is((await ask(attempt)).status, 202);
  const [one, ...others] = await applicants();
  assert.equal(others, [], 'asked twice, it waits once');
  assert.equal(
    [one?.hostname, one?.address, one?.checkWord, one?.state, one?.enrollment],
    ['kiosk', '127.0.0.1', checkWordOf(attempt), 'waiting', code],
  );
  const id = one?.id ?? '';
  assert.is((await collector.call(`/api/v1/applicants/${id}/approve`, { method: 'POST', as: 'operator' })).status, 403);
  assert.is((await decide(id, 'approve')).status, 204);
  assert.is(codeOf(await decide(id, 'refuse', { reason: 'late' })), 'APPLICANT_DECIDED');
  // Who knows the code only does not get in with it, nor as another machine.
  assert.is((await ask('2'.repeat(32), { hostname: 'other' })).status, 202);
  const joined = await ask(attempt, { hostname: 'renamed' });
  assert.is(joined.status, 201, joined.text);
  const { endpoint, name } = joined.body as { endpoint: string; name: string };
  assert.is(name, 'kiosk');
  const detail = (await collector.call(`/api/v1/endpoints/${endpoint}`, { as: 'viewer' })).body as EndpointDetail;
  assert.equal([detail.row.tags, detail.row.groups.map((each) => each.name)], [['kiosk'], ['cluster']]);
  const again = await ask(attempt);
  assert.is((again.body as { endpoint: string }).endpoint, endpoint, 'the answer was lost');
  const second = (await applicants()).find(({ hostname }) => hostname === 'other');
  assert.is((await decide(second?.id ?? '', 'refuse', { reason: '  ' })).status, 400, 'a reason is wanted');
  assert.is((await decide(second?.id ?? '', 'refuse', { reason: 'Nobody knows it.' })).status, 204);
  const refused = await ask('2'.repeat(32));
  assert.is(codeOf(refused), 'JOIN_REFUSED');
  assert.match(refused.text, /a admin refused .*: Nobody knows it\./);
  const { items } = (await collector.call('/api/v1/audit?object=applicant', { as: 'admin' })).body as {
    items: AuditRow[];
  };
  assert.equal(
    items.map((row) => [row.action, row.name, row.reason]),
    [
      ['refuse', 'other', 'Nobody knows it.'],
      ['approve', 'kiosk', null],
    ],
  );
  assert.not.match(JSON.stringify(items), attempt);
});

test('approval: uses and revocation count at the approval, and a week later nobody waits any more', async () => {
  const { secret, id: code } = await makeCode({ approval: true, hours: 2, maxUses: 1 });
  const ask = (n: number) => enroll(secret, { hostname: `late-${n}`, attempt: `${n}`.repeat(32) });
  for (const n of [3, 4, 5]) assert.is((await ask(n)).status, 202);
  now += 3 * 3_600_000;
  assert.is((await ask(3)).status, 202, 'it has asked in time');
  assert.is(codeOf(await ask(6)), 'JOIN_CODE_EXPIRED');
  const mine = async () => (await applicants()).filter(({ enrollment }) => enrollment === code);
  const [one, two] = await mine();
  assert.is((await decide(one?.id ?? '', 'approve')).status, 204);
  assert.is(codeOf(await decide(two?.id ?? '', 'approve')), 'JOIN_CODE_USED');
  assert.is((await ask(3)).status, 201);
  now += 7 * 86_400_000;
  assert.equal(await mine(), []);
  assert.is(codeOf(await ask(4)), 'JOIN_CODE_USED');
  const last = await makeCode({ approval: true });
  const asked = () => enroll(last.secret, { hostname: 'gone', attempt: '7'.repeat(32) });
  assert.is((await asked()).status, 202);
  await collector.call(`/api/v1/enrollments/${last.id}`, { method: 'DELETE', as: 'admin' });
  assert.is(codeOf(await asked()), 'JOIN_CODE_REVOKED');
  assert.is((await enroll((await makeCode({ approval: true })).secret)).status, 400, 'without an attempt');
});

test('at most 1,000 wait', async () => {
  const { secret, id } = await makeCode({ approval: true, maxUses: 2000 });
  const ask = (n: number) => enroll(secret, { attempt: n.toString(16).padStart(32, 'e') });
  assert.is((await ask(0)).status, 202);
  const row = await collector.state
    .selectFrom('applicants')
    .selectAll()
    .where('enrollment', '=', id)
    .executeTakeFirstOrThrow();
  const before = (await applicants()).length;
  for (let n = before; n < 1000; n++)
    await collector.state
      .insertInto('applicants')
      .values({ ...row, id: `w${n}`, attempt_hash: `${n}` })
      .execute();
  assert.is(codeOf(await ask(1)), 'TOO_MANY_WAITING');
  assert.is((await ask(0)).status, 202, 'who waits already goes on');
});

test.run();
