/** Mirrors on a real collector with a simulated fleet: a real Prometheus by remote write, a real InfluxDB by line protocol. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeJoinCode, type JoinCode } from '../../shared/join-code.ts';
import type { MirrorView } from '../../shared/mirror.ts';
import { topicOf } from '../../shared/topics.ts';
import type { Credential } from '../simulate/endpoint.ts';
import { enroll } from '../simulate/enroll.ts';
import { startFleet } from '../simulate/fleet.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire } from '../simulate/wire.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { influxMissing, startInflux } from '../support/influxdb.ts';
import { prometheusMissing, promtoolComplaints, startPrometheus } from '../support/prometheus.ts';
import { epochOf } from '../support/station.ts';
import { until } from '../support/until.ts';

const test = suite('mirrors');
const missing = Object.entries({ influxdb: influxMissing(), prometheus: prometheusMissing() });
for (const [name, reason] of missing) if (reason !== null) console.log(`\nSKIP ${name}: ${reason}`);
const onServers = missing.every(([, reason]) => reason === null) ? test : test.skip;

const views = async (collector: InProcess): Promise<MirrorView[]> =>
  ((await collector.call('/api/v1/collector/mirrors', { as: 'admin' })).body as { items: MirrorView[] }).items;
const viewOf = async (collector: InProcess, name: string) =>
  (await views(collector)).find((one) => one.name === name) as MirrorView;

async function codeOf(collector: InProcess, uses: number): Promise<JoinCode> {
  const body = { label: 'a simulated fleet', maxUses: uses, site: 'Berlin' };
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body });
  return { ...decodeJoinCode((made.body as { code: string }).code), url: collector.started.addresses.http };
}

/** Reports of one machine, each at a time of its own. */
async function report({ endpoint, bucket, secret, mqtt }: Credential, epoch: string, times: readonly number[]) {
  const { hostname, port } = new URL(mqtt.url);
  const wire = openWire({ host: hostname, port: Number(port), clientId: endpoint, password: secret });
  await wire.connected;
  for (const [n, at] of times.entries()) {
    const metrics = [{ name: 'cpu', tags: { cpu: 'cpu-total' }, fields: { usage_active: 10 + n }, timestamp: at }];
    const leaf = at < Date.now() - 30_000 ? 'backlog' : 'report';
    const payload = JSON.stringify({ v: 1, epoch, seq: n + 1, at, interval_s: 10, metrics });
    await wire.publish(topicOf({ endpoint, bucket }, leaf), payload, { qos: 1 });
  }
  wire.end();
}

/** `name{labels}` of the lines of a page of metrics, without what a scrape adds. */
const seriesIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .sort();
const quote = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

onServers('both get every sample, under the names of /metrics/hosts and of Telegraf', async () => {
  const [prometheus, influx] = [await startPrometheus(), await startInflux()];
  await influx.ask('create database "mirror"');
  const settings = `
mirrors:
  - { name: prom, kind: remote_write, url: "${prometheus.url}/api/v1/write" }
  - { name: telegraf, kind: line_protocol, url: "${influx.url}/write?db=mirror" }
`;
  const collector = await openCollector({ settings });
  try {
    const fleet = await startFleet({
      ...{ code: await codeOf(collector, 12), endpoints: 12, intervalMs: 500, seed: 1, steady: true },
    });
    await until(async () => (await viewOf(collector, 'prom')).sent > 2000, 30_000, 'samples at Prometheus');
    fleet.quiet();
    assert.ok(await fleet.drain(20_000));
    const isThrough = async () => (await views(collector)).every(({ waitingBytes }) => waitingBytes === 0);
    await until(isThrough, 20_000, 'all to be sent');
    const { text } = await collector.call('/metrics/hosts', { as: 'viewer' });
    const names = [...new Set(seriesIn(text).map((one) => one.split('{', 1)[0]))];
    const read = async () =>
      (await prometheus.query('{__name__=~"evenkeel_.+"}'))
        .map(({ metric: { __name__: name, ...labels } }) => {
          const order = seriesIn(text).find((one) => one.startsWith(`${name}{`)) ?? '';
          const known = [...order.matchAll(/(\w+)="/g)].map(([, key = '']) => key);
          const keys = [
            ...known.filter((key) => key in labels),
            ...Object.keys(labels).filter((key) => !known.includes(key)),
          ];
          return `${name}{${keys.map((key) => `${key}="${quote(labels[key] as string)}"`).join(',')}}`;
        })
        .sort();
    await until(async () => (await read()).length >= seriesIn(text).length, 40_000, 'all series in Prometheus');
    assert.equal(await read(), seriesIn(text));
    assert.ok(names.length > 40);
    const [prom, telegraf] = await views(collector);
    for (const mirror of [prom, telegraf]) {
      assert.equal(mirror?.lost, {});
      assert.is(mirror?.trouble, null);
    }
    assert.is(prom?.sent, telegraf?.sent);
    const fields = await influx.ask('select count(*) from "mirror".."mem"');
    const [, ...counts] = fields.results[0]?.series?.[0]?.values[0] ?? [];
    const own = await prometheus.query('sum(count_over_time(evenkeel_mem_total_bytes[1h]))');
    assert.is(Number(own[0]?.value?.[1]), Math.max(...counts.map(Number)));
    const tags = (await influx.ask('show tag keys on "mirror" from "disk"')).results[0]?.series?.[0]?.values.flat();
    assert.equal(tags, ['device', 'endpoint', 'fstype', 'host', 'path', 'site']);
    const own_ = await collector.call('/metrics', { as: 'viewer' });
    assert.match(own_.text, /^evenkeel_mirror_samples_total\{mirror="prom"\} \d{4,}$/m);
    assert.is(promtoolComplaints(own_.text), '');
    await fleet.stop();
  } finally {
    await collector.close();
    await prometheus.close();
    await influx.close();
  }
});

onServers('a mirror that stalls, then comes back: nothing is lost to it, and late samples are counted', async () => {
  const prometheus = await startPrometheus();
  const settings = `mirrors: [{ name: prom, kind: remote_write, url: "${prometheus.url}/api/v1/write" }]\n`;
  const collector = await openCollector({ settings });
  try {
    const machine = await enroll(await codeOf(collector, 1), makeMachine(7, 1));
    const now = Date.now();
    await report(machine, epochOf(1), [now - 3000, now - 2000]);
    const stored = async () =>
      Number((await prometheus.query('sum(count_over_time(evenkeel_cpu_usage_active_ratio[2h]))'))[0]?.value?.[1] ?? 0);
    await until(async () => (await stored()) === 2, 20_000, 'two samples');
    prometheus.freeze();
    await report(machine, epochOf(2), [now - 1500, now - 1000]);
    const waits = async () => (await viewOf(collector, 'prom')).waitingBytes > 0;
    await until(waits, 10_000, 'them to wait');
    prometheus.thaw();
    await until(async () => (await stored()) === 4, 60_000, 'the four');
    // An hour old, of the same series: Prometheus takes none. What comes with them is taken.
    await report(machine, epochOf(3), [now - 3_000_000, now - 2_990_000, now - 2_980_000, now - 500]);
    await until(async () => (await stored()) === 5, 20_000, 'the newest');
    await until(async () => !(await waits()), 20_000, 'nothing to wait');
    const { lost, sent, trouble } = await viewOf(collector, 'prom');
    assert.equal({ lost, sent, trouble }, { lost: { out_of_order: 3 }, sent: 5, trouble: null });
  } finally {
    await collector.close();
    await prometheus.close();
  }
});

test.run();
