/** When tickets are due by their events, and what is noted when they are; the state is real, the time is ours. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createBatch } from '../../../collector/alerts/batch.ts';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { createClockReader, dueOf, isBreaching, isLate } from '../../../collector/tickets/clocks.ts';
import { saveTickets } from '../../../collector/tickets/save.ts';
import { createTickets, type NewTicket } from '../../../collector/tickets/tickets.ts';
import { createTicketTimers, type TicketTimers } from '../../../collector/tickets/timers.ts';
import { silentLog } from '../../../shared/log.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('clocks of tickets');
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
/** Monday 09:00 in Berlin, where the desk opens. */
const monday = Date.UTC(2026, 10, 2, 8);
const zone = 'Europe/Berlin';
const opened: State[] = [];
const running: TicketTimers[] = [];

const asked: NewTicket = {
  ...{ title: 'x', text: null, endpoint: null, impact: 3, urgency: 2, by: 'ada', requester: 'Mia' },
  ...{ channel: 'phone', category: 'request' },
};

async function desk() {
  const state = await openState(freshPlace());
  opened.push(state);
  let now = monday;
  const clock = { now: () => now, monotonic: () => now };
  const changeFeed = createChangeFeed();
  const tickets = createTickets({ state, clock, changeFeed, zone });
  const reader = createClockReader(changeFeed, zone);
  const row = async (id: number) => {
    const one = state.selectFrom('tickets').selectAll().where('id', '=', id);
    return { ...(await one.executeTakeFirstOrThrow()), support_site: null };
  };
  return {
    state,
    tickets,
    row,
    at(time: number) {
      now = time;
    },
    async clocks(id: number) {
      const found = (await reader.of(state, [await row(id)], now)).get(id);
      if (!found) throw new Error('no clocks');
      return found;
    },
    async timers() {
      const timers = createTicketTimers({ state, clock, changeFeed, clocks: reader, log: silentLog });
      await timers.start();
      running.push(timers);
      return timers;
    },
    async noted(kind: 'sla' | 'reminder' = 'sla') {
      const events = await state
        .selectFrom('ticket_events')
        .selectAll()
        .where('kind', '=', kind)
        .orderBy('id')
        .execute();
      return events.map(({ at, data }) => {
        const { clock: of, share, until } = JSON.parse(data ?? '{}');
        return until === undefined ? `${of} ${share} ${(at - monday) / hour}` : [at, until];
      });
    },
    async byMonitor(...actions: object[]) {
      const batch = createBatch([], now);
      for (const action of actions) batch.actions.push({ at: now, ...action } as never);
      await state.transaction().execute((db) => saveTickets(db, batch));
    },
  };
}

const said = (more: object = {}) => ({ text: 'so', isPublic: true, isFromRequester: false, ...more });

test('a public reply of the desk answers; an internal one, and one of the requester, do not', async () => {
  const d = await desk();
  const id = await d.tickets.create({ ...asked, impact: 2 });
  d.at(monday + hour);
  await d.tickets.comment(id, 'bob', said({ isPublic: false }));
  await d.tickets.comment(id, 'bob', said({ isFromRequester: true }));
  await d.tickets.comment(id, 'Mia', said());
  await d.tickets.assign(id, 'bob', 'bob');
  assert.is((await d.clocks(id)).response?.state, 'running');
  assert.is((await d.clocks(id)).response?.dueAt, monday + 4 * hour, 'P3: four hours');
  d.at(monday + 3 * hour);
  await d.tickets.comment(id, 'bob', said());
  const { response, resolution } = await d.clocks(id);
  assert.equal([response?.outcome, response?.usedMinutes], ['met', 180]);
  // 24 hours of eight a day: Wednesday, 17:00.
  assert.is(resolution?.dueAt, monday + 2 * day + 8 * hour);
});

test('a merge that is undone has answered nobody: neither by its sentence nor by the end in between', async () => {
  const d = await desk();
  const [id, into] = [await d.tickets.create(asked), await d.tickets.create(asked)];
  d.at(monday + hour);
  await d.tickets.merge(id, 'bob', into, 'We go on with both as one.');
  d.at(monday + 2 * hour);
  await d.tickets.unmerge(id, 'bob');
  d.at(monday + 3 * hour);
  assert.equal((await d.clocks(id)).response?.state, 'running');
  await d.tickets.comment(id, 'bob', said());
  assert.is((await d.clocks(id)).response?.state, 'stopped');
});

test('no one asked for a ticket of the monitor: the first action of a person answers it', async () => {
  const d = await desk();
  const about = {
    alert: 'a',
    rule: 'disk-space',
    urgency: 2,
    instance: '/',
    endpoint: { id: 'srv', name: 'srv', kind: 'server' },
  };
  await d.byMonitor({ type: 'open', key: 'srv/disk', follows: false, count: 1, about });
  d.at(monday + hour);
  assert.is((await d.clocks(1)).response?.state, 'running');
  await d.byMonitor({ type: 'acknowledged', key: 'srv/disk', by: 'ada', note: null });
  assert.equal((await d.clocks(1)).response?.usedMinutes, 60);
  assert.is((await d.row(1)).assignee, 'ada', 'nobody had it');
  await d.byMonitor({ type: 'acknowledged', key: 'srv/disk', by: 'bob', note: null });
  assert.is((await d.row(1)).assignee, 'ada', 'it stays with whoever has it');
});

test('awaiting the requester the clock stands, awaiting a vendor it does not; the answer starts it again', async () => {
  const d = await desk();
  const id = await d.tickets.create(asked);
  const until = monday + 5 * day;
  await d.tickets.setState(id, 'bob', { to: 'on_hold', text: null, hold: { reason: 'awaiting_vendor', until } });
  const due = monday + 4 * day + 8 * hour;
  assert.is((await d.clocks(id)).resolution?.dueAt, due, 'P4: forty hours');
  await d.tickets.setState(id, 'bob', { to: 'on_hold', text: null, hold: { reason: 'awaiting_requester', until } });
  const paused = await d.clocks(id);
  assert.equal([paused.resolution?.dueAt, dueOf(paused)], [null, null]);
  d.at(monday + 2 * hour);
  await d.tickets.comment(id, 'bob', said({ isFromRequester: true }));
  const { state, hold_reason, hold_until } = await d.row(id);
  assert.equal([state, hold_reason, hold_until], ['in_progress', null, null]);
  // Two hours later, which is after the week-end.
  assert.is((await d.clocks(id)).resolution?.dueAt, monday + 7 * day + 2 * hour);
  // Whoever waits for a vendor is not freed by a comment.
  await d.tickets.setState(id, 'bob', { to: 'on_hold', text: null, hold: { reason: 'awaiting_vendor', until } });
  await d.tickets.comment(id, 'Mia', said());
  assert.is((await d.row(id)).state, 'on_hold');
});

test('half, four fifths and all of a target: each noted once, also over a restart', async () => {
  const d = await desk();
  const id = await d.tickets.create({ ...asked, impact: 2, urgency: 1 });
  const timers = await d.timers();
  await timers.tick(monday);
  // P2: answered in one hour, resolved in eight.
  d.at(monday + 30 * minute);
  await timers.tick(monday + 30 * minute);
  await timers.tick(monday + 31 * minute);
  assert.equal(await d.noted(), ['response 0.5 0.5']);
  await timers.stop();
  d.at(monday + 5 * hour);
  const again = await d.timers();
  await again.tick(monday + 5 * hour);
  await again.tick(monday + 5 * hour + 1000);
  assert.equal(await d.noted(), ['response 0.5 0.5', 'response 0.8 5', 'response 1 5', 'resolution 0.5 5']);
  assert.ok(isLate(await d.clocks(id)));
  await d.tickets.comment(id, 'bob', said());
  assert.not(isLate(await d.clocks(id)), 'answered, though late');
  d.at(monday + 6.5 * hour);
  await again.tick(monday + 6.5 * hour);
  assert.ok(isBreaching(await d.clocks(id), monday + 6.5 * hour));
  await d.tickets.resolve(id, 'bob', null);
  await again.tick(monday + 9 * day);
  assert.is((await d.noted()).length, 5, 'resolved in time: nothing more');
});

test('used up exactly at the end of the support hours it is not missed until they begin again', async () => {
  const d = await desk();
  d.at(monday + 4 * hour);
  // P3: answered in four hours, which end at 17:00.
  const id = await d.tickets.create({ ...asked, impact: 2 });
  const timers = await d.timers();
  for (const at of [8, 13, 23.5, 24].map((hours) => monday + hours * hour)) {
    d.at(at);
    await timers.tick(at);
    const found = await d.clocks(id);
    assert.equal([dueOf(found), isLate(found)], [monday + 8 * hour, false]);
    assert.equal(await d.noted(), ['response 0.5 8', 'response 0.8 8'], 'no mark that it is overdue');
  }
  d.at(monday + 24 * hour + minute);
  await timers.tick(monday + 24 * hour + minute);
  assert.ok(isLate(await d.clocks(id)));
  assert.is((await d.noted()).length, 3);
});

test('what a script writes is no answer of a person, also after its token was revoked', async () => {
  const d = await desk();
  const token = { role: 'operator', created_at: monday, created_by: 'ada', last_used_at: null };
  const person = { role: 'operator', password_hash: '', created_at: monday, disabled_at: null };
  await d.state
    .insertInto('tokens')
    .values([
      { ...token, id: 't1', name: 'chat bridge', hash: '1', revoked_at: monday },
      { ...token, id: 't2', name: 'bob', hash: '2', revoked_at: null },
    ])
    .execute();
  await d.state
    .insertInto('users')
    .values({ ...person, id: 'u1', name: 'bob' } as never)
    .execute();
  const id = await d.tickets.create(asked);
  await d.tickets.comment(id, 'chat bridge', said());
  assert.is((await d.clocks(id)).response?.state, 'running');
  d.at(monday + hour);
  await d.tickets.comment(id, 'bob', said());
  const { response } = await d.clocks(id);
  assert.equal([response?.state, response?.usedMinutes], ['stopped', 60], 'a person with the name of a token');
});

test('somebody else asked: what the first one wrote is no answer of the desk', async () => {
  const d = await desk();
  const id = await d.tickets.create({ ...asked, requester: 'ben' });
  await d.tickets.comment(id, 'ben', said());
  await d.tickets.correct(id, 'ada', { requester: 'mia' });
  assert.is((await d.clocks(id)).response?.state, 'running');
  await d.tickets.comment(id, 'ada', said());
  assert.is((await d.clocks(id)).response?.state, 'stopped');
});

test('at the date of a hold there is a reminder, also after a restart; another date has its own', async () => {
  const d = await desk();
  const id = await d.tickets.create(asked);
  const [first, second] = [monday + 3 * day, monday + 6 * day];
  const hold = (until: number) => ({ to: 'on_hold', text: null, hold: { reason: 'awaiting_change', until } }) as const;
  await d.tickets.setState(id, 'bob', hold(first));
  await (await d.timers()).stop();
  const timers = await d.timers();
  for (const now of [monday, first - 1, first, first + 1000]) {
    d.at(now);
    await timers.tick(now);
  }
  assert.equal(await d.noted('reminder'), [[first, first]]);
  assert.is((await d.row(id)).state, 'on_hold', 'a person decides');
  await d.tickets.setState(id, 'bob', hold(second));
  d.at(second);
  await timers.tick(second);
  assert.equal(await d.noted('reminder'), [
    [first, first],
    [second, second],
  ]);
});

test('P1 runs day and night, and a raised priority starts a clock of its own', async () => {
  const d = await desk();
  const id = await d.tickets.create(asked);
  const saturday = monday + 5 * day;
  d.at(saturday);
  await d.tickets.setPriority(id, 'bob', { impact: 1, urgency: 1 }, 'all stand still');
  const { resolution } = await d.clocks(id);
  assert.equal([resolution?.dueAt, resolution?.cancelled.length], [saturday + 4 * hour, 1]);
  const swarm = d.state.selectFrom('ticket_events').select(['actor', 'data']).where('kind', '=', 'swarm');
  assert.equal((await swarm.execute()).map(Object.values), [['monitor', '{"kind":"severity"}']]);
});

test.after(async () => {
  for (const timers of running) await timers.stop();
  for (const state of opened) await state.destroy();
});
test.run();
