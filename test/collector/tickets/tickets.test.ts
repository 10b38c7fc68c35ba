import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createBatch } from '../../../collector/alerts/batch.ts';
import { type Change, createChangeFeed } from '../../../collector/change-feed.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import type { PersonAction } from '../../../collector/tickets/change.ts';
import type { TicketStateName } from '../../../collector/tickets/history.ts';
import { saveTickets } from '../../../collector/tickets/save.ts';
import { createTickets, type NewTicket } from '../../../collector/tickets/tickets.ts';
import { freshPlace } from '../../support/state.ts';

const opened: State[] = [];

async function open() {
  const state = await openState(freshPlace());
  opened.push(state);
  let now = 1000;
  const published: Change[] = [];
  const changeFeed = createChangeFeed();
  const clock = { now: () => now, monotonic: () => now };
  changeFeed.subscribe((change) => void published.push(change));
  const did: PersonAction[] = [];
  const tickets = createTickets({ state, clock, changeFeed, zone: 'Europe/Berlin' });
  tickets.onPerson((event) => void did.push(event));
  const row = (id: number) => state.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const kinds = async (id: number) => {
    const events = await state.selectFrom('ticket_events').selectAll().where('ticket', '=', id).orderBy('id').execute();
    return events.map((event) => `${event.actor} ${event.kind} ${event.from_state ?? ''}>${event.to_state ?? ''}`);
  };
  const byMonitor = async (key: string) => {
    const batch = createBatch([], now);
    batch.actions.push({ type: 'open', key, at: now, follows: false, count: 1 });
    await state.transaction().execute((db) => saveTickets(db, batch));
    return batch.ticketOf.get(key) as number;
  };
  const move = (ms: number) => {
    now += ms;
  };
  return { state, tickets, published, did, row, kinds, byMonitor, move };
}

const mine: NewTicket = {
  ...{ title: 'New disk', text: 'worn', endpoint: null, impact: 3, urgency: 2, by: 'ada' },
  ...{ requester: 'Mia', channel: 'phone', category: 'request' },
};
const said = (text: string) => ({ text, isPublic: false, isFromRequester: false });

async function refused(work: Promise<unknown>, code: string, pattern = /./): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    assert.is((thrown as { code?: string }).code, code, String(thrown));
    assert.match(String(thrown), pattern);
    return;
  }
  assert.unreachable('it was not refused');
}

test('a person’s ticket through its life, every change an event', async () => {
  const t = await open();
  const id = await t.tickets.create(mine);
  assert.is((await t.row(id)).priority, 4);
  await t.tickets.assign(id, 'ada', 'bob');
  await t.tickets.comment(id, 'bob', said('ordered'));
  await t.tickets.setState(id, 'bob', {
    ...{ to: 'on_hold', text: 'waiting for the vendor' },
    hold: { reason: 'awaiting_vendor', until: 9_000_000 },
  });
  await t.tickets.resolve(id, 'bob', 'replaced');
  await t.tickets.reopen(id, 'ada', 'still noisy');
  await t.tickets.resolve(id, 'bob', null);
  assert.equal(await t.kinds(id), [
    'ada opened >new',
    'ada assigned >',
    'bob comment >',
    'bob state new>on_hold',
    'bob state on_hold>resolved',
    'ada reopened resolved>in_progress',
    'bob state in_progress>resolved',
  ]);
  assert.is((await t.row(id)).resolved_by, 'bob');
  assert.equal(t.did, [], 'the policy has nothing to do with it');
  assert.is(t.published.length, 7);
});

test('help that nobody can be told of says so; the call itself stands', async () => {
  const t = await open();
  const id = await t.tickets.create(mine);
  await t.tickets.swarm(id, 'ada', 'local', ['bob']);
  const events = t.state.selectFrom('ticket_events').select('data').where('kind', '=', 'swarm');
  assert.equal(JSON.parse((await events.executeTakeFirstOrThrow()).data ?? ''), {
    ...{ kind: 'local', people: ['bob'], isUntold: true },
  });
});

test('what the life cycle does not allow is a conflict that says why', async () => {
  const t = await open();
  const id = await t.tickets.create(mine);
  await refused(t.tickets.reopen(id, 'ada', null), 'CONFLICT', /is new; only a resolved one/);
  await refused(
    t.tickets.setState(id, 'ada', { to: 'on_hold', text: 'later' }),
    'BAD_REQUEST',
    /reason of the list and a date/,
  );
  await refused(t.tickets.setState(id, 'ada', { to: 'cancelled', text: null }), 'CONFLICT', /a reason is needed/);
  await refused(
    t.tickets.setState(id, 'ada', { to: 'closed', text: null }),
    'CONFLICT',
    /new, and cannot become closed/,
  );
  await t.tickets.resolve(id, 'ada', null);
  await refused(t.tickets.resolve(id, 'ada', null), 'CONFLICT', /is resolved, and cannot become resolved/);
  await t.tickets.setState(id, 'ada', { to: 'closed', text: null });
  await refused(t.tickets.comment(id, 'ada', said('late')), 'CONFLICT', /closed/);
  await refused(t.tickets.assign(id, 'ada', 'bob'), 'CONFLICT');
  await refused(t.tickets.reopen(id, 'ada', null), 'CONFLICT');
  await refused(t.tickets.comment(99, 'ada', said('x')), 'NOT_FOUND', /no ticket 99/);
  await refused(t.tickets.reopen(99, 'ada', null), 'NOT_FOUND');
});

test('no way of the life cycle leads out of closed and cancelled', async () => {
  const states: TicketStateName[] = ['new', 'in_progress', 'on_hold', 'resolved', 'closed', 'cancelled'];
  for (const from of ['closed', 'cancelled'] as const) {
    for (const to of states) {
      const t = await open();
      const id = await t.tickets.create(mine);
      await t.state.updateTable('tickets').set({ state: from, open_key: null }).execute();
      await refused(
        t.tickets.setState(id, 'ada', { to, text: 'because', hold: { reason: 'awaiting_change', until: 9_000_000 } }),
        'CONFLICT',
      );
      await t.state.destroy();
    }
  }
});

test('two people resolve at once: one of them gets an error', async () => {
  const t = await open();
  const id = await t.tickets.create(mine);
  const both = await Promise.allSettled([t.tickets.resolve(id, 'ada', null), t.tickets.resolve(id, 'bob', null)]);
  assert.equal(both.map((one) => one.status).sort(), ['fulfilled', 'rejected']);
  assert.is((await t.kinds(id)).length, 2);
});

test('what a person does to a ticket of the monitor reaches the policy', async () => {
  const t = await open();
  const id = await t.byMonitor('srv/disk');
  await t.tickets.comment(id, 'ada', said('on it'));
  await t.tickets.resolve(id, 'ada', null, 5_000_000);
  await t.tickets.reopen(id, 'ada', null);
  assert.equal(
    t.did.map(({ type, key }) => `${type} ${key}`),
    ['touch srv/disk', 'close srv/disk', 'reopen srv/disk'],
  );
  assert.is(t.did[1]?.type === 'close' && t.did[1].mutedUntil, 5_000_000);
  assert.type((await t.row(id)).touched_at, 'number');
});

test('a ticket cannot be reopened beside another open one of the same alert', async () => {
  const t = await open();
  const first = await t.byMonitor('srv/disk');
  await t.tickets.resolve(first, 'ada', null);
  const second = await t.byMonitor('srv/disk');
  assert.is((await t.row(second)).follows, first);
  await refused(t.tickets.reopen(first, 'ada', null), 'CONFLICT', new RegExp(`ticket ${second} is open`));
});

test('many opens of one key at once: one ticket, the others count into it', async () => {
  const t = await open();
  const ids = await Promise.all(Array.from({ length: 20 }, () => t.byMonitor('srv/disk')));
  assert.is(new Set(ids).size, 1);
  assert.is((await t.row(ids[0] ?? 0)).fires, 20);
  // The database itself refuses a second one, whoever writes it.
  const { id: _, ...again } = await t.row(ids[0] ?? 0);
  try {
    await t.state.insertInto('tickets').values(again).execute();
    assert.unreachable();
  } catch (thrown) {
    assert.match(String(thrown), /unique/i);
  }
});

test('two alerts of one key in one batch: each in its own ticket', async () => {
  const { state } = await open();
  const batch = createBatch([], 1000);
  const about = (alert: string) => ({
    ...{ alert, rule: 'disk-space', urgency: 2, instance: '/' },
    endpoint: { id: 'srv', name: 'srv', kind: 'server' as const },
  });
  const opening = { type: 'open', key: 'srv/disk', at: 1000, follows: false, count: 1 } as const;
  batch.actions.push({ ...opening, about: about('first') });
  batch.actions.push({ type: 'resolve', key: 'srv/disk', at: 1000 });
  batch.actions.push({ ...opening, about: about('second') });
  await state.transaction().execute((db) => saveTickets(db, batch));
  const saved = await state.selectFrom('tickets').select(['id', 'alert']).orderBy('id').execute();
  assert.equal(
    ['first', 'second'].map((alert) => batch.ticketOf.get(alert)),
    saved.map(({ id }) => id),
  );
});

test('resolved for five business days: closed; a week-end counts for nothing', async () => {
  const t = await open();
  const id = await t.tickets.create(mine);
  const hour = 3_600_000;
  // 1970 began on a Thursday: to Friday, 15:00 in Berlin.
  t.move(38 * hour - 1000);
  await t.tickets.resolve(id, 'ada', null);
  t.move(7 * 24 * hour - 60_000);
  assert.is(await t.tickets.closeOld(), 0);
  t.move(60_000);
  assert.is(await t.tickets.closeOld(), 1);
  assert.is((await t.row(id)).state, 'closed');
  assert.is(await t.tickets.closeOld(), 0);
});

test('five business days are days of the desk, however long it is there on each', async () => {
  const day = 24 * 3_600_000;
  const monday = 4 * day;
  const long: [string, string][] = [['00:00', '24:00']];
  const short: [string, string][] = [['09:00', '11:00']];
  const always = { mon: long, tue: long, wed: long, thu: long, fri: long, sat: long, sun: long };
  for (const { weekly, holidays, days } of [
    { weekly: always, holidays: [], days: 5 },
    { weekly: { mon: short, tue: short, wed: short, thu: short, fri: short }, holidays: [], days: 7 },
    {
      weekly: { mon: short, tue: short, wed: short, thu: short, fri: short },
      holidays: [{ date: '1970-01-07', name: 'Fair' }],
      days: 8,
    },
    { weekly: { mon: long }, holidays: [], days: 35 },
  ]) {
    const t = await open();
    const entered = { created_at: 0, created_by: 'ada', updated_at: 0, updated_by: 'ada' };
    await t.state
      .insertInto('calendars')
      .values({
        ...{
          id: 'c',
          name: 'Desk',
          name_key: 'desk',
          zone: 'Europe/Berlin',
          region: null,
          overrides: '{}',
          version: 1,
        },
        ...{ weekly: JSON.stringify(weekly), holidays: JSON.stringify(holidays), ...entered },
      })
      .execute();
    await t.state
      .insertInto('sites')
      .values({ id: 's', name: 'BER', name_key: 'ber', note: '', zone: null, support_calendar: 'c', ...entered })
      .execute();
    const id = await t.tickets.create(mine);
    await t.state.updateTable('tickets').set({ site: 'BER' }).execute();
    // To Monday, 10:00 in Berlin.
    t.move(monday + 9 * 3_600_000 - 1000);
    await t.tickets.resolve(id, 'ada', null);
    t.move(days * day - 60_000);
    assert.is(await t.tickets.closeOld(), 0, `${days} days`);
    t.move(60_000);
    assert.is(await t.tickets.closeOld(), 1, `${days} days`);
  }
});

test.after(async () => {
  for (const state of opened) await state.destroy();
});
test.run();
