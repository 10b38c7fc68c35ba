/**
 * What every kind of channel does. It is tested by being listed: its settings are made from their shape, and what it
 * sends goes to a real receiver, an HTTP server where it has a `url`, a mail server where it has a `host`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Channel, ChannelType, Notification } from '../../collector/notify/channel.ts';
import { headline } from '../../collector/notify/notification-text.ts';
import { createChannels } from '../../collector/notify/route.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { notificationEvents } from '../../shared/notification.ts';
import { defaultLanguage, type Language, languages } from '../../shared/words/index.ts';
import { devicesAt } from '../collector/notify/push-receiver.ts';
import { loopback, notification, openMailServer } from '../collector/notify/receiver.ts';
import { openVendor, vendorOf } from '../collector/notify/vendors.ts';
import { freePort } from '../support/port.ts';

const room = new URL('../../collector/notify/', import.meta.url);
const secret = 'hunter2-of-the-channel';

/** Settings that mean the same in every kind; all others are made from the shape. */
const examples: Record<string, unknown> = {
  ...{ host: '127.0.0.1', from: 'ek@example.org', to: 'it@example.org', user: 'ek', zone: 'Asia/Tokyo' },
  language: defaultLanguage,
  subject: 'it@example.org',
  ...{ headers: ['X-Key: {severity}'], body: '{"title": "{title}", "text": "{text}"}' },
};

interface Shape {
  type?: string;
  enum?: readonly unknown[];
  minimum?: number;
  secret?: boolean;
}
type Settings = Record<string, unknown>;

const shapesOf = (type: ChannelType) => Object.entries(type.settings.properties) as [string, Shape][];
const secretsOf = (type: ChannelType) => shapesOf(type).flatMap(([key, shape]) => (shape.secret ? [key] : []));

function exampleOf(key: string, shape: Shape): unknown {
  if (shape.secret) return secret;
  if (key in examples) return examples[key];
  if (shape.enum) return shape.enum[0];
  return { string: 'x', boolean: false, integer: shape.minimum ?? 1, number: shape.minimum ?? 1 }[shape.type ?? ''];
}

/** All settings of the kind, or those that it cannot do without, with `at`: where the receiver is. */
function settingsOf(type: ChannelType, at: Settings, which: 'all' | 'required'): Settings {
  const required: readonly string[] = type.settings.required ?? [];
  const taken = shapesOf(type).filter(([key]) => which === 'all' || required.includes(key));
  const own = Object.entries(at).filter(([key]) => key in type.settings.properties);
  // Of a personal channel that is not in its settings.
  if (typeof at.url === 'string') place = at.url;
  return {
    ...Object.fromEntries(taken.map(([key, shape]) => [key, exampleOf(key, shape)])),
    ...Object.fromEntries(own),
  };
}

const make = (kind: string, settings: Settings): Channel =>
  (createChannels([{ name: 'ops', kind, settings }], loopback, devicesAt(place))[0] as { channel: Channel }).channel;
let place = '';

/** What is said of settings that are refused; null when they are taken. */
function refusal(kind: string, settings: Settings): string | null {
  try {
    make(kind, settings);
    return null;
  } catch (thrown) {
    assert.instance(thrown, EvenkeelError, `not an error of ours: ${thrown}`);
    assert.is((thrown as EvenkeelError).code, 'BAD_SETTING');
    return (thrown as EvenkeelError).message;
  }
}

type Doing = 'takes' | 'refuses' | 'busy' | 'fails' | 'closes' | 'is silent' | 'floods';

interface Receiver {
  at: Settings;
  /** Everything that came, in readable words: one text per message. */
  texts(): string[];
  /** Header lines as they came. */
  headers(): string[];
  close(): Promise<void>;
}

const leaves = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];

async function httpReceiver(doing: Doing, kind: string): Promise<Receiver> {
  if (doing === 'closes' || doing === 'floods') return badHttpReceiver(doing);
  const { received, url, close, faults } = await openVendor(kind, doing);
  return {
    at: { url },
    texts: () => received.map(({ body, headers }) => [...vendorOf(kind).read(body), ...leaves(headers)].join('\n')),
    headers: () => received.flatMap(({ headers }) => Object.keys(headers)),
    async close() {
      await close();
      assert.equal(faults, [], `what it sends is not in the form of ${kind}`);
    },
  };
}

/** Breaks the connection, or refuses with an answer that has no end. */
async function badHttpReceiver(doing: 'closes' | 'floods'): Promise<Receiver> {
  const server = createServer((_, response) => {
    if (doing === 'closes') return void response.socket?.destroy();
    response.writeHead(400);
    const more = (error?: Error | null) => void (error || response.write('x'.repeat(65_536), more));
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    at: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    texts: () => [],
    headers: () => [],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function mailReceiver(doing: Doing): Promise<Receiver> {
  const says: Record<Doing, Record<string, string>> = {
    takes: {},
    refuses: { RCPT: '550 no such user' },
    busy: { MAIL: '451 greylisted, come back later' },
    fails: { DATA: '421 shutting down' },
    closes: { close: '' },
    'is silent': { silent: '' },
    floods: { EHLO: `250-${'x'.repeat(400)}\r\n`.repeat(10_000) },
  };
  const server = await openMailServer(says[doing]);
  return {
    at: { host: '127.0.0.1', port: server.port },
    texts: () => server.mails.map(({ data, from, to }) => [from, ...to, plainMail(data)].join('\n')),
    headers: () =>
      server.mails.flatMap(({ data }) =>
        (data.split('\n\n')[0] ?? '').split('\n').flatMap((line) => /^[\w-]+(?=:)/.exec(line)?.[0].toLowerCase() ?? []),
      ),
    close: server.close,
  };
}

/** Headers and text of a mail, decoded. */
function plainMail(data: string): string {
  const [head = '', ...rest] = data.split('\n\n');
  const between = /boundary="([^"]+)"/.exec(head)?.[1];
  if (between !== undefined) {
    const parts = rest.join('\n\n').split(`--${between}`).slice(1, -1);
    return [
      plainMail(`${head.replace(/boundary="[^"]+"/, '')}\n\n`),
      ...parts.map((part) => plainMail(part.trimStart())),
    ].join('\n');
  }
  const body = rest.join('\n\n');
  const bytes = (text: string) => text.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number(`0x${hex}`)));
  const utf8 = (latin1: string) => Buffer.from(latin1, 'latin1').toString('utf8');
  const headers = head
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/\n[ \t]/g, ' ')
    .replace(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, way: string, text: string) =>
      way.toUpperCase() === 'B' ? Buffer.from(text, 'base64').toString('latin1') : bytes(text.replaceAll('_', ' ')),
    );
  const text = /^Content-Transfer-Encoding: base64$/im.test(head)
    ? Buffer.from(body, 'base64').toString('latin1')
    : /^Content-Transfer-Encoding: quoted-printable$/im.test(head)
      ? bytes(body.replace(/=\n/g, ''))
      : Buffer.from(body).toString('latin1');
  return `${utf8(headers)}\n\n${utf8(text)}`;
}

async function failure(work: Promise<unknown>): Promise<EvenkeelError> {
  const thrown = await work.then(
    () => assert.unreachable('it was sent'),
    (error: unknown) => error,
  );
  assert.instance(thrown, EvenkeelError, `not an error of ours: ${thrown}`);
  return thrown as EvenkeelError;
}

/** The message and those of its causes: what a log may show. */
function allWords(error: unknown): string {
  const { message = String(error), cause } = error as Error;
  return cause === undefined ? message : `${message} ${allWords(cause)}`;
}

const hostile = `a"><script>alert(1)</script>\r\nBcc: all@example.org\r\n\r\n'quoted' \u202eevil\u202c \u200f\u2066x\u2028y\u0085z`;
/** Breaks a line, or turns the text around it. */
const disturbing = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const soon = () => AbortSignal.timeout(5000);

export function channelContract(type: ChannelType): void {
  const test = suite(`channel ${type.kind}`);
  const { kind } = type;
  const open: ((doing: Doing) => Promise<Receiver>) | undefined =
    'url' in type.settings.properties || type.isPersonal
      ? (doing) => httpReceiver(doing, kind)
      : 'host' in type.settings.properties
        ? mailReceiver
        : undefined;

  async function against(doing: Doing, work: (receiver: Receiver) => Promise<void>): Promise<void> {
    assert.ok(open, `a receiver for ${kind} is missing: it has neither \`url\` nor \`host\`; add one to this suite`);
    const receiver = await open(doing);
    try {
      await work(receiver);
    } finally {
      await receiver.close();
    }
  }

  test('is a file of its name, with an example in the README', () => {
    assert.match(kind, /^[a-z][a-z0-9-]{1,31}$/);
    assert.ok(existsSync(new URL(`channels/${kind}.ts`, room)), `channels/${kind}.ts`);
    assert.match(readFileSync(new URL('README.md', room), 'utf8'), new RegExp(`kind: ${kind}\\b`));
  });

  test('settings: what is unknown, missing, empty or of the wrong type is refused by name', () => {
    const good = settingsOf(type, { url: 'http://127.0.0.1:9', port: 9 }, 'all');
    assert.is(refusal(kind, good), null, 'the example is good');
    assert.is(
      refusal(kind, settingsOf(type, { url: 'http://127.0.0.1:9' }, 'required')),
      null,
      'so is the shortest one',
    );
    assert.match(refusal(kind, { ...good, surprise: 'x' }) ?? 'taken', /unknown key "surprise"/);
    for (const key of type.settings.required ?? []) {
      const { [key]: _, ...rest } = good;
      assert.match(refusal(kind, rest) ?? 'taken', `lacks "${key}"`);
    }
    for (const [key, shape] of shapesOf(type)) {
      const wrong = [
        {},
        shape.type === 'boolean' ? 'perhaps' : true,
        ...(shape.type === 'string' || shape.enum ? [''] : []),
      ];
      for (const value of wrong)
        assert.match(refusal(kind, { ...good, [key]: value }) ?? 'taken', `channels.ops.${key}`, JSON.stringify(value));
    }
  });

  test('a secret is shown nowhere: neither where it does not fit, nor where sending fails', async () => {
    const odd = ['', '\nsecond line', '\r\n', '\0', 'あ', 'é', '"', ' '].map((end) => `${secret}${end}`);
    for (const doing of ['refuses', 'busy', 'closes'] as const)
      await against(doing, async ({ at }) => {
        for (const key of secretsOf(type))
          for (const value of odd) {
            const settings = { ...settingsOf(type, at, 'all'), [key]: value };
            const said = refusal(kind, settings);
            if (said !== null) assert.not.match(said, secret);
            else assert.not.match(allWords(await failure(make(kind, settings).send(notification, soon()))), secret);
          }
      });
    for (const key of secretsOf(type)) {
      const named = { ...settingsOf(type, { url: 'http://127.0.0.1:9' }, 'all'), [`${key}_file`]: '/x' };
      assert.not.match(refusal(kind, named) ?? '', secret);
    }
  });

  test('is made without looking at its receiver, and sends the same id at each repeat', () =>
    against('takes', async ({ at, texts }) => {
      const channel = make(kind, settingsOf(type, at, 'all'));
      assert.is(channel.kind, kind);
      assert.equal(texts(), []);
      const one = { ...notification, id: 'id-of-this-notification' };
      await channel.send(one, soon());
      await Promise.all([channel.send(one, soon()), channel.send({ ...one, id: 'another' }, soon())]);
      const ids = texts().map((text) => (text.includes(one.id) ? 'one' : text.includes('another') ? 'other' : 'none'));
      assert.equal(ids.sort(), ['one', 'one', 'other']);
    }));

  const outcomes: [doing: Doing, code: string][] = [
    ['refuses', 'CHANNEL_REFUSED'],
    ['busy', 'CHANNEL_FAILED'],
    ['fails', 'CHANNEL_FAILED'],
    ['closes', 'CHANNEL_FAILED'],
  ];
  for (const [doing, code] of outcomes)
    test(`a receiver that ${doing}: ${code}, with the name of the channel and why`, () =>
      against(doing, async ({ at }) => {
        const error = await failure(make(kind, settingsOf(type, at, 'required')).send(notification, soon()));
        assert.is(error.code, code, error.message);
        assert.match(error.message, /\bops\b.*: .{3,}/);
      }));

  test('no one there: worth another try', async () => {
    const port = await freePort();
    const at = { url: `http://127.0.0.1:${port}`, port };
    const error = await failure(make(kind, settingsOf(type, at, 'required')).send(notification, soon()));
    assert.is(error.code, 'CHANNEL_FAILED');
    assert.match(error.message, /ECONNREFUSED/);
  });

  for (const doing of ['is silent', 'floods'] as const)
    test(`a receiver that ${doing} costs the time limit and no more`, () =>
      against(doing, async ({ at }) => {
        const channel = make(kind, settingsOf(type, at, 'required'));
        const begun = performance.now();
        const { code } = await failure(channel.send(notification, AbortSignal.timeout(200)));
        const ms = performance.now() - begun;
        assert.ok(ms < 1500, `${ms} ms`);
        if (doing === 'is silent') assert.is(code, 'CHANNEL_FAILED');
        assert.is((await failure(channel.send(notification, AbortSignal.abort()))).code, 'CHANNEL_FAILED');
      }));

  test('every event is reported in every language', () =>
    against('takes', async ({ at, texts }) => {
      assert.equal([...(shapesOf(type).find(([key]) => key === 'language')?.[1].enum ?? [])], [...languages]);
      const events = notificationEvents.filter((event) => !['comment', 'rating'].includes(event));
      const told = languages.flatMap((language) =>
        events.map((event) => [language, { ...notification, event }] as const),
      );
      for (const [language, one] of told)
        await make(kind, { ...settingsOf(type, at, 'required'), language }).send(one, soon());
      for (const [n, [language, one]] of told.entries())
        assert.match(texts()[n] ?? '', headline(one, language as Language), `${one.event} in ${language}`);
      const group: Notification = {
        ...{
          ...notification,
          value: null,
          threshold: null,
          endedAt: notification.startedAt,
          why: 'gone',
          ticket: null,
          tags: {},
        },
        members: { count: 3, endpoints: 3, names: ['a', 'b'], list: [], resolvedCount: 0, resolved: [] },
        ...{ endpoint: { id: 's', name: 'Köln', kind: 'site', site: null } },
      };
      await make(kind, settingsOf(type, at, 'required')).send(group, soon());
      assert.not.match(texts().at(-1) ?? '', /undefined|\bnull\b|NaN|\[object/);
    }));

  test('names from outside are text: no header, no second line, no markup, no turned direction', () =>
    against('takes', async ({ at, texts, headers }) => {
      const channel = make(kind, settingsOf(type, at, 'required'));
      await channel.send(notification, soon());
      const plain = { headers: headers(), lines: texts()[0]?.split('\n').length };
      const tags = { path: hostile, device: hostile };
      const endpoint = { id: hostile, name: hostile, kind: 'server', site: hostile };
      await channel.send(
        { ...notification, key: `srv/${hostile}`, tags, endpoint, rule: { id: 'x', name: hostile } },
        soon(),
      );
      assert.equal(headers().slice(plain.headers.length), plain.headers);
      const [, evil = ''] = texts();
      assert.match(evil, '<script>', 'it is kept as it is written');
      const html = /<body[\s\S]*/.exec(evil)?.[0] ?? '';
      assert.not.match(html, /<script|<img/i);
      for (const line of evil.split('\n').filter((text) => text.includes(': a"><script>')))
        assert.not.match(line, disturbing);
    }));

  test.run();
}
