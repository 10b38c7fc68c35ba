/**
 * A backup of the collector under load, restored into another folder: the same answers, the same counts, and agents go on. What was
 * erased stays erased, old messages stay unsent, and the time between is not down.
 */
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { access } from '../../collector/api/access.ts';
import { type RestoreRequest, restoreBackup } from '../../collector/own-backup/restore.ts';
import type { State } from '../../collector/state/open.ts';
import type { EndpointDetail } from '../../shared/api.ts';
import type { ChannelTrouble } from '../../shared/channel.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import type { OwnBackupStatus, RestoredView } from '../../shared/own-backup.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { makeCode } from '../simulate/enroll.ts';
import { startFleet } from '../simulate/fleet.ts';
import { openWire } from '../simulate/wire.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { freePort } from '../support/port.ts';
import { runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { lengthOf } from '../support/real-fleet.ts';
import { clock, now, putMonth, zone } from '../support/stability-month.ts';
import { countRows, stateEnv, statePlace } from '../support/state.ts';
import { epochOf, makeReport } from '../support/station.ts';
import { openStored } from '../support/stored.ts';

const test = suite('backup of the collector');

const run = (words: string[], env: Record<string, string> = {}) => runCollector(words, env).ended;

/** Answers that are of the process, or that say that it was restored. */
const ownAnswers = new Set([
  ...[
    '/api/v1/tokens',
    '/api/v1/audit',
    '/api/v1/audit.csv',
    '/api/v1/audit.jsonl',
    '/api/v1/collector/backups',
    '/api/v1/collector/restored',
  ],
  ...['/api/v1/channels/trouble', '/api/v1/events', '/metrics', '/api/v2/status'],
]);
/** Tables that say the same of themselves. */
const ownTables = new Set(['settings', 'tokens', 'audit_log', 'watches', 'sessions', 'kept_months']);

function request(from: string, data: string, more: Partial<RestoreRequest> = {}): RestoreRequest {
  const place = statePlace(data);
  return {
    ...{ from, data, state: place.driver === 'postgres' ? place : null, passphrase: null, ledger: null },
    ...{ now: clock.now, signal: new AbortController().signal, progress() {} },
    ...more,
  };
}

const statusOf = async ({ call }: Pick<InProcess, 'call'>): Promise<OwnBackupStatus> =>
  (await call('/api/v1/collector/backups', { as: 'admin' })).body;

async function backUp({ call }: Pick<InProcess, 'call'>): Promise<OwnBackupStatus> {
  const url = '/api/v1/collector/backups';
  const begun = await call(url, { method: 'POST', as: 'admin', body: {} });
  assert.is(begun.status, 202, begun.text);
  let status = begun.body as OwnBackupStatus;
  await until(
    async () => {
      status = await statusOf({ call });
      return status.running === null;
    },
    60_000,
    'the end of the backup',
  );
  assert.is(status.failed, null, JSON.stringify(status.failed));
  return status;
}

/** A machine with reports of the last minutes. */
async function machine({ call }: InProcess, hostname: string): Promise<string> {
  const post = async (path: string, body: object) => (await call(path, { method: 'POST', as: 'admin', body })).body;
  const { code } = (await post('/api/v1/enrollments', { label: hostname, site: 'Berlin' })) as { code: string };
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0', hostname };
  const enrolled = await post('/api/v1/enroll', { code: decodeJoinCode(code).secret, ...about });
  const { endpoint, secret, mqtt } = enrolled as { endpoint: string; secret: string; mqtt: { url: string } };
  const { hostname: host, port } = new URL(mqtt.url);
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
  assert.is(await wire.connected, 0);
  for (let seq = 1; seq <= 5; seq++)
    await wire.publish(
      topicOf({ bucket: bucketOf(endpoint), endpoint }, 'report'),
      JSON.stringify(makeReport(epochOf(1), seq, now)),
    );
  wire.end();
  return endpoint;
}

async function answers({ call, state, data }: InProcess, endpoints: readonly string[]): Promise<Map<string, string>> {
  // What follows from the start is done.
  await pause(1500);
  const plain = Object.keys(access).flatMap((route) => {
    const [method, path = ''] = route.split(' ');
    return method === 'GET' && !path.includes(':') && !ownAnswers.has(path) ? [path] : [];
  });
  const tickets = await state.selectFrom('tickets').select('id').orderBy('id').limit(10).execute();
  const alerts = await state.selectFrom('alerts').select('id').orderBy('id').limit(10).execute();
  const series = `series?metric=cpu.usage_active&step=60&from=${now - 3_600_000}&to=${now + 60_000}`;
  const paths = [
    ...plain,
    ...endpoints.flatMap((id) => [`/api/v1/endpoints/${id}`, `/api/v1/endpoints/${id}/${series}`]),
    ...tickets.map(({ id }) => `/api/v1/tickets/${id}`),
    ...alerts.flatMap(({ id }) => [`/api/v1/alerts/${id}`, `/api/v1/alerts/${id}/context`]),
    '/api/v1/stability?period=2026-10',
    '/api/v1/kpis?period=2026-10',
    '/api/v1/kpis/uptime?period=2026-10',
    '/api/v1/endpoints?sort=-attention',
  ];
  const found = new Map<string, string>();
  for (const path of paths) {
    const { status, text } = await call(path, { as: 'admin' });
    found.set(path, `${status} ${text.replaceAll(data, '').replaceAll(/127\.0\.0\.1:\d+|"reference":"[^"]*"/g, '')}`);
  }
  return found;
}

/** Where they begin to differ. */
function pieces(before: string, after: string): string[] {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at++;
  return [before, after].map((text) => text.slice(Math.max(0, at - 60), at + 200));
}

async function counts(state: State): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { name } of await state.introspection.getTables()) {
    if (ownTables.has(name)) continue;
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(state);
    found[name] = Number(rows[0]?.n);
  }
  return found;
}

test('restored elsewhere every route answers as before, every table has the same rows; what is erased since is erased', async () => {
  const place = temporaryFolder();
  const to = join(place.path, 'backups');
  const settings = `zone: ${zone}\nbackup: { to: ${to}, keep: 2 }\n`;
  const first = await openCollector({ clock, settings });
  await putMonth(first);
  const [kept, sold] = [await machine(first, 'kept-1'), await machine(first, 'sold-7f3k')];
  await pause(1000);
  const ids = [kept, sold];
  const { last } = await backUp(first);
  assert.ok(last?.isThere);
  const { data } = first;
  const aside = await run(['backup', '--data', data, '--to', join(data, 'in')]);
  assert.is(aside.code, 1);
  assert.match(aside.stderr, /It lies in the data folder/);
  assert.is((await statusOf(first)).failed, null, 'elsewhere, by hand: nothing is wrong with those of the settings');
  await first.stop();
  // Both have just started: what was put into the state behind the first one's back is known now.
  const original = await first.again();
  const before = { answers: await answers(original, ids), counts: await counts(original.state) };
  // Afterwards, and unknown to the backup: the list beside it names it.
  for (const [method, path, body] of [
    ['DELETE', `/api/v1/endpoints/${sold}`, undefined],
    ['POST', `/api/v1/endpoints/${sold}/erase`, { name: 'sold-7f3k', reason: 'Sold.' }],
  ] as const)
    assert.ok((await original.call(path, { method, as: 'admin', body })).status < 300, path);
  await original.stop();

  const whole = temporaryFolder();
  // Without the list: all is as it was.
  await restoreBackup({ ...request(last.path, join(whole.path, 'data')), ledger: join(to, 'none.json') }).then(
    () => assert.unreachable('a list that is not there is no list'),
    (thrown: Error) => assert.match(thrown.message, /there is no list of erased endpoints at/),
  );
  assert.not(existsSync(join(whole.path, 'data')));
  const bare = join(place.path, 'bare');
  cpSync(last.path, bare, { recursive: true });
  assert.is((await restoreBackup(request(bare, join(whole.path, 'data')))).erasedAgain, null);
  const restored = await openCollector({ clock, settings: `zone: ${zone}\n` }, whole);
  try {
    const after = await answers(restored, ids);
    const differ = [...before.answers].filter(([path, text]) => after.get(path) !== text);
    assert.equal(
      differ.map(([path, text]) => [path, ...pieces(text, after.get(path) ?? '')]),
      [],
    );
    assert.ok(after.size > 75, `${after.size} answers are compared`);
    assert.equal(await counts(restored.state), before.counts);
    console.log(`\nFIGURE restore: ${after.size} answers and ${Object.keys(before.counts).length} tables as before`);
  } finally {
    await restored.close();
  }

  const later = temporaryFolder();
  const { erasedAgain } = await restoreBackup(request(to, join(later.path, 'data')));
  assert.is(erasedAgain, 1);
  const erased = await openCollector({ clock, settings }, later);
  try {
    // Its state is from before that backup: the folder says what there is.
    const status = await statusOf(erased);
    assert.is(status.last?.path, last.path);
    assert.is(status.last?.counts.endpoints, last.counts.endpoints);
    const row = () => erased.state.selectFrom('endpoints').selectAll().where('id', '=', sold).executeTakeFirstOrThrow();
    await until(async () => (await row()).erased_all_at !== null, 20_000, 'the erasure of its series');
    const { name, hostname, retired_at } = await row();
    assert.equal({ name, hostname, retired: retired_at !== null }, { name: sold, hostname: null, retired: true });
    assert.is((await erased.call(`/api/v1/endpoints/${kept}`, { as: 'admin' })).status, 200);
    assert.not((await erased.call('/api/v1/endpoints', { as: 'admin' })).text.includes('sold-7f3k'));
  } finally {
    await erased.close();
    await original.close();
    place.remove();
  }
});

/** Fires and resolves an alert of other monitoring: a message about it waits. */
const fire = (http: string, token: string, name: string) =>
  fetch(`${http}/api/v1/alerts/webhook`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ version: '4', groupKey: '{}', receiver: 'evenkeel', status: 'firing' },
      alerts: [
        {
          ...{ status: 'firing', labels: { alertname: name, severity: 'critical', instance: name } },
          ...{ annotations: { summary: name }, endsAt: '0001-01-01T00:00:00Z' },
        },
      ],
    }),
  });

test('under load: restored on the same ports agents go on, nothing is there twice, the time between is not down, no old message rings', async () => {
  const folder = temporaryFolder();
  const [data, fresh, to] = ['data', 'fresh', 'backups'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  const heard: string[] = [];
  let isDown = true;
  const receiver = createServer((request, answer) => {
    request.setEncoding('utf8');
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      if (!isDown) heard.push(text);
      answer.writeHead(isDown ? 503 : 200).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const file = join(folder.path, 'evenkeel.yaml');
  writeFileSync(
    file,
    `channels: [{ name: hook, kind: webhook, url: "http://127.0.0.1:${port}/" }]
outgoing: { allow: [127.0.0.1] }
notify: { wait: 0s, interval: 0s, by: [instance] }
`,
  );
  const ports = ['--http-port', String(await freePort()), '--mqtt-port', String(await freePort()), '--config', file];
  const endpoints = 60;
  let collector = await startCollector(data, ports);
  const from = Date.now();
  const code = await makeCode(collector.http, collector.token, endpoints);
  const fleet = await startFleet({ code, endpoints, seed: 4, intervalMs: 200, steady: true });
  try {
    assert.ok((await fire(collector.http, collector.token, 'old-trouble')).ok);
    await pause(4000);
    const { code: exit, stderr } = await run(['backup', '--data', data, '--to', to, '--config', file]);
    assert.is(exit, 0, stderr);
    const madeAt = Date.now();
    await pause(3000);
    collector.child.kill('SIGKILL');
    await collector.ended;
    const killedAt = Date.now();
    const back = await run(['restore', to, '--data', fresh, '--config', file], stateEnv(fresh));
    assert.is(back.code, 0, back.stderr);
    isDown = false;
    collector = await startCollector(fresh, ports);
    const startedAt = Date.now();
    await until(() => fleet.totals().connected === endpoints, 60_000, 'the fleet to be back');
    assert.ok((await fire(collector.http, collector.token, 'new-trouble')).ok);
    await pause(4000);
    fleet.quiet();
    assert.ok(await fleet.drain(60_000), `not acknowledged: ${JSON.stringify(fleet.totals())}`);

    const held = async () => (await collector.get<RestoredView>('/api/v1/collector/restored')).restored;
    await until(async () => ((await held())?.waiting ?? 0) >= 2, 20_000, 'both messages to wait');
    assert.equal(heard, [], 'nothing is sent before a person says so');
    assert.is((await held())?.old, 1);
    assert.is((await collector.get<ChannelTrouble>('/api/v1/channels/trouble')).heldSince, (await held())?.at);
    const letGo = await fetch(`${collector.http}/api/v1/collector/restored`, {
      method: 'POST',
      headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ old: 'drop' }),
    });
    assert.is(letGo.status, 204);
    await until(() => heard.some((text) => text.includes('new-trouble')), 20_000, 'the new message');
    await pause(2000);
    assert.not(
      heard.some((text) => text.includes('old-trouble') && !text.includes('new-trouble')),
      'the old one is dropped',
    );

    await until(async () => countRows(fresh, 'watches') >= 2, 10_000, 'the run after the restore');
    const some = fleet.endpoints[0]?.credential.endpoint;
    const { timeline } = await collector.get<EndpointDetail>(`/api/v1/endpoints/${some}`);
    const between = timeline
      .filter(({ to: end }) => end > madeAt)
      .map((part) => ({ ...part, from: Math.max(part.from, madeAt), to: Math.min(part.to, startedAt) }));
    assert.is(lengthOf(between, 'down'), 0, JSON.stringify(between));
    collector.child.kill('SIGTERM');
    await collector.ended;

    const stored = await openStored(fresh);
    const sum = { generated: 0, kept: 0, twice: 0 };
    for (const { credential, epoch, generated, reports } of fleet.endpoints) {
      const { through, also } = stored.receipt(credential.endpoint, epoch);
      const kept = through + also.reduce((all, [first, last]) => all + last - first + 1, 0);
      const samples = await stored.reports(credential.endpoint, from - 500, Date.now() + 500);
      sum.generated += generated;
      sum.kept += kept;
      sum.twice += Math.max(0, samples - reports, samples - kept);
    }
    await stored.close();
    // What was acknowledged after the backup, and no more: five reports per second and endpoint.
    const lost = sum.generated - sum.kept;
    const most = endpoints * 5 * ((killedAt - madeAt) / 1000 + 2);
    assert.is(sum.twice, 0);
    assert.ok(lost > 0 && lost <= most, `${lost} lost, at most ${most}`);
    console.log(
      `\nFIGURE restore: ${sum.generated} reports generated, ${sum.kept} there after the restore, ${lost} of the ${killedAt - madeAt} ms since the backup missing, 0 twice`,
    );
  } finally {
    await fleet.stop();
    receiver.close();
    collector.child.kill('SIGKILL');
    await collector.ended;
    folder.remove();
  }
});

test.run();
