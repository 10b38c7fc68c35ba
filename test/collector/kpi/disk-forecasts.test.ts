/** From reports to the list of disks that will be full: a real series store, the nightly computation, what a page reads. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { createDisks, type Disks } from '../../../collector/kpi/disk-forecasts.ts';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import type { OpenedStore } from '../../../collector/series/store.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { arrival, metric } from '../../contract/series.ts';
import { endpointId, instant, putEndpoint } from '../../support/fleet-history.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('disk forecasts');
const day = 86_400_000;
const now = instant('2026-11-20T10:00:00Z');
const midnight = instant('2026-11-20T00:00:00Z');
const folder = temporaryFolder();
const clock = { now: () => now, monotonic: () => performance.now() };
let state: State;
let series: OpenedStore;
let fleet: Endpoint[];
let disks: Disks;
let asked = 0;
let sent = 0;

/** A report at 03:00 and a higher one at 15:00 of each of the last whole days; and one of today, which does not count. */
async function fill(endpoint: string, disk: string, days: number, usedOn: (day: number) => number): Promise<void> {
  const [path = '', device = ''] = disk.split(' ');
  const times = Array.from({ length: days }, (_, n) => midnight - (days - n) * day);
  const points = times.flatMap((at, n) => [
    [at + day / 8, usedOn(n) - 1] as const,
    [at + (5 * day) / 8, usedOn(n)] as const,
  ]);
  const samples = [...points, [midnight + day / 4, 99] as const];
  const tags = { path, device, fstype: 'ext4' };
  const metrics = samples.map(([at, value]) => metric('disk', { used_percent: value }, at, tags));
  await series.append(arrival(endpoint, ++sent, metrics));
}

test.before(async () => {
  state = await openState(freshPlace());
  series = await openEmbedded({ folder: folder.path, clock, log: silentLog, commitEveryMs: 1 });
  for (let n = 0; n < 4; n++) await putEndpoint(state, n, { site: n === 0 ? 'Bern' : 'Osaka' });
  fleet = [0, 1, 2, 3].map((n) => ({ id: endpointId(n), state: n === 3 ? 'never' : 'online' }) as Endpoint);
  await fill(endpointId(0), '/ /dev/sda1', 12, (n) => 60 + n);
  await fill(endpointId(0), '/data /dev/sdb1', 12, () => 50);
  await fill(endpointId(1), '/ /dev/sda1', 4, (n) => 60 + 5 * n);
  await fill(endpointId(2), '/ /dev/sda1', 12, (n) => 40 + 4 * n);
  await series.compact();
  disks = createDisks({
    ...{ state, clock, stopped: new AbortController().signal },
    fleet: { all: () => fleet.values() } as never,
    series: {
      query(query) {
        asked++;
        return series.query(query);
      },
    },
  });
});
test.after(async () => {
  await series.close();
  await state.destroy();
  folder.remove();
});

const read = (site?: string, page = {}) => disks.read({ site }, { start: 0, limit: 100, ...page });

test('before the first night nothing is known, and that is said', async () => {
  assert.equal(await read(), {
    ...{ asOf: null, days: 30, disks: 0, soon: 0, short: 0, old: 0 },
    ...{ items: [], next: null },
  });
});

test('whole days, their highest values, the first one to be full first', async () => {
  assert.is(await disks.compute(), 4);
  const { items, ...rest } = await read();
  assert.equal(rest, { asOf: now, days: 30, disks: 4, soon: 2, short: 1, old: 0, next: null });
  const shown = items.map(({ endpoint, path, used, history, perDay, days }) => [
    endpoint.name,
    path,
    used,
    history,
    perDay,
    days,
  ]);
  assert.equal(shown, [
    ['box-0002', '/', 84, 12, 4, 4],
    ['box-0000', '/', 71, 12, 1, 29],
  ]);
});

test('of one site, in pages, without another query of the series', async () => {
  const before = asked;
  const { items, ...bern } = await read('Bern');
  assert.equal([items.map(({ path }) => path), bern.disks, bern.soon, bern.short], [['/'], 2, 1, 0]);
  const first = await read(undefined, { limit: 1 });
  assert.equal([first.items.length, first.items[0]?.endpoint.name, first.next], [1, 'box-0002', '1']);
  const second = await read(undefined, { limit: 1, start: 1 });
  assert.equal([second.items[0]?.endpoint.name, second.next], ['box-0000', null]);
  assert.is(asked, before);
});

test('computed again it is the same; what left the fleet goes', async () => {
  const before = await read();
  assert.is(await disks.compute(), 4);
  assert.equal(await read(), before);
  await state.updateTable('endpoints').set({ retired_at: now }).where('id', '=', endpointId(2)).execute();
  assert.equal([(await read()).soon, (await read()).disks], [1, 3]);
});

test('a device that was named anew is the same disk', async () => {
  await fill(endpointId(1), '/ /dev/sdb1', 12, (n) => 60 + n);
  await disks.compute();
  const { items, short } = await read('Osaka');
  assert.equal([short, items.map(({ path, history }) => [path, history])], [0, [['/', 12]]]);
});

test('a stop of the collector ends it before the next endpoints', async () => {
  const stop = new AbortController();
  stop.abort();
  const stopped = createDisks({
    state,
    clock,
    series,
    stopped: stop.signal,
    fleet: { all: () => fleet.values() } as never,
  });
  let thrown: unknown;
  await stopped.compute().catch((error: unknown) => {
    thrown = error;
  });
  assert.ok(thrown instanceof Error);
  assert.is((await read()).disks, 3);
});

test.run();
