/**
 * The disk of the collector's data fills to the last byte while a fleet reports, and is freed again: it stops
 * acknowledging, keeps reading and alerting, says so, and goes on without a restart; generated = stored.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointRow, TicketRow } from '../../shared/api.ts';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { openReceiver } from '../collector/notify/receiver.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { type SimulatedFleet, startFleet } from '../simulate/fleet.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire } from '../simulate/wire.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { smallDisk } from '../support/small-disk.ts';
import { epochOf, makeReport } from '../support/station.ts';
import { openStored } from '../support/stored.ts';

const endpoints = 12;
const test = suite('full disk of the collector');

const settings = (url: string) => `
agents: { interval: 1s }
tickets: { openAfter: 1s, resolveAfter: 2s }
outgoing: { allow: [127.0.0.1] }
notify: { by: [rule, endpoint, path], wait: 0s, interval: 0s }
channels:
  - { name: people, kind: webhook, url: ${url} }
rules:
  - { id: disk-space, for_s: 1, clear_for_s: 1 }
  - { id: disk-space-critical, for_s: 1, clear_for_s: 1 }
`;

interface Payload {
  status: string;
  alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
}

/** An endpoint whose reports say that its own disk is full, one a second, none waiting for its PUBACK. */
async function startSufferer(code: Awaited<ReturnType<typeof makeCode>>) {
  const credential = await enroll(code, makeMachine(9, 0));
  const { hostname: host, port } = new URL(credential.mqtt.url);
  const wire = openWire({ host, port: Number(port), clientId: credential.endpoint, password: credential.secret });
  assert.is(await wire.connected, 0);
  const acks: Promise<void>[] = [];
  let suffers = false;
  const say = () => {
    const at = Date.now();
    const fields = suffers ? { used_percent: 99, free: 1e9 } : { used_percent: 10, free: 9e11 };
    const metrics = [
      { name: 'disk', tags: { path: '/srv' }, fields, timestamp: at },
      { name: 'cpu', tags: { cpu: 'cpu-total' }, fields: { usage_active: 1 }, timestamp: at },
    ];
    const report = makeReport(epochOf(9), acks.length + 1, at, { interval_s: 1, metrics });
    const acked = wire.publish(topicOf(credential, 'report'), encode(report));
    acked.catch(() => undefined);
    acks.push(acked);
  };
  say();
  const timer = setInterval(say, 1000);
  return {
    id: credential.endpoint,
    wire,
    count: () => acks.length,
    suffer: () => {
      suffers = true;
    },
    /** Resolves when the last of its reports has a PUBACK. */
    async finish() {
      clearInterval(timer);
      await Promise.all(acks);
      wire.end();
    },
    cut() {
      clearInterval(timer);
      wire.cut();
    },
  };
}

test('full to the last byte and freed: nothing is acknowledged, all is seen, nothing is lost', async () => {
  const disk = smallDisk(192);
  if (typeof disk === 'string') {
    console.log(`\nSKIP tmpfs: ${disk}`);
    return;
  }
  const folder = temporaryFolder();
  const receiver = await openReceiver(() => [200]);
  const heard = (label: string, value: string, status: string) =>
    receiver.received
      .map(({ body }) => JSON.parse(body) as Payload)
      .find((payload) => payload.status === status && payload.alerts[0]?.labels[label] === value);
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(config, settings(receiver.url));
  const data = join(disk.path, 'data');
  const from = Date.now();
  const collector = await startCollector(data, ['--config', config]);
  const ready = async (token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${collector.http}/readyz`, { headers });
    return { status: answer.status, body: (await answer.json()) as { ok: boolean; reason?: string } };
  };
  let fleet: SimulatedFleet | undefined;
  let sufferer: Awaited<ReturnType<typeof startSufferer>> | undefined;
  try {
    const code = await makeCode(collector.http, collector.token, endpoints + 1);
    fleet = await startFleet({ code, endpoints, seed: 4, intervalMs: 500, steady: true });
    const sick = await startSufferer(code);
    sufferer = sick;
    await until(() => (fleet?.totals().acked ?? 0) > endpoints * 4, 15_000, 'the fleet to report');
    assert.equal(await ready(), { status: 200, body: { ok: true } });

    disk.fill();
    const filledAt = performance.now();
    await until(async () => (await ready()).status === 503, 30_000, '/readyz to say no');
    await until(() => heard('alertname', 'collector-self', 'firing') !== undefined, 15_000, 'the alert about itself');
    console.log(`\nFIGURE disk full: told after ${((performance.now() - filledAt) / 1000).toFixed(1)} s`);
    assert.equal((await ready()).body, { ok: false }, 'a stranger gets no reason');
    assert.match((await ready(collector.token)).body.reason ?? '', /full|space/i);
    const own = (await collector.get<{ items: Alert[] }>('/api/v1/alerts?endpoint=collector')).items[0];
    assert.is(own?.state, 'firing');

    const { acked } = fleet.totals();
    sick.suffer();
    // What a full disk must not stop: alert, ticket and notification of an endpoint, from reports that cannot be stored.
    await until(() => heard('path', '/srv', 'firing') !== undefined, 15_000, 'the webhook for an endpoint');
    await until(
      async () => (await ticketsOf(collector, sick.id)).length === 1,
      15_000,
      'the ticket of the endpoint while the disk is full',
    );
    await sick.wire.ping();
    await pause(1500);
    assert.is(fleet.totals().acked, acked, 'something was acknowledged');
    assert.ok(fleet.totals().generated > acked + endpoints * 4);
    assert.is(fleet.totals().connected, endpoints, 'a connection was lost');
    const rows = (await collector.get<{ items: EndpointRow[] }>('/api/v1/endpoints?state=online')).items;
    assert.is(rows.length, endpoints + 1, 'somebody counts as gone');
    assert.is((await ready()).status, 503);

    disk.free();
    const freedAt = performance.now();
    await until(async () => (await ready()).status === 200, 30_000, '/readyz to say yes again');
    await until(() => heard('alertname', 'collector-self', 'resolved') !== undefined, 15_000, 'the all-clear');
    fleet.quiet();
    await sick.finish();
    assert.ok(await fleet.drain(60_000), `not acknowledged: ${JSON.stringify(fleet.totals())}`);
    console.log(
      `FIGURE disk full: all acknowledged ${((performance.now() - freedAt) / 1000).toFixed(1)} s after it was freed`,
    );
    assert.ok(collector.child.exitCode === null, 'without a restart');
    await fleet.stop();
    collector.child.kill('SIGTERM');
    assert.is((await collector.ended).code, 0);

    const stored = await openStored(data);
    let generated = 0;
    let kept = 0;
    for (const { credential, epoch, generated: made, reports } of fleet.endpoints) {
      generated += made;
      const { through, also } = stored.receipt(credential.endpoint, epoch);
      kept += through + also.length;
      assert.is(await stored.reports(credential.endpoint, from, Date.now()), reports, credential.endpoint);
    }
    assert.is(stored.receipt(sick.id, epochOf(9)).through, sick.count());
    assert.is(await stored.reports(sick.id, from, Date.now()), sick.count());
    await stored.close();
    assert.is(kept, generated);
    console.log(`FIGURE disk full: ${generated} generated, ${kept} stored`);
  } finally {
    collector.child.kill('SIGKILL');
    await collector.ended;
    sufferer?.cut();
    await fleet?.stop();
    await receiver.close();
    disk.remove();
    folder.remove();
  }
});

const ticketsOf = async (collector: RunningCollector, endpoint: string) =>
  (await collector.get<{ items: TicketRow[] }>(`/api/v1/tickets?endpoint=${endpoint}`)).items;

test.run();
