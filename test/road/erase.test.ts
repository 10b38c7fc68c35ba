/**
 * A retired endpoint is erased: afterwards none of its names stands in any file of the data folder, nor in any row, while the
 * numbers of closed months and the series of others are what they were.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { eraseEndpoint } from '../../collector/fleet/erase.ts';
import { termsOf } from '../../collector/knowledge/terms.ts';
import { driverOf } from '../../collector/state/drivers/index.ts';
import { openState, type State } from '../../collector/state/open.ts';
import type { AuditRow, KpiDetail, PeriodReport, Series, Stability } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { openWire, type Wire } from '../simulate/wire.ts';
import { closeMonths } from '../support/close-months.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { putAlerts, putSignals } from '../support/fleet-history.ts';
import { until } from '../support/processes.ts';
import { now, outage, putMonth, start, zone } from '../support/stability-month.ts';
import { isOnPostgres, statePlace } from '../support/state.ts';
import { epochOf, makeReport } from '../support/station.ts';

const test = suite('erase');
const clock = { now: () => now, monotonic: () => performance.now() };
const day = 86_400_000;
const settings = `zone: ${zone}\n`;

/** Each of them stands nowhere afterwards. */
const secrets = {
  host: 'quagga-7f3k',
  tag: 'zorilla',
  serial: 'SN-OKAPI-4471',
  mac: 'interface-numbat',
  job: 'nightly-axolotl',
  user: 'u.tenrec',
  path: '/mnt/fossa',
  software: 'Kakapo Studio 9',
  comment: 'the gerenuk spilled coffee',
  refused: Buffer.from('not JSON: pangolin').toString('base64'),
  restore: 'colugo restored',
};

interface Machine {
  endpoint: string;
  secret: string;
  wire: Wire;
  send(leaf: 'report' | 'inventory', message: object | string): Promise<void>;
}

async function enrol({ call }: InProcess, hostname: string): Promise<Machine> {
  const post = async (path: string, body: object) => (await call(path, { method: 'POST', as: 'admin', body })).body;
  const { code } = (await post('/api/v1/enrollments', { label: `for ${hostname}`, site: 'Berlin' })) as {
    code: string;
  };
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0', hostname };
  const print = { fingerprint: { machine: '0123456789abcdef', macs: [] } };
  const enrolled = await post('/api/v1/enroll', { code: decodeJoinCode(code).secret, ...about, ...print });
  const { endpoint, secret, mqtt } = enrolled as { endpoint: string; secret: string; mqtt: { url: string } };
  const { hostname: host, port } = new URL(mqtt.url);
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
  assert.is(await wire.connected, 0);
  return {
    ...{ endpoint, secret, wire },
    send: (leaf, message) =>
      wire.publish(
        topicOf({ bucket: bucketOf(endpoint), endpoint }, leaf),
        typeof message === 'string' ? message : JSON.stringify(message),
      ),
  };
}

/** Reports with its tags, and all that is known of a machine. */
async function report(machine: Machine, of: typeof secrets): Promise<void> {
  for (let seq = 1; seq <= 3; seq++) {
    const one = makeReport(epochOf(1), seq, now - seq * 60_000);
    one.metrics.push({ name: 'disk', tags: { path: of.path }, fields: { used_percent: 50 }, timestamp: one.at });
    one.metrics.push({
      name: 'backup',
      tags: { job: of.job, product: 'restic' },
      fields: { result: 0 },
      timestamp: one.at,
    });
    await machine.send('report', one);
  }
  const section = (seq: number, name: string, data: unknown) =>
    machine.send('inventory', { v: 1, epoch: epochOf(2), seq, at: now, section: name, data });
  const os = { platform: 'linux', name: 'Debian', version: '13', build: null, kernel: null, arch: 'x64' };
  const host = { hostname: of.host, os, kind: 'server', kind_why: 'test', agent_version: '0.1.0', boot_id: null };
  await section(1, 'host', { ...host, virtual: null });
  await section(2, 'hardware', {
    ...{
      manufacturer: 'Acme',
      model: 'M',
      serial: of.serial,
      cpu: { model: null, cores: 4 },
      memory_bytes: 1,
      disks: [],
    },
    interfaces: [{ name: of.mac, mac: null, addresses: [] }],
  });
  const unknown = { schedule: 'daily', nextRun: null, reason: null, duration: 1, files: 1, lastVerified: null };
  const ran = {
    lastRun: now - 1000,
    lastSuccess: now - 1000,
    result: 'ok',
    bytes: 5,
    verifiedOk: null,
    readable: true,
    evidence: 'log',
  };
  await section(3, 'backups', [
    { product: 'restic', job: of.job, protects: [`/home/${of.user}`], repository: null, ...unknown, ...ran },
  ]);
  await section(4, 'software', [{ name: of.software, version: '1', publisher: null, installed: null, lastUsed: null }]);
  await machine.send('report', Buffer.from(of.refused, 'base64').toString());
}

const get = async <T>(collector: InProcess, path: string): Promise<T> => {
  const answer = await collector.call(`/api/v1/${path}`, { as: 'admin' });
  assert.is(answer.status, 200, `${path}: ${answer.text}`);
  return answer.body;
};
const post = async <T>(collector: InProcess, path: string, body: object): Promise<T> => {
  const answer = await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body });
  assert.ok(answer.status < 300, `${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};
const erase = (collector: InProcess, id: string, name: string, as: 'admin' | 'manager' = 'admin') =>
  collector.call(`/api/v1/endpoints/${id}/erase`, {
    ...{ method: 'POST', as },
    body: { name, reason: `Sold: ${secrets.host} is gone.` },
  });

/** What people and the monitor noted about it. @returns the number of its ticket */
async function history(collector: InProcess, { endpoint }: Machine): Promise<number> {
  const { state } = collector;
  await state
    .updateTable('endpoints')
    .set({ enrolled_at: start - 35 * day })
    .where('id', '=', endpoint)
    .execute();
  await putSignals(state, [
    { endpoint, at: start - 35 * day, kind: 'online', bootId: 'a' },
    { endpoint, at: outage.start + 60_000, kind: 'lost', lastSeen: outage.start },
    { endpoint, at: outage.end, kind: 'online', bootId: 'b', birth: { previous_shutdown: 'unclean', uptime_s: 30 } },
  ]);
  await putAlerts(state, [
    {
      ...{ id: 'its-alert', endpoint, resolvedAt: outage.end },
      events: [
        ['firing', outage.start + 60_000],
        ['acknowledged', outage.start + 120_000],
      ],
    },
  ]);
  await state
    .updateTable('alerts')
    .set({ key: `${endpoint}/disk-space/${secrets.path}`, tags: JSON.stringify({ path: secrets.path }) })
    .set({ acknowledged_note: secrets.comment })
    .where('id', '=', 'its-alert')
    .execute();
  await state
    .updateTable('alert_events')
    .set({ params: JSON.stringify({ reason: secrets.comment }) })
    .where('alert', '=', 'its-alert')
    .execute();
  const patched = await collector.call(`/api/v1/endpoints/${endpoint}`, {
    ...{ method: 'PATCH', as: 'admin', body: { tags: [secrets.tag], name: secrets.host } },
  });
  assert.is(patched.status, 200, patched.text);
  // Before the collector is asked for anything: while it writes, this handle would wait in its way.
  await state
    .insertInto('notifications')
    .values({
      ...{ at: now, event: 'firing', severity: 'warning', alert: 'its-alert', ticket: null, incident: null },
      facts: JSON.stringify({ endpoint: { id: endpoint, name: secrets.host } }),
    })
    .execute();
  const tried = `endpoints/${endpoint}/backups/${secrets.job}/verified`;
  await post(collector, tried, { ok: true, note: secrets.restore });
  const made = await post<{ row: { id: number } }>(collector, 'tickets', {
    title: `${secrets.host}: ${secrets.comment}`,
    endpoint,
  });
  const { id } = made.row;
  await post(collector, `tickets/${id}/comment`, { text: `${secrets.user}: ${secrets.comment}` });
  return id;
}

/** Every file below, whatever it is. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

function placesOf(data: string): string[] {
  const needles = Object.entries(secrets).map(([what, text]) => [what, Buffer.from(text)] as const);
  return [...filesBelow(data)].flatMap((path) => {
    const bytes = readFileSync(path);
    return needles.flatMap(([what, needle]) =>
      bytes.includes(needle) ? [`${what} in ${path.slice(data.length)}`] : [],
    );
  });
}

const { textIndex: index } = await driverOf(statePlace(':memory:'));

async function rowsWith(state: State): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of await state.introspection.getTables()) {
    // It keeps terms instead of texts, and numbers beyond what a JavaScript number holds: it is asked, not read.
    if (name.startsWith('search_index')) continue;
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(state);
    const text = JSON.stringify(rows);
    for (const [what, secret] of Object.entries(secrets)) if (text.includes(secret)) found.push(`${what} in ${name}`);
  }
  for (const [what, secret] of Object.entries(secrets)) {
    const { rows } = await sql`select id from ${index.matches([[termsOf(secret)]], true)} as i`.execute(state);
    if (rows.length > 0) found.push(`${what} in the search index`);
  }
  return found;
}

interface Prepared {
  collector: InProcess;
  machine: Machine;
  other: Machine;
  ticket: number;
  report: string;
}

async function prepare(collector: InProcess): Promise<Prepared> {
  await putMonth(collector);
  const machine = await enrol(collector, secrets.host);
  const other = await enrol(collector, 'neighbour-1');
  await report(machine, secrets);
  await report(other, { ...secrets, ...ofOther });
  const its = await history(collector, machine);
  await post(collector, 'tickets/2/comment', { text: `Printed on Quagga-7f3k.` });
  await closeMonths(collector, clock, zone);
  const { id } = await post<{ id: string }>(collector, 'reports', { period: '2026-10' });
  // Paths stand in the series, and in the tags of the alert.
  const known = async () => new Set((await rowsWith(collector.state)).map((one) => one.split(' ')[0]));
  await until(async () => (await known()).size === Object.keys(secrets).length, 60_000, 'all that is known of it');
  return { collector, machine, other, ticket: its, report: id };
}

const ofOther = {
  ...{ host: 'neighbour-1', serial: 'SN-2', mac: 'eth0', job: 'nightly', user: 'root', path: '/', software: 'vim' },
  refused: 'bm90aGluZw==',
};

/** All that the month says, without names. */
async function numbers(collector: InProcess) {
  const { kpis, index, sites, weeks } = await get<Stability>(collector, 'stability?period=2026-10');
  return { index, weeks, sites, kpis: kpis.map(({ few: _, ...kpi }) => kpi) };
}

const seriesOf = async (collector: InProcess, id: string) =>
  (
    await get<Series>(
      collector,
      `endpoints/${id}/series?metric=disk.used_percent&step=60&from=${now - 3_600_000}&to=${now + 60_000}`,
    )
  ).series;

async function retire({ collector, machine, ticket }: Prepared): Promise<void> {
  const { status } = await collector.call(`/api/v1/endpoints/${machine.endpoint}`, { method: 'DELETE', as: 'admin' });
  assert.is(status, 204);
  await post(collector, `tickets/${ticket}/resolve`, { text: secrets.comment });
}

async function checkErased({ collector, machine, ticket, report: kept }: Prepared): Promise<void> {
  const { endpoint } = machine;
  const { call } = collector;
  assert.is((await call(`/api/v1/endpoints/${endpoint}`, { as: 'admin' })).status, 404);
  const tickets = await get<{ ticket: { row: { title: string; endpoint: { name: string } } } }>(
    collector,
    `tickets/${ticket}`,
  );
  assert.not.match(JSON.stringify(tickets), 'gerenuk');
  assert.match(JSON.stringify(tickets), `"endpoint":{"id":"${endpoint}","name":"${endpoint}"}`);
  assert.is((await call('/api/v1/alerts/its-alert', { as: 'admin' })).status, 200);
  const comments = JSON.stringify(await get(collector, 'tickets/2'));
  assert.match(comments, `Printed on ${endpoint}.`);
  const { digest } = await get<PeriodReport>(collector, `reports/${kept}`);
  assert.match(digest, /^[0-9a-f]{64}$/);
  const { items } = await get<{ items: AuditRow[] }>(collector, 'audit?limit=100');
  const [entry, ...more] = items.filter(({ action }) => action === 'erase');
  assert.equal(more, []);
  assert.is(entry?.objectId, endpoint);
  assert.equal([entry?.before ?? null, entry?.after ?? null, entry?.name ?? null], [null, null, null]);
  assert.is(entry?.reason, `Sold: ${endpoint} is gone.`);
  assert.ok(
    items.some(({ action, objectId }) => action === 'change' && objectId === endpoint),
    'that it was changed',
  );
}

test('nothing of an erased endpoint stands in any file; closed months and the others are as they were', async () => {
  const collector = await openCollector({ clock, settings });
  try {
    const prepared = await prepare(collector);
    const { machine, other, ticket } = prepared;
    const { endpoint } = machine;
    assert.is((await erase(collector, endpoint, secrets.host, 'manager')).status, 403);
    const early = await erase(collector, endpoint, secrets.host);
    assert.is(early.status, 409);
    assert.match(early.text, /is not retired; retire it first/);
    await collector.call(`/api/v1/endpoints/${endpoint}`, { method: 'DELETE', as: 'admin' });
    await machine.wire.closed;
    const open = await erase(collector, endpoint, secrets.host);
    assert.is(open.status, 409);
    assert.match(open.text, `#${ticket}`);
    await post(collector, `tickets/${ticket}/resolve`, { text: secrets.comment });
    const wrong = await erase(collector, endpoint, 'quagga');
    assert.is(wrong.status, 400);
    assert.is((await erase(collector, 'e0000', secrets.host)).status, 404);
    const list = await get<{ items: { id: string; name: string }[] }>(collector, 'endpoints/retired?q=QUAGGA');
    assert.equal(
      list.items.map(({ id, name }) => [id, name]),
      [[endpoint, secrets.host]],
    );

    const before = await numbers(collector);
    const series = await seriesOf(collector, other.endpoint);
    assert.is(series.length, 1);
    const evidence = await get<KpiDetail>(collector, 'kpis/availability_server?period=2026-10&limit=200');
    assert.ok(evidence.evidence.some((line) => line.endpoint?.name === secrets.host));
    const done = await erase(collector, endpoint, secrets.host);
    assert.equal([done.status, done.body], [200, { done: true, problem: null }]);

    assert.equal(await numbers(collector), before);
    assert.equal(await seriesOf(collector, other.endpoint), series);
    const after = await get<KpiDetail>(collector, 'kpis/availability_server?period=2026-10&limit=200');
    assert.equal(after.evidence.find((line) => line.endpoint?.id === endpoint)?.endpoint, {
      id: endpoint,
      name: endpoint,
      site: 'Berlin',
    });
    assert.is(after.evidence.length, evidence.evidence.length);
    await checkErased(prepared);
    assert.equal(await rowsWith(collector.state), []);
    const list2 = await get<{ items: unknown[] }>(collector, 'endpoints/retired');
    assert.equal(list2.items, []);
    const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
    const again = openWire({ host, port: Number(port), clientId: endpoint, password: machine.secret });
    assert.is.not(await again.connected.catch(() => 'refused'), 0);
    await collector.stop();
    assert.equal(placesOf(collector.data), []);
  } finally {
    await collector.close();
  }
});

test('what an end in the middle left is erased at the next start', async () => {
  const first = await openCollector({ clock, settings });
  let prepared: Prepared;
  try {
    prepared = await prepare(first);
    await retire(prepared);
  } catch (thrown) {
    await first.close();
    throw thrown;
  }
  const { endpoint } = prepared.machine;
  await first.stop();
  const state = await openState(statePlace(first.data));
  const by = { kind: 'person' as const, actor: 'a admin', address: null };
  const ids = await eraseEndpoint(state, {
    id: endpoint,
    name: secrets.host,
    reason: `Sold: ${secrets.host} is gone.`,
    at: now,
    ...by,
  });
  assert.equal(ids, [endpoint]);
  await state.destroy();
  // The rows are gone; their pages, the names of its series and its samples are not.
  assert.ok(placesOf(first.data).some((place) => place.includes('journal.db')));
  const collector = await first.again();
  try {
    const isDone = async () =>
      (
        await collector.state
          .selectFrom('endpoints')
          .select('erased_all_at')
          .where('id', '=', endpoint)
          .executeTakeFirst()
      )?.erased_all_at !== null;
    await until(isDone, 20_000, 'the end of the erasure');
    await checkErased({ ...prepared, collector });
    assert.equal(await rowsWith(collector.state), []);
    await collector.stop();
    assert.equal(placesOf(collector.data), []);
  } finally {
    await collector.close();
  }
});

if (isOnPostgres) console.log('The rows are on PostgreSQL: what its own files still hold is ended by its vacuum.');
test.run();
