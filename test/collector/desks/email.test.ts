/** A desk that takes mails: one thread per ticket, each mail under an id that stays the same when it is sent again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { createDesks } from '../../../collector/desks/desks.ts';
import { ticketMarker } from '../../../collector/desks/marker.ts';
import { openState } from '../../../collector/state/open.ts';
import { createTickets } from '../../../collector/tickets/tickets.ts';
import { silentLog } from '../../../shared/log.ts';
import { freshPlace } from '../../support/state.ts';
import { loopback, openMailServer } from '../notify/receiver.ts';

const test = suite('a desk that takes mails');

async function open(refuse: Record<string, string> = {}) {
  const server = await openMailServer(refuse);
  const state = await openState(freshPlace());
  const openedAt = Date.now();
  let now = openedAt;
  const clock = { now: () => now, monotonic: () => now };
  const changeFeed = createChangeFeed();
  const tickets = createTickets({ state, clock, changeFeed, zone: 'UTC' });
  const settings = { host: '127.0.0.1', port: server.port, from: 'keel@example.org', to: 'desk@example.org' };
  const desks = createDesks({
    ...{ state, clock, tickets, changeFeed, log: silentLog, zone: 'UTC', outgoing: loopback },
    ...{
      ruleNamed: (id) => ({ id }),
      publicUrl: () => 'https://keel.example.org',
      isHeld: () => false,
      random: () => 0,
    },
    settings: [{ name: 'mail', kind: 'email', settings }],
  });
  await desks.runDue();
  const id = await tickets.create({
    ...{ title: 'Printer on fire', text: 'Smoke', endpoint: null, impact: 2, urgency: 2, by: 'ada', requester: 'mia' },
    ...{ channel: 'phone', category: 'incident' },
  });
  return {
    ...{ server, state, tickets, desks, id, openedAt },
    async run(ms = 60_000) {
      now += ms;
      await desks.runDue();
    },
    async [Symbol.asyncDispose]() {
      await desks.stop();
      await server.close();
      await state.destroy();
    },
  };
}

const header = (data: string, name: string) =>
  new RegExp(`^${name}: (.*(?:\r?\n\\s.*)*)`, 'mi').exec(data)?.[1]?.replace(/\s+/g, ' ');

test('a mail for each ticket, comment and end, in one thread', async () => {
  await using scene = await open();
  const { server, tickets, id, run } = scene;
  await run();
  await tickets.comment(id, 'ada', { text: 'Water is on its way', isPublic: true, isFromRequester: false });
  await tickets.comment(id, 'ada', { text: 'mia did it', isPublic: false, isFromRequester: false });
  await run();
  await tickets.resolve(id, 'ada', null);
  await run();
  await run();
  assert.equal(
    server.mails.map(({ to }) => to),
    Array.from({ length: 3 }, () => ['RCPT TO:<desk@example.org>']),
  );
  const [first, ...rest] = server.mails.map(({ data }) => data) as [string, ...string[]];
  assert.match(header(first, 'Subject') ?? '', 'Printer on fire [ek-');
  const thread = header(first, 'Message-ID');
  for (const mail of rest) assert.is(header(mail, 'In-Reply-To'), thread);
  assert.is(new Set(server.mails.map(({ data }) => header(data, 'Message-ID'))).size, 3);
  assert.match(rest[0] as string, 'Water is on its way');
  // Whoever reads mails there reads all: what the requester must not read stays here.
  assert.not.match(server.mails.map(({ data }) => data).join(''), 'mia did it');
});

test('what is sent again after a failure has the same id', async () => {
  const refuse: Record<string, string> = { DATA: '451 try again later' };
  await using scene = await open(refuse);
  await scene.run();
  assert.is(scene.server.mails.length, 0);
  assert.match((await scene.desks.view())[0]?.waiting.toString() ?? '', '1');
  delete refuse.DATA;
  await scene.run(120_000);
  await scene.run(120_000);
  assert.is(scene.server.mails.length, 1);
  const { marker } = await scene.state.selectFrom('desks').select('marker').executeTakeFirstOrThrow();
  assert.is(
    header(scene.server.mails[0]?.data ?? '', 'Message-ID'),
    `<${ticketMarker(marker, { id: scene.id, openedAt: scene.openedAt })}@evenkeel>`,
  );
});

test('a refusal is said, and does not keep it busy', async () => {
  await using scene = await open({ RCPT: '550 no such mailbox' });
  for (let n = 0; n < 5; n++) await scene.run(3_600_000);
  const [view] = await scene.desks.view();
  assert.is(view?.refused, 1);
  const row = await scene.state.selectFrom('desk_links').selectAll().executeTakeFirstOrThrow();
  assert.match(row.last_error ?? '', 'no such mailbox');
});

test.run();
