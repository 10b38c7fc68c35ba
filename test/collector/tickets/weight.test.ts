/** How much a ticket of the monitor weighs: whom it hits, and the worst of what is in it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type AlertChange, createBatch } from '../../../collector/alerts/batch.ts';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import type { Action, PolicyEvent } from '../../../collector/tickets/actions.ts';
import { incidentKey } from '../../../collector/tickets/groups.ts';
import { openTickets } from '../../../collector/tickets/open.ts';
import { budgetKey, createPolicy } from '../../../collector/tickets/policy.ts';
import { impactOf } from '../../../collector/tickets/priority.ts';
import { saveTickets } from '../../../collector/tickets/save.ts';
import { defaultPolicy, type PolicySettings } from '../../../collector/tickets/settings.ts';
import { createTickets } from '../../../collector/tickets/tickets.ts';
import { freshPlace } from '../../support/state.ts';

const minute = 60_000;
const opened: State[] = [];

/** The policy and its tables, without the rooms before them. */
async function desk(settings: Partial<PolicySettings> = {}) {
  const state = await openState(freshPlace());
  opened.push(state);
  const policy = createPolicy({ ...defaultPolicy, ...settings });
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const tickets = createTickets({ state, clock, changeFeed: createChangeFeed(), zone: 'Europe/Berlin' });
  async function save(at: number, actions: Action[]) {
    now = at * minute;
    const batch = createBatch([], now);
    batch.actions.push(...actions);
    await state.transaction().execute((db) => saveTickets(db, batch));
  }
  const say = (at: number, event: PolicyEvent) => save(at, policy.apply(event));
  return {
    ...{ state, tickets, save, say },
    fire: (at: number, endpoint: string, urgency: number) =>
      say(at, {
        ...{ type: 'fire', at: at * minute, key: `${endpoint}/absence`, endpoint, check: 'absence', site: 'BER' },
        about: {
          ...{ alert: `${endpoint} ${at}`, rule: 'absence', urgency, instance: '' },
          endpoint: { id: endpoint, name: endpoint, kind: 'server' },
        },
      }),
    /** As the room of alerts tells it: the alert of a member is at a worse level. */
    async worse(at: number, id: string, urgency: number) {
      const rule = { ticket: 'open', urgency, severity: 'critical' };
      const alert = { id: `${id} 0`, key: `${id}/absence`, family: 'absence', endpoint: id, state: 'firing', rule };
      const batch = createBatch([], at * minute);
      batch.changes.push({ at: at * minute, code: 'worse', alert, params: {} } as unknown as AlertChange);
      const endpoint = { id, name: id, kind: 'server' as const, site: 'BER' };
      await openTickets({ policy, alertOf: () => undefined, endpointOf: () => endpoint }, batch);
      await save(at, batch.actions);
    },
    until: (at: number) => save(at, policy.advance(at * minute)),
    ticket: (key: string) =>
      state.selectFrom('tickets').selectAll().where('key', '=', key).orderBy('id', 'desc').executeTakeFirstOrThrow(),
  };
}

const names = (n: number) => Array.from({ length: n }, (_, i) => `srv${i}`);
const site = incidentKey('BER', 'absence');

test('a site whose servers are down is P1 from the start, and answers to the clocks of P1', async () => {
  const t = await desk();
  for (const [i, name] of names(12).entries()) await t.fire(0, name, i === 7 ? 1 : 2);
  await t.until(3);
  const { id, impact, urgency, priority } = await t.ticket(site);
  assert.equal({ impact, urgency, priority }, { impact: 1, urgency: 1, priority: 1 });
  const [first] = await t.state
    .selectFrom('ticket_events')
    .selectAll()
    .where('ticket', '=', id)
    .orderBy('id')
    .execute();
  assert.is(JSON.parse(first?.data ?? '{}').priority, 1);
});

test('what has no effect yet is no more urgent because it is at a whole site', async () => {
  const t = await desk();
  for (const name of names(5)) await t.fire(0, name, 3);
  await t.until(3);
  assert.is((await t.ticket(site)).priority, 3);
});

test('an incident follows the worst of its members: one that joins, one that gets worse, one that fires again', async () => {
  for (const worsen of ['joins', 'worse', 'again'] as const) {
    const t = await desk();
    for (const name of names(5)) await t.fire(0, name, 3);
    await t.until(3);
    if (worsen === 'joins') await t.fire(4, 'late', 1);
    if (worsen === 'worse') await t.worse(4, 'srv3', 1);
    if (worsen === 'again') {
      await t.say(4, { type: 'recover', at: 4 * minute, key: 'srv0/absence' });
      await t.fire(5, 'srv0', 1);
    }
    assert.is((await t.ticket(site)).priority, 1, worsen);
  }
});

test('a person who has weighed an incident is not overruled by the next member', async () => {
  const t = await desk();
  for (const name of names(5)) await t.fire(0, name, 1);
  await t.until(3);
  const { id } = await t.ticket(site);
  await t.tickets.setPriority(id, 'ada', { impact: 2, urgency: 3 }, 'the test rack');
  await t.fire(4, 'late', 1);
  assert.is((await t.ticket(site)).priority, 4);
});

test('closed by hand while its members fire: the new ticket is as urgent as they are', async () => {
  const t = await desk();
  for (const name of names(5)) await t.fire(0, name, 1);
  await t.until(3);
  const { id } = await t.ticket(site);
  await t.tickets.setState(id, 'ada', { to: 'cancelled', text: 'known', reason: 'not_an_issue' });
  await t.say(4, { type: 'close', at: 4 * minute, key: site });
  await t.until(10);
  const again = await t.ticket(site);
  assert.is(again.follows, id);
  assert.is(again.priority, 1);
});

test('beyond the hourly budget the shared ticket is as urgent as the worst in it', async () => {
  const t = await desk({ budget: 0, incidentEndpoints: 99 });
  await t.fire(0, 'a', 3);
  await t.until(3);
  assert.is((await t.ticket(budgetKey)).priority, 3);
  await t.fire(4, 'b', 1);
  await t.until(7);
  assert.is((await t.ticket(budgetKey)).priority, 1);
});

test('a ticket that an incident takes over has the incident’s ticket as its parent', async () => {
  const t = await desk();
  for (const name of names(4)) await t.fire(0, name, 2);
  await t.until(3);
  const children = await t.state.selectFrom('tickets').select('id').orderBy('id').execute();
  assert.is(children.length, 4);
  // One of them has a parent already, which stays its only one.
  const rack = await t.tickets.create({
    ...{ title: 'Rack', text: null, endpoint: null, impact: 2, urgency: 2, by: 'ada', requester: 'Mia' },
    ...{ channel: 'phone', category: 'incident' },
  });
  const [taken, ...others] = children.map(({ id }) => id) as [number, ...number[]];
  await t.tickets.link(taken, 'ada', 'parent', String(rack));
  await t.fire(4, 'late', 2);
  await t.until(7);
  const { id: parent } = await t.ticket(site);
  const links = await t.state
    .selectFrom('ticket_links')
    .select(['ticket', 'kind', 'target'])
    .orderBy('ticket')
    .execute();
  assert.equal(links, [
    { ticket: taken, kind: 'parent', target: String(rack) },
    ...others.map((ticket) => ({ ticket, kind: 'parent', target: String(parent) })),
  ]);
  const states = await t.state.selectFrom('tickets').select('state').where('id', 'in', others).distinct().execute();
  assert.equal(states, [{ state: 'cancelled' }]);
});

test('an alert that fires again worse than before raises its open ticket', async () => {
  const t = await desk();
  await t.fire(0, 'a', 3);
  await t.until(3);
  assert.is((await t.ticket('a/absence')).priority, 4);
  await t.say(4, { type: 'recover', at: 4 * minute, key: 'a/absence' });
  await t.fire(5, 'a', 1);
  assert.is((await t.ticket('a/absence')).priority, 2);
});

test('whom a machine hits: a tenth of the people of its site, five people, else what it is', () => {
  for (const [kind, people, atSite, impact] of [
    ['server', null, null, 2],
    ['server', 1, 100, 2],
    ['server', 9, 100, 2],
    ['server', 10, 100, 1],
    ['server', 4, null, 2],
    ['workstation', null, 100, 3],
    ['workstation', 4, 100, 3],
    ['workstation', 5, 100, 2],
    ['workstation', 5, null, 2],
    ['workstation', 2, 20, 1],
    // One person is one person, also where only three work.
    ['workstation', 1, 3, 3],
  ] as const)
    assert.is(impactOf(kind, { people, atSite }), impact, `${kind} ${people} of ${atSite}`);
});

test('a ticket is opened with the people of its endpoint and site', async () => {
  const t = await desk();
  const entered = { created_at: 0, created_by: 'ada', updated_at: 0, updated_by: 'ada' };
  await t.state
    .insertInto('sites')
    .values({ id: 'ber', name: 'BER', name_key: 'ber', note: '', zone: null, people: 113, ...entered })
    .execute();
  await t.state
    .insertInto('endpoints')
    .values({
      ...{ id: 'a', bucket: '00', name: 'a', kind: 'server', kind_why: 'test', site: 'BER', tags: '[]', people: 60 },
      ...{ platform: 'linux', arch: 'x64', version: null, secret_hash: '', enrolled_at: 0, retired_at: null },
      ...{ state: 'online', state_reason: null, state_since: 0, session: null, boot_id: null },
      ...{ last_seen_at: null, interval_ms: null, clock_offset_ms: null },
    })
    .execute();
  await t.fire(0, 'a', 1);
  await t.until(3);
  const { impact, priority } = await t.ticket('a/absence');
  assert.equal({ impact, priority }, { impact: 1, priority: 1 });
});

test.after(async () => {
  for (const state of opened) await state.destroy();
});
test.run();
