/**
 * The collector's process is killed at each point between a breach and its notification, and at random moments. Every
 * breach is notified, at most once more, under the same Idempotency-Key, and nothing is half saved: looked up in the
 * state file itself. EVENKEEL_KILLS: how often at each point; EVENKEEL_TEST_SEED repeats the random moments.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { type KillPoint, killPoints } from '../support/kill-at.ts';
import { freePort } from '../support/port.ts';
import { startCollector, temporaryFolder, until } from '../support/processes.ts';
import { countRows } from '../support/state.ts';
import { epochOf, makeReport } from '../support/station.ts';

const moments = ['random', ...killPoints, 'answer held'] as const;
const killsEach = Number(process.env.EVENKEEL_KILLS ?? 1);
/** 30 automatic tickets an hour: of more breaches people would be told as of one incident. */
const eachInRound = 2;
const longestMs = 60;
const preload = new URL('../support/kill-at.ts', import.meta.url).href;
const seed = Number(process.env.EVENKEEL_TEST_SEED ?? Date.now() % 1_000_000);
const random = createRandom(seed);

const test = suite('kill -9 between verdict and delivery');

for (let done = 0; done < killsEach; done += eachInRound)
  test(`kills ${done + 1} and on at each of ${moments.length} points: notified once or twice, nothing half saved`, async () => {
    await killRound(Math.min(eachInRound, killsEach - done));
  });

async function killRound(each: number): Promise<void> {
  const kills = Array.from({ length: each }, () => moments).flat();
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const killAt = join(folder.path, 'kill-at');
  let isHeld = false;
  const receiver = await openReceiver(() => (isHeld ? null : [200]));
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(
    config,
    `tickets: { openAfter: 0s }\noutgoing: { allow: [127.0.0.1] }\nnotify: { by: [rule, endpoint, path], wait: 0s, interval: 0s }\nchannels:\n  - { name: people, kind: webhook, url: ${receiver.url} }\n` +
      'rules:\n  - { id: disk-space, for_s: 0 }\n',
  );
  const ports = ['--http-port', String(await freePort()), '--mqtt-port', String(await freePort())];
  const env = { KILL_AT: killAt, NODE_OPTIONS: `--import ${preload}` };
  const start = () => startCollector(data, [...ports, '--config', config], env);
  let collector = await start();
  const code = await makeCode(collector.http, collector.token, kills.length);
  const credentials: Awaited<ReturnType<typeof enroll>>[] = [];
  for (const n of kills.keys()) credentials.push(await enroll(code, { ...makeMachine(3, n), kind: 'server' }));

  const connect = async (n: number) => {
    const credential = credentials[n] as (typeof credentials)[number];
    const { hostname: host, port } = new URL(credential.mqtt.url);
    const wire = openWire({ host, port: Number(port), clientId: credential.endpoint, password: credential.secret });
    assert.is(await wire.connected, 0);
    /** The report of a full disk. */
    const breach = (seq: number) => {
      const report = makeReport(epochOf(n + 1), seq);
      const [tags, fields] = [
        { path: '/', device: 'sda1' },
        { used_percent: 92, free: 1024 ** 3 },
      ];
      const metrics = [...report.metrics, { name: 'disk', tags, fields, timestamp: report.at }];
      return wire.publish(topicOf(credential, 'report'), encode({ ...report, metrics }));
    };
    return { breach, cut: wire.cut };
  };
  const keysSent = (n: number) =>
    receiver.received.flatMap(({ body, headers }) => {
      const { status, alerts } = JSON.parse(body) as { status: string; alerts: { labels: Record<string, string> }[] };
      const { path, instance } = alerts[0]?.labels ?? {};
      const isIt = status === 'firing' && path === '/' && instance === makeMachine(3, n).hostname;
      return isIt ? [String(headers['idempotency-key'])] : [];
    });
  const allSent = () =>
    until(() => countRows(data, "deliveries where state = 'queued'") === 0, 20_000, 'all deliveries');

  try {
    for (const [n, moment] of kills.entries()) {
      // A second kill must not meet what the one before has left to be sent again.
      await allSent();
      const agent = await connect(n);
      isHeld = moment === 'answer held';
      const point = killPoints.includes(moment as KillPoint);
      if (point) writeFileSync(killAt, `${moment}\n${credentials[n]?.endpoint}/disk-space`);
      // The rules do not wait for the store: the process may be gone before the report is acknowledged.
      const published = agent.breach(1).catch(() => undefined);
      if (moment === 'random') await published.then(() => pause(random() * longestMs));
      if (moment === 'answer held')
        await until(() => keysSent(n).length > 0, 10_000, `the notification of breach ${n}`);
      if (!point) collector.child.kill('SIGKILL');
      const late = pause(15_000, null, { ref: false });
      const ended = await Promise.race([collector.ended, late]);
      if (!ended) throw new Error(`breach ${n} never came to the point "${moment}"`);
      assert.is(ended.signal, 'SIGKILL', `${moment}\n${ended.stdout}\n${ended.stderr}`);
      await published;
      agent.cut();
      // Before the next start can mend it.
      assert.equal(halfSaved(data), [], moment);
      isHeld = false;
      rmSync(killAt, { force: true });
      collector = await start();
      // As its agent does: what still breaches is in the next report, too.
      const again = await connect(n);
      await again.breach(2);
      again.cut();
      await until(() => keysSent(n).length > 0, 15_000, `breach ${n} (${moment}) to be notified`);
    }
    await allSent();
  } finally {
    collector.child.kill('SIGKILL');
    await collector.ended;
    await receiver.close();
  }
  const sent = kills.map((moment, n) => ({ moment, keys: keysSent(n) }));
  const twice = sent.filter(({ keys }) => keys.length === 2);
  const rows = ["alerts where rule = 'disk-space'", "tickets where rule = 'disk-space'", 'notifications'].map((from) =>
    countRows(data, from),
  );
  const problems = halfSaved(data);
  folder.remove();
  console.log(
    `\nFIGURE second half kill: ${kills.length} kills at ${moments.length} points, all notified, twice: ` +
      `${twice.length} (${[...new Set(twice.map(({ moment }) => moment))].join(' · ')}; seed ${seed})`,
  );
  for (const { moment, keys } of sent) {
    assert.ok(keys.length === 1 || keys.length === 2, `notified ${keys.length} times, killed at: ${moment}`);
    assert.is(new Set(keys).size, 1, `sent again under another Idempotency-Key, killed at: ${moment}`);
  }
  assert.equal(problems, []);
  assert.equal(rows, [kills.length, kills.length, kills.length], 'alerts, tickets and notifications');
}

/** What one transaction writes must be there as a whole. @returns what was not */
function halfSaved(data: string): string[] {
  const ours = "rule = 'disk-space'";
  const wrong = {
    'alerts without history': 'alerts where id not in (select alert from alert_events)',
    'history without alert': 'alert_events where alert not in (select id from alerts)',
    'fired alerts without notification': `alerts where ${ours} and fired_at is not null and id not in (select alert from notification_alerts)`,
    'fired alerts without ticket': `alerts where ${ours} and fired_at is not null and ticket is null`,
    'notifications without delivery': 'notifications where id not in (select notification from deliveries)',
    'notifications without ticket': 'notifications where ticket is null',
    'deliveries without notification': 'deliveries where notification not in (select id from notifications)',
    'alerts with a ticket that is not there':
      'alerts where ticket is not null and ticket not in (select id from tickets)',
    'tickets without history': 'tickets where id not in (select ticket from ticket_events)',
    'tickets of an alert that is not there': 'tickets where alert is not null and alert not in (select id from alerts)',
    'keys with two alerts that go on':
      '(select active_key from alerts where active_key is not null group by active_key having count(*) > 1) as keys',
  };
  const found = Object.entries(wrong).map(([what, from]) => [what, countRows(data, from)] as const);
  return found.filter(([, n]) => n !== 0).map(([what, n]) => `${what}: ${n}`);
}

test.run();
