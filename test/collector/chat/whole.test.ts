/** What people say in Slack and in Matrix, in a whole collector over real sockets: who may, what is done, and done once whatever breaks. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { accountsOf, makeCode } from '../../../collector/chat/accounts.ts';
import type { TicketDetail } from '../../../shared/api.ts';
import type { ChatTrial, ChatView, OwnChat } from '../../../shared/chat.ts';
import { matrixToken, serveMatrix } from '../../support/chat/matrix.ts';
import { serveSlack, slackTokens } from '../../support/chat/slack.ts';
import { type InProcess, onceFree, openCollector } from '../../support/collector.ts';
import { putAlerts, putEndpoint } from '../../support/fleet-history.ts';
import { startCollector, temporaryFolder, until } from '../../support/processes.ts';

const test = suite('chat, both ways');
const folder = temporaryFolder();
mkdirSync(folder.path, { recursive: true });
const slack = await serveSlack();
const matrix = await serveMatrix({ rooms: ['!ops:test'] });
for (const [name, text] of Object.entries({ app: slackTokens.app, bot: slackTokens.bot, matrix: matrixToken }))
  writeFileSync(join(folder.path, `${name}.token`), `${text}\n`, { mode: 0o600 });
const settings =
  'outgoing: { allow: [127.0.0.1] }\nchat:\n' +
  `  - { name: slack, kind: slack, url: "${slack.url}", app_token_file: app.token, bot_token_file: bot.token }\n` +
  `  - { name: matrix, kind: matrix, url: "${matrix.url}", token_file: matrix.token, rooms: ["!ops:test"], language: ja }\n`;
let collector: InProcess;
const users: Record<string, string> = {};
let ticket = 0;
let hostile = 0;
const waitMs = 15_000;

test.before(async () => {
  collector = await openCollector({ settings }, folder);
  const { state } = collector;
  const admin = async (path: string, body: unknown) => {
    const answer = await collector.call(path, { method: 'POST', as: 'admin', body });
    assert.ok(answer.status < 300, answer.text);
    return answer.body as { id: string; row: { id: number } };
  };
  const site = (await admin('/api/v1/sites', { name: 'Osaka' })).id;
  for (const [name, role, sites] of [
    ['ada', 'operator', null],
    ['vera', 'viewer', null],
    ['omar', 'operator', [site]],
  ] as const) {
    const password = 'a sentence of its own';
    users[name] = (await admin('/api/v1/users', { name, password, role, ...(sites ? { sites } : {}) })).id;
  }
  const [files, kyoto] = [await putEndpoint(state, 1, { site: 'Osaka' }), await putEndpoint(state, 2)];
  for (const [id, name] of [
    [files, 'files-0002'],
    [kyoto, 'kyoto-1'],
  ] as const)
    await state.updateTable('endpoints').set({ name }).where('id', '=', id).execute();
  const at = Date.now() - 3_600_000;
  for (const [id, endpoint] of [
    ['aaaaaaaa01', files],
    ['aaaaaaaa02', kyoto],
  ] as const)
    await putAlerts(state, [{ id, endpoint, resolvedAt: null, events: [['fired', at]] }]);
  await collector.stop();
  collector = await collector.again();
  ticket = (await admin('/api/v1/tickets', { title: 'A new disk' })).row.id;
  hostile = (await admin('/api/v1/tickets', { title: '<!channel> & <@U1> @room @here *bold*' })).row.id;
  await until(() => slack.isOpen() && matrix.joined.has('!ops:test'), waitMs, 'the connections');
});
test.after(async () => {
  await collector.close();
  await Promise.all([slack.close(), matrix.close()]);
});

const codeOf = (user: string, at = Date.now()) => onceFree(() => makeCode(collector.state, users[user] as string, at));
const detail = async (id: number) =>
  (await collector.call(`/api/v1/tickets/${id}`, { as: 'admin' })).body as TicketDetail;
const comments = async (id = ticket) => (await detail(id)).events.filter(({ kind }) => kind === 'comment');
/** Says it, and waits for the next answer. */
async function hear(said: () => string[], say: () => unknown): Promise<string> {
  const before = said().length;
  say();
  await until(() => said().length > before, waitMs, 'an answer');
  return said().at(-1) as string;
}
const inSlack = (user: string, text: string) => hear(slack.said, () => slack.mention(user, text));
const inMatrix = (user: string, text: string) => hear(matrix.said, () => matrix.say(user, `!keel ${text}`));
const link = async (user: string, account: string) => inSlack(account, `link ${(await codeOf(user)).code}`);

test('whoever is not linked is told how to, and nothing else', async () => {
  for (const said of ['resolve 1', 'how is files-0002', 'help'])
    assert.match(await inSlack('UNONE', said), /^This account is not linked .*link CODE$/s);
  assert.is((await detail(ticket)).row.state, 'new');
  assert.match(await inMatrix('@none:test', `解決 ${ticket}`), '連携していません');
});

test('a code links the account once; a wrong one says only that', async () => {
  const { code } = await codeOf('ada', Date.now());
  assert.match(await inSlack('UADA', 'link aaaa-bbbb-cccc'), /^That code is wrong, used or older/);
  assert.match(await inSlack('UADA', `link ${code}`), 'This account is linked to ada now.');
  assert.match(await inSlack('UEVE', `link ${code}`), /^That code is wrong/);
  const rows = await collector.state.selectFrom('chat_events').select(['said', 'answer']).execute();
  assert.not.ok(JSON.stringify(rows).includes(code), 'no code stays');
  const old = await codeOf('ada', Date.now() - 11 * 60_000);
  assert.match(await inSlack('UOLD', `link ${old.code}`), /^That code is wrong/);
  const made = await codeOf('ada', Date.now());
  assert.match(await inMatrix('@ada:test', `連携 ${made.code}`), 'このアカウントを ada と連携しました');
  assert.match(await link('vera', 'UVERA'), 'linked to vera');
  assert.match(await link('omar', 'UOMAR'), 'linked to omar');
  assert.is((await accountsOf(collector.state, users.ada as string)).length, 2);
});

test('by mention, slash command and button; in the name of the person, and in the audit log', async () => {
  assert.match(await inSlack('UADA', `take ${ticket}`), `Ticket #${ticket} is assigned to ada.`);
  assert.match(await hear(slack.said, () => slack.slash('UADA', `comment ${ticket} On my way`)), 'Commented on ticket');
  assert.is(slack.calls.at(-1)?.method, 'respond/UADA', 'only they see it');
  assert.equal(
    (await comments()).map(({ actor, text }) => [actor, text]),
    [['ada', 'On my way']],
  );
  const pressed = await hear(slack.said, () => slack.press('UADA', 'acknowledge alert:aaaaaaaa01'));
  assert.match(pressed, /^ada has acknowledged 1 of .*files-0002/);
  assert.match(await inSlack('UADA', 'acknowledge files-0002'), 'ada has acknowledged files-0002 already');
  assert.match(
    await inSlack('UADA', 'silence kyoto-1 for 2h new disk'),
    /^kyoto-1 is silenced for 2h, until .*\/silences\/\w+$/s,
  );
  assert.match(await inSlack('UADA', 'how is kyoto-1'), /^kyoto-1: .*\nAlerts that fire: 1\n• Warning/);
  assert.match(await inSlack('UADA', 'who is on call'), /^There is no schedule\./);
  assert.match(await inMatrix('@ada:test', 'files-0002 はどう?'), /^files-0002: /);
  const { items } = (await collector.call('/api/v1/audit?limit=100', { as: 'admin' })).body as {
    items: { actor: string; action: string; address: string | null }[];
  };
  const entry = items.find(({ action, actor }) => action === 'comment' && actor === 'ada');
  assert.is(entry?.address, 'chat: slack');
});

test('role and sites hold at once, as on the pages', async () => {
  assert.match(await inSlack('UVERA', `resolve ${ticket}`), /viewer/);
  assert.match(await inSlack('UVERA', 'how is kyoto-1'), /^kyoto-1: /);
  assert.match(await inSlack('UOMAR', 'how is kyoto-1'), 'No endpoint that you see is called');
  assert.match(await inSlack('UOMAR', 'acknowledge alert:aaaaaaaa02'), /aaaaaaaa02/);
  assert.match(await inSlack('UOMAR', 'how is files-0002'), /^files-0002: /);
  const { state } = collector;
  const lesser = state.updateTable('users').set({ role: 'viewer' }).where('name', '=', 'omar');
  await onceFree(() => lesser.execute());
  assert.match(await inSlack('UOMAR', 'silence files-0002 1h'), /viewer/);
  await collector.call(`/api/v1/users/${users.omar}/disable`, { method: 'POST', as: 'admin' });
  assert.match(await inSlack('UOMAR', 'how is files-0002'), 'This account is not linked');
  assert.is((await detail(ticket)).row.state, 'new');
});

test('what is not understood is not done, and says what to type', async () => {
  assert.match(await inSlack('UADA', `resolv ${ticket}`), /I do not understand “resolv \d+”, and have done nothing/);
  assert.match(await inSlack('UADA', 'silence kyoto-1'), 'Type: silence NAME 2h');
  assert.match(await inSlack('UADA', 'how is kyoto'), /No endpoint that you see is called “kyoto”.*\n• kyoto-1/);
  assert.match(await inSlack('UADA', 'resolve 9999'), /9999/);
});

test('no name calls a room together', async () => {
  const answer = await inSlack('UADA', `comment ${hostile} <!channel> look`);
  assert.match(answer, '&lt;!channel&gt; &amp; &lt;@U1&gt; @\u200broom @\u200bhere');
  assert.is(slack.calls.at(-1)?.body.mrkdwn, false);
  assert.match(await inMatrix('@ada:test', `コメント ${hostile} @room`), '@\u200broom');
  const sent = matrix.sent().at(-1) as Record<string, unknown>;
  assert.equal([sent.msgtype, sent['m.mentions'], sent.formatted_body], ['m.notice', {}, undefined]);
});

test('what comes twice, or was edited, does nothing twice', async () => {
  const before = (await comments()).length;
  const ts = `${Math.floor(Date.now() / 1000)}.777000`;
  await hear(slack.said, () => slack.mention('UADA', `comment ${ticket} once`, { ts, event_ts: ts }));
  slack.mention('UADA', `comment ${ticket} once`, { ts, event_ts: ts });
  slack.mention('UADA', `comment ${ticket} edited`, { ts, edited: { user: 'UADA', ts } });
  slack.mention('UADA', `comment ${ticket} by a bot`, { bot_id: 'B1' });
  slack.mention('UADA', `comment ${ticket} long ago`, { ts: '1700000000.000001' });
  matrix.say('@ada:test', `* !keel comment ${ticket} edited`, {
    'm.relates_to': { rel_type: 'm.replace', event_id: '$e1' },
  });
  matrix.put('@ada:test', { msgtype: 'm.notice', body: `!keel comment ${ticket} by a bot` });
  matrix.say('@ada:test', `comment ${ticket} without the prefix`);
  await inSlack('UADA', 'help');
  await inMatrix('@ada:test', 'help');
  assert.is((await comments()).length, before + 1);
});

test('an acknowledgement that is lost, a socket that is closed, a connection that is renewed', async () => {
  const [before, connections] = [(await comments()).length, slack.connections()];
  slack.cutBeforeAck();
  await hear(slack.said, () => slack.mention('UADA', `comment ${ticket} cut`));
  await until(() => slack.connections() > connections && slack.isOpen(), waitMs, 'another connection');
  slack.disconnect('refresh_requested');
  await until(() => slack.connections() > connections + 1 && slack.isOpen(), waitMs, 'a renewed connection');
  await inSlack('UADA', 'help');
  assert.is((await comments()).length, before + 1);
});

test('429, 5xx and a hang of the vendor: done once, answered later', async () => {
  const before = (await comments()).length;
  slack.faults.push({ method: 'chat.postMessage', status: 429, headers: { 'retry-after': '1' } });
  await hear(slack.said, () => slack.mention('UADA', `comment ${ticket} slow down`));
  slack.faults.push({ method: 'apps.connections.open', status: 429, headers: { 'retry-after': '1' } });
  slack.faults.push({ method: 'apps.connections.open', status: 503 });
  slack.drop();
  await until(
    () => !slack.faults.some(({ method }) => method === 'apps.connections.open') && slack.isOpen(),
    waitMs,
    'a connection',
  );
  matrix.faults.push({ path: /^rooms\//, status: 502, after: true });
  const sent = matrix.sent().length;
  matrix.say('@ada:test', `!keel コメント ${ticket} 一回だけ`);
  await until(async () => (await comments()).length === before + 2, waitMs, 'the comment');
  await until(
    () => matrix.calls.filter(({ path }) => /send/.test(path)).length > matrix.sent().length,
    waitMs,
    'a second try',
  );
  assert.is(matrix.sent().length, sent + 1, 'by the same transaction');
  matrix.faults.push({ path: /^sync/, status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 1000 } });
  await inMatrix('@ada:test', 'help');
});

test('an encrypted room is named; a token that is refused stops the room', async () => {
  const room = async (name: string) =>
    ((await collector.call('/api/v1/chat', { as: 'admin' })).body as { items: ChatView[] }).items.find(
      (one) => one.name === name,
    ) as ChatView;
  matrix.put('@ada:test', { algorithm: 'm.megolm.v1.aes-sha2' }, 'm.room.encrypted');
  await until(async () => (await room('matrix')).trouble?.includes('encrypted') === true, waitMs, 'the encrypted room');
  const trial = (await collector.call('/api/v1/chat/slack/test', { method: 'POST', as: 'admin' })).body as ChatTrial;
  assert.equal(
    trial.findings.map(({ what, result }) => [what, result]),
    [
      ['listen', 'good'],
      ['account', 'good'],
    ],
  );
  slack.faults.push({ method: 'apps.connections.open', body: { ok: false, error: 'invalid_auth' } });
  slack.drop();
  await until(async () => (await room('slack')).isStopped, waitMs, 'the stop');
  const { settings: shown, trouble } = await room('slack');
  assert.not.ok(JSON.stringify(shown).includes('xox'));
  assert.match(trouble ?? '', 'does not accept our token');
  // Its test starts it again.
  await collector.call('/api/v1/chat/slack/test', { method: 'POST', as: 'admin' });
  await until(async () => (await room('slack')).isConnected, waitMs, 'the connection');
});

test('what was done when the process was killed is not done again', async () => {
  const { state } = collector;
  const at = Date.now();
  await inSlack('UADA', `comment ${ticket} was done`);
  await inSlack('UADA', 'silence kyoto-1 3h was done');
  const silences = async () =>
    ((await collector.call('/api/v1/silences', { as: 'admin' })).body as { items: { reason: string }[] }).items.length;
  const [before, silent] = [(await comments()).length, await silences()];
  const row = {
    room: 'slack',
    at,
    account: 'T1/UADA',
    place: '{"channel":"C100"}',
    state: 'taken' as const,
    answer: null,
  };
  const rows = [`comment ${ticket} was done`, 'silence kyoto-1 3h was done', `comment ${ticket} was not done`].map(
    (said, n) => ({ ...row, id: `killed-${n}`, said, began_at: at }),
  );
  await onceFree(() => state.insertInto('chat_events').values(rows).execute());
  await collector.stop();
  const answers = slack.said().length;
  collector = await collector.again();
  await until(() => slack.said().length === answers + 3, waitMs, 'the answers');
  assert.is((await comments()).length, before + 1);
  assert.is(await silences(), silent);
});

test('kill -9 after it was done and before it was answered: once, and answered', async () => {
  const before = (await comments()).length;
  await collector.stop();
  slack.faults.push({ method: 'chat.postMessage', hang: true });
  const first = await startCollector(collector.data, ['--config', join(folder.path, 'evenkeel.yaml')]);
  await until(() => slack.isOpen(), waitMs, 'a connection');
  const answers = slack.said().length;
  slack.mention('UADA', `comment ${ticket} and then killed`);
  await until(() => slack.said().length === answers + 1, waitMs, 'the answer that hangs');
  first.child.kill('SIGKILL');
  await first.ended;
  collector = await collector.again();
  await until(() => slack.said().length === answers + 2, waitMs, 'the answer');
  assert.is((await comments()).length, before + 1);
});

test('a person makes a code on the page, sees their accounts and unlinks them', async () => {
  const body = { user: 'ada', password: 'a sentence of its own' };
  const login = await collector.call('/api/v1/login', { method: 'POST', body });
  const cookie = login.headers.get('set-cookie')?.split(';')[0] as string;
  const own = (path: string, method = 'GET') => collector.call(path, { method, headers: { cookie } });
  const { accounts, rooms } = (await own('/api/v1/me/chat')).body as OwnChat;
  assert.equal([accounts.length, rooms.length], [2, 2]);
  assert.match(
    ((await own('/api/v1/me/chat', 'POST')).body as { code: string }).code,
    /^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/,
  );
  for (const { id } of accounts) assert.is((await own(`/api/v1/me/chat/${id}`, 'DELETE')).status, 204);
  assert.match(await inSlack('UADA', `resolve ${ticket}`), 'This account is not linked');
  assert.is((await collector.call('/api/v1/me/chat', { method: 'POST', as: 'admin' })).status, 400, 'a token has none');
});

test.run();
