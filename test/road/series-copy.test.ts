/**
 * `series copy` as an administrator runs it, on the series of a collector that has lived: interrupted and gone on with, then the
 * collector is started on either backend and answers the same, whatever it is asked.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { answersOf, differing } from '../support/every-answer.ts';
import { influxMissing, startInflux } from '../support/influxdb.ts';
import { fillLived, livedMs } from '../support/lived.ts';
import { runCollector, temporaryFolder } from '../support/processes.ts';

const test = suite('series copy, as it is run');
const missing = influxMissing();
if (missing !== null) console.log(`\nSKIP influxdb: ${missing}`);
const onServer = missing === null ? test : test.skip;
const hour = 3_600_000;

/** Rates from rollups go by the time of their buckets there, not by that of the last sample (`collector/series/README.md`). */
const isOtherRate = (difference: string) => difference.includes('agg=rate');

onServer('the collector answers the same on either backend, whatever it is asked', async () => {
  const folder = temporaryFolder();
  const server = await startInflux();
  try {
    const data = join(folder.path, 'data');
    // InfluxDB goes by its own clock.
    const from = Math.floor(Date.now() / hour) * hour - livedMs;
    const at = await fillLived(data, from);
    const config = join(folder.path, 'influx.yaml');
    writeFileSync(config, `series: { kind: influx, url: "${server.url}", database: copied }\n`);
    const copied = await runCollector(
      ['series', 'copy', '--from', 'embedded', '--to', 'influx', '--data', data, '--config', config],
      { EVENKEEL_STATE: '' },
    ).ended;
    assert.is(copied.code, 0, copied.stdout + copied.stderr);
    const asking = { data, at, from };
    const here = await answersOf({ ...asking, own: join(folder.path, 'on-disk') });
    const there = await answersOf({ ...asking, own: join(folder.path, 'on-server'), config });
    const charts = [...here].filter(([path, answer]) => path.includes('agg=') && answer.startsWith('200 '));
    console.log(`\nFIGURE series copy: ${here.size} questions, ${charts.length} of them charts`);
    assert.ok(
      charts.length > 100 && charts.some(([, answer]) => /\[\d{13},\d/.test(answer)),
      `${charts.length} charts`,
    );
    assert.equal(
      differing(here, there).filter((one) => !isOtherRate(one)),
      [],
    );
  } finally {
    await server.close();
    folder.remove();
  }
});

test.run();
