/** Who is told of a ticket: once a minute for each person, of what others did, and once where they are named. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { namesIn } from '../../../collector/tickets/mentions.ts';
import { tellNews } from '../../../collector/tickets/tell-news.ts';
import { createTickets } from '../../../collector/tickets/tickets.ts';
import { freshPlace } from '../../support/state.ts';

const opened: State[] = [];
test.after(async () => {
  for (const state of opened) await state.destroy();
});

async function open(quiet: ReadonlySet<string> = new Set()) {
  const state = await openState(freshPlace());
  opened.push(state);
  let now = 1_000_000;
  const clock = { now: () => now, monotonic: () => now };
  const wayOf = (person: string) =>
    quiet.has(person) ? ('quiet' as const) : { channel: 'ops', recipient: null, user: person };
  const notify = { routes: [], ruleNamed: (id: string) => ({ id }), wayOf, wake: () => {} };
  const tickets = createTickets({ state, clock, changeFeed: createChangeFeed(), zone: 'UTC', notify });
  for (const name of ['ada', 'Ada Lang', 'bob', 'eve'])
    await state
      .insertInto('users')
      .values({
        ...{ id: name, name, password_hash: '', role: 'operator', created_at: 0 },
        disabled_at: name === 'eve' ? 1 : null,
      })
      .execute();
  const id = await tickets.create({
    ...{ title: 'New disk', text: null, endpoint: null, impact: 3, urgency: 3, by: 'ada' },
    ...{ requester: 'Mia', channel: 'phone', category: 'request' },
  });
  return {
    ...{ state, tickets, id, quiet },
    /** @returns who got what since the last time */
    async told(ms: number) {
      now += ms;
      await state.transaction().execute((db) => tellNews(db, notify, now));
      const rows = await state
        .selectFrom('deliveries as d')
        .innerJoin('notifications as n', 'n.id', 'd.notification')
        .select(['d.user_name', 'n.facts', 'n.event'])
        .where('n.event', '=', 'news')
        .where('n.at', '=', now)
        .orderBy('d.user_name')
        .execute();
      return rows.map(({ user_name, facts }) => {
        const { why, changes } = JSON.parse(facts) as { why: string; changes: number };
        return `${user_name} ${why} ${changes}`;
      });
    },
  };
}

const said = (text: string) => ({ text, isPublic: false, isFromRequester: false });

test('several changes are one message a minute later, for those who did not make them', async () => {
  const t = await open();
  await t.tickets.watch(t.id, 'ada', 'bob');
  await t.tickets.watch(t.id, 'ada', 'ada');
  await t.tickets.comment(t.id, 'ada', said('one'));
  await t.tickets.assign(t.id, 'ada', 'bob');
  await t.tickets.resolve(t.id, 'bob', 'done');
  assert.equal(await t.told(59_000), []);
  assert.equal(await t.told(1_000), ['ada watch 1', 'bob watch 2']);
  assert.equal(await t.told(120_000), [], 'once');
  await t.tickets.unwatch(t.id, 'ada', 'bob');
  await t.tickets.reopen(t.id, 'ada', null);
  assert.equal(await t.told(60_000), []);
});

test('whoever is named in a comment is told once, with what they watch', async () => {
  const t = await open();
  await t.tickets.watch(t.id, 'ada', 'bob');
  await t.tickets.comment(t.id, 'ada', said('@bob and @Ada Lang, and @eve, @nobody, mail to x@ada'));
  await t.tickets.comment(t.id, 'ada', said('@bob again, @ada too'));
  assert.equal(await t.told(60_000), ['Ada Lang mention 1', 'bob mention 2']);
});

test('in quiet hours it waits; merged, those who watched the one watch the other', async () => {
  const quiet = new Set(['bob']);
  const t = await open(quiet);
  await t.tickets.watch(t.id, 'ada', 'bob');
  await t.tickets.comment(t.id, 'ada', said('night'));
  assert.equal(await t.told(60_000), []);
  quiet.delete('bob');
  assert.equal(await t.told(60_000), ['bob watch 1']);
  const other = await t.tickets.create({
    ...{ title: 'The same', text: null, endpoint: null, impact: 3, urgency: 3, by: 'ada' },
    ...{ requester: 'Ken', channel: 'phone', category: 'request' },
  });
  await t.tickets.merge(t.id, 'ada', other, 'There.');
  await t.told(60_000);
  await t.tickets.comment(other, 'ada', said('go on'));
  assert.equal(await t.told(60_000), ['bob watch 1']);
});

test('a name is the longest that fits, whatever its case, and no address names anybody', () => {
  const names = ['ada', 'Ada Lang', 'bob', 'jo.b'];
  for (const [text, found] of [
    ['@ADA, look', ['ada']],
    ['@ada lang', ['Ada Lang']],
    ['(@bob)', ['bob']],
    ['@bobby', []],
    ['mia@bob.example', []],
    ['@@bob @jo.b.', ['jo.b']],
    ['', []],
  ] as const)
    assert.equal(namesIn(text, names), found, text);
});

test.run();
