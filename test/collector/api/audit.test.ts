/** The audit log: before and after, no secret, refused log-ins within bounds, filters, pages and files. */
import { sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { auditedAs } from '../../../collector/api/audited.ts';
import { auditable } from '../../../collector/state/audit.ts';
import type { AuditRow } from '../../../shared/api.ts';
import { parseCsv } from '../../../shared/csv.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { runCollector } from '../../support/processes.ts';
import { isOnPostgres } from '../../support/state.ts';

const test = suite<{ collector: InProcess }>('audit log', {} as { collector: InProcess });
test.before.each(async (context) => {
  context.collector = await openCollector();
});
test.after.each(({ collector }) => collector.close());

const send = async (collector: InProcess, method: string, path: string, body?: object) => {
  const answer = await collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body ? { body } : {}) });
  assert.ok(answer.status < 300, answer.text);
  return answer.body as Record<string, never>;
};
async function rowsOf(collector: InProcess, query = ''): Promise<AuditRow[]> {
  const answer = await collector.call(`/api/v1/audit${query}`, { as: 'admin' });
  assert.is(answer.status, 200, answer.text);
  return (answer.body as { items: AuditRow[] }).items;
}

test('a change is noted with what it was before and what it is after, and nothing else', async ({ collector }) => {
  const { id } = await send(collector, 'POST', 'sites', { name: 'Berlin', note: 'river' });
  await send(collector, 'PATCH', `sites/${id}`, { note: 'hill' });
  await send(collector, 'DELETE', `sites/${id}`);
  const [removed, changed, added] = await rowsOf(collector, '?object=site');
  assert.equal(
    [removed, changed, added].map((row) => [row?.action, row?.kind, row?.actor, row?.objectId, row?.name]),
    [
      ['remove', 'token', 'a admin', id, 'Berlin'],
      ['change', 'token', 'a admin', id, 'Berlin'],
      ['add', 'token', 'a admin', id, 'Berlin'],
    ],
  );
  assert.equal([changed?.before, changed?.after], [{ note: 'river' }, { note: 'hill' }]);
  assert.is(added?.before, null);
  assert.is(added?.after?.note, 'river');
  assert.is(removed?.before?.note, 'hill');
  assert.is(removed?.after, null);
});

test('no secret is kept: passwords, tokens, join codes', async ({ collector }) => {
  const password = 'a rather long sentence of mine';
  const user = await send(collector, 'POST', 'users', { name: 'grace', password, role: 'viewer' });
  await send(collector, 'POST', `users/${user.id}/password`, { password: `${password} 2` });
  const token = await send(collector, 'POST', 'tokens', { name: 'script', role: 'viewer' });
  const code = await send(collector, 'POST', 'enrollments', { label: 'north' });
  const login = await collector.call('/api/v1/login', {
    method: 'POST',
    body: { user: 'grace', password: `${password} 2` },
  });
  assert.is(login.status, 200);
  const cookie = String(login.headers.get('set-cookie')).split(';')[0] as string;
  const own = await collector.call('/api/v1/me/password', {
    method: 'POST',
    headers: { cookie },
    body: { current: `${password} 2`, password: `${password} 3` },
  });
  assert.ok(own.status < 300, own.text);
  const [changed] = await rowsOf(collector, '?object=user');
  assert.equal(
    [changed?.actor, changed?.name, changed?.after],
    ['grace', 'grace', { current: '(not kept)', password: '(not kept)' }],
  );
  const rows = await collector.state.selectFrom('audit_log').selectAll().execute();
  assert.ok(rows.some(({ action, kind, actor }) => action === 'log_in' && kind === 'person' && actor === 'grace'));
  const text = JSON.stringify(rows);
  for (const secret of [password, String(token.secret), String(code.code), 'argon2'])
    assert.not.ok(text.includes(secret), secret);
  const hashes = await collector.state.selectFrom('users').select('password_hash').execute();
  for (const { password_hash } of hashes) assert.not.ok(text.includes(password_hash));
});

test('a table is noted when it was read in, not when it was looked at', async ({ collector }) => {
  const csv = 'name,category,kind,amount,from,to,months\nDesk,people,monthly,100,2026-01,,\n';
  await send(collector, 'POST', 'costs/table', { csv });
  assert.equal(await rowsOf(collector, '?object=cost'), []);
  await send(collector, 'POST', 'costs/table', { csv, reason: 'the year' });
  const [row] = await rowsOf(collector, '?object=cost');
  assert.equal([row?.action, row?.reason, row?.after], ['table', 'the year', { lines: 1, Desk: '100.00 EUR monthly' }]);
});

test('refused log-ins are noted with the name and the address, and a flood of them is counted, not written', async ({
  collector,
}) => {
  for (let n = 0; n < 45; n++)
    await collector.call('/api/v1/login', { method: 'POST', body: { user: `guess ${n}`, password: 'wrong' } });
  const rows = await rowsOf(collector, '?limit=200');
  const refused = rows.filter(({ action }) => action === 'log_in_refused');
  assert.ok(refused.length >= 20 && refused.length < 45, String(refused.length));
  assert.equal([refused.at(-1)?.actor, refused.at(-1)?.kind], ['guess 0', 'stranger']);
  assert.ok(refused.every(({ address }) => address?.includes('127.0.0.1')));
});

test('a log-out is noted with who it was, and that of nobody is not', async ({ collector }) => {
  const user = { name: 'grace', password: 'a sentence that nobody guesses', role: 'viewer' };
  await send(collector, 'POST', 'users', user);
  const login = { method: 'POST', body: { user: user.name, password: user.password } };
  const { headers } = await collector.call('/api/v1/login', login);
  const cookie = (headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  for (let n = 0; n < 3; n++) await collector.call('/api/v1/logout', { method: 'POST', headers: { cookie } });
  for (let n = 0; n < 50; n++) assert.is((await collector.call('/api/v1/logout', { method: 'POST' })).status, 204);
  const rows = (await rowsOf(collector, '?limit=200')).filter(({ action }) => action === 'log_out');
  assert.equal(
    rows.map(({ kind, actor }) => `${kind} ${actor}`),
    ['person grace'],
  );
});

test('filters, pages and both files hold the same rows', async ({ collector }) => {
  for (const name of ['Berlin', 'Osaka', '=1+1', 'a"b,c']) await send(collector, 'POST', 'sites', { name });
  const all = await rowsOf(collector, '?limit=200');
  const paged = async (sort: string) => {
    const found: AuditRow[] = [];
    for (let mark = ''; ; ) {
      const answer = await collector.call(`/api/v1/audit?limit=2${sort}${mark}`, { as: 'admin' });
      const { items, next } = answer.body as { items: AuditRow[]; next: string | null };
      found.push(...items);
      if (next === null) return found;
      mark = `&page=${next}`;
    }
  };
  assert.equal(await paged(''), all);
  assert.equal(await paged('&sort=at'), all.toReversed());
  // However it is put in order, no page lacks or repeats a row.
  for (const [sort, key] of [
    ['who', ({ actor }: AuditRow) => actor.toLowerCase()],
    ['action', ({ action }: AuditRow) => action],
    ['what', ({ object }: AuditRow) => object],
  ] as const)
    for (const sign of ['', '-']) {
      const rows = await paged(`&sort=${sign}${sort}`);
      assert.equal(
        rows.map(({ id }) => id).sort((a, b) => b - a),
        all.map(({ id }) => id),
      );
      const keys = rows.map(key);
      assert.equal(keys, sign ? keys.toSorted().reverse() : keys.toSorted(), sign + sort);
    }
  assert.is((await collector.call('/api/v1/audit?sort=who&page=999999999', { as: 'admin' })).status, 404);
  assert.equal(
    (await rowsOf(collector, '?object=Osaka')).map(({ name }) => name),
    ['Osaka'],
  );
  assert.equal(await rowsOf(collector, '?who=nobody'), []);
  assert.equal(await rowsOf(collector, `?from=${Date.now() + 60_000}`), []);
  const jsonl = (await collector.call('/api/v1/audit.jsonl', { as: 'admin' })).text.trim().split('\n');
  assert.equal(
    jsonl.map((line) => JSON.parse(line)),
    all,
  );
  const csv = (await collector.call('/api/v1/audit.csv', { as: 'admin' })).text;
  const cells = parseCsv(csv).rows.map((row) => row.cells);
  assert.equal(
    cells.slice(1).map(([at, , , , , , name]) => [Date.parse(at ?? ''), name]),
    all.map(({ at, name }) => [at, name ?? '']),
  );
  assert.match(csv, "'=1+1");
  assert.is((await collector.call('/api/v1/audit.csv', { as: 'manager' })).status, 403);
});

test('a token made on the command line is noted as such', async ({ collector }) => {
  await collector.stop();
  const { data } = collector;
  const made = await runCollector(['token', 'create', '--data', data, '--role', 'viewer', '--name', 'nightly']).ended;
  assert.is(made.code, 0, made.stderr);
  await using again = await collector.again();
  const [row] = await rowsOf(again, '?kind=cli');
  assert.equal([row?.actor, row?.object, row?.name, row?.address], ['command line', 'token', 'nightly', null]);
  assert.not.ok(JSON.stringify(row).includes(made.stdout.trim()));
});

/** Values of the newest entry about this kind of thing. */
const valuesOf = async (collector: InProcess, object: string) => {
  const [row] = await rowsOf(collector, `?object=${object}`);
  assert.is(row?.outcome, 'done');
  return [row?.before, row?.after];
};

test('what has no row of its own is noted with what it was, too', async ({ collector }) => {
  const rule = (for_s: number) => send(collector, 'PUT', 'rules/cpu', { parts: { for_s }, reason: 'peaks' });
  await rule(60);
  assert.equal(await valuesOf(collector, 'rule'), [{ 'cpu all': null }, { 'cpu all': { for_s: 60 } }]);
  await rule(90);
  assert.equal(await valuesOf(collector, 'rule'), [{ 'cpu all': { for_s: 60 } }, { 'cpu all': { for_s: 90 } }]);
  await send(collector, 'POST', 'rules/changes', { changes: [{ rule: 'cpu', parts: null }], reason: 'calm' });
  assert.equal(await valuesOf(collector, 'rule'), [{ 'cpu all': { for_s: 90 } }, { 'cpu all': null }]);

  await send(collector, 'POST', 'sites', { name: 'Berlin' });
  const target = (percent: number | null) =>
    send(collector, 'PUT', 'availability/targets', { scope: 'site', target: 'Berlin', percent, reason: 'contract' });
  await target(99.9);
  await target(99.5);
  const [was, is] = await valuesOf(collector, 'target');
  assert.equal([Object.values(was ?? {}), Object.values(is ?? {})], [[99.9], [99.5]]);

  const money = (hourCents: number | null) =>
    send(collector, 'PUT', 'costs/settings', { currency: 'EUR', hourCents, expected: [], reason: 'figures' });
  await money(4800);
  await money(5000);
  assert.equal(await valuesOf(collector, 'cost'), [{ hourCents: 4800 }, { hourCents: 5000 }]);

  const parts = ['servers', 'workstations', 'response', 'major_incidents', 'lost_hours'];
  const even = Object.fromEntries(parts.map((name) => [name, { weight: 20, target: 1, floor: 0 }]));
  await send(collector, 'PUT', 'stability/definition', { parts: even, reason: 'even' });
  const [first, then] = await valuesOf(collector, 'definition');
  assert.equal(Object.keys(first ?? {}).sort(), Object.keys(then ?? {}).sort());
  assert.equal(then?.lost_hours, even.lost_hours);

  const { row } = await send(collector, 'POST', 'tickets', { title: 'a disk' });
  const { id } = row as unknown as { id: number };
  const other = await send(collector, 'POST', 'tickets', { title: 'another disk' });
  const linked = String((other.row as unknown as { id: number }).id);
  const { links } = await send(collector, 'POST', `tickets/${id}/links`, { kind: 'related', target: linked });
  const [link] = links as unknown as { id: number }[];
  await send(collector, 'DELETE', `tickets/${id}/links/${link?.id}`);
  assert.equal(await valuesOf(collector, 'ticket'), [
    { [`link ${link?.id}`]: `related ${linked}` },
    { [`link ${link?.id}`]: null },
  ]);
  const start = Date.now() - 3_600_000;
  const impact = (factor: number) =>
    send(collector, 'PUT', `tickets/${id}/impact`, {
      ...{ segments: [{ start, end: null, factor, affected: [] }], reason: 'asked' },
    });
  await impact(0.5);
  await impact(0.2);
  const [lighter, lightest] = (await valuesOf(collector, 'ticket')) as { segments: { factor: number }[] }[];
  assert.equal([lighter?.segments[0]?.factor, lightest?.segments[0]?.factor], [0.5, 0.2]);
});

test('a site that is made because something is put there has an entry of its own', async ({ collector }) => {
  const tcp = { name: 'Printer', kind: 'tcp', settings: { host: 'db.example.org', port: 5432 } };
  await send(collector, 'POST', 'targets', { ...tcp, site: 'Osaka' });
  const [row, ...more] = await rowsOf(collector, '?object=site');
  assert.equal([row?.action, row?.name, row?.kind, row?.actor], ['add', 'Osaka', 'token', 'a admin']);
  assert.is(row?.after?.name, 'Osaka');
  await send(collector, 'POST', 'targets', { ...tcp, name: 'Scanner', site: 'osaka' });
  assert.is((await rowsOf(collector, '?object=site')).length, 1 + more.length, 'it was there');
});

test('nothing is changed where it cannot be noted', async ({ collector }) => {
  const { state } = collector;
  await send(collector, 'POST', 'users', { name: 'grace', password: 'a rather long sentence', role: 'viewer' });
  await sql`alter table audit_log rename to audit_away`.execute(state);
  const site = await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Berlin' } });
  const body = { user: 'grace', password: 'a rather long sentence' };
  const login = await collector.call('/api/v1/login', { method: 'POST', body });
  await sql`alter table audit_away rename to audit_log`.execute(state);
  assert.equal([site.status, login.status], [500, 500]);
  assert.is(login.headers.get('set-cookie'), null, 'no way in that nobody knows of');
  assert.equal(await state.selectFrom('sites').selectAll().execute(), []);
  assert.is((await collector.call('/api/v1/login', { method: 'POST', body })).status, 200);
});

test('a change whose entry could not be completed stays noted as begun, and what was refused is not noted', async ({
  collector,
}) => {
  await send(collector, 'POST', 'sites', { name: 'Berlin' });
  const taken = await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'berlin' } });
  assert.is(taken.status, 409);
  assert.is((await rowsOf(collector, '?object=site')).length, 1);
  if (isOnPostgres) return;
  // As where the process ends between the change and its entry.
  await sql`create trigger gone before update on audit_log begin select raise(abort, 'gone'); end`.execute(
    collector.state,
  );
  await send(collector, 'POST', 'sites', { name: 'Osaka' });
  const [row] = await rowsOf(collector, '?object=site');
  assert.equal([row?.outcome, row?.name, row?.actor, row?.after], ['begun', 'Osaka', 'a admin', { name: 'Osaka' }]);
  assert.match(String(collector.logged.at(-1)?.msg), 'audit log');
});

test('times of the file say which zone they are of, to the second', async ({ collector }) => {
  await send(collector, 'POST', 'sites', { name: 'Berlin' });
  const { rows } = parseCsv((await collector.call('/api/v1/audit.csv', { as: 'admin' })).text);
  assert.match(rows[1]?.cells[0] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
});

test('a route whose place is not known fails at once; what is kept is bounded', () => {
  assert.throws(() => auditedAs('POST /api/v1/new-room'), /audited\.ts does not know/);
  assert.is(auditedAs('GET /api/v1/new-room'), null);
  const text = auditable({
    a: 'x'.repeat(5000),
    b: { password: 'p', deep: [{ token: 't' }] },
    ...Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, n])),
  });
  assert.ok((text?.length ?? 0) < 40_000);
  assert.not.match(text ?? '', /"p"|"t"/);
});

test('each action and object has its words in the language files', async () => {
  const { access } = await import('../../../collector/api/access.ts');
  for (const language of ['en', 'ja']) {
    const { more } = await import(`../../../shared/words/${language}/more.ts`);
    for (const route of Object.keys(access)) {
      const audited = auditedAs(route);
      if (!audited) continue;
      assert.type(more.audit.object[audited.object], 'string', audited.object);
      assert.type(more.audit.action[audited.action], 'string', audited.action);
    }
  }
});

test.run();
