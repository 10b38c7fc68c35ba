/** Agents that are older than targets: they get no message that they would refuse, and pages say that they are too old. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { agentLevel } from '../../../shared/agent-level.ts';
import type { NewEnrollment } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import type { AgentConfig } from '../../../shared/report.ts';
import type { TargetDetail, TargetRow } from '../../../shared/target-api.ts';
import { openWire } from '../../simulate/wire.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/station.ts';

const test = suite('targets and agents of other versions');

interface Credential {
  endpoint: string;
  bucket: string;
  secret: string;
}

async function enrol(collector: InProcess): Promise<Credential> {
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body: {} });
  const code = decodeJoinCode((made.body as NewEnrollment).code).secret;
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: [], version: '0.1.0' };
  const body = { code, hostname: 'watcher', ...about };
  return (await collector.call('/api/v1/enroll', { method: 'POST', body })).body as Credential;
}

/** As an agent does: listens, then says what it is. */
async function signOn(collector: InProcess, { endpoint, bucket, secret }: Credential, level?: number) {
  const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
  const got: AgentConfig[] = [];
  const onMessage = (_topic: string, payload: Buffer) => void got.push(JSON.parse(payload.toString()));
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret, onMessage });
  assert.is(await wire.connected, 0);
  await wire.subscribe(`ek/v1/${bucket}/${endpoint}/config`);
  const session = Math.floor(Math.random() * 1e15)
    .toString(16)
    .padStart(16, '0');
  const birth = { state: 'online', session, boot_id: 'b', started_at: 1, previous_shutdown: 'clean', version: '0.1.0' };
  const payload = JSON.stringify(level === undefined ? birth : { ...birth, level });
  await wire.publish(`ek/v1/${bucket}/${endpoint}/presence`, payload, { retain: true });
  return { wire, got };
}

const sightOf = async (collector: InProcess, id: string) => {
  const { body } = await collector.call(`/api/v1/targets/${id}`, { as: 'viewer' });
  return (body as TargetDetail).row.sights[0];
};

test('orders go only to an agent that knows them; an update, and a way back, change that at once', async () => {
  await using collector = await openCollector();
  const credential = await enrol(collector);
  const body = {
    ...{ name: 'Printer', kind: 'tcp', settings: { host: '10.0.0.9', port: 9100 } },
    watchers: [credential.endpoint],
  };
  const made = await collector.call('/api/v1/targets', { method: 'POST', body, as: 'operator' });
  assert.is(made.status, 201, made.text);
  const { id } = made.body as TargetRow;

  const old = await signOn(collector, credential);
  await until('the settings of an old agent', () => old.got.length > 0);
  await until('its page', async () => (await sightOf(collector, id))?.isThere === true);
  assert.is((await sightOf(collector, id))?.tooOld, true);
  // A change of the target tells its watchers again.
  await collector.call(`/api/v1/targets/${id}`, { method: 'PATCH', body: { intervalS: 30 }, as: 'operator' });
  await until('them again', () => old.got.length > 1);
  assert.ok(
    old.got.every((config) => !('watch' in config) && config.interval_s !== undefined),
    JSON.stringify(old.got),
  );
  old.wire.end();

  const now = await signOn(collector, credential, agentLevel);
  const orders = () => now.got.at(-1)?.watch?.map((order) => order.id);
  await until('the orders', () => orders() !== undefined);
  assert.equal(orders(), [id]);
  assert.is((await sightOf(collector, id))?.tooOld, false);
  now.wire.end();

  // The version of before is put back: the orders are taken back, or it would refuse its settings.
  const back = await signOn(collector, credential);
  await until('settings without orders', () => back.got.length > 0 && !('watch' in (back.got.at(-1) as AgentConfig)));
  back.wire.end();
});

test('after a restart nothing is said before the birth: an agent that watches is not told to stop', async () => {
  const first = await openCollector();
  const credential = await enrol(first);
  const body = {
    ...{ name: 'Printer', kind: 'tcp', settings: { host: '10.0.0.9', port: 9100 } },
    watchers: [credential.endpoint],
  };
  await first.call('/api/v1/targets', { method: 'POST', body, as: 'operator' });
  await first.stop();
  await using again = await first.again();
  const { wire, got } = await signOn(again, credential, agentLevel);
  await until('the settings', () => got.length > 0);
  assert.ok(
    got.every((config) => config.watch?.length === 1),
    JSON.stringify(got),
  );
  wire.end();
});

test.run();
