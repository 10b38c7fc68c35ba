/** `credential replace`: a join code that gives an endpoint another credential. The line to run is printed once, alone. */
import { existsSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { shownInstant } from '../../shared/zone.ts';
import { pathsOf, runningOn } from '../data/folder.ts';
import { createEnrollments, joinCodeOf, pasteLine } from '../fleet/enrollment.ts';
import { writeAudit } from '../state/audit.ts';
import { openState, type State } from '../state/open.ts';
import { addressesFor } from '../tls/serving.ts';
import { type Command, settingsFrom, startOptions } from './command.ts';

const lifeMs = 86_400_000;

/** By id, or by name, which is unique among those that are not retired. @throws EvenkeelError NOT_FOUND */
export async function endpointNamed(state: State, named: string): Promise<{ id: string; name: string }> {
  const found = await state
    .selectFrom('endpoints')
    .select(['id', 'name'])
    .where('retired_at', 'is', null)
    .where((where) => where.or([where('id', '=', named), where('name', '=', named)]))
    .executeTakeFirst();
  if (!found) throw fail('NOT_FOUND', { what: 'endpoint', id: named });
  return found;
}

export const command: Command = {
  options: { ...startOptions, endpoint: { type: 'string' } },
  async run(values) {
    const { endpoint: named } = values;
    if (typeof named !== 'string' || named === '')
      throw fail('BAD_FLAG', { problem: 'no --endpoint; it is the id or the name of the endpoint' });
    const { config } = settingsFrom(values);
    const { http, mqtt, zone } = config;
    const isSaid = ['http-host', 'http-port'].some((flag) => values[flag] !== undefined);
    const running = isSaid ? null : runningOn(config.data);
    if (http.port === 0 && http.publicUrl === null && running === null)
      throw fail('BAD_FLAG', {
        problem: 'port 0, which the agent cannot find; give the --http-port that it listens on, or start the collector',
      });
    const addresses = { ...addressesFor(config, { http: http.port, mqtt: mqtt.port }), ...running };
    const paths = pathsOf(config.data);
    if (config.state === null && !existsSync(paths.state)) throw fail('NO_DATA', { path: config.data });
    const state = await openState(config.state ?? paths.state);
    try {
      const { id, name } = await endpointNamed(state, named);
      const by = 'command line';
      const code = { label: '', site: null, kind: null, maxUses: 1, lifeMs, replaces: id, by };
      const { enrollment, secret } = await createEnrollments(state, systemClock.now, zone).create(code);
      const what = { object: 'join_code', object_id: enrollment.id, name, action: 'add', before: null };
      const after = { replaces: id, expires_at: enrollment.expiresAt };
      const who = { kind: 'cli' as const, actor: by, address: null };
      await writeAudit(state, { at: systemClock.now(), ...who, ...what, after, reason: null, outcome: 'done' });
      process.stdout.write(`${pasteLine(joinCodeOf(secret, addresses), id)}\n`);
      process.stderr.write(
        `Stop the agent of ${name}, run this line on its machine before ${shownInstant(enrollment.expiresAt, zone)}, and start ` +
          'the agent again. The old credential works until the new one is used, a day after the line was run at most.\n',
      );
    } finally {
      await state.destroy();
    }
    return 0;
  },
};
