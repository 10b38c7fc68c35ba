/**
 * Every query of every dashboard in `dashboards/grafana`, and those of a published dashboard of Telegraf, answered by a real
 * InfluxDB that our driver has filled and a real Prometheus that scrapes a real collector with a simulated fleet.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeJoinCode, type JoinCode } from '../../shared/join-code.ts';
import { topicOf } from '../../shared/topics.ts';
import { enroll } from '../simulate/enroll.ts';
import { type SimulatedFleet, startFleet } from '../simulate/fleet.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire, type Wire } from '../simulate/wire.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { asInfluxQl, asPromQl, chosen, dashboardsOf, type GrafanaSpan } from '../support/grafana.ts';
import { type InfluxServer, influxMissing, startInflux } from '../support/influxdb.ts';
import { type PrometheusServer, prometheusMissing, startPrometheus } from '../support/prometheus.ts';
import { epochOf } from '../support/station.ts';
import { dashboardChoices, dashboardQueries, unanswered } from '../support/telegraf-dashboard.ts';
import { until } from '../support/until.ts';

const test = suite('grafana');
const missing = Object.entries({ influxdb: influxMissing(), prometheus: prometheusMissing() });
for (const [name, reason] of missing) if (reason !== null) console.log(`\nSKIP ${name}: ${reason}`);
const isThere = missing.every(([, reason]) => reason === null);
const onServers = isThere ? test : test.skip;

const database = 'evenkeel';
const scrapeMs = 1000;
const endpoints = 24;
let influx: InfluxServer;
let prometheus: PrometheusServer;
let collector: InProcess;
let fleet: SimulatedFleet;
let span: GrafanaSpan;
/** Of the fleet, with what Linux alone measures. */
let host: string;

/** Rows with a value, of a query as Grafana sends it. */
async function rowsOf(statement: string): Promise<unknown[][]> {
  const answer = await fetch(`${influx.url}/query?${new URLSearchParams({ db: database, epoch: 'ms', q: statement })}`);
  const { results, error } = (await answer.json()) as {
    error?: string;
    results?: { error?: string; series?: { values: unknown[][] }[] }[];
  };
  const problem = error ?? results?.find((one) => one.error)?.error;
  if (problem !== undefined) throw new Error(`${problem}: ${statement}`);
  const rows = results?.flatMap(({ series = [] }) => series.flatMap(({ values }) => values)) ?? [];
  return rows.filter(([, ...values]) => values.some((value) => value !== null));
}

/** What happens too seldom to wait for, from one machine that says it all. */
async function sendRare(code: JoinCode): Promise<Wire> {
  const { endpoint, bucket, secret, mqtt } = await enroll(code, makeMachine(7, 99));
  const { hostname, port } = new URL(mqtt.url);
  const wire = openWire({ host: hostname, port: Number(port), clientId: endpoint, password: secret });
  await wire.connected;
  const file = { path: '/srv', device: '/dev/sdz', fstype: 'ext4' };
  for (const seq of [1, 2, 3]) {
    const at = Date.now() - 30_000 + seq * 5000;
    const metric = (name: string, tags: Record<string, string>, fields: Record<string, number>) => ({
      ...{ name, tags, fields, timestamp: at },
    });
    const metrics = [
      metric('backup', { job: 'rare', product: 'restic' }, { result: 2, size_percent: 95 }),
      metric('patches', { manager: 'apt' }, { scan_ok: 0 }),
      metric('os', {}, { reboot_required_age_s: 86_400, unclean_shutdowns: seq }),
      metric('check', { check: 'rare' }, { ok: 0 }),
      metric('agent', {}, { cpu_ms: seq * 100 }),
      metric('disk_forecast', file, { full_in_days: 12 }),
      metric('target', { target: 'shop', kind: 'http' }, { down: 1 }),
      metric('intake', {}, { held_percent: 20 }),
    ];
    const report = { v: 1, epoch: epochOf(9), seq, at, interval_s: 5, metrics };
    await wire.publish(topicOf({ endpoint, bucket }, 'report'), JSON.stringify(report), { qos: 1 });
  }
  return wire;
}

let rare: Wire;
test.before(async () => {
  if (!isThere) return;
  influx = await startInflux();
  await influx.ask('create database "other"');
  collector = await openCollector({
    settings: `series: { kind: influx, url: '${influx.url}', database: ${database} }
mirrors: [{ name: other, kind: line_protocol, url: '${influx.url}/write?db=other' }]
`,
  });
  const body = { label: 'a simulated fleet', maxUses: endpoints + 1, site: 'Berlin' };
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body });
  const { http } = collector.started.addresses;
  const code = { ...decodeJoinCode((made.body as { code: string }).code), url: http };
  const began = Date.now();
  fleet = await startFleet({ code, endpoints, intervalMs: 500, seed: 1 });
  rare = await sendRare(code);
  const scrape = (job: string, path: string) =>
    `  - { job_name: ${job}, metrics_path: ${path}, authorization: { credentials: '${collector.token('viewer')}' }, static_configs: [{ targets: ['${new URL(http).host}'] }] }\n`;
  // As in dashboards/grafana/scrape.yaml.
  prometheus = await startPrometheus(scrape('evenkeel', '/metrics') + scrape('evenkeel-hosts', '/metrics/hosts'));
  const reports = async () => Number((await rowsOf('SELECT count("uptime") FROM "system"'))[0]?.[1] ?? 0);
  await until(async () => (await reports()) > endpoints * 20, 60_000, 'reports in InfluxDB');
  const isKnown = async () =>
    (await prometheus.query('evenkeel_stability_computed_timestamp_seconds')).length > 0 &&
    // The machine that says the rare things goes silent afterwards.
    (await prometheus.query('evenkeel_endpoint_up == 0')).length > 0 &&
    (await prometheus.query('count_over_time(evenkeel_endpoint_up[5m]) > 10')).length >= endpoints;
  await until(isKnown, 90_000, 'ten scrapes of all, one of them offline');
  span = { from: began - 60_000, to: Date.now() + 1000, step: 2000 };
  const [linux] = await rowsOf('SHOW TAG VALUES FROM "pressure" WITH KEY = "host"');
  host = String(linux?.[1]);
});
test.after(async () => {
  await prometheus?.close();
  rare?.cut();
  await fleet?.stop();
  await collector?.close();
  await influx?.close();
});

/** Queries that nothing answers here, and why. */
const empty: Readonly<Record<string, string>> = {
  'prometheus/collector.json Messages to people': 'no channel is set, so nothing was sent',
  'prometheus/collector.json Mirrors: samples per second': 'of its two queries that of lost samples: none is lost',
};

onServers('each query of the dashboards for InfluxDB is answered', async () => {
  const without: string[] = [];
  let asked = 0;
  for (const { file, dashboard } of dashboardsOf('influxdb')) {
    const values = chosen(dashboard, { host });
    for (const { name, query } of dashboard.templating.list.filter(({ type }) => type === 'query'))
      assert.ok((await rowsOf(asInfluxQl(String(query), values, span))).length > 0, `${file}: values of ${name}`);
    for (const { title, targets = [] } of dashboard.panels)
      for (const { query = '' } of targets) {
        asked += 1;
        if ((await rowsOf(asInfluxQl(query, values, span))).length === 0) without.push(`${file} ${title}`);
      }
  }
  assert.equal(without, []);
  assert.ok(asked > 40);
});

onServers('each query of the dashboards for Prometheus is answered', async () => {
  const without: string[] = [];
  let asked = 0;
  for (const { file, dashboard } of dashboardsOf('prometheus')) {
    const values = chosen(dashboard, { endpoint: host });
    for (const { name, query } of dashboard.templating.list.filter(({ type }) => type === 'query')) {
      const [, selector = '', label] = /^label_values\((.+), (\w+)\)$/.exec((query as { query: string }).query) ?? [];
      const found = await prometheus.query(asPromQl(selector, values, span, scrapeMs));
      assert.ok(found.length > 0 && label !== undefined, `${file}: values of ${name}`);
    }
    for (const { title, targets = [] } of dashboard.panels)
      for (const { expr = '', instant } of targets) {
        asked += 1;
        const text = asPromQl(expr, values, span, scrapeMs);
        const answer = instant
          ? await prometheus.query(text)
          : await prometheus.range(text, span.from / 1000, span.to / 1000, span.step / 1000);
        if (answer.length === 0) without.push(`${file} ${title}`);
      }
  }
  assert.equal(without, Object.keys(empty));
  assert.ok(asked > 80);
});

onServers('a dashboard for Telegraf finds its answers in what we write', async () => {
  const values: Record<string, string> = { server: host };
  for (const [name, statement] of Object.entries(dashboardChoices)) {
    const [first] = await rowsOf(asInfluxQl(statement, values, span));
    assert.ok(first, `choices of ${name}`);
    values[name] ??= String(first?.[1]);
  }
  values.mountpoint = '.*';
  const without: string[] = [];
  for (const { panel, statement } of dashboardQueries)
    if ((await rowsOf(asInfluxQl(statement, values, span))).length === 0) without.push(panel);
  assert.equal(without, []);
  // What we come to measure belongs in the list above.
  for (const { panel, statement } of unanswered)
    assert.equal(await rowsOf(asInfluxQl(statement, values, span)), [], `${panel} is answered by now`);
});

test.run();
