/** What nobody may be answered, what comes back, what comes in masses, and a server that goes away. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../../support/until.ts';
import { headerOf, type MailServers, mail, mailMissing, openMailScene, openMailServers } from './scene.ts';

const test = suite('mail in: guards');
let servers: MailServers;
test.before(async () => {
  servers = await openMailServers();
});
test.after(() => servers.close());

test('absences, lists, programs and our own mails are never answered', async () => {
  const scene = await openMailScene(servers, { user: 'desk' });
  try {
    const [row] = await scene.receive(mail({ from: 'nora@client.test' }));
    const [confirmation = ''] = await scene.sent('nora', 1);
    const id = row?.ticket as number;
    const until = Date.now() + 86_400_000;
    await scene.tickets.setState(id, 'ada', {
      to: 'on_hold',
      text: null,
      hold: { reason: 'awaiting_requester', until },
    });
    const thread = `In-Reply-To: ${headerOf(confirmation, 'Message-ID')}`;
    const rows = await scene.receive(
      mail({ from: 'nora@client.test', subject: 'Out of office', headers: ['Auto-Submitted: auto-replied', thread] }),
      mail({ from: 'otto@client.test', subject: 'Out of office', headers: ['Auto-Submitted: auto-replied'] }),
      mail({ from: 'paul@client.test', headers: ['Precedence: bulk', 'List-Id: <news.client.test>'] }),
      mail({ from: 'quinn@client.test', headers: ['Auto-Submitted: auto-generated'] }),
    );
    assert.equal(
      rows.map(({ outcome, why }) => [outcome, why]),
      [
        ['comment', null],
        ['aside', 'auto_reply'],
        ['ticket', null],
        ['ticket', null],
      ],
    );
    assert.is((await scene.ticket(id)).state, 'on_hold', 'an absence is no answer');
    assert.is((await scene.events(id)).at(-1)?.is_public, 0);
    // Our own confirmation, as a rule of the server may bring it back.
    const [own] = await scene.receive(confirmation.replace(/^Return-path:.*\r?\n/im, ''));
    assert.equal([own?.outcome, own?.why], ['aside', 'own']);
    // Nor is a program asked how satisfied it is.
    await scene.tickets.resolve(rows[3]?.ticket as number, 'ada', null);
    const last = await scene.receive(mail({ from: 'rita@client.test' }));
    await scene.sent('rita', 1);
    assert.is(last.length, 1);
    for (const who of ['otto', 'paul', 'quinn']) assert.equal(servers.dovecot.mails(who), [], who);
    const view = await scene.mailIn().view();
    assert.equal(view?.aside.map(({ why }) => why).sort(), ['auto_reply', 'own']);
    assert.is(view?.state, 'connected');
    assert.is(servers.dovecot.mails('desk', 'Evenkeel-aside').length, 2, 'put aside, and still there');
  } finally {
    await scene.close();
  }
});

test('a mail of ours that comes back is noted on its ticket, and not answered', async () => {
  const scene = await openMailScene(servers, { user: 'desk2' });
  try {
    // Exim knows nobody of this name: it gives the confirmation back to the desk.
    const [row] = await scene.receive(mail({ from: 'gone@client.test', to: 'desk2@keel.test' }));
    const id = row?.ticket as number;
    await until(async () => (await scene.rows()).some(({ outcome }) => outcome === 'bounce'), 20_000, 'the bounce');
    const note = (await scene.events(id)).at(-1);
    assert.equal([note?.kind, note?.is_public, note?.actor], ['comment', 0, 'monitor']);
    assert.equal(JSON.parse(note?.data ?? '{}'), { mail: 'bounced', recipient: 'gone@client.test' });
    assert.is(await scene.count(), 1);
  } finally {
    await scene.close();
  }
});

test('two desks that answer each other stop at once', async () => {
  const [one, two] = [await openMailScene(servers, { user: 'tina' }), await openMailScene(servers, { user: 'uwe' })];
  try {
    await one.receive(mail({ from: 'uwe@keel.test', to: 'tina@keel.test', subject: 'Ping' }));
    await until(async () => (await two.rows()).length === 1, 20_000, 'the confirmation at the other desk');
    assert.equal(
      (await two.rows()).map(({ outcome, why }) => [outcome, why]),
      [['aside', 'auto_reply']],
    );
    // A comment that a person writes is a mail of a program to the other desk: a ticket there, and no answer.
    const [ticket] = await one.rows();
    await one.tickets.comment(ticket?.ticket as number, 'ada', {
      text: 'Pong',
      isPublic: true,
      isFromRequester: false,
    });
    await until(async () => (await two.rows()).length === 2, 20_000, 'the comment at the other desk');
    assert.equal(
      (await two.rows()).map(({ outcome, is_answered }) => [outcome, is_answered]),
      [
        ['aside', 0],
        ['ticket', 0],
      ],
    );
    assert.is((await one.rows()).length, 1);
  } finally {
    await one.close();
    await two.close();
  }
});

test('a storm of 300 messages from one address: 20 tickets, 5 answers, room for others, and no more', async () => {
  const scene = await openMailScene(servers, { user: 'boss' });
  try {
    const begun = Date.now();
    const storm = Array.from({ length: 300 }, (_, n) =>
      mail({ from: 'bomber@client.test', to: 'boss@keel.test', subject: `Bomb ${n}`, text: 'x'.repeat(20_000) }),
    );
    const rows = await scene.receive(...storm);
    const seconds = (Date.now() - begun) / 1000;
    const memory = Math.round(process.memoryUsage().rss / 1024 / 1024);
    console.log(`FIGURE 300 messages of one sender dealt with in ${seconds.toFixed(1)} s, ${memory} MB resident`);
    assert.is(rows.filter(({ outcome }) => outcome === 'ticket').length, 20);
    assert.is(rows.filter(({ why }) => why === 'too_many').length, 280);
    assert.is(rows.filter(({ is_answered }) => is_answered === 1).length, 5);
    const [other] = await scene.receive(mail({ from: 'vera@client.test', to: 'boss@keel.test' }));
    assert.equal([other?.outcome, other?.is_answered], ['ticket', 1]);
    await scene.sent('vera', 1);
    assert.ok(servers.dovecot.mails('bomber').length <= 5);
    // An hour later the same sender is heard again.
    scene.move(3_700_000);
    const [later] = await scene.receive(mail({ from: 'bomber@client.test', to: 'boss@keel.test' }));
    assert.is(later?.outcome, 'ticket');
  } finally {
    await scene.close();
  }
});

test('all together wait in the mailbox once the hour is full, and are taken in the next', async () => {
  const scene = await openMailScene(servers, { user: 'mallory', more: { per_hour: 3 } });
  try {
    // Each has a mailbox: a confirmation that came back would be one more message.
    for (const who of ['mia', 'nora', 'otto', 'quinn', 'rita'])
      servers.dovecot.deliver('mallory', mail({ from: `${who}@client.test` }));
    await until(async () => (await scene.mailIn().view())?.waiting === 2, 20_000, 'two to wait');
    assert.is((await scene.rows()).length, 3);
    assert.is(servers.dovecot.mails('mallory').length, 2);
    scene.move(3_700_000);
    await scene.again();
    await until(async () => (await scene.rows()).length === 5, 20_000, 'the rest');
  } finally {
    await scene.close();
  }
});

test('too big: its text becomes the ticket, its files stay in the mailbox; what is not kept is said', async () => {
  const scene = await openMailScene(servers, { user: 'sven', more: { max_mb: 1 } });
  const multipart = (file: string) =>
    [
      '--b',
      'Content-Type: text/plain',
      '',
      'See the file.',
      '--b',
      'Content-Disposition: attachment; filename=a.bin',
      'Content-Transfer-Encoding: base64',
      '',
      file,
      '--b--',
    ].join('\r\n');
  const headers = ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b'];
  try {
    const big = Buffer.alloc(2_000_000, 65)
      .toString('base64')
      .replace(/(.{76})/g, '$1\r\n');
    const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), Buffer.alloc(9000, 1)]).toString(
      'base64',
    );
    const exe = Buffer.concat([Buffer.from('MZ\x00\x01'), Buffer.alloc(100)]).toString('base64');
    const [cut, kept, bad] = await scene.receive(
      mail({ from: 'mia@client.test', headers, text: multipart(big) }),
      mail({ from: 'mia@client.test', headers, text: multipart(png) }),
      mail({ from: 'mia@client.test', headers, text: multipart(exe) }),
    );
    const noteOf = async (id: unknown) => JSON.parse((await scene.events(id as number)).at(-1)?.data ?? '{}');
    assert.equal([cut?.outcome, cut?.why], ['ticket', 'too_big']);
    assert.is((await scene.events(cut?.ticket as number))[0]?.text, 'See the file.');
    assert.is((await noteOf(cut?.ticket)).mail, 'too_big');
    assert.equal(await scene.attachments.list(cut?.ticket as number), []);
    const [file] = await scene.attachments.list(kept?.ticket as number);
    assert.equal([file?.name, file?.type, file?.isPublic, file?.by], ['a.png', 'image/png', true, 'mia@client.test']);
    assert.equal((await noteOf(bad?.ticket)).files, [{ name: 'a.bin', size: 104, why: 'type' }]);
    assert.is(servers.dovecot.mails('sven', 'Evenkeel-aside').length, 1);
  } finally {
    await scene.close();
  }
});

test('a server that is gone and back, counts anew, or takes no password: nothing is lost, doubled, or said unkindly', async () => {
  const scene = await openMailScene(servers, { user: 'paul' });
  const { dovecot } = servers;
  try {
    await scene.receive(mail({ from: 'mia@client.test', to: 'paul@keel.test', id: '<one@client.test>' }));
    await dovecot.stop();
    dovecot.deliver('paul', mail({ from: 'mia@client.test', id: '<two@client.test>' }));
    await until(async () => (await scene.mailIn().view())?.trouble !== null, 20_000, 'the trouble to be seen');
    await dovecot.start();
    await until(async () => (await scene.rows()).length === 2, 30_000, 'the message that came meanwhile');
    assert.is((await scene.mailIn().view())?.trouble, null);
    // Another UIDVALIDITY: what is still in the folder is known by what it is.
    await scene.mailIn().stop();
    await until(() => dovecot.mails('paul').length === 0, 10_000, 'all to be moved');
    const again = mail({ from: 'mia@client.test', id: '<one@client.test>' });
    dovecot.deliver('paul', again);
    await scene.again();
    await until(() => dovecot.mails('paul').length === 0, 20_000, 'it to be moved');
    const [first] = await scene.rows();
    const before = await scene.count();
    await scene.mailIn().stop();
    // A session that is about to end would write what it knew.
    await dovecot.stop();
    dovecot.countAnew('paul');
    await dovecot.start();
    dovecot.deliver('paul', again);
    dovecot.deliver('paul', mail({ from: 'mia@client.test', id: '<three@client.test>' }));
    await scene.again();
    await until(() => dovecot.mails('paul').length === 0, 20_000, 'both to be moved');
    assert.is(await scene.count(), before + 1);
    assert.is.not((await scene.rows()).at(-1)?.validity, first?.validity);
    await scene.again({ ...scene.place, password: 'wrong' });
    await until(async () => (await scene.mailIn().view())?.trouble === 'password', 20_000, 'the refusal');
    const trial = await scene.mailIn().test();
    assert.equal([trial?.trouble, trial?.messages], ['password', null]);
    assert.not.match(JSON.stringify([trial, await scene.mailIn().view()]), /wrong/, 'no password is shown');
    await scene.again({ ...scene.place, folder: 'Nowhere' });
    await until(async () => (await scene.mailIn().view())?.trouble === 'folder', 20_000, 'the missing folder');
  } finally {
    await scene.close();
  }
});

if (mailMissing === null) test.run();
else {
  const skipped = suite('mail in: guards');
  skipped.skip(`mail in: ${mailMissing}`, () => undefined);
  skipped.run();
}
