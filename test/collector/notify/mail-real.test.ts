/** The mail channel against a mail server as people run it: what lies in the mailbox afterwards. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChannels } from '../../../collector/notify/route.ts';
import type { EvenkeelError } from '../../../shared/errors.ts';
import { mailServerMissing, openRealMailServer } from '../../support/mail-server.ts';
import { freePort } from '../../support/port.ts';
import { until } from '../../support/until.ts';
import { loopback, notification } from './receiver.ts';

const withServer =
  mailServerMissing === null || process.env.CI
    ? test
    : (name: string, _: unknown) => test.skip(`${name}: ${mailServerMissing}`, () => undefined);

const soon = () => AbortSignal.timeout(8000);
function channelTo(port: number, more: Record<string, unknown> = {}) {
  const settings = { host: '127.0.0.1', port, from: 'ek@example.org', to: 'ada@example.org', ...more };
  const [made] = createChannels([{ name: 'ops', kind: 'email', settings }], loopback);
  assert.ok(made);
  return made.channel;
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'sent',
    ({ code }: EvenkeelError) => code,
  );

/** A header without its folding, its encoded words read. */
function header(mail: string, name: string): string {
  const head = mail.slice(0, mail.indexOf('\n\n')).replace(/\n[ \t]+/g, ' ');
  const value = new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1] ?? '';
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, way, text) =>
      way.toUpperCase() === 'B' ? Buffer.from(text, 'base64').toString() : quoted(text.replaceAll('_', ' ')),
    );
}
const quoted = (text: string) =>
  Buffer.from(
    text.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString();

/** The text of the part of this type. */
function part(mail: string, type: string): string {
  const boundary = /boundary="([^"]+)"/.exec(mail)?.[1] ?? '?';
  const found = mail.split(`--${boundary}`).find((one) => one.includes(`Content-Type: ${type};`)) ?? '';
  const [head = '', ...rest] = found.trimStart().split('\n\n');
  const text = rest.join('\n\n');
  if (/base64/i.test(head)) return Buffer.from(text, 'base64').toString();
  return /quoted-printable/i.test(head) ? quoted(text) : text;
}

withServer('a real server takes the mail: subject, both parts, thread, and markup stays text', async () => {
  await using server = await openRealMailServer();
  const channel = channelTo(server.port);
  const named = { ...notification, endpoint: { ...notification.endpoint, name: '<img src=x onerror=alert(1)>' } };
  await channel.send(named, soon());
  await until(() => server.mails().length === 1, 10_000, 'the first mail');
  await channel.send({ ...named, id: 'n2', event: 'resolved', endedAt: named.startedAt + 1000 }, soon());
  await until(() => server.mails().length === 2, 10_000, 'the second mail');
  const [first = '', second = ''] = server.mails();

  assert.match(header(first, 'Subject'), /^\[Evenkeel\] .*<img src=x onerror=alert\(1\)>/);
  assert.match(part(first, 'text/plain'), /<img src=x onerror=alert\(1\)>/);
  const html = part(first, 'text/html');
  assert.match(html, /^<!doctype html>/);
  assert.match(html, /&lt;img src=x onerror=alert\(1\)&gt;/);
  assert.not.match(html, /<img/);
  assert.match(html, /https:\/\/ek\.example\/tickets\/7/);

  assert.is(header(first, 'Message-ID'), '<n1@evenkeel>');
  assert.is(header(second, 'Message-ID'), '<n2@evenkeel>');
  assert.match(header(first, 'In-Reply-To'), /^<[\w-]+@evenkeel>$/);
  assert.is(header(second, 'In-Reply-To'), header(first, 'In-Reply-To'));
  assert.is(header(second, 'References'), header(first, 'References'));
  assert.is(header(first, 'Auto-Submitted'), 'auto-generated');
});

withServer('a test mail in Japanese arrives whole', async () => {
  await using server = await openRealMailServer();
  const japanese = { ...notification, event: 'test' as const };
  await channelTo(server.port, { language: 'ja' }).send(japanese, soon());
  await until(() => server.mails().length === 1, 10_000, 'the mail');
  const [mail = ''] = server.mails();
  assert.match(header(mail, 'Subject'), /[\u3040-\u30ff\u4e00-\u9fff]/);
  assert.match(part(mail, 'text/html'), /<html lang="ja">[\s\S]*[\u3040-\u30ff\u4e00-\u9fff]/);
  assert.not.match(mail, /\ufffd/);
});

withServer('a recipient whom it refuses is not tried again; a server that is down is', async () => {
  const port = await freePort();
  assert.is(await codeOf(channelTo(port).send(notification, soon())), 'CHANNEL_FAILED', 'down: worth another try');
  await using server = await openRealMailServer(port);
  const refused = channelTo(port, { to: 'nobody@example.org' }).send(notification, soon());
  assert.is(await codeOf(refused), 'CHANNEL_REFUSED');
  assert.equal(server.mails(), []);
  assert.is(await codeOf(channelTo(port).send(notification, soon())), 'sent', 'the same message once it is back');
  await until(() => server.mails().length === 1, 10_000, 'the mail');
  assert.is(header(server.mails()[0] ?? '', 'Message-ID'), '<n1@evenkeel>');
});

test.run();
