/** Bytes of messages as they really come: encodings, broken forms, and who wrote them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { authorOf, ticketsNamed, titleIn } from '../../../collector/mail/headers.ts';
import { withoutQuoted } from '../../../collector/mail/quoted.ts';
import { readMail, UnreadableMail } from '../../../collector/mail/read.ts';

const read = (bytes: Buffer | string, isWhole = true) =>
  readMail({ bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes, isWhole });
const from = 'From: Mia <mia@client.test>\r\n';
const typed = (type: string, body: Buffer | string, encoding = '8bit') =>
  Buffer.concat([
    Buffer.from(
      `${from}Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`,
    ),
    typeof body === 'string' ? Buffer.from(body) : body,
  ]);

test('encodings of mail programs become the text that was written', async () => {
  const jis = Buffer.from('\x1b$B%W%j%s%?!<\x1b(B', 'latin1');
  const sjis = Buffer.from([0x83, 0x76, 0x83, 0x8a, 0x83, 0x93, 0x83, 0x5e, 0x81, 0x5b]);
  const cases: [Buffer, string][] = [
    [typed('text/plain; charset=iso-2022-jp', jis, '7bit'), 'プリンター'],
    [typed('text/plain; charset=shift_jis', sjis), 'プリンター'],
    // Nobody writes it but to hide markup: it stays as it came.
    [typed('text/plain; charset=utf-7', 'Hi +ADw-b+AD4-', '7bit'), 'Hi +ADw-b+AD4-'],
    [typed('text/plain; charset=windows-1252', Buffer.from([0x93, 0x48, 0x69, 0x94, 0x20, 0x80])), '“Hi” €'],
    [typed('text/plain; charset=utf-8', 'Gr=C3=BC=C3=9Fe', 'quoted-printable'), 'Grüße'],
    [typed('text/plain; charset=no-such-thing', 'plain'), 'plain'],
    [
      typed('text/html; charset=utf-8', '<p>One</p><p>Two &amp; three</p><script>alert(1)</script>'),
      'One\n\nTwo & three',
    ],
  ];
  for (const [bytes, text] of cases) assert.is((await read(bytes)).text, text);
});

test('heads: encoded words, no subject, no date, no id, strange senders', async () => {
  const subject = '=?iso-2022-jp?B?GyRCJVclaiVzJT8hPBsoQg==?= =?utf-8?Q?_ist_kaputt?=';
  assert.is((await read(`${from}Subject: ${subject}\r\n\r\nx`)).subject, 'プリンター ist kaputt');
  const bare = await read(`${from}\r\nx`);
  assert.equal([bare.subject, bare.messageId, bare.sender?.address], ['', null, 'mia@client.test']);
  assert.is((await read('Subject: x\r\n\r\nx')).sender, null);
  assert.is((await read('From: undisclosed\r\n\r\nx')).sender, null);
  assert.is((await read('From: "a\u202eb" <a@b.test>\r\n\r\nx')).sender?.name, 'a b');
  assert.is((await read(`${from}Subject: a\r\n b\x07\r\n\r\nx`)).subject, 'a b');
  assert.is((await read(`${from}Subject: 日本語の件名\r\n\r\nx`)).language, 'ja');
  // Without an id two messages are told apart by their whole head.
  const [a, b] = [await read(`${from}X-A: 1\r\n\r\nx`), await read(`${from}X-A: 2\r\n\r\nx`)];
  assert.is.not(a.hash, b.hash);
});

test('what nobody can read in time is refused: heads, nesting, parts', async () => {
  const why = (bytes: Buffer | string) =>
    read(bytes).then(
      () => 'read',
      (thrown: unknown) => (thrown instanceof UnreadableMail ? thrown.why : String(thrown)),
    );
  assert.is(await why(`${from}X-Long: ${'a'.repeat(300_000)}\r\n\r\nx`), 'head');
  const nested = Array.from(
    { length: 60 },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  );
  assert.is(await why(from + nested.join('')), 'nested');
  const parts = Array.from(
    { length: 150 },
    (_, n) => `--b\r\nContent-Disposition: attachment; filename=${n}.txt\r\n\r\nx\r\n`,
  );
  assert.is(await why(`${from}Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join('')}--b--`), 'parts');
  // Its conversion would hold up everything else.
  const long = `<p>${'long '.repeat(120_000)}</p>`;
  assert.is((await read(typed('text/html', long))).text, '');
  const both = `--b\r\nContent-Type: text/plain\r\n\r\nShort.\r\n--b\r\nContent-Type: text/html\r\n\r\n${long}\r\n--b--`;
  assert.is((await read(typed('multipart/alternative; boundary=b', both))).text, 'Short.');
  // Broken, but with a text that a person wrote.
  assert.is(await why(`${from}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nno end`), 'read');
  assert.is(await why(typed('text/plain', 'not base64 !!', 'base64')), 'read');
});

test('files: all of them, without logos of signatures; none of a message that was cut', async () => {
  const mail = [
    `${from}Content-Type: multipart/related; boundary=b\r\n`,
    '--b\r\nContent-Type: text/html\r\n\r\n<p>Look</p><img src="cid:logo">',
    '--b\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Disposition: inline; filename=logo.png\r\n\r\nxx',
    "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename*=utf-8''%E6%97%A5.txt\r\n\r\nlog",
    '--b--',
  ].join('\r\n');
  assert.equal(
    (await read(mail)).files.map(({ name }) => name),
    ['日.txt'],
  );
  assert.equal((await read(mail.slice(0, -20), false)).files, []);
});

test('who wrote it', () => {
  const who = (head: Record<string, string>, sender = 'mia@client.test', subject = 'x') =>
    authorOf(new Map(Object.entries(head)), sender, subject);
  assert.is(who({}), 'person');
  assert.is(who({ 'auto-submitted': 'no' }), 'person');
  assert.is(who({ 'auto-submitted': 'auto-replied (vacation)' }), 'auto_reply');
  assert.is(who({ 'x-autoreply': 'yes' }), 'auto_reply');
  assert.is(who({ precedence: 'auto_reply' }), 'auto_reply');
  assert.is(who({}, 'mia@client.test', 'Out of Office: x'), 'auto_reply');
  assert.is(who({}, 'mia@client.test', '自動応答: x'), 'auto_reply');
  assert.is(who({ 'content-type': 'multipart/report; report-type=disposition-notification' }), 'auto_reply');
  assert.is(who({ 'auto-submitted': 'auto-generated' }), 'machine');
  for (const precedence of ['bulk', 'list', 'junk']) assert.is(who({ precedence }), 'machine');
  assert.is(who({ 'list-id': '<a.b>' }), 'machine');
  assert.is(who({ 'return-path': '<>' }), 'machine');
  assert.is(who({}, 'no-reply@shop.test'), 'machine');
  assert.is(who({ 'x-evenkeel-key': 'a' }), 'machine');
  assert.is(who({}, 'MAILER-DAEMON@mx.test'.toLowerCase()), 'bounce');
  assert.is(who({ 'content-type': 'multipart/report; report-type=delivery-status' }), 'bounce');
});

test('titles, and numbers in subjects', () => {
  assert.is(titleIn('Re: AW: [#12] Fwd: Printer  is out'), 'Printer is out');
  assert.is(titleIn('返信：プリンター'), 'プリンター');
  assert.is(titleIn('Re:'), '');
  assert.is(titleIn('Regarding: it'), 'Regarding: it');
  assert.equal(ticketsNamed('Re: [#12] x [#0] [#13]'), [12, 13]);
});

test('what an answer repeats is cut, what is answered line by line stays', () => {
  const cut = (text: string) => withoutQuoted(text).text;
  const quote = '> old\n> older';
  assert.is(cut(`New.\n\nOn Mon, 1 Dec 2026 at 10:00, Desk\n<desk@keel.test> wrote:\n${quote}`), 'New.');
  assert.is(cut(`Neu.\n\nAm 01.12.26 um 10:00 schrieb Desk <desk@keel.test>:\n${quote}`), 'Neu.');
  assert.is(cut(`新しい。\n\n2026年12月1日(火) 10:00 Desk <desk@keel.test>:\n${quote}`), '新しい。');
  assert.is(cut('New.\n\n-----Original Message-----\nFrom: Desk\nold'), 'New.');
  assert.is(cut('New.\n\nFrom: Desk <desk@keel.test>\nSent: Monday\nTo: Mia\nold'), 'New.');
  assert.is(cut('了解。\n\n差出人: Desk\n送信日時: 2026年12月1日\n件名: x'), '了解。');
  assert.is(cut(`New.\n${quote}`), 'New.');
  const byLine = '> Which room?\n12\n> Which floor?\n3';
  assert.is(cut(byLine), byLine);
  assert.is(cut(quote), quote, 'nothing else: the whole');
  assert.is(cut('From: here on it is better'), 'From: here on it is better');
  assert.is(withoutQuoted(`New.\n${quote}`).quoted, quote);
});

test.run();
