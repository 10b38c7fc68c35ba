/** Mail in and out against Dovecot and Exim: what becomes a ticket, what joins one, and what is answered. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../../support/until.ts';
import { headerOf, type MailServers, mail, mailMissing, openMailScene, openMailServers } from './scene.ts';

const test = suite('mail in: threads');
let servers: MailServers;
let scene: Awaited<ReturnType<typeof openMailScene>>;
test.before(async () => {
  servers = await openMailServers();
  scene = await openMailScene(servers, { more: { plus_address: true, per_sender: 1000, per_hour: 10_000 } });
});
test.after(async () => {
  await scene.close();
  await servers.close();
});

/** A ticket by mail, and the confirmation of it. */
async function asked(who: string, more: Parameters<typeof mail>[0] = {}) {
  const [row] = await scene.receive(mail({ from: `Some One <${who}@client.test>`, ...more }));
  const [confirmation = ''] = await scene.sent(who, 1);
  return { id: row?.ticket as number, confirmation };
}

test('a message becomes a ticket, and its sender hears of it once', async () => {
  const message = mail({
    id: '<first@client.test>',
    subject: 'Re: =?utf-8?B?44OX44Oq44Oz44K/44O8?=',
    text: 'プリンターが動きません。',
  });
  const [row] = await scene.receive(message);
  assert.is(row?.outcome, 'ticket');
  const ticket = await scene.ticket(row?.ticket as number);
  assert.equal(
    [ticket.title, ticket.channel, ticket.requester, ticket.kind],
    ['プリンター', 'mail', 'Mia Abe <mia@client.test>', 'person'],
  );
  const [opened] = await scene.events(ticket.id);
  assert.is(opened?.text, 'プリンターが動きません。');
  const [answer = ''] = await scene.sent('mia', 1);
  assert.is(headerOf(answer, 'Auto-Submitted'), 'auto-replied');
  assert.is(headerOf(answer, 'X-Auto-Response-Suppress'), 'All');
  assert.is(headerOf(answer, 'In-Reply-To'), '<first@client.test>');
  assert.match(headerOf(answer, 'Message-ID'), new RegExp(`^<ek${ticket.id}-[0-9a-f]{20}\\.[0-9a-f]+@keel\\.test>$`));
  assert.match(headerOf(answer, 'Reply-To'), new RegExp(`^desk\\+ek${ticket.id}-[0-9a-f]{20}@keel\\.test$`));
  assert.match(Buffer.from(answer, 'latin1').toString(), /お問い合わせ|=E3=81=8A|44GK/);
  // The same message again, as two addresses of one mailbox give it: nothing new.
  servers.dovecot.deliver('desk', message);
  await until(() => servers.dovecot.mails('desk', 'Evenkeel').length === 2, 20_000, 'the second to be moved');
  assert.is(await scene.count(), 1);
});

test('an answer joins its ticket by our signed id, and ends the wait for it', async () => {
  const { id, confirmation } = await asked('nora');
  const until = Date.now() + 86_400_000;
  await scene.tickets.setState(id, 'ada', { to: 'on_hold', text: null, hold: { reason: 'awaiting_requester', until } });
  const [row] = await scene.receive(
    mail({
      from: 'nora@client.test',
      subject: 'AW: whatever',
      headers: [`In-Reply-To: ${headerOf(confirmation, 'Message-ID')}`],
      text: 'Room 12.\n\nOn Mon, 1 Dec 2026 at 10:00, Desk <desk@keel.test> wrote:\n> The number of your ticket\n',
    }),
  );
  assert.equal([row?.outcome, row?.ticket], ['comment', id]);
  assert.is((await scene.ticket(id)).state, 'in_progress');
  const comment = (await scene.events(id)).find(({ kind }) => kind === 'comment');
  assert.equal([comment?.text, comment?.is_public, comment?.actor], ['Room 12.', 1, 'Some One <nora@client.test>']);
  assert.match(String(JSON.parse(comment?.data ?? '{}').quoted), /The number of your ticket/);
});

test('an answer by the plus address alone, and one by the number in the subject of the requester', async () => {
  const { id, confirmation } = await asked('otto');
  const [plus] = await scene.receive(
    mail({ from: 'otto@client.test', to: headerOf(confirmation, 'Reply-To'), subject: 'No thread' }),
  );
  assert.equal([plus?.outcome, plus?.ticket], ['comment', id]);
  const [tag] = await scene.receive(mail({ from: 'OTTO@Client.test', subject: `Re: [#${id}] Printer` }));
  assert.equal([tag?.outcome, tag?.ticket], ['comment', id]);
});

test('a number that a stranger writes, or a signature that is made up, opens a ticket of its own with a note', async () => {
  const { id } = await asked('paul');
  const forged = `<ek${id}-0123456789abcdef0123.x@keel.test>`;
  for (const message of [
    mail({ from: 'mallory@evil.test', subject: `[#${id}] Give me the password` }),
    mail({
      from: 'mallory@evil.test',
      headers: [`References: ${forged}`],
      to: `desk+ek${id}-0123456789abcdef0123@keel.test`,
    }),
  ]) {
    const [row] = await scene.receive(message);
    assert.is(row?.outcome, 'ticket');
    assert.is.not(row?.ticket, id);
  }
  assert.equal(
    (await scene.events(id)).map(({ kind }) => kind),
    ['opened'],
  );
  const rows = await scene.rows();
  const note = (await scene.events(rows.at(-2)?.ticket as number)).at(-1);
  assert.equal(JSON.parse(note?.data ?? '{}'), { mail: 'named', ticket: id });
});

test('somebody else with our signed mail is heard by the desk alone', async () => {
  const { id, confirmation } = await asked('quinn');
  const [row] = await scene.receive(
    mail({
      from: 'boss@client.test',
      headers: [`In-Reply-To: ${headerOf(confirmation, 'Message-ID')}`],
      text: 'Hurry.',
    }),
  );
  assert.equal([row?.outcome, row?.ticket], ['comment', id]);
  const comment = (await scene.events(id)).at(-1);
  assert.equal([comment?.is_public, JSON.parse(comment?.data ?? '{}').mail], [0, 'other']);
  assert.is(servers.dovecot.mails('quinn').length, 1, 'nothing of it goes to the requester');
});

test('a resolved ticket opens again, a closed one gets a follow-up; the question for satisfaction is asked once', async () => {
  const { id, confirmation } = await asked('rita');
  await scene.tickets.resolve(id, 'ada', 'Put out');
  const mails = await scene.sent('rita', 2);
  const question = mails.find((one) => one !== confirmation) ?? '';
  assert.match(question.replace(/=\r?\n/g, ''), /\/rate\//);
  const answer = { from: 'rita@client.test', headers: [`In-Reply-To: ${headerOf(question, 'Message-ID')}`] };
  await scene.receive(mail({ ...answer, text: 'It burns again.' }));
  assert.is((await scene.ticket(id)).state, 'in_progress');
  await scene.tickets.resolve(id, 'ada', null);
  await scene.tickets.setState(id, 'ada', { to: 'closed', text: null });
  const [row] = await scene.receive(mail({ ...answer, text: 'And again.' }));
  assert.is(row?.outcome, 'ticket');
  const next = await scene.ticket(row?.ticket as number);
  assert.is(next.follows, id);
  const link = await scene.state
    .selectFrom('ticket_links')
    .selectAll()
    .where('ticket', '=', next.id)
    .executeTakeFirst();
  assert.equal([link?.kind, link?.target], ['follows', String(id)]);
});

test('who asked for what was merged is told what the other says, and that it is resolved; their answer gets to the desk', async () => {
  const [{ id }, { id: into }] = [await asked('vera'), await asked('tina')];
  await scene.tickets.merge(id, 'ada', into, 'We go on with both as one.');
  await scene.tickets.comment(into, 'ada', { text: 'The fuse is ordered.', isPublic: true, isFromRequester: false });
  const mails = await scene.sent('vera', 3);
  const told = mails.find((one) => one.includes('The fuse is ordered.')) ?? '';
  assert.match(headerOf(told, 'Subject'), `#${id}`, 'under the number that they know');
  const answer = { from: 'vera@client.test', headers: [`In-Reply-To: ${headerOf(told, 'Message-ID')}`] };
  const [row] = await scene.receive(mail({ ...answer, text: 'Mine smells.' }));
  assert.equal([row?.outcome, row?.ticket], ['comment', into]);
  const comment = (await scene.events(into)).find(({ text }) => text === 'Mine smells.');
  assert.equal([comment?.is_public, JSON.parse(comment?.data ?? '{}').ofTicket], [0, id], 'not for who asked first');
  await scene.tickets.resolve(into, 'ada', null);
  assert.match((await scene.sent('vera', 4)).map((one) => one.replace(/=\r?\n/g, '')).join(), /\/rate\//);
});

test('a public comment goes out in the thread, and its answer comes back to it', async () => {
  const { id } = await asked('sven', { id: '<sven-1@client.test>' });
  await scene.tickets.comment(id, 'ada', { text: 'Which room?', isPublic: true, isFromRequester: false });
  const mails = await scene.sent('sven', 2);
  const said = mails.find((one) => one.includes('Which room?')) ?? '';
  assert.is(headerOf(said, 'In-Reply-To'), '<sven-1@client.test>');
  assert.match(headerOf(said, 'Subject'), new RegExp(`\\[#${id}\\]`));
  const [row] = await scene.receive(
    mail({ from: 'sven@client.test', headers: [`References: <x@y> ${headerOf(said, 'Message-ID')}`] }),
  );
  assert.equal([row?.outcome, row?.ticket], ['comment', id]);
});

if (mailMissing === null) test.run();
else {
  const skipped = suite('mail in: threads');
  skipped.skip(`mail in: ${mailMissing}`, () => undefined);
  skipped.run();
}
