/** A script of a machine, from the button to the ticket: real collector, real agent, real program; and whoever may not. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditRow, EndpointRow, TicketDetail } from '../../shared/api.ts';
import type { ScriptOrderView, ScriptsView } from '../../shared/script.ts';
import { startAgent } from '../support/agent.ts';
import { type Answer, openCollector } from '../support/collector.ts';
import { temporaryFolder } from '../support/processes.ts';
import { until } from '../support/until.ts';

const test = suite('scripts, from the button to the ticket');
const password = 'a sentence of its own';

test('asked, approved, run, recorded; refused to whoever may not, and taken back with their rights', async () => {
  if (process.platform !== 'linux') return console.log('SKIP scripts: they run on Linux only');
  const folder = temporaryFolder();
  const data = join(folder.path, 'agent');
  const marks = join(folder.path, 'marks');
  mkdirSync(data, { mode: 0o700 });
  const script = (name: string, text: string) => {
    const path = join(folder.path, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
  };
  const free = script('free', `echo "$@" >> ${marks}\necho "freed $1 of disk, token=abcdef0123456789"`);
  const both = script('both', `echo both >> ${marks}\nexit 4`);
  writeFileSync(
    join(data, 'scripts.yaml'),
    `enabled: true
scripts:
  - { name: free-space, title: { en: Free disk space, ja: 空きを増やす }, run: ${free.path}, sha256: ${free.sha256}, parameters: [{ name: days, values: ["7", "30"] }] }
  - { name: both, title: Restart all, run: ${both.path}, sha256: ${both.sha256}, two_persons: true }
`,
    { mode: 0o644 },
  );
  await using collector = await openCollector({
    settings: 'scripts: { enabled: true, role: operator, approve_within: 1h }\n',
  });

  /** Each with a log-in of their own. */
  const cookieOf = ({ headers }: Answer) => (headers.getSetCookie()[0] ?? '').split(';', 1)[0] as string;
  const setup = await collector.call('/api/v1/setup', {
    method: 'POST',
    body: { secret: collector.setupSecret, user: 'ada', password },
  });
  const cookies: Record<string, string> = { ada: cookieOf(setup) };
  const call = (who: string, method: string, path: string, body?: object) =>
    collector.call(`/api/v1/${path}`, { method, headers: { cookie: cookies[who] as string }, ...(body && { body }) });
  for (const [name, role] of [
    ['mia', 'operator'],
    ['mio', 'operator'],
    ['vic', 'viewer'],
  ] as const) {
    assert.is((await call('ada', 'POST', 'users', { name, password, role })).status, 201);
    cookies[name] = cookieOf(await collector.call('/api/v1/login', { method: 'POST', body: { user: name, password } }));
  }

  const made = await collector.call('/api/v1/enrollments', { method: 'POST', body: {}, as: 'admin' });
  const { code } = made.body as { code: string };
  const joined = await startAgent(['enroll', code, '--data', data, '--name', 'files-1', '--kind', 'server']).finished;
  assert.is(joined.code, 0, joined.stderr);
  const agent = startAgent(['run', '--data', data]);
  try {
    const endpoints = async () => ((await call('mia', 'GET', 'endpoints')).body as { items: EndpointRow[] }).items;
    const id = (await endpoints())[0]?.id as string;
    const at = `endpoints/${id}/scripts`;
    const view = async (who = 'mia') => (await call(who, 'GET', at)).body as ScriptsView;
    await until(async () => (await view()).list.length === 2, 30_000, 'the machine to offer its scripts');
    const offered = await view();
    assert.equal([offered.enabled, offered.mayRun, offered.off], [true, true, null]);
    assert.equal(
      offered.list.map(({ name, problem, two_persons }) => [name, problem, two_persons]),
      [
        ['free-space', null, false],
        ['both', null, true],
      ],
    );
    assert.not.match(JSON.stringify(offered), /marks/, 'nothing of what stands in it');
    assert.is((await view('vic')).mayRun, false);

    const ticket = (await call('mia', 'POST', 'tickets', { title: 'Disk full', endpoint: id })).body as TicketDetail;
    const number = ticket.row.id;
    const body = {
      script: 'free-space',
      sha256: free.sha256,
      choices: { days: '7' },
      ticket: number,
      reason: 'The disk is full',
    };
    const orders = `${at}/orders`;
    assert.is((await call('vic', 'POST', orders, body)).status, 403, 'a viewer');
    const token = await collector.call(`/api/v1/${orders}`, { method: 'POST', as: 'admin', body });
    assert.is(token.status, 403, 'a token, even of an admin');
    assert.is((await call('mia', 'POST', orders, { ...body, script: 'reboot' })).status, 404);
    assert.is((await call('mia', 'POST', orders, { ...body, sha256: 'f'.repeat(64) })).status, 409);
    assert.is((await call('mia', 'POST', orders, { ...body, choices: { days: '8' } })).status, 400);
    assert.is((await call('mia', 'POST', orders, { ...body, choices: { days: '7', more: 'x' } })).status, 400);
    assert.is((await call('mia', 'POST', orders, { ...body, ticket: number + 1 })).status, 400);

    const newest = async (who?: string) => (await view(who)).orders[0] as ScriptOrderView;
    const reaches = (state: string) =>
      until(async () => (await newest()).state === state, 20_000, `the order to be ${state}`);
    assert.is((await call('mia', 'POST', orders, body)).status, 200);
    await reaches('done');
    const done = await newest();
    assert.equal([done.code, done.askedBy, done.ticket, done.reason], [0, 'mia', number, null]);
    assert.match(done.output ?? '', /^freed 7 of disk, token=\*\*\*/);
    assert.is((await newest('vic')).output, null);
    assert.is(readFileSync(marks, 'utf8'), '7\n');
    const { events } = (await call('vic', 'GET', `tickets/${number}`)).body as TicketDetail;
    assert.equal(
      events
        .filter(({ kind }) => kind === 'script')
        .map(({ actor, data: said }) => [actor, (said as { state: string }).state]),
      [
        ['mia', 'sent'],
        ['mia', 'running'],
        ['mia', 'done'],
      ].filter(([, state]) => events.some(({ data: said }) => (said as { state?: string } | null)?.state === state)),
    );

    // Two persons: whoever asked is not the other one.
    const pair = { script: 'both', sha256: both.sha256, choices: {} };
    assert.is((await call('mia', 'POST', orders, pair)).status, 200);
    const asked = await newest();
    assert.equal([asked.state, asked.mayApprove, (await newest('mio')).mayApprove], ['asked', false, true]);
    assert.is((await call('mio', 'POST', orders, pair)).status, 409, 'one at a time');
    const approve = (who: string) => call(who, 'POST', `${orders}/${asked.id}/approve`);
    assert.match((await approve('mia')).text, /another person/);
    assert.is((await approve('vic')).status, 403);
    assert.is((await approve('mio')).status, 200);
    await until(async () => ['done', 'refused'].includes((await newest()).state), 20_000, 'its end');
    const second = await newest();
    // The pause between two scripts may not be over.
    if (second.state === 'done') assert.equal([second.code, second.approvedBy], [4, 'mio']);
    else assert.equal((second.reason as { code: string }[])[0]?.code, 'order_pause');
    assert.is((await approve('mio')).status, 409, 'it is over');

    // Rights that end take the order with them.
    assert.is((await call('mia', 'POST', orders, pair)).status, 200);
    const users = ((await call('ada', 'GET', 'users')).body as { items: { id: string; name: string }[] }).items;
    const mia = users.find(({ name }) => name === 'mia')?.id;
    await call('ada', 'PATCH', `users/${mia}`, { role: 'viewer' });
    await until(async () => (await newest('mio')).state === 'withdrawn', 20_000, 'the order to be taken back');
    assert.equal((await newest('mio')).reason, [{ code: 'order_rights', params: { name: 'mia' } }]);

    // A file that was changed is not run, and the page says so within a minute.
    const before = existsSync(marks) ? readFileSync(marks, 'utf8') : '';
    writeFileSync(free.path, `#!/bin/sh\necho evil >> ${marks}\n`);
    await new Promise((resolve) => setTimeout(resolve, 5200));
    const { ticket: _, ...plain } = body;
    const changed = await call('mio', 'POST', orders, plain);
    if (changed.status === 200) {
      await until(async () => (await newest('mio')).state === 'refused', 20_000, 'the machine to refuse');
      assert.is(((await newest('mio')).reason as { code: string }[])[0]?.code, 'script_changed');
    } else {
      // The minute was over, so the collector knows it already.
      assert.is(changed.status, 409, changed.text);
      assert.match(JSON.stringify((await view('mio')).list), /script_changed/);
    }
    assert.is(readFileSync(marks, 'utf8'), before);

    const { items: audit } = (await call('ada', 'GET', 'audit?object=endpoint')).body as { items: AuditRow[] };
    const acts = new Set(
      audit
        .filter(({ action }) => action.startsWith('scripts'))
        .map(({ kind, actor, action }) => `${kind} ${actor} ${action}`),
    );
    for (const entry of [
      'person mia scripts_orders',
      'person mio scripts_orders_approve',
      'agent files-1 scripts_result',
      'cli monitor scripts_result',
    ])
      assert.ok(acts.has(entry), `${entry} is not in ${[...acts].join(', ')}`);
    assert.equal(
      collector.logged.filter(({ level }) => level >= 50),
      [],
    );
  } finally {
    agent.child.kill('SIGTERM');
    const { stderr } = await agent.finished;
    assert.match(stderr, /Running a script that this machine allows/);
    folder.remove();
  }
});

test.run();
