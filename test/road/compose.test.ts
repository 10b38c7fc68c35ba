/** The Compose file for three collectors, with Debian's servers in place of containers: from its settings to a real agent that is online. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { startAgent } from '../support/agent.ts';
import { opensslIsHere } from '../support/certificate.ts';
import { prepare, runCompose } from '../support/compose.ts';
import { influxMissing } from '../support/influxdb.ts';
import { mosquittoMissing } from '../support/mosquitto.ts';
import { postgresMissing } from '../support/postgres.ts';
import { temporaryFolder, until } from '../support/processes.ts';

const test = suite('compose');
const missing =
  (opensslIsHere ? null : 'openssl is not installed') ?? postgresMissing() ?? influxMissing() ?? mosquittoMissing();
if (missing !== null) console.log(`\nSKIP postgresql, influxdb, mosquitto or openssl: ${missing}`);

(missing === null ? test : test.skip)(
  'what is prepared starts, and an agent that joins is seen by all three',
  async () => {
    const folder = temporaryFolder();
    const made = join(folder.path, 'made');
    const { status, said } = prepare(made);
    assert.is(status, 0, said);
    const run = await runCompose(made);
    const agents: ReturnType<typeof startAgent>[] = [];
    try {
      const { collectors } = run;
      const tokens = () =>
        collectors.flatMap(({ data }) => {
          try {
            return [readFileSync(join(data, 'local.token'), 'utf8').trim()];
          } catch {
            return [];
          }
        });
      await until(() => tokens().length > 0, 30_000, 'the token of the desk');
      const [first, second] = collectors as [(typeof collectors)[number], (typeof collectors)[number]];
      const admin = { user: 'admin', password: readFileSync(join(made, 'keel/admin-password'), 'utf8').trim() };
      assert.is((await run.post(first.http, '/api/v1/login', admin)).status, 200);
      assert.is((await run.post(first.http, '/api/v1/login', { ...admin, password: 'admin' })).status, 401);

      const [token] = tokens();
      const { body: joining } = await run.post<NewEnrollment>(second.http, '/api/v1/enrollments', {}, token);
      const data = join(folder.path, 'agent');
      const ca = join(made, 'authority/ca.crt');
      // The address that the code names is that of Compose's port.
      const words = ['enroll', joining.code, '--collector', second.http, '--ca', ca, '--data', data];
      const joined = await startAgent(words).finished;
      assert.is(joined.code, 0, joined.stderr);
      agents.push(startAgent(['run', '--data', data]));
      for (const { name, http } of collectors) {
        const states = async () =>
          (await run.get<{ items: EndpointRow[] }>(http, '/api/v1/endpoints', token)).body.items.map(
            ({ state }) => state,
          );
        await until(async () => (await states())[0] === 'online', 60_000, `${name} to show it online`).catch((thrown) =>
          assert.unreachable(`${thrown}\n${agents[0]?.output()}\n${first.running.stderr()}`),
        );
      }
    } finally {
      for (const { child, finished } of agents) {
        child.kill('SIGTERM');
        await finished;
      }
      await run.close();
      folder.remove();
    }
  },
);

test.run();
