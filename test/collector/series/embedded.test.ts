import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import { silentLog } from '../../../shared/log.ts';
import { seriesContract } from '../../contract/series.ts';

seriesContract('embedded, from the journal', (folder, clock) => openEmbedded({ folder, clock, log: silentLog }));

seriesContract('embedded, from segments', async (folder, clock) => {
  const store = await openEmbedded({ folder, clock, log: silentLog, commitEveryMs: 1 });
  // Whatever is asked for has gone through compaction, and often through a merge.
  return {
    ...store,
    stats: store.stats,
    query: async (query) => {
      await store.compact();
      return store.query(query);
    },
    close: async () => {
      await store.compact();
      await store.close();
    },
  };
});
