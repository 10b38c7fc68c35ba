/** InfluxDB whose disk is full: reports are acknowledged and wait, the reason is said, and all of it is there once there is room. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openInflux } from '../../../collector/series/influx/influx.ts';
import type { OpenedStore } from '../../../collector/series/store.ts';
import { silentLog } from '../../../shared/log.ts';
import { clockAt, cpu, epochA, hour, noon } from '../../contract/series.ts';
import { forEver, influxMissing, startInflux } from '../../support/influxdb.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

const test = suite('InfluxDB on a full disk');

const counted = async (store: OpenedStore) => {
  const { series } = await store.query({
    ...{ endpoint: 'one', metrics: ['cpu.usage_active'], agg: 'count', from: noon - 48 * hour, to: noon },
  });
  return series.flatMap(({ points }) => points).reduce((sum, [, value]) => sum + (value ?? 0), 0);
};

test('acknowledged all the same, said in words, and all there once there is room', async () => {
  const missing = influxMissing();
  const disk = missing ?? smallDisk(96);
  if (typeof disk === 'string') {
    console.log(`\nSKIP ${missing === null ? 'tmpfs' : 'influxdb'}: ${disk}`);
    return;
  }
  const folder = temporaryFolder();
  const server = await startInflux({ within: disk.path });
  const store = await openInflux({
    ...{ folder: folder.path, clock: clockAt(noon), log: silentLog, retention: forEver, commitEveryMs: 1 },
    ...{ deadlineMs: 5000, url: server.url, database: 'brimful' },
  });
  try {
    let seq = 0;
    const report = async (reports: number) => {
      for (const end = seq + reports; seq < end; )
        assert.is(await store.append(cpu('one', ++seq, Math.random(), noon - seq * 1000)), 'stored');
    };
    await report(5);
    await until(async () => (await counted(store)) === 5, 10_000, 'the first reports in InfluxDB');
    disk.fill();
    // A block of its log may have some room left.
    while (store.stats().trouble === null && seq < 100_000) await report(500);
    assert.match(
      String(store.stats().trouble),
      /answers with a server error.*If its disk is full, make room and start it again/,
    );
    assert.equal(store.receipt('one', epochA), { epoch: epochA, through: seq, also: [] });
    assert.is(store.stats().appendsWait, null);
    disk.free();
    // 1.x takes nothing more after that until it is started again.
    await server.kill();
    await server.start();
    await until(async () => (await counted(store).catch(() => 0)) === seq, 60_000, 'all of it in InfluxDB');
    assert.equal([store.stats().trouble, store.stats().quarantined], [null, 0]);
  } finally {
    await store.close();
    await server.close();
    disk.remove();
    folder.remove();
  }
});

test.run();
