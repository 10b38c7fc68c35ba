/** `seal`: before a machine becomes an image. Takes away what makes it this one endpoint, so that each copy joins as itself. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fail, reasonOf } from '../../shared/errors.ts';
import { ask } from '../control-socket.ts';
import { attemptName } from '../join-attempt.ts';
import { waitingPath } from '../waiting-path.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';
import { print } from './print.ts';

/** An administrator's, where the data folder is also that of the settings. */
const stays = new Set(['checks.yaml', 'agent.settings.json', 'scripts.yaml', 'end-of-life.yaml', 'end-of-life.json']);
const identity = 'agent.json';

export const command: AgentCommand = {
  options: { yes: { type: 'boolean' } },
  async run({ data, words, values }) {
    refuseWords(words);
    if ((await ask(data, 'status', 2000)) !== null) throw fail('AGENT_RUNNING', { path: data });
    if (!existsSync(data))
      throw fail('BAD_FLAG', {
        problem: `--data ${resolve(data)}, which is not there: nothing was sealed; name the data folder of the agent`,
      });
    const isEnrolled = existsSync(join(data, identity));
    if (isEnrolled && values.yes !== true)
      throw fail('BAD_FLAG', {
        problem: `seal without --yes, and this machine is enrolled: its credential and what it has not sent yet would be deleted from ${resolve(data)}`,
      });
    // Without a credential it may be any folder: what was begun to join goes, and nothing else.
    const names = isEnrolled
      ? readdirSync(data).filter((name) => !stays.has(name))
      : [attemptName, basename(waitingPath(data))];
    // The credential last: cut off in between, it is still an endpoint, and is sealed again.
    for (const name of names.sort((a, b) => Number(a === identity) - Number(b === identity))) {
      try {
        rmSync(join(data, name), { recursive: true, force: true });
      } catch (thrown) {
        throw fail('DATA_NOT_WRITABLE', { path: join(data, name), reason: reasonOf(thrown) }, thrown);
      }
    }
    print(
      isEnrolled
        ? 'Sealed: the identity of this machine is gone from its disk.'
        : `No agent was enrolled in ${resolve(data)}: there is no identity in it.`,
      'Shut it down now and make the image. Each copy joins by itself where it has a join code for many machines in /etc/evenkeel-agent/join.code.',
    );
    return 0;
  },
};
