/** Evidence of a ticket: kept from the real store when it is opened and when its alert ends, and there when the series are gone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import { eraseRows } from '../../../collector/state/erasure.ts';
import { openState } from '../../../collector/state/open.ts';
import { blankTicket } from '../../../collector/tickets/events.ts';
import { createEvidence, readEvidence } from '../../../collector/tickets/evidence.ts';
import { silentLog } from '../../../shared/log.ts';
import { putAlerts, putEndpoint } from '../../support/fleet-history.ts';
import { freshPlace } from '../../support/state.ts';

const minute = 60_000;
const hour = 60 * minute;
const began = Date.parse('2026-11-20T10:00:00Z');
const ended = began + 5 * hour;
const folder = mkdtempSync(join(tmpdir(), 'evidence-'));

const state = await openState(freshPlace());
let now = began - 2 * hour;
const clock = { now: () => now, monotonic: () => now };
const store = await openEmbedded({ folder, clock, log: silentLog });
const changeFeed = createChangeFeed();
/** The store that is asked: none, once the series are gone. */
let isGone = false;
const series: Pick<typeof store, 'query'> = {
  query: async (of) => (isGone ? { ...(await store.query(of)), series: [] } : store.query(of)),
};
const evidence = createEvidence({ state, clock, log: silentLog, changeFeed, series });
test.after(async () => {
  await evidence.stop();
  await store.close();
  await state.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const endpoint = await putEndpoint(state, 1);
let seq = 0;
/** One report each minute until then: `/` fills up, `/var` is of another alert. */
async function measureUntil(end: number) {
  for (; now < end; now += minute) {
    const metrics = ['/', '/var'].map((path) => ({
      ...{ name: 'disk', tags: { path }, fields: { used_percent: path === '/' ? 50 + seq / 20 : 1 }, timestamp: now },
    }));
    const report = { v: 1 as const, epoch: 'a'.repeat(32), seq: ++seq, at: now, metrics };
    await store.append({ endpoint, receivedAt: now, report, digest: seq });
  }
}
async function tick() {
  await evidence.tick(now);
  return readEvidence(state, ticket);
}
const filled = (points: readonly [number, number | null][] = []) => points.filter(([, value]) => value !== null);

let ticket = 0;
await measureUntil(began);
await evidence.start();
test('what there is when the ticket is opened is kept at once, and the hour after once it has passed', async () => {
  await putAlerts(state, [{ id: 'a1', endpoint, resolvedAt: null, events: [['firing', began]] }]);
  await state.updateTable('alerts').set({ tags: '{"path":"/"}' }).execute();
  const row = { ...blankTicket('k', now), endpoint, alert: 'a1' };
  ticket = (await state.insertInto('tickets').values(row).returning('id').executeTakeFirstOrThrow()).id;
  assert.is(await tick(), null, 'nobody has said that there is a ticket');
  changeFeed.publish({ kind: 'ticket', ticket });
  const first = await tick();
  assert.equal([first?.from, first?.asOf, first?.unit], [began - hour, began, 'percent']);
  assert.equal(
    first?.series.map(({ tags }) => tags.path),
    ['/'],
  );
  const before = filled(first?.series[0]?.points);
  assert.is(before.length, 60);
  await measureUntil(began + 40 * minute);
  assert.equal(await tick(), first, 'the hour is not over');
  await measureUntil(began + hour + minute);
  const whole = await tick();
  assert.is(filled(whole?.series[0]?.points).length, 120);
  assert.equal(filled(whole?.series[0]?.points).slice(0, 60), before, 'what was kept stays as it was');
});

test('an hour around its end, too, with a gap between them; it is there when the series are gone', async () => {
  await measureUntil(ended);
  await state.updateTable('alerts').set({ state: 'resolved', resolved_at: ended }).execute();
  changeFeed.publish({ kind: 'ticket', ticket });
  await tick();
  await measureUntil(ended + hour + minute);
  const whole = await tick();
  const points = whole?.series[0]?.points ?? [];
  assert.is(filled(points).length, 240);
  const hole = points.findIndex(([at, value]) => at >= began + hour && value === null);
  assert.ok(hole > 0 && (points[hole + 1]?.[0] ?? 0) >= ended - hour, 'nothing is drawn between them');
  assert.ok(points.every(([at], n) => n === 0 || at > (points[n - 1]?.[0] as number)));
  isGone = true;
  now += 400 * 24 * hour;
  changeFeed.publish({ kind: 'ticket', ticket });
  assert.equal(await tick(), whole);
});

test('a part that was kept is not given up for series that have less by then', async () => {
  await state.updateTable('ticket_evidence').set({ kept_at: began }).where('moment', '=', 'began').execute();
  const kept = filled((await readEvidence(state, ticket))?.series[0]?.points).length;
  await evidence.stop();
  await evidence.start();
  assert.is(filled((await tick())?.series[0]?.points).length, kept);
});

test('another alert of the ticket takes the place of the one before, and it is erased with the machine', async () => {
  isGone = false;
  await putAlerts(state, [{ id: 'a2', endpoint, resolvedAt: null, events: [['firing', ended + 10 * minute]] }]);
  await state.updateTable('tickets').set({ alert: 'a2' }).execute();
  changeFeed.publish({ kind: 'ticket', ticket });
  const next = await tick();
  assert.equal([next?.alert, next?.from], ['a2', ended + 10 * minute - hour]);
  assert.is(next?.series.length, 2, 'an alert of no path is of all');
  await state.transaction().execute((db) => eraseRows(db, [endpoint], []));
  assert.is(await readEvidence(state, ticket), null);
});

test.run();
