/**
 * A collector whose state is in PostgreSQL, and the server ends under it and comes back: reports are taken, what needs the
 * state waits unacknowledged, pages say why, a breach meanwhile is alerted once, and nothing is lost.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, TicketRow } from '../../shared/api.ts';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { openReceiver } from '../collector/notify/receiver.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire } from '../simulate/wire.ts';
import { postgresServer } from '../support/postgres.ts';
import { startCollector, temporaryFolder, until } from '../support/processes.ts';
import { epochOf, makeReport } from '../support/station.ts';

const test = suite('database away');

test('the database ends and comes back under a collector: nothing lost, nothing twice', async () => {
  const server = await postgresServer();
  if (typeof server === 'string') {
    console.log(`\nSKIP postgres: ${server}`);
    return;
  }
  const folder = temporaryFolder();
  const receiver = await openReceiver(() => [200]);
  const config = join(folder.path, 'evenkeel.yaml');
  const rules = '{ id: disk-space, for_s: 0 }, { id: disk-space-critical, for_s: 0 }';
  const channel = `{ name: people, kind: webhook, url: ${receiver.url} }`;
  writeFileSync(
    config,
    `state: ${server.url('away')}\ntickets: { openAfter: 0s }\noutgoing: { allow: [127.0.0.1] }\nnotify: { by: [rule, endpoint, path], wait: 0s, interval: 0s }\nchannels: [${channel}]\nrules: [${rules}]\n`,
  );
  const collector = await startCollector(join(folder.path, 'data'), ['--config', config], { EVENKEEL_STATE: '' });
  assert.match(collector.stdout(), /State {4}postgres:\/\/\w+@127\.0\.0\.1:\d+\/away\n/);
  const ask = async (path: string) => {
    const headers = { authorization: `Bearer ${collector.token}` };
    const answer = await fetch(collector.http + path, { headers });
    return { status: answer.status, body: (await answer.json()) as { code?: string; hint?: string } };
  };
  try {
    const credential = await enroll(await makeCode(collector.http, collector.token, 1), makeMachine(5, 0));
    const { hostname: host, port } = new URL(credential.mqtt.url);
    const wire = openWire({ host, port: Number(port), clientId: credential.endpoint, password: credential.secret });
    assert.is(await wire.connected, 0);
    let seq = 0;
    const say = (used_percent: number) => {
      const report = makeReport(epochOf(5), ++seq);
      const fields = { used_percent, free: used_percent > 90 ? 1e9 : 9e11 };
      const metrics = [...report.metrics, { name: 'disk', tags: { path: '/srv' }, fields, timestamp: report.at }];
      return wire.publish(topicOf(credential, 'report'), encode({ ...report, metrics }));
    };
    await say(10);

    await server.stop();
    const begun = performance.now();
    const refused = await ask('/api/v1/alerts');
    assert.equal([refused.status, refused.body.code], [503, 'STATE_UNAVAILABLE']);
    assert.ok(performance.now() - begun < 2000);
    assert.not.match(JSON.stringify(refused.body), /127\.0\.0\.1|away/, 'where it is, is no business of pages');
    // Reports do not need it.
    await say(99);
    let isTaken = false;
    const data = [{ check: 'cpu', status: 'ok', reason: null, at: 1 }];
    const section = { v: 1, epoch: epochOf(5), seq: ++seq, at: Date.now(), section: 'checks', data };
    const inventory = wire.publish(topicOf(credential, 'inventory'), encode(section as never));
    void inventory.then(() => {
      isTaken = true;
    });
    await pause(3000);
    assert.not(isTaken, 'an inventory is acknowledged that was not saved');
    assert.is(receiver.received.length, 0);
    assert.is(collector.child.exitCode, null);

    await server.start();
    const since = performance.now();
    await inventory;
    await say(99);
    await until(() => receiver.received.length > 0, 20_000, 'the notification of what happened meanwhile');
    console.log(
      `\nFIGURE database away: notified ${((performance.now() - since) / 1000).toFixed(1)} s after its return`,
    );
    await until(async () => (await ask('/api/v1/alerts')).status === 200, 10_000, 'pages');
    const { items: alerts } = await collector.get<{ items: Alert[] }>(`/api/v1/alerts?endpoint=${credential.endpoint}`);
    const firing = alerts.filter(({ state }) => state === 'firing');
    assert.is(firing.length, 1, JSON.stringify(alerts));
    const { items: tickets } = await collector.get<{ items: TicketRow[] }>('/api/v1/tickets');
    assert.is(tickets.length, 1);
    const sent = server.run('away', 'select count(*), count(distinct dedupe_key) from deliveries').trim();
    assert.is(sent, '1|1');
    wire.cut();
    collector.child.kill('SIGTERM');
    assert.is((await collector.ended).code, 0);
    assert.match(
      collector.stderr(),
      /\/away cannot be reached: \w+ .*See that PostgreSQL runs/,
      'the log has reason and remedy',
    );
  } finally {
    collector.child.kill('SIGKILL');
    await collector.ended;
    await receiver.close();
    folder.remove();
  }
});

test.run();
