/** What every state driver must do, and do alike. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StatePlace } from '../../collector/state/drivers/index.ts';
import { createGroup } from '../../collector/state/group.ts';
import { awaitState, openState, type State } from '../../collector/state/open.ts';
import { insertRows, updateRow } from '../../collector/state/rows.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { type Log, silentLog } from '../../shared/log.ts';
import { temporaryFolder } from '../support/processes.ts';

/** A ms value of now, which needs more than 32 bits. */
const now = Date.UTC(2026, 10, 27, 12);
const nasty = `o'hara "quoted" ? $1 :x %_ \\ \u202e é\u0301 \ud83d\ude00 東京\n\t`;

type Row = Record<string, unknown>;

/** For columns that take some words only. */
function fitting(table: string, column: string): unknown {
  const words: Record<string, unknown> = {
    'rules.scope': 'all',
    'setting_layers.scope': 'tag',
    'setting_layers.owner': 'people',
    'applied_settings.result': 'partly',
    'backup_runs.result': 'failed',
    'mail_messages.outcome': 'comment',
    'script_orders.state': 'done',
    'sessions.via': 'openid',
    'applied_settings.remote': 'on',
    'update_rollouts.state': 'stopped',
    'update_rollouts.stage': 'second',
    'update_turns.ring': 'canary',
    'update_turns.result': 'late',
    'act_links.purpose': 'acknowledge',
    'identity_events.kind': 'rotated',
    'alerts.state': 'firing',
    'alerts.severity': 'critical',
    'incidents.kind': 'site',
    'audit_log.kind': 'token',
    'audit_log.outcome': 'done',
    'disk_forecasts.state': 'rising',
    'tickets.kind': 'person',
    'targets.origin': 'page',
    'targets.id': 'x',
    'watched_states.state': 'down',
    'tickets.state': 'on_hold',
    'desk_links.state': 'linked',
    'chat_events.state': 'taken',
    'directory_people.source': 'csv',
    'recovery_requests.way': 'mail',
    'recovery_requests.state': 'waiting',
    'tickets.channel': 'phone',
    'tickets.category': 'question',
    'tickets.hold_reason': 'awaiting_vendor',
    'ticket_evidence.moment': 'began',
    'ticket_links.kind': 'duplicate',
    'ticket_participants.swarm': 'local',
    'deliveries.state': 'dead',
    'maintenance_windows.scope': 'site',
    'report_schedules.rhythm': 'month',
    'status_pages.access': 'login',
    'maintenance_occurrences.scope': 'tag',
    'alerts.suppressed': 'maintenance',
    'installs.title': 1,
    'alerts.opens_ticket': 'propose',
    'changes.kind': 'planned',
    'changes.state': 'done',
    'changes.outcome': 'success',
    'changes.what': 'patch',
    'change_scopes.of': 'tag',
    'change_scopes.change': 1,
    'change_targets.change': 1,
    'change_events.change': 1,
    'change_targets.result': 'failed',
    'change_observations.what': 'restart',
    'endpoint_days.backup': 'good',
    'endpoint_days.restore': 'bad',
    'endpoint_days.patches': 'compliant',
    'availability_targets.scope': 'tag',
    'tokens.purpose': 'metrics',
    'applicants.state': 'waiting',
    'routing_documents.kind': 'policy',
    'articles.state': 'published',
    'article_outcomes.place': 'request',
    'search_documents.kind': 'article',
  };
  return words[`${table}.${column}`];
}

/** One row for each table with all its columns, as the database describes them. */
export async function rowsOf(state: State): Promise<Map<string, Row>> {
  const tables = await state.introspection.getTables();
  const referred = [
    'users',
    'endpoints',
    'groups',
    'tickets',
    'notifications',
    'alert_groups',
    'software_titles',
    'changes',
  ];
  tables.sort((a, b) => Number(referred.includes(b.name)) - Number(referred.includes(a.name)));
  const rows = new Map<string, Row>();
  for (const { name, columns } of tables) {
    const ids = { user_id: 'x', group_id: 'x', endpoint: 'x', ticket: 1, notification: 1 } as Row;
    const row: Row = {};
    for (const { name: column, dataType } of columns) {
      const isText = dataType.toLowerCase() === 'text';
      const isReal = ['real', 'float8'].includes(dataType.toLowerCase());
      if (column === 'id' && !isText) continue;
      const plain = isText ? `${nasty} ${column}` : isReal ? 0.1 + 0.2 : now;
      row[column] = fitting(name, column) ?? (column === 'id' ? 'x' : undefined) ?? ids[column] ?? plain;
    }
    rows.set(name, row);
  }
  return rows;
}

const endpoint = (id: string) => ({
  ...{ id, bucket: '01', name: id, kind: 'server' as const, kind_why: 'test', site: null, tags: '[]' },
  ...{ platform: 'linux', arch: 'x64', version: null, secret_hash: '00', enrolled_at: now, retired_at: null },
  ...{ state: 'online' as const, state_reason: null, state_since: now, session: null, boot_id: null },
  ...{ last_seen_at: now, interval_ms: 10_000, clock_offset_ms: -250 },
});

const setting = (key: string, value = 'x') => ({ key, value });
const signal = (at: number, name = 'e') => ({
  ...{ endpoint: name, at, kind: 'online' as const, session: null, boot_id: null, reason: null, last_seen: null },
});

/** @param fresh an empty place for each call; a text: why there is none here */
export function stateContract(name: string, fresh: () => Promise<StatePlace> | string): void {
  const test = suite(`state on ${name}`);

  function check(what: string, work: (state: State, place: StatePlace) => Promise<void>): void {
    test(what, async () => {
      const made = fresh();
      if (typeof made === 'string') {
        console.log(`\nSKIP ${name}: ${made}`);
        return;
      }
      const place = await made;
      const state = await openState(place);
      try {
        await work(state, place);
      } finally {
        await state.destroy();
      }
    });
  }

  check('a row of each table comes back as it was written, numbers as numbers', async (state, place) => {
    const rows = await rowsOf(state);
    assert.ok(rows.size >= 25, `${rows.size} tables`);
    const any = state as unknown as Kysely<Record<string, Row>>;
    for (const [table, row] of rows) await any.insertInto(table).values(row).execute();
    const again = await openState(place);
    for (const [table, row] of rows) {
      const found = await (again as unknown as Kysely<Record<string, Row>>).selectFrom(table).selectAll().execute();
      assert.is(found.length, 1, table);
      const { id, ...rest } = found[0] as Row;
      assert.equal({ ...rest, ...('id' in row ? { id } : {}) }, row, table);
      if (!('id' in row) && id !== undefined) assert.is(id, 1, table);
    }
    await again.destroy();
  });

  check('ids rise, are numbers, and come with the insert', async (state) => {
    const insert = () => state.insertInto('signals').values(signal(now)).returning('id').executeTakeFirstOrThrow();
    assert.equal([(await insert()).id, (await insert()).id, (await insert()).id], [1, 2, 3]);
    const { n, sum } = await state
      .selectFrom('signals')
      .select((f) => [f.fn.countAll<number>().as('n'), f.fn.sum<number>('at').as('sum')])
      .executeTakeFirstOrThrow();
    assert.equal([n, sum], [3, 3 * now]);
  });

  check('amounts may be any number', async (state) => {
    const run = { endpoint: 'e', product: 'p', job: 'j', duration: 0.5 };
    const amounts = [0, 1.5, Number.MAX_SAFE_INTEGER, null];
    await state
      .insertInto('backup_runs')
      .values(amounts.map((bytes, i) => ({ ...run, ended_at: now + i, bytes, files: bytes })))
      .execute();
    const rows = await state.selectFrom('backup_runs').selectAll().orderBy('ended_at').execute();
    assert.equal(
      rows.map(({ bytes, files }) => [bytes, files]),
      amounts.map((one) => [one, one]),
    );
  });

  check('a unique key that is null may stand many times, a given one once', async (state) => {
    const ticket = (open_key: string | null) => ({
      ...{ key: 'k', open_key, kind: 'alert' as const, title: null, state: 'new' as const, priority: 1, impact: 1 },
      ...{ urgency: 1, tier: 1, endpoint: null, site: null, rule: null, instance: '', alert: null, assignee: null },
      ...{ touched_at: null, opened_at: now, resolved_at: null, resolved_by: null, restored_at: null, closed_at: null },
      ...{ fires: 1, flapping_since: null, muted_until: null, follows: null, updated_at: now },
    });
    for (const key of [null, null, 'k', null]) await state.insertInto('tickets').values(ticket(key)).execute();
    let refusal: unknown;
    await state
      .insertInto('tickets')
      .values(ticket('k'))
      .execute()
      .catch((thrown) => {
        refusal = thrown;
      });
    // The statement is to blame: trying again will not help.
    assert.ok(refusal && !(refusal instanceof EvenkeelError), String(refusal));
    const clash = await state
      .insertInto('tickets')
      .values(ticket('k'))
      .onConflict((is) => is.column('open_key').doNothing())
      .returning('id')
      .executeTakeFirst();
    assert.is(clash, undefined);
    const { numUpdatedRows } = await state
      .updateTable('tickets')
      .set({ open_key: null })
      .where('open_key', '=', 'k')
      .executeTakeFirst();
    assert.is(numUpdatedRows, 1n);
  });

  check('what other rows stand on cannot go, and a word outside the list is refused', async (state) => {
    await state.insertInto('endpoints').values(endpoint('e')).execute();
    const at = { created_at: now, created_by: 'a', updated_at: now, updated_by: 'a' };
    await state
      .insertInto('groups')
      .values({ id: 'g', name: 'g', name_key: 'g', note: '', ...at })
      .execute();
    await state
      .insertInto('group_members')
      .values({ group_id: 'g', endpoint: 'e', added_at: now, added_by: 'a' })
      .execute();
    const refusals: unknown[] = [];
    const note = (thrown: unknown) => void refusals.push(thrown);
    await state.deleteFrom('groups').execute().catch(note);
    const rule = { rule: 'r', scope: 'nowhere' as never, target: '', change: '{}', updated_at: now, updated_by: 'a' };
    await state.insertInto('rules').values(rule).execute().catch(note);
    assert.is(refusals.length, 2);
  });

  check('a transaction that fails leaves nothing, whatever it did', async (state) => {
    const ill = state.transaction().execute(async (db) => {
      await db.insertInto('settings').values(setting('one')).execute();
      throw new Error('on purpose');
    });
    assert.match(await ill.then(String, String), 'on purpose');
    const twice = state.transaction().execute(async (db) => {
      await db.insertInto('settings').values(setting('two')).execute();
      await db.insertInto('settings').values(setting('two')).execute();
    });
    assert.not.match(await twice.then(() => 'done', String), 'done');
    assert.equal(await state.selectFrom('settings').selectAll().execute(), []);
    await state.insertInto('settings').values(setting('three')).execute();
  });

  check('transactions that read and write run one after the other', async (state) => {
    await state.insertInto('settings').values(setting('n', '0')).execute();
    const add = () =>
      state.transaction().execute(async (db) => {
        const { value } = await db.selectFrom('settings').select('value').executeTakeFirstOrThrow();
        await new Promise((resolve) => setImmediate(resolve));
        await db
          .updateTable('settings')
          .set({ value: String(Number(value) + 1) })
          .execute();
      });
    await Promise.all(Array.from({ length: 50 }, add));
    assert.is((await state.selectFrom('settings').selectAll().executeTakeFirst())?.value, '50');
  });

  check('a group commits all but the one that fails', async (state) => {
    const group = createGroup(state);
    const work = (key: string) =>
      group(async (db) => void (await db.insertInto('settings').values(setting(key)).execute()));
    const done = await Promise.allSettled(['a', 'b', 'a', 'c'].map(work));
    assert.equal(
      done.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.is((await state.selectFrom('settings').selectAll().execute()).length, 3);
  });

  check('rows without a query builder', async (state) => {
    const event = (at: number) => ({
      ...{ alert: 'a', at, code: 'firing', rule: 'r', severity: 'info' as const, value: at / 3, actor: nasty },
      params: '{"x":"\\u0000?"}',
    });
    const rows = Array.from({ length: 107 }, (_, n) => event(now + n));
    const last = await state.transaction().execute(async (db) => {
      await db.insertInto('endpoints').values(endpoint('e')).execute();
      await updateRow(db, 'endpoints', 'e', { site: nasty, last_seen_at: now + 1 });
      return insertRows(db, 'alert_events', rows, 'returning id');
    });
    const saved = await state.selectFrom('alert_events').selectAll().orderBy('id').execute();
    assert.equal(
      saved.map(({ id: _, ...row }) => row),
      rows,
    );
    assert.is(last, 107);
    const { site, last_seen_at } = await state.selectFrom('endpoints').selectAll().executeTakeFirstOrThrow();
    assert.equal([site, last_seen_at], [nasty, now + 1]);
  });

  check('text of any kind and length is kept; a NUL loses nothing but itself', async (state) => {
    const texts = ['', ' ', nasty, 'x'.repeat(5_000_000), '\u{10ffff}', 'NUL: \u0000 and after'];
    for (const [n, value] of texts.entries())
      await state
        .insertInto('settings')
        .values(setting(`k${n}`, value))
        .execute();
    const rows = await state.selectFrom('settings').selectAll().orderBy('key').execute();
    assert.equal(
      rows.map(({ value }) => value.replace('\ufffd', '\u0000')),
      texts,
    );
  });

  check('no row is in an empty list', async (state) => {
    await state.insertInto('settings').values(setting('one')).execute();
    const all = state.selectFrom('settings').select('key');
    assert.equal(await all.where('key', 'in', []).execute(), []);
    assert.is((await all.where('key', 'not in', []).execute()).length, 1);
    assert.is((await state.deleteFrom('settings').where('key', 'in', []).executeTakeFirst()).numDeletedRows, 0n);
  });

  check('text is compared and sorted by code point, and `like` as well by case', async (state) => {
    const names = ['a', 'B', 'Ä', 'b', 'Z', '_', '10', '9', 'é', '東'];
    for (const name of names) await state.insertInto('settings').values(setting(name)).execute();
    const sorted = await state.selectFrom('settings').select('key').orderBy('key').execute();
    assert.equal(
      sorted.map(({ key }) => key),
      [...names].sort(),
    );
  });

  check('opened twice it is one state', async (state, place) => {
    const other = await openState(place);
    await other.insertInto('settings').values(setting('shared')).execute();
    assert.is((await state.selectFrom('settings').selectAll().execute()).length, 1);
    await other.destroy();
  });

  check(
    'a schema of a newer version, or of another build, is refused at once: nothing is copied or tried again',
    async (state, place) => {
      const folder = temporaryFolder();
      const shared = place.driver === 'postgres' ? [{ ...place, isShared: true }] : [];
      const refusals = async () => {
        const found: EvenkeelError[] = [];
        for (const where of [place, ...shared]) {
          let warnings = 0;
          const log = { ...silentLog, warn: () => warnings++, info: () => warnings++ } as unknown as Log;
          const thrown = await awaitState(where, log, new AbortController().signal, 30_000, folder.path).then(
            () => null,
            (thrown) => thrown,
          );
          assert.instance(thrown, EvenkeelError);
          assert.is(warnings, 0, 'not tried again');
          const copies = join(place.driver === 'sqlite' ? dirname(place.file) : folder.path, 'before-updates');
          assert.not(existsSync(copies), 'nothing was copied');
          found.push(thrown);
        }
        return found;
      };
      await sql`delete from kysely_migration where name = '028-log-ins'`.execute(state);
      for (const { code, message, hint } of await refusals()) {
        assert.is(code, 'DATA_FORKED');
        assert.match(message, /^Could not open .* not 028-log-ins, which/);
        assert.match(hint, /Start the version that wrote it again, or restore a backup/);
      }
      await sql`insert into kysely_migration (name, timestamp) values ('999-from-the-future', '2099')`.execute(state);
      for (const { code, message, hint } of await refusals()) {
        assert.is(code, 'DATA_NEWER');
        assert.match(message, /^Could not open .*schema 999-from-the-future/);
        assert.match(hint, /Start the version that wrote it again, or restore a backup/);
      }
      folder.remove();
    },
  );

  test.run();
}
