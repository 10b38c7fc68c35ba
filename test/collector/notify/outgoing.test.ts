/**
 * Where channels may connect to: real receivers on loopback stand for what lies inside, and get nothing unless the
 * admin allows it, however the address is written and whatever the DNS says of it.
 */
import type { LookupAddress } from 'node:dns';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Channel } from '../../../collector/notify/channel.ts';
import { blockedChannels, createChannels } from '../../../collector/notify/route.ts';
import type { EvenkeelError } from '../../../shared/errors.ts';
import { createOutgoing, isNotAllowed, type Outgoing } from '../../../shared/outgoing.ts';
import { notification, openMailServer, openReceiver } from './receiver.ts';

const test = suite('outgoing');

const make = (kind: string, settings: Record<string, unknown>, outgoing: Outgoing): Channel =>
  (createChannels([{ name: 'ops', kind, settings }], outgoing)[0] as { channel: Channel }).channel;
const mailTo = (host: string, port: number) => ({ host, port, from: 'ek@example.org', to: 'it@example.org' });
const soon = () => AbortSignal.timeout(5000);
const refusalOf = (work: Promise<void>): Promise<EvenkeelError | null> =>
  work.then(
    () => null,
    (thrown: EvenkeelError) => thrown,
  );

/** Not every system knows the name with a dot at its end. */
const isRefused = (error: EvenkeelError | null, host: string) =>
  (error?.code === 'CHANNEL_REFUSED' && error.message.includes('outgoing.allow')) ||
  (/localhost\.$/i.test(host) && error?.code === 'CHANNEL_FAILED');

/** A resolver that answers with these in turn, the last one from then on. */
function answers(...turns: string[][]): Parameters<typeof createOutgoing>[1] {
  let n = 0;
  const found = () => turns[Math.min(n++, turns.length - 1)] as string[];
  return ((_host: string, _options: object, done: (error: null, found: LookupAddress[]) => void) =>
    done(
      null,
      found().map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as never;
}

const inside = [
  ...[
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
  ],
  ...['192.168.0.1', '169.254.169.254', '100.64.0.1', '100.127.255.255', '192.0.0.192', '198.18.0.1', '198.19.255.255'],
  ...[
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
  ],
  ...['::', '::1', 'fe80::1', 'febf::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '::ffff:127.0.0.1'],
  ...['::ffff:a9fe:a9fe', '::ffff:0:127.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::169.254.169.254'],
  ...[
    '64:ff9b::10.1.2.3',
    '64:ff9b::168.63.129.16',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '2001::1',
    '2001:db8::1',
    '100::1',
  ],
];
const outside = [
  ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
  ...['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '169.253.255.255', '223.255.255.255'],
  ...['2606:4700::1111', '2a00:1450::1', '::ffff:1.1.1.1', '64:ff9b::1.1.1.1', '64:ff9b::808:808'],
];

test('addresses of this machine, its networks and for many are refused; all others are not', async () => {
  const closed = createOutgoing([]);
  for (const address of inside) assert.throws(() => closed.check(address), isNotAllowed, address);
  for (const address of ['[::1]', '[::ffff:7f00:1]', 'fe80::1%eth0', '::1%lo', '127.0.0.1.'])
    assert.throws(() => closed.check(address), isNotAllowed, address);
  for (const address of outside) closed.check(address);
  for (const address of [...inside, ...outside]) {
    const { lookup } = createOutgoing([], answers([address]));
    const error = await new Promise((done) => lookup('a.example.org', {}, done));
    assert.is(isNotAllowed(error), inside.includes(address), `a name that leads to ${address}`);
  }
});

test('where clouds hand out credentials nothing goes, whatever is allowed, and nobody is told to allow it', async () => {
  const spelled = [
    '169.254.169.254',
    '::ffff:a9fe:a9fe',
    'fd00:ec2::254',
    '168.63.129.16',
    '100.100.100.200',
    'fe80::1%eth0',
  ];
  const allow = ['0.0.0.0/0', '::/0', '169.254.169.254', 'fd00:ec2::254', 'a.example.org'];
  const open = createOutgoing(allow);
  for (const address of spelled) {
    assert.throws(
      () => open.check(address),
      (error: EvenkeelError) => error.code === 'TARGET_NEVER_ALLOWED',
      address,
    );
    const { lookup } = createOutgoing(allow, answers([address]));
    const error = await new Promise<EvenkeelError>((done) => lookup('a.example.org', {}, done as never));
    assert.is(error.code, 'TARGET_NEVER_ALLOWED', address);
    assert.not.match(error.hint, 'outgoing.allow');
  }
  open.check('10.0.0.1');
});

test('a webhook reaches loopback by no spelling, and by each once it is allowed', async () => {
  await using receiver = await openReceiver(() => [200]);
  const port = new URL(receiver.url).port;
  const hosts = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '0',
    '127.9.9.9',
  ];
  hosts.push('[::1]', '[::]', '[::ffff:127.0.0.1]', '[64:ff9b::127.0.0.1]', 'localhost', 'LocalHost.', '１２７.0.0.1');
  for (const host of hosts) {
    const error = await refusalOf(
      make('webhook', { url: `http://${host}:${port}/` }, createOutgoing([])).send(notification, soon()),
    );
    assert.ok(isRefused(error, host), `${host} ${error?.message}`);
  }
  assert.is(receiver.received.length, 0);
  for (const [allow, host] of [
    ['127.0.0.1', '0x7f.1'],
    ['127.0.0.0/8', '127.0.0.1.'],
    ['127.0.0.1', '[::ffff:127.0.0.1]'],
    ['127.0.0.1', 'localhost'],
    ['LocalHost.', 'localhost'],
  ] as const)
    await make('webhook', { url: `http://${host}:${port}/` }, createOutgoing([allow])).send(notification, soon());
  assert.is(receiver.received.length, 5);
  const other = make(
    'webhook',
    { url: `http://127.0.0.1:${port}/` },
    createOutgoing(['localhost', '10.0.0.0/8', '::1']),
  );
  assert.is((await refusalOf(other.send(notification, soon())))?.code, 'CHANNEL_REFUSED', 'a name allows no address');
});

test('mail neither, whether the host is written as a name, an address or a number', async () => {
  await using server = await openMailServer();
  // Numbers that the system would read as an address are not even taken.
  for (const host of ['127.1', '2130706433', '0x7f.1'])
    assert.throws(() => make('email', mailTo(host, server.port), createOutgoing([])), /is no address/);
  for (const host of ['127.0.0.1', 'localhost', 'localhost.', '::1', '::ffff:127.0.0.1'])
    for (const secure of [false, true]) {
      const channel = make('email', { ...mailTo(host, server.port), secure }, createOutgoing([]));
      const error = await refusalOf(channel.send(notification, soon()));
      assert.ok(isRefused(error, host), `${host} ${error?.message}`);
    }
  assert.is(server.mails.length, 0);
  await make('email', mailTo('localhost', server.port), createOutgoing(['127.0.0.0/8'])).send(notification, soon());
  assert.is(server.mails.length, 1);
});

test('a name is judged at each connection: one that led outside and leads inside now is refused', async () => {
  await using receiver = await openReceiver(() => [200]);
  await using server = await openMailServer();
  const port = new URL(receiver.url).port;
  for (const turns of [[['127.0.0.1']], [['1.1.1.1'], ['127.0.0.1']], [['::1', '127.0.0.1']]]) {
    const outgoing = createOutgoing([], answers(...turns));
    // What was looked at when the settings were read says nothing about the connection.
    const settings = { url: `http://hook.example.org:${port}/` };
    if (turns.length > 1)
      assert.equal(await blockedChannels([{ name: 'ops', kind: 'webhook', settings }], outgoing), []);
    const hook = make('webhook', settings, outgoing);
    assert.is((await refusalOf(hook.send(notification, soon())))?.code, 'CHANNEL_REFUSED');
    const mail = make('email', mailTo('mx.example.org', server.port), outgoing);
    assert.is((await refusalOf(mail.send(notification, soon())))?.code, 'CHANNEL_REFUSED');
  }
  assert.is(receiver.received.length + server.mails.length, 0);
});

test('of several addresses of a name only those that may be reached are tried', async () => {
  await using receiver = await openReceiver(() => [200]);
  await using server = await openMailServer();
  const port = new URL(receiver.url).port;
  const outgoing = createOutgoing(['127.0.0.1'], answers(['::1', '10.1.2.3', '127.0.0.1', '169.254.169.254']));
  await make('webhook', { url: `http://hook.example.org:${port}/` }, outgoing).send(notification, soon());
  await make('email', mailTo('mx.example.org', server.port), outgoing).send(notification, soon());
  assert.is(receiver.received.length, 1);
  assert.is(server.mails.length, 1);
});

test('a redirect to what may not be reached is not followed', async () => {
  await using inner = await openReceiver(() => [200]);
  for (const location of [
    inner.url,
    inner.url.replace('127.0.0.1', 'localhost'),
    'http://169.254.169.254/',
    '//[::1]/',
  ]) {
    await using outer = await openReceiver(() => [307, { location }]);
    const channel = make('webhook', { url: outer.url }, createOutgoing(['127.0.0.1']));
    assert.is((await refusalOf(channel.send(notification, soon())))?.code, 'CHANNEL_REFUSED');
    assert.is(outer.received.length, 1);
  }
  assert.is(inner.received.length, 0);
});

test('channels that could not connect are named, with what to do', async () => {
  const channels = [
    { name: 'ops', kind: 'webhook', settings: { url: 'http://0x7f.1:9/' } },
    { name: 'mail', kind: 'email', settings: mailTo('localhost', 25) },
    { name: 'far', kind: 'webhook', settings: { url: 'https://1.1.1.1/' } },
    { name: 'gone', kind: 'webhook', settings: { url: 'https://no-such-host.invalid/' } },
  ];
  const [ops = '', mail = '', ...more] = await blockedChannels(channels, createOutgoing([]));
  assert.match(ops, /^The channel ops: .*127\.0\.0\.1.*outgoing\.allow in evenkeel\.yaml/);
  assert.is(ops.split('127.0.0.1').length, 2, `named once: ${ops}`);
  assert.match(mail, /^The channel mail: .*localhost \(.*outgoing\.allow/);
  assert.equal(more, []);
  assert.equal(await blockedChannels(channels, createOutgoing(['127.0.0.1', 'localhost'])), []);
});

test.run();
