/** InfluxDB is away for a day, by a clock that is moved: every report of it is acknowledged, and all of it is there afterwards. */
import * as assert from 'uvu/assert';
import { clockAt, cpu, hour, minute, noon } from '../../contract/series.ts';
import { influxSuite } from '../../support/influx-store.ts';
import { until } from '../../support/until.ts';

const { test, onServer, used } = influxSuite('influx: away for a day');
const every = 5 * minute;

onServer('nothing of the day is lost, newest values go on, charts say what is wrong, and rollups follow', async () => {
  const clock = { ...clockAt(noon - 24 * hour), at: noon - 24 * hour };
  clock.now = () => clock.at;
  const store = await used.open({}, clock);
  const endpoints = ['one', 'two', 'three'];
  let seq = 0;
  const report = async () => {
    seq++;
    for (const [i, endpoint] of endpoints.entries())
      assert.is(await store.append(cpu(endpoint, seq, seq + i / 10, clock.at)), 'stored');
  };
  await report();
  await until(async () => (await used.counted(store)) === 1, 10_000, 'the first report');
  await used.server.kill();
  while (clock.at < noon - every) {
    clock.at += every;
    await report();
    assert.is(store.latest('two')[0]?.value, seq + 0.1);
  }
  assert.is(seq, 288);
  assert.is(store.stats().appendsWait, null);
  assert.match(
    String(store.stats().trouble),
    /cannot be used: .*Reports are acknowledged and wait in the journal; charts are missing until then/,
  );
  const refused = await used.counted(store).catch((thrown) => thrown);
  assert.is(refused.code, 'SERIES_UNAVAILABLE');
  await used.server.start();
  clock.at = noon;
  for (const endpoint of endpoints) {
    const all = async () => (await used.counted(store, endpoint).catch(() => 0)) === seq;
    await until(all, 60_000, `all reports of ${endpoint}`);
  }
  assert.equal([store.stats().trouble, store.stats().quarantined], [null, 0]);
  const hours = `select count(count_usage_active) from ${used.database}_1h.evenkeel_1h.cpu where "endpoint" = 'one'`;
  await until(async () => Number((await used.rows(hours))[0]?.[1]) >= 23, 60_000, 'rollups of its hours');
});

test.run();
