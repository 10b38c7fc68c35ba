/**
 * Real servers watched from two agents. One agent does not get through to them: no false alarm. It is cut off from the
 * collector, too: still none. A server is stopped: one alert within two intervals.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointRow } from '../../shared/api.ts';
import type { TargetRow } from '../../shared/target-api.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { namespaceMissing, startAgentSeeing } from '../support/namespace.ts';
import { community, dnsmasqPath, openDnsmasq, openSnmpd, snmpdPath } from '../support/outside-servers.ts';
import { temporaryFolder } from '../support/processes.ts';
import { until } from '../support/until.ts';

const test = suite('targets watched from two agents');

const intervalS = 10;
const name = 'shop.evenkeel.test';

async function enrol(collector: InProcess, folder: string, called: string): Promise<string> {
  const { body } = await collector.call('/api/v1/enrollments', { method: 'POST', body: {}, as: 'admin' });
  const { code } = body as { code: string };
  const data = join(folder, called);
  const words = ['enroll', code, '--data', data, '--name', called, '--kind', 'server'];
  const enrolled = await startAgent(words).finished;
  assert.is(enrolled.code, 0, enrolled.stderr);
  const settings = { v: 1, interval_s: 1, targets: { allow: ['127.0.0.0/8'] } };
  writeFileSync(join(data, 'agent.settings.json'), JSON.stringify(settings), { mode: 0o600 });
  return data;
}

/** An agent that finds the name at another address. */
function startSeeing(folder: string, data: string, address: string): AgentProcess {
  const hosts = join(folder, `hosts-${address}`);
  writeFileSync(hosts, `127.0.0.1 localhost\n${address} ${name}\n`);
  return startAgentSeeing([[hosts, '/etc/hosts']], ['run', '--data', data]);
}

async function end({ child, finished }: AgentProcess): Promise<void> {
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  await finished;
}

test('no false alarm, and one alert within two intervals', async () => {
  const missing = namespaceMissing() ?? (snmpdPath ? null : 'no snmpd') ?? (dnsmasqPath ? null : 'no dnsmasq');
  if (missing !== null) {
    assert.is(process.env.CI, undefined, missing);
    return console.log(`\nSKIP targets watched from two agents: ${missing}`);
  }
  const folder = temporaryFolder();
  const collector = await openCollector();
  const agents: AgentProcess[] = [];
  const web = createServer((_, answer) => answer.end('open'));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const [snmpd, dnsmasq] = [await openSnmpd(), await openDnsmasq()];
  try {
    const [near, far] = [await enrol(collector, folder.path, 'near'), await enrol(collector, folder.path, 'far')];
    agents.push(startSeeing(folder.path, near, '127.0.0.1'), startSeeing(folder.path, far, '127.0.0.9'));
    const endpoints = async () =>
      ((await collector.call('/api/v1/endpoints', { as: 'viewer' })).body as { items: EndpointRow[] }).items;
    await until(
      async () => (await endpoints()).filter(({ state }) => state === 'online').length === 2,
      30_000,
      'agents',
    );
    const watchers = (await endpoints()).map(({ id }) => id);
    const port = (web.address() as AddressInfo).port;
    const definitions = [
      { name: 'Shop', kind: 'http', settings: { url: `http://${name}:${port}/`, contains: 'open' } },
      { name: 'Shop port', kind: 'tcp', settings: { host: name, port } },
      { name: 'Switch', kind: 'snmp', settings: { host: name, port: snmpd.port, community, interfaces: true } },
      { name: 'Names', kind: 'dns', settings: { name: 'www.shop.test', server: '127.0.0.1', port: dnsmasq.port } },
    ];
    for (const one of definitions) {
      const body = { ...one, intervalS, timeoutS: 2, watchers };
      const made = await collector.call('/api/v1/targets', { method: 'POST', body, as: 'operator' });
      assert.is(made.status, 201, made.text);
    }
    const rows = async () =>
      ((await collector.call('/api/v1/targets', { as: 'viewer' })).body as { items: TargetRow[] }).items;
    const alerts = async () =>
      ((await collector.call('/api/v1/alerts', { as: 'viewer' })).body as { items: Alert[] }).items.filter(({ rule }) =>
        rule.id.startsWith('target'),
      );
    // The far agent is connected, and sees none of what has the name.
    const isBlind = ({ sights }: TargetRow) =>
      sights.some(({ watcher, vote }) => watcher.name === 'far' && vote === 'down');
    await until(async () => (await rows()).filter(isBlind).length === 3, 40_000, 'the far agent to see nothing');
    for (const row of await rows()) assert.is(row.state, 'up', `${row.name}: ${JSON.stringify(row.sights)}`);
    assert.equal(await alerts(), []);
    const lo = await collector.call(`/metrics/hosts`, { as: 'viewer' });
    assert.match(lo.text, /evenkeel_target_interface_recv_bytes_total\{[^}]*interface="lo"/);

    // It stands still, and so is cut off from the collector as well.
    spawn('kill', ['-STOP', String(agents[1]?.child.pid)]);
    const isLost = async () => (await endpoints()).some((one) => one.name === 'far' && one.state === 'lost');
    await until(isLost, 40_000, 'the far agent to be lost');
    await until(
      async () =>
        (await rows()).every(({ sights }) =>
          sights.some(({ watcher, vote }) => watcher.name === 'far' && vote === null),
        ),
      10_000,
      'its votes to end',
    );
    for (const row of await rows()) assert.equal([row.state, row.votes, row.votesDown], ['up', 1, 0], row.name);
    assert.equal(await alerts(), []);

    const stoppedAt = performance.now();
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
    await Promise.all([snmpd.stop(), dnsmasq.stop()]);
    const fired = async () => (await alerts()).filter(({ state }) => state === 'firing').length;
    await until(async () => (await fired()) === 4, 40_000, 'an alert for each');
    const took = (performance.now() - stoppedAt) / 1000;
    console.log(
      `\nFIGURE four servers stopped: all alerts after ${took.toFixed(1)} s at an interval of ${intervalS} s`,
    );
    assert.ok(took <= 2 * intervalS, `${took} s`);
    assert.equal(
      (await alerts()).map(({ endpoint, rule, severity }) => [endpoint.name, rule.id, severity]).sort(),
      ['Names', 'Shop port', 'Shop', 'Switch'].map((one) => [one, 'target-down', 'critical']),
    );
  } finally {
    await Promise.all(agents.map(end));
    await Promise.all([snmpd.stop(), dnsmasq.stop()]);
    web.close();
    await collector.close();
    folder.remove();
  }
});

test.run();
