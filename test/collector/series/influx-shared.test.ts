/** Two collectors that keep their samples in one InfluxDB: what one asks of what the other has stored, or has left open. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openInflux } from '../../../collector/series/influx/influx.ts';
import type { SeriesStore } from '../../../collector/series/series.ts';
import { arrival, clockAt, cpu, hour, metric, minute, noon } from '../../contract/series.ts';
import { influxSuite } from '../../support/influx-store.ts';

const { test, onServer, used } = influxSuite('influx: shared');
const { rows, counted } = used;
const open = (at = noon) => used.open({ isShared: true }, clockAt(at));

/** Another collector, with a folder of its own. */
async function beside(work: (other: Awaited<ReturnType<typeof open>>) => Promise<void>, at = noon): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-influx-shared-'));
  const other = await openInflux({ ...used.parts(), clock: clockAt(at), isShared: true, folder });
  try {
    await work(other);
  } finally {
    await other.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
const shared = ({ shared }: SeriesStore) => shared as NonNullable<SeriesStore['shared']>;

onServer('newest values of endpoints that another keeps are learned, with their tags as they were', async () => {
  const one = await open();
  for (let seq = 1; seq <= 3; seq++) await one.append(cpu('theirs', seq, seq, noon - (4 - seq) * minute));
  await one.append(
    arrival('theirs', 4, [
      metric('disk', { used_percent: 71, free: 5 }, noon - minute, { path: 'C:\\', host: 'of a tag' }),
      metric('old', { value: 1 }, noon - 5 * 24 * hour),
    ]),
  );
  await one.append(cpu('unasked', 1, 9, noon - minute));
  await one.close();
  await beside(async (two) => {
    // It knows the line by an endpoint of its own.
    await two.append(
      arrival('mine', 1, [metric('disk', { used_percent: 1, free: 2 }, noon, { path: 'C:\\', host: 'of a tag' })]),
    );
    await shared(two).learn(['theirs', 'never']);
    const known = two.latest('theirs').map(({ metric, tags, at, value }) => ({ metric, tags, at, value }));
    const disk = { tags: { path: 'C:\\', host: 'of a tag' }, at: noon - minute };
    assert.equal(
      known.toSorted((a, b) => (a.metric < b.metric ? -1 : 1)),
      [
        { metric: 'cpu.usage_active', tags: { cpu: 'cpu-total' }, at: noon - minute, value: 3 },
        { metric: 'disk.free', ...disk, value: 5 },
        { metric: 'disk.used_percent', ...disk, value: 71 },
      ],
    );
    assert.equal([...two.latest('never'), ...two.latest('unasked')], []);
    // What came here since is newer, and stays.
    await two.append(cpu('theirs', 9, 50, noon));
    await shared(two).learn(['theirs']);
    assert.is(two.latest('theirs').find(({ metric }) => metric === 'cpu.usage_active')?.value, 50);
  });
});

onServer('a start reads nothing of what others keep', async () => {
  const one = await open();
  await one.append(cpu('one', 1, 1, noon - minute));
  await one.close();
  const again = await open();
  assert.equal(again.latest('one'), []);
  await shared(again).learn(['one']);
  assert.is(again.latest('one').length, 1);
});

onServer('the newest piece of a long chart is there although another computes its rollups', async () => {
  const one = await open();
  for (let i = 1; i <= 30; i++) await one.append(cpu('one', i, i, noon - i * minute));
  await one.compact();
  for (let i = 0; i < 4; i++) await one.append(cpu('one', 31 + i, i, noon + i * minute));
  await beside(
    async (two) => {
      await one.close();
      const span = { from: noon - 24 * hour, to: noon + 4 * minute };
      const asked = await two.query({ endpoint: 'one', metrics: ['cpu.usage_active'], agg: 'count', ...span });
      assert.is(asked.resolution, '5m');
      const found = asked.series.flatMap(({ points }) => points).reduce((sum, [, value]) => sum + (value ?? 0), 0);
      assert.is(found, 34);
    },
    noon + 4 * minute,
  );
});

onServer('what a collector has left open is computed by the one that takes over', async () => {
  const one = await open();
  for (let i = 1; i <= 8; i++) await one.append(cpu('one', i, i, noon - i * minute));
  await one.close();
  await beside(async (two) => {
    shared(two).takeOver(['one']);
    await two.compact();
    const found = await rows(`select count_usage_active from ${used.database}_5m..cpu`);
    assert.is(
      found.reduce((sum, [, n]) => sum + Number(n), 0),
      8,
    );
    assert.is(await counted(two), 8);
  });
});

test.run();
