import { join } from 'node:path';
import { stateContract } from '../../contract/state.ts';
import { temporaryFolder } from '../../support/processes.ts';

const folder = temporaryFolder();
process.on('exit', folder.remove);
let n = 0;
stateContract('sqlite', async () => ({ driver: 'sqlite', file: join(folder.path, `${++n}.db`) }));
