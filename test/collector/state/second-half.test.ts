/** A data folder of 0.1.0 with alerts, tickets and messages under way: all of it goes on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import type { Notification } from '../../../collector/notify/channel.ts';
import { createOutbox } from '../../../collector/notify/outbox.ts';
import { openState } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { recorder } from '../alerts/scene.ts';

const test = suite('second half in state');
const schema = readFileSync(new URL('../../fixtures/state/schema-003.sql', import.meta.url), 'utf8');
const later = 9_000_000_000_000;

type Columns = Record<string, string | number | null>;

function oldFolder(rows: readonly [table: string, columns: Columns][]) {
  const folder = temporaryFolder();
  const file = join(folder.path, 'state.db');
  const database = new DatabaseSync(file);
  database.exec(schema);
  for (const [table, columns] of rows) {
    const names = Object.keys(columns);
    const marks = names.map(() => '?').join();
    database.prepare(`insert into ${table} (${names.join()}) values (${marks})`).run(...Object.values(columns));
  }
  database.close();
  return { file, folder };
}

const endpoint = (id: string, site: string): [string, Columns] => [
  'endpoints',
  {
    ...{
      id,
      bucket: '00',
      name: id,
      kind: 'server',
      kind_why: 'test',
      site,
      tags: '[]',
      platform: 'linux',
      arch: 'x64',
    },
    ...{ secret_hash: '', enrolled_at: 0, state: 'online', state_since: 0 },
  },
];

function alert(id: string, key: string, state: string, columns: Columns = {}): [string, Columns] {
  const [of, rule] = key.split('/') as [string, string];
  const active_key = state === 'resolved' ? null : key;
  const when = { pending_at: 100, fired_at: state === 'pending' ? null : 160, updated_at: 200 };
  const tags = JSON.stringify(key.endsWith('/var') ? { path: '/var' } : {});
  const about = {
    rule,
    endpoint: of,
    metric: 'disk.used_percent',
    tags,
    severity: 'warning',
    value: 92,
    threshold: 90,
  };
  return ['alerts', { id, key, active_key, state, ...about, ...when, ...columns }];
}

function ticket(id: number, key: string, columns: Columns = {}): [string, Columns] {
  const levels = { priority: 3, impact: 2, urgency: 2, tier: 1, fires: 1 };
  const when = { opened_at: 300, updated_at: 300 };
  const open = { key, open_key: key, source: 'monitor', state: 'new' };
  return ['tickets', { id, title: `ticket ${id}`, ...open, ...levels, ...when, ...columns }];
}

const story = (of: number, kind: string, data: object | null, columns: Columns = {}): [string, Columns] => [
  'ticket_events',
  { ticket: of, at: 400, actor: 'monitor', kind, data: data && JSON.stringify(data), ...columns },
];

const facts = (key: string): Omit<Notification, 'id' | 'ticket' | 'url'> => ({
  ...{ event: 'firing', key, severity: 'warning', members: null, metric: 'disk.used_percent', tags: { path: '/var' } },
  rule: { id: 'disk-space' },
  endpoint: { id: 'a', name: 'a', kind: 'server', site: 'EU/Berlin HQ' },
  ...{ value: 92, threshold: 90, unit: 'percent', startedAt: 160, endedAt: null, why: null },
});

const message = (id: string, state: string, columns: Columns = {}): [string, Columns] => [
  'outbox',
  {
    ...{
      id,
      channel: 'people',
      dedupe_key: `${id}-once`,
      notice: JSON.stringify(facts('a/disk-space/path=/var')),
      state,
    },
    ...{ attempts: 1, next_at: 500, created_at: 450, alert: 'firing', ticket: 1, ...columns },
  },
];

const incident = 'storm/eu/berlin hq/disk-space';
const rows = [
  endpoint('a', 'EU/Berlin HQ'),
  endpoint('b', 'EU/Berlin HQ'),
  alert('pending', 'a/load', 'pending'),
  alert('firing', 'a/disk-space/path=/var', 'firing', { acknowledged_at: 170, acknowledged_by: 'ada', ticket: 1 }),
  alert('in-incident', 'b/disk-space/path=/var', 'firing', { ticket: 2 }),
  alert('cleared', 'a/cpu', 'resolved', { resolved_at: 190, resolved_why: 'cleared' }),
  alert('away', 'b/array-health', 'resolved', { resolved_at: 190, resolved_why: 'silent', ticket: 5 }),
  alert('away-once', 'b/load', 'resolved', { resolved_at: 190, resolved_why: 'silent' }),
  alert('back', 'b/load', 'firing', { pending_at: 195, fired_at: 195 }),
  alert('away-twice', 'b/cpu', 'resolved', { resolved_at: 190, resolved_why: 'silent' }),
  alert('then-good', 'b/cpu', 'resolved', { pending_at: 195, resolved_at: 199, resolved_why: 'cleared' }),
  ticket(1, 'a/disk-space/path=/var', { endpoint: 'a', rule: 'disk-space', alert: 'firing', touched_at: 310 }),
  ticket(2, incident, { rule: 'disk-space' }),
  ticket(3, 'storm/budget'),
  ticket(4, 'person/0011', { source: 'person', title: 'Printer on fire', assignee: 'ada' }),
  ticket(5, 'b/array-health', { endpoint: 'b', rule: 'array-health', alert: 'away' }),
  ticket(6, 'a/cpu', { open_key: null, state: 'resolved', resolved_at: 390, resolved_by: 'ada', alert: 'cleared' }),
  story(1, 'opened', null),
  story(4, 'comment', null, { actor: 'ada', text: 'with water?' }),
  story(5, 'fired', { flapping: true }, { at: 410 }),
  story(6, 'state', { wontFixUntil: later }, { actor: 'ada' }),
  story(5, 'acknowledged', null, { actor: 'ada' }),
  story(6, 'acknowledged', null, { actor: 'bob' }),
  message('waits', 'queued'),
  message('went', 'sent', { sent_at: 460 }),
  message('gave-up', 'dead', { last_error: 'HTTP 404', alert: incident, ticket: 2 }),
];

test('alerts: each as it was; one whose endpoint was away is unknown, unless something took its place', async () => {
  const { file, folder } = oldFolder(rows);
  const state = await openState(file);
  const all = await state.selectFrom('alerts').select(['id', 'state', 'active_key', 'resolved_why']).execute();
  assert.equal(Object.fromEntries(all.map(({ id, ...row }) => [id, Object.values(row)])), {
    pending: ['pending', 'a/load', null],
    firing: ['firing', 'a/disk-space/path=/var', null],
    'in-incident': ['firing', 'b/disk-space/path=/var', null],
    cleared: ['resolved', null, 'cleared'],
    away: ['unknown', 'b/array-health', null],
    'away-once': ['resolved', null, 'silent'],
    back: ['firing', 'b/load', null],
    'away-twice': ['resolved', null, 'silent'],
    'then-good': ['resolved', null, 'cleared'],
  });
  const held = await state.selectFrom('alerts').selectAll().where('id', '=', 'firing').executeTakeFirstOrThrow();
  assert.equal(
    [held.acknowledged_by, held.acknowledged_at, held.first_acknowledged_at, held.ticket, held.value, held.fired_at],
    ['ada', 170, 170, 1, 92, 160],
  );
  const codes = await state.selectFrom('alert_events').select(['code', 'at']).where('alert', '=', 'firing').execute();
  assert.equal(
    codes.map(({ code, at }) => [code, at]),
    [
      ['firing', 160],
      ['acknowledged', 170],
    ],
  );
  await state.destroy();
  folder.remove();
});

test('tickets: their kind and place in columns; a title only where a person wrote it; their story whole', async () => {
  const { file, folder } = oldFolder(rows);
  const state = await openState(file);
  const all = await state.selectFrom('tickets').selectAll().orderBy('id').execute();
  assert.equal(
    all.map(({ id, kind, site, rule, instance, title }) => [id, kind, site, rule, instance, title]),
    [
      [1, 'alert', null, 'disk-space', '/var', null],
      [2, 'incident', 'EU/Berlin HQ', 'disk-space', '', null],
      [3, 'budget', null, null, '', null],
      [4, 'person', null, null, '', 'Printer on fire'],
      [5, 'alert', null, 'array-health', '', null],
      [6, 'alert', null, 'cpu', '', null],
    ],
  );
  assert.equal(
    all.map(({ open_key, state: now, touched_at, flapping_since, muted_until }) => [
      ...[open_key !== null, now, touched_at, flapping_since, muted_until],
    ]),
    [
      [true, 'new', 310, null, null],
      [true, 'new', null, null, null],
      [true, 'new', null, null, null],
      [true, 'new', null, null, null],
      [true, 'new', null, 410, null],
      [false, 'resolved', null, null, later],
    ],
  );
  const told = await state
    .selectFrom('ticket_events')
    .select(['ticket', 'kind', 'actor', 'text'])
    .orderBy('id')
    .execute();
  assert.equal(
    told.map((event) => Object.values(event)),
    [
      [1, 'opened', 'monitor', null],
      [4, 'comment', 'ada', 'with water?'],
      [5, 'flapping', 'monitor', null],
      [6, 'state', 'ada', null],
      [5, 'acknowledged', 'ada', null],
      [6, 'acknowledged', 'bob', null],
    ],
  );
  // It began the new ticket, and left the one that was resolved as it was.
  const begun = state.selectFrom('ticket_events').select(['ticket', 'from_state', 'to_state']).orderBy('id');
  assert.equal(
    (await begun.where('kind', '=', 'acknowledged').execute()).map((event) => Object.values(event)),
    [
      [5, 'new', 'in_progress'],
      [6, null, null],
    ],
  );
  assert.equal(
    all.map(({ channel, category }) => `${channel} ${category}`),
    [...Array(3).fill('monitor incident'), 'portal incident', ...Array(2).fill('monitor incident')],
  );
  const incidents = await state.selectFrom('incidents').select(['kind', 'site', 'ticket', 'ended_at']).execute();
  assert.equal(
    incidents.map((incident) => Object.values(incident)),
    [
      ['site', 'EU/Berlin HQ', 2, null],
      ['budget', null, 3, null],
    ],
  );
  await state.destroy();
  folder.remove();
});

test('messages: what waited is sent once, what was sent or given up stays so', async () => {
  const { file, folder } = oldFolder(rows);
  const state = await openState(file);
  const sent: Notification[] = [];
  const outbox = createOutbox({
    mailOf: () => Promise.reject(new Error('no report here')),
    state,
    clock: { now: () => 1000, monotonic: () => 1000 },
    routes: [recorder(sent)],
    publicUrl: () => 'https://ek.example',
    log: silentLog,
    changeFeed: createChangeFeed(),
  });
  while ((await outbox.runDue()) > 0);
  await outbox.stop();
  assert.equal(sent, [
    {
      ...facts('a/disk-space/path=/var'),
      alert: 'firing',
      sentAt: 1000,
      id: 'waits',
      ticket: 1,
      url: 'https://ek.example/tickets/1',
    },
  ]);
  const all = await state.selectFrom('deliveries').select(['id', 'state', 'last_error']).orderBy('id').execute();
  assert.equal(
    all.map((row) => Object.values(row)),
    [
      ['gave-up', 'dead', 'HTTP 404'],
      ['waits', 'sent', null],
      ['went', 'sent', null],
    ],
  );
  const of = await state.selectFrom('notifications').select(['alert', 'incident']).where('ticket', '=', 2).execute();
  assert.equal(
    of.map(({ alert, incident }) => [alert, incident]),
    [[null, incident]],
  );
  await state.destroy();
  folder.remove();
});

test('opened again nothing is moved twice; what a newer version wrote is refused and left as it is', async () => {
  const { file, folder } = oldFolder(rows);
  for (const _ of ['moved', 'opened again']) {
    const state = await openState(file);
    // Eight fired, one was acknowledged, four ended.
    assert.is((await state.selectFrom('alert_events').select('id').execute()).length, 8 + 1 + 4);
    await state.destroy();
  }
  const database = new DatabaseSync(file);
  database.exec("insert into kysely_migration values ('999-from-the-future', '2027-01-01T00:00:00.000Z')");
  database.close();
  await openState(file).then(
    () => assert.unreachable(),
    (thrown: { code?: string; message?: string; hint?: string }) => {
      assert.is(thrown.code, 'DATA_NEWER');
      assert.match(thrown.message ?? '', /999-from-the-future/);
      assert.match(
        thrown.hint ?? '',
        /version that wrote it again, or go back to the state from before the update.*restore \S+before-updates\S+ --data/,
        'the way back',
      );
    },
  );
  folder.remove();
});

test.run();
