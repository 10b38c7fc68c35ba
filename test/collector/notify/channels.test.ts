import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Channel } from '../../../collector/notify/channel.ts';
import { alertmanagerJson } from '../../../collector/notify/channels/webhook.ts';
import { plainReason } from '../../../collector/notify/plain-reason.ts';
import { createChannels, routesFor } from '../../../collector/notify/route.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { disturbers, hasDisturber } from '../../support/disturbers.ts';
import { loopback, notification, openMailServer, openReceiver } from './receiver.ts';

const make = (kind: string, settings: Record<string, unknown>): Channel =>
  (createChannels([{ name: 'ops', kind, settings }], loopback)[0] as { channel: Channel }).channel;

const soon = () => AbortSignal.timeout(5000);

async function failure(work: Promise<unknown>): Promise<EvenkeelError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}

test('what an endpoint calls itself and its parts stays text: in the group key, the labels and the headers of a mail', async () => {
  await using receiver = await openReceiver(() => [200]);
  await using server = await openMailServer();
  const settings = { host: '127.0.0.1', port: server.port, from: 'a@example.org', to: 'b@example.org' };
  const [webhook, mail] = [make('webhook', { url: receiver.url }), make('email', settings)];
  for (const one of ['"', '\\', '"}', ...disturbers]) {
    const bad = `a${one}b`;
    const named = {
      ...notification,
      ...{ key: `srv/disk/path=${bad}`, tags: { path: bad } },
      endpoint: { ...notification.endpoint, name: bad, site: bad },
    };
    await webhook.send(named, soon());
    const body = JSON.parse(receiver.received.at(-1)?.body ?? '');
    const [, key = ''] = /^\{\}:\{alertkey=("(?:[^"\\]|\\.)*")\}$/.exec(body.groupKey) ?? [];
    assert.is(JSON.parse(key), named.key);
    const texts = [
      body.groupKey,
      ...[body.groupLabels, body.commonLabels, body.commonAnnotations].flatMap(Object.values),
    ];
    assert.equal(texts.filter(hasDisturber), []);
    await mail.send(named, soon());
    const [head = ''] = (server.mails.at(-1)?.data ?? '').split('\n\n');
    const names = head.split(/\n(?![ \t])/).map((line) => line.split(':')[0]?.toLowerCase());
    assert.equal([...new Set(names)].sort(), [...names].sort(), head);
    assert.not.ok(
      names.some((name) => name?.startsWith('b')),
      head,
    );
    assert.not.ok(hasDisturber(head.replaceAll('\n', '').replaceAll('\t', ' ')), JSON.stringify(head));
  }
});

test('a webhook speaks Alertmanager’s v4', async () => {
  await using receiver = await openReceiver(() => [200]);
  await make('webhook', { url: `${receiver.url}/hook?a=1`, token: 'secret' }).send(notification, soon());
  const [got] = receiver.received;
  const body = JSON.parse(got?.body ?? '');
  assert.is(got?.path, '/hook?a=1');
  assert.is(got?.headers.authorization, 'Bearer secret');
  assert.is(got?.headers['idempotency-key'], 'n1');
  assert.is(got?.headers['content-type'], 'application/json');
  assert.equal(Object.keys(body).sort(), [
    'alerts',
    'commonAnnotations',
    'commonLabels',
    'externalURL',
    'groupKey',
    'groupLabels',
    'receiver',
    'status',
    'truncatedAlerts',
    'version',
  ]);
  assert.is(body.version, '4');
  assert.is(body.status, 'firing');
  assert.is(body.receiver, 'ops');
  assert.is(body.externalURL, 'https://ek.example/');
  assert.equal(body.alerts[0].labels, {
    path: '/var',
    device: '/dev/sdb1',
    site: 'Köln',
    endpoint: 'srv',
    kind: 'server',
    metric: 'disk.used_percent',
    instance: 'web-1',
    severity: 'critical',
    alertname: 'disk-space',
  });
  assert.is(body.alerts[0].startsAt, '2026-01-05T10:00:00.000Z');
  assert.is(body.alerts[0].endsAt, '0001-01-01T00:00:00Z');
  assert.match(body.alerts[0].fingerprint, /^[0-9a-f]{16}$/);
  const worse = { ...notification, key: 'group', alertKey: notification.key, family: 'disk' };
  const other = alertmanagerJson(worse, 'ops', 'en') as typeof body;
  assert.is(other.alerts[0].fingerprint, body.alerts[0].fingerprint, 'that of the alert, not of its group');
  assert.equal([other.alerts[0].labels.alertname, other.groupLabels.alertname], ['disk', 'disk']);
  await make('webhook', { url: receiver.url }).send(
    { ...notification, event: 'resolved', endedAt: notification.startedAt },
    soon(),
  );
  const after = JSON.parse(receiver.received[1]?.body ?? '');
  assert.is(after.status, 'resolved');
  assert.is(after.alerts[0].endsAt, '2026-01-05T10:00:00.000Z');
  assert.is(after.alerts[0].fingerprint, body.alerts[0].fingerprint);
});

test('a tag cannot pretend to be the severity', async () => {
  await using receiver = await openReceiver(() => [200]);
  await make('webhook', { url: receiver.url }).send(
    { ...notification, tags: { severity: 'none', alertname: 'x' } },
    soon(),
  );
  const { labels } = JSON.parse(receiver.received[0]?.body ?? '').alerts[0];
  assert.is(labels.severity, 'critical');
  assert.is(labels.alertname, 'disk-space');
});

test('which answers are worth another try', async () => {
  for (const [status, code] of [
    [503, 'CHANNEL_FAILED'],
    [408, 'CHANNEL_FAILED'],
    [404, 'CHANNEL_REFUSED'],
    [401, 'CHANNEL_REFUSED'],
  ] as const) {
    await using receiver = await openReceiver(() => [status]);
    assert.is(
      (await failure(make('webhook', { url: receiver.url }).send(notification, soon()))).code,
      code,
      String(status),
    );
  }
});

test('redirects: within the same address yes, to another host no', async () => {
  await using receiver = await openReceiver((_, path) => (path === '/a' ? [308, { location: '/b' }] : [204]));
  await make('webhook', { url: `${receiver.url}/a` }).send(notification, soon());
  assert.equal(
    receiver.received.map((got) => [got.path, JSON.parse(got.body).version]),
    [
      ['/a', '4'],
      ['/b', '4'],
    ],
  );
  await using elsewhere = await openReceiver(() => [302, { location: receiver.url }]);
  const error = await failure(make('webhook', { url: elsewhere.url, token: 'secret' }).send(notification, soon()));
  assert.is(error.code, 'CHANNEL_REFUSED');
  assert.is(receiver.received.length, 2, 'the token went nowhere else');
  await using circle = await openReceiver(() => [307, { location: '/again' }]);
  assert.is((await failure(make('webhook', { url: circle.url }).send(notification, soon()))).code, 'CHANNEL_REFUSED');
  assert.is(circle.received.length, 4);
});

const mail = { host: '127.0.0.1', from: 'ek@example.org', to: ['ada@example.org', 'bob@example.org'] };

test('a mail: text and HTML, to everybody, one thread per alert', async () => {
  await using server = await openMailServer();
  const channel = make('email', { ...mail, port: server.port, language: 'ja' });
  await channel.send(notification, soon());
  await channel.send({ ...notification, id: 'n2', event: 'resolved', endedAt: notification.startedAt + 1000 }, soon());
  const [first, second] = server.mails;
  assert.is(first?.to.length, 2);
  assert.match(first?.data ?? '', /^Content-Type: multipart\/alternative;/m);
  // Programs show the last part that they can.
  assert.match(
    first?.data ?? '',
    /^Content-Type: text\/plain; charset=utf-8$[\s\S]*^Content-Type: text\/html; charset=utf-8$/m,
  );
  assert.match(first?.data ?? '', /^Message-ID: <n1@evenkeel>$/m);
  const thread = /^References: (.*)$/m;
  assert.is(thread.exec(first?.data ?? '')?.[1], thread.exec(second?.data ?? '')?.[1]);
  assert.match(first?.data ?? '', /^Subject: =\?UTF-8\?/m);
});

test('a mail with a log-in', async () => {
  await using server = await openMailServer();
  const settings = { ...mail, port: server.port, user: 'ek', password: 'pw', require_tls: false };
  await make('email', settings).send(notification, soon());
  assert.is(server.mails[0]?.user, '\u0000ek\u0000pw');
});

test('a password does not go in the clear unless somebody says so', async () => {
  await using server = await openMailServer();
  const error = await failure(
    make('email', { ...mail, port: server.port, user: 'ek', password: 'pw' }).send(notification, soon()),
  );
  assert.match(error.code, /^CHANNEL_/);
  assert.is(server.mails.length, 0);
});

test('what a mail server says decides about another try', async () => {
  for (const [refuse, code] of [
    [{ DATA: '554 spam' }, 'CHANNEL_REFUSED'],
    [{ MAIL: '421 too many connections' }, 'CHANNEL_FAILED'],
  ] as const) {
    await using server = await openMailServer(refuse);
    assert.is(
      (await failure(make('email', { ...mail, port: server.port }).send(notification, soon()))).code,
      code,
      JSON.stringify(refuse),
    );
  }
});

test('settings are checked, and named when they are wrong', () => {
  const refused = (kind: string, settings: Record<string, unknown>, pattern: RegExp) =>
    assert.throws(
      () => make(kind, settings),
      (thrown: unknown) =>
        thrown instanceof EvenkeelError && thrown.code === 'BAD_SETTING' && pattern.test(thrown.message),
    );
  refused('pigeon', {}, /channels\.ops\.kind "pigeon" must be one of webhook, email/);
  refused('webhook', {}, /channels\.ops lacks "url"/);
  refused('webhook', { url: 'ftp://x' }, /channels\.ops\.url is not an http/);
  refused('webhook', { url: 'https://a:b@x' }, /holds a password/);
  refused('webhook', { url: 'https://x', tokn: 'a' }, /"tokn"; did you mean "token"/);
  refused(
    'webhook',
    { url: 'https://x', severities: ['loud'] },
    /severities\.0 "loud" must be one of info, warning, critical/,
  );
  refused('email', { host: 'x', from: 'a@b' }, /channels\.ops lacks "to"/);
  refused('email', { ...mail, user: 'x' }, /password_file is missing/);
  refused('email', { ...mail, zone: 'Mars/Base' }, /zone "Mars\/Base"/);
  assert.throws(
    () =>
      createChannels(
        [1, 2].map(() => ({ name: 'a', kind: 'webhook', settings: { url: 'https://x' } })),
        loopback,
      ),
    /twice/,
  );
});

test('who is notified of what', () => {
  const routes = createChannels(
    [
      { name: 'usual', kind: 'webhook', settings: { url: 'https://x' } },
      { name: 'pager', kind: 'webhook', settings: { url: 'https://x', severities: ['critical'] } },
      { name: 'log', kind: 'webhook', settings: { url: 'https://x', severities: ['info', 'warning', 'critical'] } },
    ],
    loopback,
  );
  assert.equal(routesFor(routes, 'info'), ['log']);
  assert.equal(routesFor(routes, 'warning'), ['usual', 'log']);
  assert.equal(routesFor(routes, 'critical'), ['usual', 'pager', 'log']);
});

test('the own address of a person is used, or refused, by every kind of channel', async () => {
  await using receiver = await openReceiver(() => [200]);
  const { url } = receiver;
  const given: Record<string, Record<string, unknown>> = {
    ntfy: { url, topic: 'ops' },
    telegram: { url, token: '1234:abcdefgh', chat_id: '1', thread: 3 },
    slack: { url },
    webhook: { url },
    gotify: { url, token: 't' },
    http: { url, body: '{"to":"{recipient}","text":"{title}"}', to: '1' },
  };
  const addresses: Record<string, string> = { ntfy: 'topic-ann', telegram: '-100777', http: '+49 30 1' };
  for (const [kind, settings] of Object.entries(given)) {
    const [route] = createChannels([{ name: 'one', kind, settings }], loopback);
    const address = addresses[kind];
    assert.is(route?.isAddress?.(address ?? 'ann'), address !== undefined, kind);
    if (address === undefined) continue;
    await route?.channel.send({ ...notification, recipient: address }, AbortSignal.timeout(5000));
    const body = JSON.parse(receiver.received.at(-1)?.body ?? '{}') as Record<string, unknown>;
    assert.ok(Object.values(body).includes(address), `${kind}: ${JSON.stringify(body)}`);
    assert.is(body.message_thread_id, undefined, 'a topic of the chat of the channel');
  }
  const [plain] = createChannels([{ name: 'one', kind: 'http', settings: { url } }], loopback);
  assert.is(plain?.isAddress?.('+49 30 1'), false, 'its text has no place for one');
});

test('a receiver of alerts can close each that it was told of, also of what got worse meanwhile', async () => {
  await using receiver = await openReceiver(() => [200]);
  const member = (n: number, more: object = {}) => ({
    ...{ alert: `a${n}`, key: `k${n}`, family: 'disk-space', rule: { id: 'disk-space' }, severity: 'warning' as const },
    endpoint: { id: `e${n}`, name: `web-${n}`, kind: 'server', site: 'Köln' },
    ...{ metric: 'disk.used_percent', tags: {}, value: 96, threshold: 95, unit: 'percent', since: 1000, ...more },
  });
  const told = { count: 2, endpoints: 2, names: [], list: [member(1), member(2)], resolvedCount: 0, resolved: [] };
  const ended = [member(1, { severity: 'critical', endedAt: 5000 }), member(2, { endedAt: 6000 })];
  const over = { ...told, list: [], resolvedCount: 2, resolved: ended };
  const group = { ...notification, value: null, threshold: null, tags: {}, family: 'disk-space' };
  const messages = [
    { ...group, event: 'firing' as const, severity: 'warning' as const, members: told },
    { ...group, event: 'resolved' as const, endedAt: 9000, members: over },
  ];
  type Entry = { status: string; fingerprint: string; endsAt: string; labels: Record<string, string> };
  const [first, last] = messages.map((one) => (alertmanagerJson(one, 'ops', 'en') as { alerts: Entry[] }).alerts);
  assert.equal(
    last?.map(({ fingerprint, status, endsAt }) => [fingerprint, status, Date.parse(endsAt)]),
    first?.map(({ fingerprint }, n) => [fingerprint, 'resolved', 5000 + 1000 * n]),
  );
  for (const one of messages) await make('alertmanager', { url: receiver.url }).send(one, soon());
  const [fired, gone] = receiver.received.map(({ body }) => JSON.parse(body) as Entry[]);
  const idOf = ({ labels }: Entry) => JSON.stringify(Object.entries(labels).sort());
  assert.is(fired?.length, 2);
  const now = messages[0]?.startedAt ?? 0;
  for (const one of fired ?? []) {
    const end = gone?.find((other) => idOf(other) === idOf(one));
    assert.ok(end && Date.parse(end.endsAt) <= now, 'the same labels, and an end');
  }
});

test('why nothing arrives is said in words that name what to mend', async () => {
  await using receiver = await openReceiver(() => null);
  const send = async (url: string, signal = soon()) =>
    (await failure(make('webhook', { url }).send(notification, signal))).message;
  assert.match(await send(receiver.url.replace('http:', 'https:')), 'there is no TLS at this address');
  assert.match(await send(receiver.url, AbortSignal.timeout(50)), 'it did not answer in time');
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' });
  assert.match(plainReason(unknown, 'nosuch.example.org'), 'there is no host nosuch.example.org');
  assert.is(plainReason(new Error('connect ECONNREFUSED'), 'x'), 'connect ECONNREFUSED');
});

test.run();
