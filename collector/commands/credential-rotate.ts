/** `credential rotate`: has the agent of an endpoint fetch another credential, by the collector that runs here. */
import { existsSync } from 'node:fs';
import { fail } from '../../shared/errors.ts';
import { pathsOf } from '../data/folder.ts';
import { localDoor } from '../local/door.ts';
import { openState } from '../state/open.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { endpointNamed } from './credential-replace.ts';

const said = {
  offline: 'it fetches it when it is back',
  old_agent: 'its agent is too old to fetch one: update it, or use `credential replace`',
  now: 'it fetches it now',
} as const;

export const command: Command = {
  options: { ...commonOptions, endpoint: { type: 'string' } },
  async run(values) {
    const { endpoint: named } = values;
    if (typeof named !== 'string' || named === '')
      throw fail('BAD_FLAG', { problem: 'no --endpoint; it is the id or the name of the endpoint' });
    const { config } = settingsFrom(values);
    const paths = pathsOf(config.data);
    if (config.state === null && !existsSync(paths.state)) throw fail('NO_DATA', { path: config.data });
    const door = localDoor(config.data);
    if (!door)
      throw fail('CONFLICT', {
        problem: `no collector runs with ${config.data}, and agents are told by it; start it: npm start`,
      });
    const state = await openState(config.state ?? paths.state);
    const { id, name } = await endpointNamed(state, named).finally(() => state.destroy());
    const path = `/api/v1/endpoints/${encodeURIComponent(id)}/credential/rotate`;
    const { waits } = await door.ask<{ waits: 'offline' | 'old_agent' | null }>('POST', path);
    process.stdout.write(`The agent of ${name} is asked for another credential; ${said[waits ?? 'now']}.\n`);
    return 0;
  },
};
