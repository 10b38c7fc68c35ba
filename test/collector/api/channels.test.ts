/** Channels over HTTP: used at once, their secrets never come out, those of evenkeel.yaml stay what they are. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChannelKind, ChannelRow, ChannelTrial, ChannelTrouble } from '../../../shared/channel.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { openReceiver } from '../notify/receiver.ts';

const test = suite('channels');
let collector: InProcess;
let receiver: Awaited<ReturnType<typeof openReceiver>>;
let answer: [number, Record<string, string>?, string?] = [200];
const secret = 'h4nter2ofthechannel';
const settingsFile = (url: string) =>
  `outgoing: { allow: [127.0.0.1] }\nchannels:\n  - { name: filed, kind: webhook, url: "${url}/filed", token: ${secret}-filed }\n`;

const call = async <T>(path: string, method = 'GET', body?: unknown) =>
  (await collector.call(`/api/v1/channels${path}`, {
    ...{ method, as: 'admin' as const },
    ...(body === undefined ? {} : { body }),
  })) as unknown as { status: number; body: T; text: string };
const rows = async () => (await call<{ items: ChannelRow[] }>('')).body.items;
const one = async (name: string) => (await rows()).find(({ id }) => id === name) as ChannelRow;

test.before(async () => {
  receiver = await openReceiver(() => answer);
  collector = await openCollector({ settings: settingsFile(receiver.url) });
});
test.after(async () => {
  await collector.close();
  await receiver.close();
});

test('one is set up as one address, tested, and shows its last result; no answer and no log holds its secret', async () => {
  const made = await call<ChannelRow>('', 'POST', {
    ...{ name: 'push', severities: ['critical'] },
    settings: { url: `gotify://${receiver.url.slice(7)}/${secret}`, language: 'ja' },
  });
  assert.is(made.status, 201, made.text);
  assert.equal(made.body.settings, { url: receiver.url, language: 'ja' });
  assert.equal(
    [made.body.kind, made.body.owner, made.body.secrets, made.body.last],
    ['gotify', 'people', ['token'], null],
  );
  const trial = await call<ChannelTrial>('/push/test', 'POST');
  assert.is(trial.body.error, null, trial.text);
  assert.is(receiver.received.at(-1)?.headers['x-gotify-key'], secret);
  assert.match(receiver.received.at(-1)?.body ?? '', /通知チャンネルのテスト/);
  assert.is((await one('push')).last?.error, null);
  answer = [401, { 'content-type': 'application/json' }, JSON.stringify({ error: `no ${secret}` })];
  const refused = await call<ChannelTrial>('/push/test', 'POST');
  assert.match(refused.body.error ?? '', /HTTP 401/);
  answer = [200];
  assert.match((await one('push')).last?.error ?? '', /HTTP 401/);
  const audit = await collector.state.selectFrom('audit_log').selectAll().where('object', '=', 'channel').execute();
  assert.ok(audit.length >= 3, String(audit.length));
  const said = JSON.stringify([made.body, trial.body, refused.body, await rows(), audit, collector.logged]);
  assert.not.match(said, secret);
});

test('what may not be reached is said when it is saved; what no setting opens is not saved', async () => {
  const add = (name: string, url: string) => call<ChannelRow>('', 'POST', { name, kind: 'webhook', settings: { url } });
  const inside = await add('inside', 'http://10.1.2.3/hook');
  assert.is(inside.status, 201);
  assert.match(
    inside.body.blocked ?? '',
    /do not go to 10\.1\.2\.3: .* add the address, range or name to outgoing\.allow/,
  );
  assert.is((await one('inside')).blocked, inside.body.blocked, 'the list says it as well');
  const moved = await call<ChannelRow>('/inside', 'PATCH', { settings: { url: `${receiver.url}/inside` } });
  assert.equal([moved.status, moved.body.blocked], [200, null]);
  for (const url of ['http://169.254.169.254/x', 'http://[fd00:ec2::254]/', 'http://0xa9fea9fe/']) {
    for (const refused of [await add('cloud', url), await call('/inside', 'PATCH', { settings: { url } })]) {
      assert.is(refused.status, 400, refused.text);
      assert.match(refused.text, /hands out credentials of machines .* no setting opens it/);
    }
  }
  assert.is(await one('cloud'), undefined);
  assert.equal((await one('inside')).settings, {}, 'its address is a secret, and stays');
  await call('/inside', 'DELETE');
});

test('a secret that is left empty stays, another one takes its place; the rest is as it was sent', async () => {
  const edited = await call<ChannelRow>('/push', 'PATCH', {
    settings: { url: receiver.url, token: '', zone: 'Asia/Tokyo' },
  });
  assert.is(edited.status, 200, edited.text);
  assert.equal(
    [edited.body.settings, edited.body.secrets, edited.body.severities],
    [{ url: receiver.url, zone: 'Asia/Tokyo' }, ['token'], ['critical']],
  );
  await call('/push/test', 'POST');
  assert.is(receiver.received.at(-1)?.headers['x-gotify-key'], secret);
  await call('/push', 'PATCH', { settings: { url: receiver.url, token: 'another-one' } });
  await call('/push/test', 'POST');
  assert.is(receiver.received.at(-1)?.headers['x-gotify-key'], 'another-one');
});

test('a stored secret goes only to where it was stored for: with another address it is to be given again', async () => {
  const other = await openReceiver(() => [200]);
  try {
    const before = await one('push');
    for (const url of [
      other.url,
      receiver.url.replace('http:', 'https:'),
      receiver.url.replace('127.0.0.1', '127.0.0.2'),
    ]) {
      for (const more of [{}, { token: '' }]) {
        const { status, text } = await call('/push', 'PATCH', { settings: { url, ...more } });
        assert.is(status, 400, text);
        assert.match(text, /a stored secret is not sent to another place; give token again/, text);
      }
    }
    assert.equal((await one('push')).settings, before.settings);
    assert.equal(other.received, []);
    // Another path of the same server, and a secret that comes with the address.
    assert.is((await call('/push', 'PATCH', { settings: { url: `${receiver.url}/below` } })).status, 200);
    assert.is((await call('/push', 'PATCH', { settings: { url: other.url, token: 'a-third' } })).status, 200);
    await call('/push/test', 'POST');
    assert.is(other.received.at(-1)?.headers['x-gotify-key'], 'a-third');
    // The address itself is a secret here: the token beside it is none the less kept to its server.
    await call('', 'POST', { name: 'hook', kind: 'webhook', settings: { url: receiver.url, token: secret } });
    assert.is((await call('/hook', 'PATCH', { settings: { url: other.url } })).status, 400);
    await call('/hook', 'DELETE');
    const mail = { host: 'mail.example.org', user: 'u', from: 'a@example.org', to: 'b@example.org' };
    await call('', 'POST', { name: 'post', kind: 'email', settings: { ...mail, password: secret } });
    for (const more of [{ host: 'mail.example.net' }, { port: 25 }, { require_tls: false }])
      assert.is((await call('/post', 'PATCH', { settings: { ...mail, ...more } })).status, 400, JSON.stringify(more));
    assert.is((await call('/post', 'PATCH', { settings: { ...mail, to: 'c@example.org' } })).status, 200);
    await call('/post', 'DELETE');
    await call('/push', 'PATCH', { settings: { url: receiver.url, token: 'another-one' } });
  } finally {
    await other.close();
  }
});

test('what does not fit is refused by name, without its value, and nothing is kept of it', async () => {
  const bad: [body: object, words: RegExp][] = [
    [{ name: 'chat', settings: { url: `slak://${secret}/b/c` } }, /did you mean slack:\/\//],
    [{ name: 'chat', kind: 'slack', settings: {} }, /lacks "url"/],
    [{ name: 'chat', kind: 'slack', settings: { url: 'https://x', tokn: secret } }, /unknown key "tokn"/],
    [{ name: 'Chat!', kind: 'slack', settings: { url: 'https://x' } }, /a name of small letters/],
    [{ name: 'chat', kind: 'pigeon', settings: { url: 'https://x' } }, /must be one of webhook/],
    [{ name: 'chat', settings: { url: 'https://example.org/x' } }, /kind .*must be one of webhook/],
    [{ name: 'push', kind: 'slack', settings: { url: 'https://x' } }, /there is a channel push already/],
    [{ name: 'filed', kind: 'slack', settings: { url: 'https://x' } }, /there is a channel filed already/],
  ];
  for (const [body, words] of bad) {
    const { status, text } = await call('', 'POST', body);
    assert.ok(status === 400 || status === 409, text);
    assert.match(text.replaceAll('\\"', '"'), words);
    assert.not.match(text, secret);
  }
  assert.equal(
    (await rows()).map(({ id }) => id),
    ['filed', 'push'],
  );
  const edit = await call('/push', 'PATCH', { settings: { url: 'no address' } });
  assert.is(edit.status, 400, edit.text);
  assert.is((await one('push')).settings.url, receiver.url);
});

test('a channel of evenkeel.yaml is shown without its secrets, tested, and changed there only', async () => {
  const filed = await one('filed');
  assert.equal([filed.owner, filed.settings, filed.secrets.sort()], ['file', {}, ['token', 'url']]);
  assert.is((await call<ChannelTrial>('/filed/test', 'POST')).body.error, null);
  for (const [method, body] of [
    ['PATCH', { severities: ['critical'] }],
    ['DELETE', undefined],
  ] as const) {
    const { status, text } = await call('/filed', method, body);
    assert.is(status, 409);
    assert.match(text, /evenkeel\.yaml/);
  }
});

test('a private address that is not allowed: the test says which, and what to do', async () => {
  await call('', 'POST', { name: 'inside', kind: 'webhook', settings: { url: 'http://127.0.0.3:9/' } });
  const { body } = await call<ChannelTrial>('/inside/test', 'POST');
  assert.match(body.error ?? '', /127\.0\.0\.3.*outgoing\.allow/s);
  await call('/inside', 'DELETE');
});

test('every kind says what it asks for', async () => {
  const { items } = (await call<{ items: ChannelKind[] }>('/kinds')).body;
  assert.ok(items.length >= 12);
  const telegram = items.find(({ kind }) => kind === 'telegram');
  const field = (name: string) => telegram?.fields.find((one) => one.name === name);
  assert.equal(field('token'), { name: 'token', type: 'text', isSecret: true, isRequired: true, choices: [] });
  assert.is(field('thread')?.type, 'number');
  assert.equal(field('language')?.choices, ['en', 'ja']);
});

test('kept over a restart, used for messages at once, removed when told; a message that is given up raises an alert', async () => {
  await collector.stop();
  collector = await collector.again();
  assert.equal(
    (await rows()).map(({ id }) => id),
    ['filed', 'push'],
  );
  await call('/push/test', 'POST');
  assert.is(receiver.received.at(-1)?.headers['x-gotify-key'], 'another-one');
  answer = [400];
  const { state } = collector;
  const facts = JSON.stringify({
    ...{ event: 'sla', key: 'k', rule: { id: 'disk-space' }, severity: 'warning', metric: '', tags: {}, value: null },
    ...{ endpoint: { id: 'e', name: 'web-1', kind: 'server', site: null }, members: null, threshold: null, unit: '' },
    ...{ startedAt: 0, endedAt: null, why: null },
  });
  const at = Date.now();
  const { id } = await state
    .insertInto('notifications')
    .values({ at, event: 'sla', severity: 'warning', alert: null, ticket: null, incident: null, facts })
    .returning('id')
    .executeTakeFirstOrThrow();
  const row = { notification: id, about: 'k', state: 'queued', attempts: 0, next_at: at, last_error: null } as const;
  for (const channel of ['push', 'filed'])
    await state
      .insertInto('deliveries')
      .values({ ...row, id: channel, channel, dedupe_key: channel, created_at: at, sent_at: null })
      .execute();
  const trouble = async () => (await call<ChannelTrouble>('/trouble')).body;
  for (let n = 0; n < 200 && !(await trouble()).isMute; n++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await trouble(), { failing: ['filed', 'push'], isMute: true, heldSince: null });
  const firing = async () =>
    (
      await state
        .selectFrom('alerts')
        .select(['rule', 'tags'])
        .where('rule', '=', 'channel-failed')
        .where('active_key', 'is not', null)
        .execute()
    )
      .map(({ tags }) => JSON.parse(tags).channel)
      .sort();
  for (let n = 0; n < 100 && (await firing()).length < 2; n++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await firing(), ['filed', 'push']);
  assert.ok((await one('push')).failed7d >= 1);
  answer = [200];
  await call('/push/test', 'POST');
  assert.equal((await trouble()).failing, ['filed']);
  assert.is((await call('/push', 'DELETE')).status, 204);
  assert.equal(
    (await rows()).map(({ id: name }) => name),
    ['filed'],
  );
  assert.is((await call('/push/test', 'POST')).status, 404);
});

test.run();
