/** `leave-hardware`, for its unit, as root: hashes of serial numbers for the service, which may not read them. */
import { join } from 'node:path';
import { fail, reasonOf } from '../../shared/errors.ts';
import { leftBy, readMachine } from '../fingerprint.ts';
import { run } from '../run.ts';
import { replaceFile } from '../safe-write.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

export const command: AgentCommand = {
  options: {},
  async run({ words }) {
    refuseWords(words);
    const folder = process.env.RUNTIME_DIRECTORY;
    if (!folder) throw fail('BAD_FLAG', { problem: 'leave-hardware outside of its unit evenkeel-identity.service' });
    const path = join(folder, 'hardware.json');
    try {
      replaceFile(path, `${JSON.stringify(leftBy(await readMachine(run)))}\n`, { mode: 0o640 });
    } catch (thrown) {
      throw fail('DATA_NOT_WRITABLE', { path, reason: reasonOf(thrown) }, thrown);
    }
    return 0;
  },
};
