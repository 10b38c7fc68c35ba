/** A whole collector watches a real server: it answers, it is stopped, it comes back; and who may do what with it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert } from '../../../shared/api.ts';
import type { ServiceDetail, ServiceRow, TargetDetail, TargetRow, TargetTrial } from '../../../shared/target-api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/until.ts';

const test = suite('targets of the collector');

const settings = 'targets: { allow: [internet, 127.0.0.1] }\n';

async function open(port = 0): Promise<Server & { port: number }> {
  const server = createServer((request, answer) => {
    assert.is(request.headers['user-agent'], 'evenkeel');
    answer.end('fine');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const website = (port: number, more: object = {}) => ({
  ...{ name: 'Website', kind: 'http', settings: { url: `http://127.0.0.1:${port}/`, contains: 'fine' } },
  ...{ intervalS: 10, timeoutS: 2, ...more },
});

const add = async (collector: InProcess, body: object): Promise<TargetRow> => {
  const { status, text, body: row } = await collector.call('/api/v1/targets', { method: 'POST', body, as: 'operator' });
  assert.is(status, 201, text);
  return row;
};
const rowNow = async (collector: InProcess, id: string): Promise<TargetRow> => {
  const { body } = await collector.call(`/api/v1/targets/${id}`, { as: 'viewer' });
  return (body as TargetDetail).row;
};
const alertsNow = async (collector: InProcess): Promise<Alert[]> => {
  const { body } = await collector.call('/api/v1/alerts', { as: 'viewer' });
  return (body as { items: Alert[] }).items;
};

test('a website: up, stopped, one alert within two intervals, back', async () => {
  await using collector = await openCollector({ settings });
  let server = await open();
  const { id, state } = await add(collector, website(server.port, { site: 'Berlin' }));
  assert.is(state, 'never');
  await until(async () => (await rowNow(collector, id)).state === 'up', 8000, 'the first look');
  const { sights } = await rowNow(collector, id);
  assert.equal(
    sights.map(({ watcher, vote, result }) => [watcher.name, vote, result]),
    [['collector', 'up', 'ok']],
  );
  const stoppedAt = performance.now();
  await close(server);
  await until(async () => (await alertsNow(collector)).some((one) => one.state === 'firing'), 20_000, 'the alert');
  assert.ok(performance.now() - stoppedAt < 20_000);
  const [alert, ...others] = await alertsNow(collector);
  assert.equal(others, []);
  assert.is(alert?.rule.id, 'target-down');
  assert.is(alert?.severity, 'critical');
  assert.equal(alert?.endpoint, { id, name: 'Website' });
  assert.is((await rowNow(collector, id)).sights[0]?.result, 'refused');
  server = await open(server.port);
  await until(async () => (await alertsNow(collector))[0]?.state === 'resolved', 15_000, 'the end of the alert');
  const { body } = await collector.call(`/api/v1/targets/${id}`, { as: 'viewer' });
  const {
    changes,
    record: { month, outages },
  } = body as TargetDetail;
  assert.equal(
    changes.map((one) => one.state),
    ['up', 'down', 'up'],
  );
  assert.ok(month.percent !== null && month.percent > 0 && month.percent < 100, String(month.percent));
  assert.is(month.outages, 1);
  assert.equal(
    outages.map(({ downMs, alert: of, finding }) => [downMs, of, finding?.of === 'target' && finding.result]),
    [[month.downMs, alert?.id, 'refused']],
  );
  await close(server);
});

test('it is tried before it is kept; a target of the own network must be allowed', async () => {
  await using collector = await openCollector({ settings });
  const server = await open();
  const tryOut = async (body: object): Promise<TargetTrial> => {
    const {
      status,
      text,
      body: trial,
    } = await collector.call('/api/v1/targets/try', { method: 'POST', body, as: 'operator' });
    assert.is(status, 200, text);
    return trial;
  };
  const { kind, settings: own } = website(server.port);
  assert.is((await tryOut({ kind, settings: own, timeoutS: 2 })).result, 'ok');
  const wrong = await tryOut({ kind, settings: { ...own, contains: 'Welcome' }, timeoutS: 2 });
  assert.is(wrong.result, 'words_missing');
  assert.is(wrong.fields.status_code, 200);
  const inside = await tryOut({ kind: 'tcp', settings: { host: '10.1.2.3', port: 80 }, timeoutS: 2 });
  assert.is(inside.result, 'not_allowed');
  assert.match(inside.detail ?? '', /targets\.allow/);
  const never = await tryOut({ kind: 'tcp', settings: { host: '169.254.169.254', port: 80 }, timeoutS: 2 });
  assert.match(never.detail ?? '', /no setting opens it/);
  // What nobody may look at is not waited for.
  const { id } = await add(collector, { name: 'Inside', kind: 'tcp', settings: { host: '10.1.2.3', port: 80 } });
  await until(async () => (await rowNow(collector, id)).state === 'unknown', 8000, 'that it may not be looked at');
  await close(server);
});

test('secrets are write-only: not answered, not in the audit log; left out they stay', async () => {
  await using collector = await openCollector({ settings });
  const secret = 'very-secret-community';
  const target = { name: 'Switch', kind: 'snmp', settings: { host: '127.0.0.1', port: 9, community: secret } };
  const made = await add(collector, target);
  assert.equal(made.secretsSet, ['community']);
  const kept = async () =>
    (await collector.state.selectFrom('targets').select('secrets').executeTakeFirstOrThrow()).secrets;
  assert.match(await kept(), secret);
  const change = { settings: { host: '127.0.0.1', port: 9, interfaces: true } };
  const changed = await collector.call(`/api/v1/targets/${made.id}`, { method: 'PATCH', body: change, as: 'operator' });
  assert.is(changed.status, 200, changed.text);
  assert.match(await kept(), secret);
  for (const path of ['/api/v1/targets', `/api/v1/targets/${made.id}`, '/api/v1/audit']) {
    const { status, text } = await collector.call(path, { as: 'admin' });
    assert.is(status, 200);
    assert.not.match(text, secret, path);
  }
  assert.not.match(JSON.stringify(collector.logged), secret);
});

test('bad input is refused with the field and what to do', async () => {
  await using collector = await openCollector({ settings });
  const refused = async (body: object, words: RegExp) => {
    const { status, text } = await collector.call('/api/v1/targets', { method: 'POST', body, as: 'operator' });
    assert.is(status, 400, text);
    assert.match(text, words);
  };
  await refused(
    website(80, { settings: { url: 'ftp://files.example.org/' } }),
    /url.*ftp.*is not an http or https address/,
  );
  await refused(website(80, { settings: { url: 'http://a:b@example.org/' } }), /holds a user or a password/);
  await refused(
    website(80, { settings: { url: 'http://example.org/', colour: 'red' } }),
    /colour.*no setting of the kind http/,
  );
  await refused(website(80, { settings: {} }), /url is missing/);
  await refused(website(80, { timeoutS: 9 }), /timeout of 9 s is more than half of its interval of 10 s/);
  await refused(website(80, { watchers: ['nobody1234'] }), /"nobody1234\\" is no endpoint of the fleet/);
  await refused(website(80, { need: 2 }), /only 1 watch it/);
  await refused({ ...website(80), kind: 'gopher' }, /kind/);
  assert.equal((await collector.call('/api/v1/targets', { as: 'viewer' })).body as { items: unknown[] }, {
    ...{ items: [], next: null },
  });
});

test('targets of evenkeel.yaml are watched, and changed only there', async () => {
  const server = await open();
  const written = (name: string) =>
    `targets:\n  allow: [127.0.0.1]\n  list:\n    - { name: ${name}, kind: http, url: "http://127.0.0.1:${server.port}/", interval: 10s }\n`;
  const first = await openCollector({ settings: written('Shop') });
  const { items } = (await first.call('/api/v1/targets', { as: 'viewer' })).body as { items: TargetRow[] };
  assert.equal(
    items.map(({ name, origin, intervalS }) => [name, origin, intervalS]),
    [['Shop', 'file', 10]],
  );
  const id = items[0]?.id as string;
  await until(async () => (await rowNow(first, id)).state === 'up', 8000, 'the first look');
  const refused = await first.call(`/api/v1/targets/${id}`, {
    method: 'PATCH',
    body: { enabled: false },
    as: 'operator',
  });
  assert.is(refused.status, 409);
  assert.match(refused.text, /evenkeel.yaml/);
  await first.stop();
  await using again = await first.again(written('Store'));
  const now = (await again.call('/api/v1/targets', { as: 'viewer' })).body as { items: TargetRow[] };
  assert.equal(
    now.items.map(({ name }) => name),
    ['Store'],
  );
  await close(server);
});

test('a service is what its parts are', async () => {
  await using collector = await openCollector({ settings });
  const server = await open();
  const good = await add(collector, website(server.port));
  const bad = await add(
    collector,
    website(server.port, { name: 'Wrong', settings: { url: `http://127.0.0.1:${server.port}/`, contains: 'x' } }),
  );
  const make = async (body: object) => collector.call('/api/v1/services', { method: 'POST', body, as: 'operator' });
  const any = await make({ name: 'Any', parts: [good.id, bad.id], need: 1 });
  const all = await make({ name: 'All', parts: [good.id, bad.id] });
  assert.equal([any.status, all.status], [201, 201], any.text);
  const states = async () => {
    const { items } = (await collector.call('/api/v1/services', { as: 'viewer' })).body as { items: ServiceRow[] };
    return items.map((one) => `${one.name} ${one.state}`);
  };
  await until(async () => (await states()).join() === 'All down,Any up', 20_000, 'both states');
  const refused = await make({ name: 'Nothing', parts: ['nobody1234'] });
  assert.is(refused.status, 400);
  assert.match(refused.text, /neither an endpoint nor a target/);
  assert.match((await make({ name: 'Many', parts: [good.id], need: 2 })).text, /it has only 1/);
  assert.is((await make({ name: 'Any', parts: [good.id] })).status, 409);
  // Only of what is down, by its own name; the service that is down says it for the target that is a part of it.
  const said = async () =>
    (await alertsNow(collector)).map(({ rule, endpoint, state, severity }) => [
      rule.id,
      endpoint.name,
      state,
      severity,
    ]);
  const down = ['service-unavailable', 'All', 'firing', 'critical'];
  await until(async () => (await said()).some((one) => one.join() === down.join()), 10_000, 'the alert of the service');
  assert.not.ok((await said()).some(([, name]) => name === 'Any'));
  const ofPart = (await alertsNow(collector)).find(({ endpoint }) => endpoint.name === 'Wrong');
  assert.is(ofPart?.rule.id, 'target-down');
  const chart = await collector.call(`/api/v1/endpoints/${bad.id}/series?metric=target.down`, { as: 'viewer' });
  assert.is(chart.status, 200, 'the chart of an alert about a target');
  const { id } = (
    await collector.call('/api/v1/services', { as: 'viewer' }).then(({ body }) => body as { items: ServiceRow[] })
  ).items.find(({ name }) => name === 'All') as ServiceRow;
  const detail = async () => (await collector.call(`/api/v1/services/${id}`, { as: 'viewer' })).body as ServiceDetail;
  const { finding, record, partsDown } = await detail();
  assert.equal(
    finding.down.map(({ name, finding: seen }) => [name, seen?.result, seen?.expected]),
    [['Wrong', 'words_missing', 'x']],
  );
  const [outage, ...further] = record.outages;
  assert.equal(further, []);
  assert.equal([outage?.to, record.month.outages, record.year.outages], [null, 1, 1]);
  assert.is(outage?.downMs, record.month.downMs, 'the list adds up to the number');
  assert.is(outage?.finding?.of === 'service' && outage.finding.down[0]?.name, 'Wrong');
  assert.equal(
    partsDown.map(({ name, downMs }) => [name, downMs > 0 && downMs <= record.year.downMs]),
    [['Wrong', true]],
  );
  // Planned work on one of the parts: of the service that needs both, too; of the one that needs one, not.
  const soon = Date.now() + 3_600_000;
  const work = { scope: { of: 'endpoint', target: good.id }, reason: 'New disks', from: soon, to: soon + 3_600_000 };
  const planned = await collector.call('/api/v1/maintenance', { method: 'POST', body: work, as: 'operator' });
  assert.is(planned.status, 201, planned.text);
  const ahead = async () =>
    (await detail()).maintenance.map(({ reason, covers, isOut }) => [reason, covers.map(({ name }) => name), isOut]);
  assert.equal(await ahead(), [['New disks', ['Website'], true]]);
  await collector.call(`/api/v1/services/${id}`, { method: 'PATCH', body: { need: 1 }, as: 'operator' });
  assert.equal(await ahead(), [['New disks', ['Website'], false]]);
  await until(
    async () => (await said()).some(([rule, , state]) => rule === 'service-unavailable' && state === 'resolved'),
    10_000,
    'its end: one part is enough now',
  );
  await close(server);
});

test('switched off: its alerts end, its time counts as nothing, and services go on without it', async () => {
  await using collector = await openCollector({ settings });
  const server = await open();
  const good = await add(collector, website(server.port));
  const url = `http://127.0.0.1:${server.port}/`;
  const bad = await add(collector, website(server.port, { name: 'Wrong', settings: { url, contains: 'x' } }));
  const make = async (name: string, parts: string[]): Promise<string> => {
    const made = await collector.call('/api/v1/services', { method: 'POST', body: { name, parts }, as: 'operator' });
    return (made.body as ServiceRow).id;
  };
  const ids = [await make('All', [good.id, bad.id]), await make('Only', [bad.id])];
  const firing = async () =>
    (await alertsNow(collector))
      .filter(({ state }) => state === 'firing')
      .map(({ endpoint }) => endpoint.name)
      .sort()
      .join();
  await until(async () => (await firing()) === 'All,Only,Wrong', 30_000, 'all three alerts');
  const detail = async (id: string | undefined) =>
    (await collector.call(`/api/v1/services/${id}`, { as: 'viewer' })).body as ServiceDetail;
  const { down } = (await detail(ids[0])).finding;
  assert.ok((down[0]?.since ?? 0) > Date.now() - 60_000, 'since when the part is down');
  const enable = async (enabled: boolean): Promise<TargetRow> =>
    (await collector.call(`/api/v1/targets/${bad.id}`, { method: 'PATCH', body: { enabled }, as: 'operator' })).body;
  assert.is((await enable(false)).state, 'off');
  await until(async () => (await firing()) === '', 15_000, 'the end of all of them');
  const [all, only] = [await detail(ids[0]), await detail(ids[1])];
  assert.equal([all.state, all.finding.parts, all.finding.out, all.finding.need], ['up', 1, 1, 1]);
  assert.equal(
    all.parts.map(({ name, state }) => [name, state]),
    [
      ['Website', 'up'],
      ['Wrong', 'off'],
    ],
  );
  assert.equal([only.state, only.finding.parts, only.finding.down], ['unknown', 0, []]);
  const counted = async () => {
    const { body } = await collector.call(`/api/v1/targets/${bad.id}`, { as: 'viewer' });
    const { upMs, downMs, unknownMs } = (body as TargetDetail).record.month;
    return upMs + downMs + unknownMs;
  };
  const before = await counted();
  assert.ok(before > 0);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  assert.is(await counted(), before);
  assert.is((await enable(true)).state, 'never');
  await until(async () => (await rowNow(collector, bad.id)).state === 'down', 20_000, 'it is watched again');
  await close(server);
});

test('a target that is used is deleted only with what is made of it named, and taken out there', async () => {
  await using collector = await openCollector({ settings });
  const server = await open();
  const kept = await add(collector, website(server.port));
  const away = await add(collector, website(server.port, { name: 'Old' }));
  const send = (path: string, method: 'POST' | 'DELETE', body?: object) =>
    collector.call(path, { method, ...(body ? { body } : {}), as: 'operator' });
  await send('/api/v1/services', 'POST', { name: 'Shop', parts: [kept.id, away.id], need: 2 });
  await send('/api/v1/services', 'POST', { name: 'Alone', parts: [away.id] });
  const { body } = await collector.call(`/api/v1/targets/${away.id}`, { as: 'viewer' });
  assert.equal(
    (body as TargetDetail).uses.map(({ of, name }) => [of, name]),
    [
      ['service', 'Shop'],
      ['service', 'Alone'],
    ],
  );
  const refused = await send(`/api/v1/targets/${away.id}`, 'DELETE');
  assert.is(refused.status, 409);
  assert.match(refused.text, /Shop.*Alone.*takeOut=true/);
  assert.is((await rowNow(collector, away.id)).name, 'Old');
  assert.is((await send(`/api/v1/targets/${away.id}?takeOut=true`, 'DELETE')).status, 204);
  const services = (await collector.call('/api/v1/services', { as: 'viewer' })).body as { items: ServiceRow[] };
  assert.equal(
    services.items.map(({ name, need, parts }) => [name, need, parts.map((part) => part.kind)]),
    [
      ['Alone', null, ['gone']],
      ['Shop', 1, ['target']],
    ],
  );
  await close(server);
});

test('a target is in no list of machines', async () => {
  await using collector = await openCollector({ settings });
  const { id } = await add(collector, website(1));
  for (const path of ['/api/v1/endpoints', '/api/v1/endpoints/retired']) {
    const { text } = await collector.call(path, { as: 'admin' });
    assert.not.match(text, id, path);
  }
  assert.is((await collector.call(`/api/v1/endpoints/${id}`, { as: 'viewer' })).status, 404);
  const body = { name: 'Website', reason: 'wrong' };
  const erased = await collector.call(`/api/v1/endpoints/${id}/erase`, { method: 'POST', body, as: 'admin' });
  assert.ok(erased.status === 404 || erased.status === 403, String(erased.status));
});

test('a stored secret goes only to where it was stored for: neither a trial nor an edit sends it elsewhere', async () => {
  await using collector = await openCollector({ settings });
  const seen: string[] = [];
  const other = createServer((request, answer) => {
    seen.push(request.headers.authorization ?? 'none');
    answer.end('fine');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  const own = { url: 'http://127.0.0.1:9/', user: 'monitor' };
  const { id } = await add(collector, { ...website(9), settings: { ...own, password: 'h4nter2' }, enabled: false });
  const asked = (path: string, method: string, body: object) =>
    collector.call(`/api/v1/targets/${path}`, { method, body, as: 'operator' });
  const trial = (more: object) =>
    asked('try', 'POST', { id, kind: 'http', settings: { ...own, ...more }, timeoutS: 2 });
  for (const more of [{ url }, { url: 'https://127.0.0.1:9/' }, { verify: false }]) {
    for (const { status, text } of [await trial(more), await asked(id, 'PATCH', { settings: { ...own, ...more } })]) {
      assert.is(status, 400, text);
      assert.match(text, /a stored secret is not sent to another place; give password again/);
    }
  }
  assert.equal(seen, []);
  // At its own place it holds; and another place gets what is given for it, or nothing.
  assert.is((await trial({ url: 'http://127.0.0.1:9/below' })).status, 200);
  assert.is((await trial({ url, password: 'of this one' })).status, 200);
  assert.is((await trial({ url, password: '' })).status, 200);
  assert.equal(seen, [`Basic ${btoa('monitor:of this one')}`, `Basic ${btoa('monitor:')}`]);
  const switched = { name: 'Switch', kind: 'snmp', settings: { host: '127.0.0.1', community: 'h4nter3' } };
  const { id: ofSwitch } = await add(collector, switched);
  for (const more of [{ host: '127.0.0.2' }, { port: 1161 }])
    assert.is((await asked(ofSwitch, 'PATCH', { settings: { host: '127.0.0.1', ...more } })).status, 400);
  assert.is((await asked(ofSwitch, 'PATCH', { settings: { host: '127.0.0.1', port: 161 } })).status, 200);
  await close(other);
});

test.run();
