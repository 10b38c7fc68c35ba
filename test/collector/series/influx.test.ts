/** The contracts of the series on a real InfluxDB, once answered from raw samples and once from rollups. */
import { suite } from 'uvu';
import { openInflux } from '../../../collector/series/influx/influx.ts';
import { silentLog } from '../../../shared/log.ts';
import type { OpenStore } from '../../contract/series.ts';
import { backendContract } from '../../contract/series-backend.ts';
import { journalContract } from '../../contract/series-journal.ts';
import { forEver, freshDatabase, influxMissing, startInflux } from '../../support/influxdb.ts';

const missing = influxMissing();
if (missing === null) await contracts();
else {
  console.log(`\nSKIP influxdb: ${missing}`);
  const test = suite('influx');
  test.skip('needs influxd', () => undefined);
  test.run();
}

async function contracts(): Promise<void> {
  const server = await startInflux();
  process.once('exit', () => server.stopNow());
  const databases = new Map<string, string>();
  const open = (...[folder, clock]: Parameters<OpenStore>) => {
    const database = databases.get(folder) ?? freshDatabase();
    databases.set(folder, database);
    return openInflux({
      ...{ folder, clock, log: silentLog, retention: forEver, commitEveryMs: 1, url: server.url, database },
      tagsOf: () => ({ host: 'a host', site: 'Berlin' }),
    });
  };
  const fromRollups: OpenStore = async (folder, clock) => {
    const store = await open(folder, clock);
    return {
      ...store,
      query: async (query) => {
        await store.compact();
        return store.query(query);
      },
    };
  };
  journalContract('influx, from raw samples', open);
  backendContract('influx, from raw samples', open);
  journalContract('influx, from rollups', fromRollups);
  backendContract('influx, from rollups', fromRollups);
}
