/** Erases one endpoint of a store, and is going to be killed while it does. */
import { writeSync } from 'node:fs';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import { silentLog } from '../../../shared/log.ts';
import { clockAt, noon } from '../../contract/series.ts';

const [folder = ''] = process.argv.slice(2);
const store = await openEmbedded({ folder, clock: clockAt(noon), log: silentLog });
writeSync(1, 'open\n');
await store.erase('one');
writeSync(1, 'erased\n');
await store.close();
