/** A flood of changing kinds against a whole collector: its alert fires, and the page of the endpoint names what it waits for. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointDetail, NewEnrollment } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { encode } from '../../../shared/report.ts';
import { openWire } from '../../simulate/wire.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { epochOf, makeReport, until } from '../../support/station.ts';

const test = suite('flood alert');

/** The rule as it is, but sooner: longer than any one kind of flood lasts here. */
const settings = 'rules: [{ id: endpoint-floods, for_s: 15 }]\n';
const kindMs = 10_000;

interface Credential {
  endpoint: string;
  bucket: string;
  secret: string;
}

async function enrol(collector: InProcess): Promise<Credential> {
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body: {} });
  const code = decodeJoinCode((made.body as NewEnrollment).code).secret;
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: [], version: '0.1.0' };
  const body = { code, hostname: 'loud', ...about };
  return (await collector.call('/api/v1/enroll', { method: 'POST', body })).body as Credential;
}

/** Sends without pause until told to end: new epochs for a while, then losses, which are rows, and so on. */
async function flood(collector: InProcess, { endpoint, bucket, secret }: Credential, ended: () => boolean) {
  const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
  assert.is(await wire.connected, 0);
  const topic = `ek/v1/${bucket}/${endpoint}/report`;
  const began = performance.now();
  const lost = (n: number) =>
    Array.from({ length: 100 }, (_, k) => ({
      ...{ epoch: epochOf(1), from: n * 100 + k, to: n * 100 + k, reason: 'quota' as const, count: 1 },
    }));
  for (let n = 1; !ended(); n++) {
    const isRows = Math.floor((performance.now() - began) / kindMs) % 2 === 1;
    const report = makeReport(epochOf(isRows ? 1 : n), n, Date.now(), isRows ? { lost: lost(n) } : {});
    await wire.publish(topic, encode(report)).catch(() => undefined);
  }
  wire.end();
}

test('an endpoint that changes the kind of its flood is alerted on, and its page says what it waits for', async () => {
  await using collector = await openCollector({ settings });
  const credential = await enrol(collector);
  const path = `/api/v1/endpoints/${credential.endpoint}`;
  const detail = async () => (await collector.call(path, { as: 'viewer' })).body as EndpointDetail;
  assert.is((await detail()).flood, null);
  const began = Date.now();
  let ended = false;
  const flooding = flood(collector, credential, () => ended);
  try {
    const firing = async () => {
      const { body } = await collector.call('/api/v1/alerts?rule=endpoint-floods', { as: 'viewer' });
      return (body as { items: Alert[] }).items.filter(({ state }) => state === 'firing');
    };
    await until('the alert fires', async () => (await firing()).length > 0, 90_000);
    const alerts = await firing();
    assert.is(alerts.length, 1, 'one for the endpoint, whatever the mix');
    assert.is(alerts[0]?.endpoint?.id, credential.endpoint);
  } finally {
    ended = true;
  }
  const { flood: shown, row } = await detail();
  await flooding;
  assert.ok(shown);
  assert.ok(shown.since >= began - 10_000 && shown.since < Date.now());
  assert.equal(shown.budgets.map(({ budget }) => budget).sort(), ['epochs', 'rows']);
  assert.ok(shown.budgets.every(({ seconds }) => seconds > 0) && shown.percent > 50);
  assert.ok(row.attention.length > 0);
});

for (const { what, pings, budget } of [
  { what: 'pings without end, and comes back each time,', pings: 3000, budget: 'messages' },
  { what: 'connects without end', pings: 0, budget: 'connects' },
] as const)
  test(`one that ${what} is shown as well`, async () => {
    await using collector = await openCollector({ settings });
    const { endpoint, secret } = await enrol(collector);
    const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
    await until(
      'its page says what it waits for',
      async () => {
        const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
        if ((await wire.connected.catch(() => -1)) === 0)
          for (let n = 0; n < pings; n++) wire.socket.write(Buffer.from([0xc0, 0]));
        if (pings > 0) await wire.closed;
        wire.cut();
        const { body } = await collector.call(`/api/v1/endpoints/${endpoint}`, { as: 'viewer' });
        return (body as EndpointDetail).flood?.budgets.some((one) => one.budget === budget) ?? false;
      },
      60_000,
    );
  });

test.run();
