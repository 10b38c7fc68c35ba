/** `update-fetch`: fetches a release, in a process that ends; one line of JSON says how it went. Started by the agent itself. */
import { setTimeout as pause } from 'node:timers/promises';
import { fail } from '../../shared/errors.ts';
import { readCredential } from '../credential.ts';
import { takeProxyOf } from '../proxy-setting.ts';
import { fetchUpdate } from '../update/fetch.ts';
import { updatePlace } from '../update/place.ts';
import { readRecord } from '../update/record.ts';
import { version } from '../version.ts';
import type { AgentCommand } from './command.ts';

export const command: AgentCommand = {
  options: { version: { type: 'string' }, sequence: { type: 'string' } },
  async run({ data, values }) {
    process.umask(0o077);
    takeProxyOf(data);
    const place = updatePlace();
    const { home } = place;
    const credential = readCredential(data);
    if (home === null || !credential) throw fail('UPDATE_NOT_HERE', { form: place.form });
    const outcome = await fetchUpdate({
      ...{ place: { ...place, home }, data, credential, record: readRecord(home), running: version },
      wanted: { version: String(values.version), sequence: Number(values.sequence) },
      ...{ now: Date.now, pause },
    });
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
    return 0;
  },
};
