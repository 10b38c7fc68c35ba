import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import { silentLog } from '../../../shared/log.ts';
import type { OpenStore } from '../../contract/series.ts';
import { backendContract } from '../../contract/series-backend.ts';
import { journalContract } from '../../contract/series-journal.ts';

const fromJournal: OpenStore = (folder, clock) => openEmbedded({ folder, clock, log: silentLog });
journalContract('embedded, from the journal', fromJournal);
backendContract('embedded, from the journal', fromJournal);

const fromSegments: OpenStore = async (folder, clock) => {
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
};
journalContract('embedded, from segments', fromSegments);
backendContract('embedded, from segments', fromSegments);
