import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { availabilityOf, timelineOf } from '../../../collector/kpi/history.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { freshPlace } from '../../support/state.ts';

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const now = at('2026-11-20T00:00:00Z');

async function stateWith(kind: 'server' | 'workstation'): Promise<State> {
  const state = await openState(freshPlace());
  await state
    .insertInto('endpoints')
    .values({
      id: 'aaaaaaaaaaaa',
      bucket: '00',
      name: 'alpha',
      kind,
      kind_why: 'test',
      site: null,
      tags: '[]',
      platform: 'linux',
      arch: 'x64',
      version: null,
      secret_hash: '',
      enrolled_at: at('2026-11-10T00:00:00Z'),
      retired_at: null,
      state: 'online',
      state_reason: null,
      state_since: 0,
      session: null,
      boot_id: null,
      last_seen_at: null,
      interval_ms: null,
      clock_offset_ms: null,
    })
    .execute();
  await state
    .insertInto('watches')
    .values({ from_at: at('2026-11-09T00:00:00Z'), to_at: now - 5000, clean: 0 })
    .execute();
  return state;
}

async function signal(
  state: State,
  when: string,
  kind: 'online' | 'offline' | 'lost' | 'backlog',
  more: { reason?: string; last_seen?: number; boot_id?: string; birth?: string } = {},
) {
  await state
    .insertInto('signals')
    .values({
      endpoint: 'aaaaaaaaaaaa',
      at: at(when),
      kind,
      session: null,
      boot_id: more.boot_id ?? null,
      birth: more.birth ?? null,
      reason: more.reason ?? null,
      last_seen: more.last_seen ?? null,
    })
    .execute();
}

test('only time since the first report counts, and the month is provisional while it runs', async () => {
  const state = await stateWith('server');
  await signal(state, '2026-11-10T00:00:00Z', 'online', { reason: 'unknown' });
  await signal(state, '2026-11-15T01:00:00Z', 'lost', { last_seen: at('2026-11-15T00:00:00Z') });
  await signal(state, '2026-11-15T02:24:00Z', 'online', { reason: 'clean' });
  const answer = await availabilityOf(state, { period: '2026-11', class: 'server', now, zone: 'UTC' });
  assert.is(answer.pool.service_minutes, 14_400);
  assert.is(answer.pool.down_minutes, 144);
  assert.is(answer.pool.availability_pct, 99);
  assert.is(answer.provisional, true);
  assert.is(answer.status, 'insufficient');
  assert.equal(
    answer.endpoints[0]?.intervals.map((i) => i.state),
    ['up', 'down', 'up'],
  );
  await state.destroy();
});

test('a buffer delivered later turns down into up, and a collector that was off makes unknown', async () => {
  const state = await stateWith('server');
  await signal(state, '2026-11-10T00:00:00Z', 'online');
  await signal(state, '2026-11-15T01:00:00Z', 'lost', { last_seen: at('2026-11-15T00:00:00Z') });
  await signal(state, '2026-11-15T03:00:00Z', 'online');
  await signal(state, '2026-11-15T03:00:00Z', 'backlog', { last_seen: at('2026-11-15T00:00:00Z') });
  await state
    .updateTable('watches')
    .set({ to_at: at('2026-11-18T00:00:00Z') })
    .execute();
  const answer = await availabilityOf(state, { period: '2026-11', class: 'server', now, zone: 'UTC' });
  assert.is(answer.pool.down_minutes, 0);
  assert.is(answer.pool.unknown_minutes, 2 * 1440);
  const line = await timelineOf(state, 'aaaaaaaaaaaa', at('2026-11-17T00:00:00Z'), now, now);
  assert.equal(
    line.map((i) => [i.state, i.cause]),
    [
      ['up', null],
      ['unknown', 'not_watching'],
    ],
  );
  await state.destroy();
});

test('a gap that began before the window is judged by what is known of it, in the window too', async () => {
  const born = (startedAt: number) => JSON.stringify({ started_at: startedAt, previous_shutdown: 'unclean' });
  for (const [bootId, expected] of [
    ['a', 'unknown agent_ended'],
    ['b', 'down crash'],
  ] as const) {
    const state = await stateWith('server');
    await signal(state, '2026-11-10T00:00:00Z', 'online', { boot_id: 'a', birth: born(1) });
    await signal(state, '2026-11-15T01:00:00Z', 'lost', { boot_id: 'a', last_seen: at('2026-11-15T00:00:00Z') });
    await signal(state, '2026-11-17T00:00:00Z', 'online', { reason: 'unclean', boot_id: bootId, birth: born(2) });
    const line = await timelineOf(state, 'aaaaaaaaaaaa', at('2026-11-16T00:00:00Z'), now, now);
    assert.is(`${line[0]?.state} ${line[0]?.cause}`, expected);
    await state.destroy();
  }
});

test('the wall clock is set back between a loss and the return: it is back', async () => {
  const state = await stateWith('server');
  await signal(state, '2026-11-10T00:00:00Z', 'online');
  await signal(state, '2026-11-15T01:00:00Z', 'lost', { last_seen: at('2026-11-15T00:59:30Z') });
  await signal(state, '2026-11-15T00:58:00Z', 'online');
  const line = await timelineOf(state, 'aaaaaaaaaaaa', at('2026-11-15T00:00:00Z'), now, now);
  assert.is(line.at(-1)?.state, 'up', JSON.stringify(line));
  assert.ok(line.every(({ state: now }) => now !== 'down'));
  await state.destroy();
});

test('a month without endpoints has no value; a period that is no month is refused in words', async () => {
  const state = await stateWith('server');
  const answer = await availabilityOf(state, { period: '2026-10', class: 'server', now, zone: 'Europe/Berlin' });
  assert.is(answer.pool.availability_pct, null);
  assert.is(answer.n, 0);
  let message = '';
  await availabilityOf(state, { period: 'November', class: 'server', now, zone: 'UTC' }).catch((thrown) => {
    message = thrown.message;
  });
  assert.match(message, /"November" must be a month such as/);
  await state.destroy();
});

test.run();
