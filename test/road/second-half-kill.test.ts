/**
 * The collector's process is killed between a breach and its notification: at random moments, while the receiver holds
 * its answer, and just after it has answered. Every breach is notified, at most once more per kill, under the same
 * Idempotency-Key, and nothing is half saved. Looked up in the state file itself.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { openReceiver } from '../collector/notify/receiver.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { makeMachine } from '../simulate/machine.ts';
import { createRandom } from '../simulate/random.ts';
import { openWire } from '../simulate/wire.ts';
import { freePort } from '../support/port.ts';
import { startCollector, temporaryFolder, until } from '../support/processes.ts';
import { epochOf, makeReport } from '../support/station.ts';

const moments = ['puback', 'random', 'held', 'answered'] as const;
const kills = 20;
const longestMs = 60;

const test = suite('kill -9 between verdict and delivery');

test(`${kills} kills: each breach notified once or twice, nothing half saved`, async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const seed = Number(process.env.EVENKEEL_TEST_SEED ?? Date.now() % 1_000_000);
  const random = createRandom(seed);
  let holds = false;
  const receiver = await openReceiver(() => (holds ? null : [200]));
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(
    config,
    `tickets: { openAfter: 1s }\nchannels:\n  - { name: people, kind: webhook, url: ${receiver.url} }\n` +
      'rules:\n  - { id: disk-space, for_s: 0 }\n',
  );
  const ports = ['--http-port', String(await freePort()), '--mqtt-port', String(await freePort())];
  const start = () => startCollector(data, [...ports, '--config', config]);
  let collector = await start();
  const code = await makeCode(collector.http, collector.token, kills);
  const credentials: Awaited<ReturnType<typeof enroll>>[] = [];
  for (let n = 0; n < kills; n++) credentials.push(await enroll(code, { ...makeMachine(3, n), kind: 'server' }));

  /** The report of a full disk, as often as its agent makes one. */
  const breach = async (n: number, seq: number) => {
    const credential = credentials[n] as (typeof credentials)[number];
    const { hostname: host, port } = new URL(credential.mqtt.url);
    const wire = openWire({ host, port: Number(port), clientId: credential.endpoint, password: credential.secret });
    assert.is(await wire.connected, 0);
    const report = makeReport(epochOf(n + 1), seq);
    const [tags, fields] = [
      { path: '/', device: 'sda1' },
      { used_percent: 92, free: 1024 ** 3 },
    ];
    const metrics = [...report.metrics, { name: 'disk', tags, fields, timestamp: report.at }];
    await wire.publish(topicOf(credential, 'report'), encode({ ...report, metrics }));
    return wire;
  };
  const heard = (n: number) =>
    receiver.received.filter(({ body }) => {
      const { status, alerts } = JSON.parse(body) as { status: string; alerts: { labels: Record<string, string> }[] };
      const { path, instance } = alerts[0]?.labels ?? {};
      return status === 'firing' && path === '/' && instance === makeMachine(3, n).hostname;
    });

  try {
    for (let n = 0; n < kills; n++) {
      const moment = moments[n % moments.length] as (typeof moments)[number];
      holds = moment === 'held';
      const wire = await breach(n, 1);
      if (moment === 'random') await pause(random() * longestMs);
      if (moment === 'held' || moment === 'answered')
        await until(() => heard(n).length > 0, 10_000, `the notification of breach ${n}`);
      collector.child.kill('SIGKILL');
      await collector.ended;
      wire.cut();
      holds = false;
      collector = await start();
      // As its agent does: what still breaches is in the next report, too.
      (await breach(n, 2)).cut();
      await until(() => heard(n).length > 0, 15_000, `breach ${n} (killed: ${moment}) to be notified`);
    }
    await until(() => queued(data) === 0, 20_000, 'all deliveries to be done');
  } finally {
    collector.child.kill('SIGKILL');
    await collector.ended;
    await receiver.close();
  }
  const counts = credentials.map((_, n) => heard(n).length);
  const problems = halfSaved(data);
  folder.remove();
  console.log(`\nFIGURE second half kill: ${kills} kills, notified ${counts.join(' ')} times (seed ${seed})`);
  assert.ok(
    counts.every((count) => count === 1 || count === 2),
    counts.join(' '),
  );
  assert.equal(problems, []);
});

const queued = (data: string) => count(data, "select count(*) as n from deliveries where state = 'queued'");

function count(data: string, query: string): number {
  const database = new DatabaseSync(join(data, 'state.db'), { readOnly: true });
  try {
    return Number(database.prepare(query).get()?.n);
  } finally {
    database.close();
  }
}

/** What one transaction writes must be there as a whole. @returns what was not */
function halfSaved(data: string): string[] {
  const wrong = {
    'alerts without history': 'alerts where id not in (select alert from alert_events)',
    'history without alert': 'alert_events where alert not in (select id from alerts)',
    'fired alerts without notification':
      "alerts where rule = 'disk-space' and fired_at is not null and id not in (select alert from notifications where alert is not null)",
    'notifications without delivery': 'notifications where id not in (select notification from deliveries)',
    'deliveries without notification': 'deliveries where notification not in (select id from notifications)',
    'alerts with a ticket that is not there':
      'alerts where ticket is not null and ticket not in (select id from tickets)',
    'tickets without history': 'tickets where id not in (select ticket from ticket_events)',
    'tickets of an alert that is not there': 'tickets where alert is not null and alert not in (select id from alerts)',
    'keys with two alerts that go on':
      '(select active_key from alerts where active_key is not null group by active_key having count(*) > 1)',
  };
  const found = Object.entries(wrong).map(([what, from]) => [what, count(data, `select count(*) as n from ${from}`)]);
  if (count(data, "select count(*) as n from alerts where rule = 'disk-space'") !== kills)
    found.push(['breaches without exactly one alert', 1]);
  return found.filter(([, n]) => n !== 0).map(([what, n]) => `${what}: ${n}`);
}

test.run();
