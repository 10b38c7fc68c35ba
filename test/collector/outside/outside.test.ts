/** Alerts of other monitoring: how they begin, get worse, end and survive; sent by Prometheus' own tool as well. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { alertmanagerJson } from '../../../collector/notify/channels/webhook.ts';
import { createCompletion } from '../../../collector/notify/complete.ts';
import { bodyText, headline } from '../../../collector/notify/notification-text.ts';
import type { AlertContext, AlertGroups, AlertNoise } from '../../../shared/alert-groups.ts';
import type { Alert, TicketDetail } from '../../../shared/api.ts';
import type { AlertAnswer } from '../../../shared/suppression.ts';
import { ticketTitle } from '../../../shared/words/names.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { insertEndpoint } from '../alerts/scene.ts';
import { notification } from '../notify/receiver.ts';

const test = suite('alerts from outside');
const run = promisify(execFile);
/** The tool writes the time of this machine: tests that move the clock come after it. */
let ahead = 0;
const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };
let collector: InProcess;

test.before(async () => {
  collector = await openCollector({ clock });
});
test.after(() => collector.close());

const disk = { alertname: 'DiskFull', severity: 'warning', instance: 'db-1:9100', device: '/dev/sda1' };

function webhook(status: 'firing' | 'resolved', labels: object, more: object = {}) {
  const alert = {
    status,
    labels,
    annotations: { summary: 'The disk is full.' },
    endsAt: '0001-01-01T00:00:00Z',
    ...more,
  };
  const body = { version: '4', groupKey: '{}', receiver: 'evenkeel', status, alerts: [alert] };
  return collector.call('/api/v1/alerts/webhook', { method: 'POST', as: 'operator', body });
}
const prometheus = (...alerts: object[]) =>
  collector.call('/api/v2/alerts', { method: 'POST', as: 'operator', body: alerts });

const rows = () =>
  collector.state
    .selectFrom('alerts')
    .select(['id', 'rule', 'state', 'severity', 'endpoint', 'tags', 'resolved_why'])
    .where('rule', 'like', 'outside%')
    .orderBy('pending_at')
    .execute();

const hasTool = spawnSync('which', ['amtool']).status === 0;
const why = 'amtool is not here (package prometheus-alertmanager)';
const withTool =
  hasTool || process.env.CI ? test : (name: string, _: unknown) => test.skip(`${name}: ${why}`, () => undefined);

/** As `amtool` says it, in JSON. */
async function amtool(...words: string[]): Promise<string> {
  const folder = temporaryFolder();
  const file = join(folder.path, 'http.yml');
  writeFileSync(file, `authorization: { credentials: ${collector.token('operator')} }\n`);
  const to = [`--alertmanager.url=${collector.started.addresses.http}`, `--http.config.file=${file}`, '--output=json'];
  try {
    return (await run('amtool', [...to, ...words])).stdout;
  } finally {
    folder.remove();
  }
}

test('what it says of itself is on its page, in messages and for amtool', async () => {
  const annotations = {
    ...{ summary: 'Postgres {{down}}', description: 'No answer on 5432.', runbook_url: 'https://wiki.example.org/pg' },
    note: 'x',
  };
  assert.is((await webhook('firing', { alertname: 'PgDown', job: 'pg' }, { annotations })).status, 200);
  const found = (await rows()).find(({ tags }) => tags.includes('PgDown'));
  const page = (await collector.call(`/api/v1/alerts/${found?.id}`, { as: 'viewer' })).body as {
    texts: object;
  };
  assert.equal(page.texts, {
    ...{ summary: 'Postgres {{{{down}}}}', description: 'No answer on 5432.', runbook: annotations.runbook_url },
  });
  const asked = await collector.call('/api/v2/alerts?filter=alertname%3D%22PgDown%22', { as: 'viewer' });
  const [answer] = asked.body as { annotations: object }[];
  assert.equal(answer?.annotations, annotations);
  const complete = createCompletion({ state: collector.state, clock, publicUrl: () => 'https://ek.example' });
  const row = { id: 'd1', channel: 'ops', ticket: null, recipient: null, alert: found?.id ?? '', named: null };
  const facts = { ...notification, rule: { id: 'outside-warning' } };
  const { said, runbook } = await complete({ ...row, user_name: null } as never, facts);
  assert.equal(
    [said, runbook],
    [{ summary: annotations.summary, description: annotations.description }, annotations.runbook_url],
  );
  await webhook('resolved', { alertname: 'PgDown', job: 'pg' }, { annotations });
});

test('messages name what is ill in the words of its sender, with its lines and its labels', async () => {
  const labels = { alertname: 'DbDown', instance: 'db1:9100' };
  const annotations = { summary: 'Database is down', description: 'No answer for 5 min.\r\nLook at\tdb1.' };
  await webhook('firing', { ...labels, severity: 'critical' }, { annotations });
  const found = (await rows()).find(({ tags }) => tags.includes('DbDown'));
  const complete = createCompletion({ state: collector.state, clock, publicUrl: () => 'https://ek.example' });
  const row = { id: 'd2', channel: 'ops', ticket: null, recipient: null, named: null, user_name: null };
  const place = { id: 'collector', name: 'collector', kind: 'collector', site: null };
  const rule = { id: 'outside-critical' };
  const seen = {
    rule,
    family: 'outside',
    endpoint: place,
    metric: 'outside.alert',
    tags: labels,
    value: null,
    unit: '',
  };
  const facts = { ...notification, ...seen, severity: 'critical' as const, threshold: null };
  const one = await complete({ ...row, alert: found?.id ?? '' } as never, facts);
  assert.is(headline(one, 'en'), 'Critical: DbDown db1:9100: Database is down');
  assert.match(bodyText(one, 'en'), /\nNo answer for 5 min\.\nLook at {2}db1\.\n/);
  assert.not.match(bodyText(one, 'en'), /u000|Endpoint: /);
  type Sent = { labels: Record<string, string>; annotations: Record<string, string>; generatorURL: string };
  const sentOf = (about: typeof one) => alertmanagerJson(about, 'ops', 'en') as { alerts: Sent[]; groupLabels: object };
  const sent = sentOf(one);
  assert.equal(sent.groupLabels, labels);
  assert.match(sent.alerts[0]?.annotations.description ?? '', /5 min\.\nLook at/);
  const member = { ...facts, alert: found?.id ?? '', key: 'k1', since: 1 };
  const other = { ...member, alert: 'a2', key: 'k2', tags: { alertname: 'Other' } };
  const list = [member, other] as never[];
  const members = { count: 2, endpoints: 1, names: ['collector'], list, resolvedCount: 0, resolved: [] };
  const { alerts } = sentOf(await complete({ ...row, alert: null } as never, { ...facts, tags: {}, members }));
  const shown = alerts.map(({ labels: { alertname, instance }, annotations: { summary }, generatorURL }) => {
    return [alertname, instance, summary, generatorURL];
  });
  assert.equal(shown, [
    ['DbDown', 'db1:9100', 'Critical: DbDown db1:9100: Database is down', `https://ek.example/alerts/${found?.id}`],
    ['Other', 'collector', 'Critical: Other', 'https://ek.example/alerts/a2'],
  ]);
  await webhook('resolved', labels);
});

withTool('amtool adds an alert, finds it, silences it and sees that', async () => {
  await amtool('alert', 'add', 'FromTheTool', 'severity=critical', 'job=made', '--annotation=summary=A test');
  const found = (await rows()).find(({ tags }) => tags.includes('FromTheTool'));
  assert.is(found?.severity, 'critical');
  const query = async () =>
    JSON.parse(await amtool('alert', 'query', '--silenced', '--active', 'alertname=FromTheTool'));
  const [alert] = await query();
  assert.is(alert.labels.job, 'made');
  assert.is(alert.status.state, 'active');
  assert.is(alert.annotations.summary, 'A test', 'as its sender says it');

  const added = await amtool('silence', 'add', '--comment=being mended', '--duration=2h', 'alertname=FromTheTool');
  const id = added.trim().replaceAll('"', '');
  const [silence] = JSON.parse(await amtool('silence', 'query', 'alertname=FromTheTool'));
  assert.is(silence.id, id);
  assert.is(silence.status.state, 'active');
  assert.is(silence.comment, 'being mended');
  assert.equal((await query())[0].status.silencedBy, [id]);

  await amtool('silence', 'expire', id);
  assert.is((await query())[0].status.state, 'active');
  const [over] = JSON.parse(await amtool('silence', 'query', '--expired', 'alertname=FromTheTool'));
  assert.is(over.status.state, 'expired');
});

withTool('amtool without a token is told what it lacks', async () => {
  const words = ['--alertmanager.url', collector.started.addresses.http, 'alert'];
  const { stderr } = await run('amtool', words).catch((thrown: { stderr: string }) => thrown);
  assert.match(stderr, /This needs a log-in\. .*with a token/);
});

const diskRows = async () => (await rows()).filter(({ tags }) => tags.includes('DiskFull'));

test('fires, gets worse as the same alert, and ends when its sender says so', async () => {
  assert.is((await webhook('firing', disk)).status, 200);
  const [first] = await diskRows();
  assert.is(first?.state, 'firing');
  assert.is(first?.severity, 'warning');
  assert.is(first?.endpoint, 'collector');
  assert.equal(JSON.parse(first?.tags ?? ''), { alertname: 'DiskFull', instance: 'db-1:9100', device: '/dev/sda1' });

  ahead += 60_000;
  await webhook('firing', { ...disk, severity: 'page' });
  const worse = await diskRows();
  assert.is(worse.length, 1);
  assert.is(worse[0]?.id, first?.id);
  assert.is(worse[0]?.severity, 'critical');

  ahead += 60_000;
  await webhook('resolved', disk);
  assert.is((await diskRows())[0]?.state, 'resolved');
});

test('a repeat that does not come ends it at the end that was named; one that comes does not', async () => {
  const at = (ms: number) => new Date(clock.now() + ms).toISOString();
  const labels = { alertname: 'Late', severity: 'critical' };
  await prometheus({ labels, startsAt: at(0), endsAt: at(240_000) });
  ahead += 200_000;
  await prometheus({ labels, startsAt: at(0), endsAt: at(240_000) });
  ahead += 200_000;
  await new Promise((done) => setTimeout(done, 5_500));
  const late = async () => (await rows()).find(({ tags }) => tags.includes('Late'));
  assert.is((await late())?.state, 'firing');
  ahead += 50_000;
  await until(async () => (await late())?.state === 'resolved', 15_000, 'the end of the late one');
});

test('its ticket is called as the alert is, weighs as a critical one of ours, and brings what came with it', async () => {
  const annotations = { summary: 'No answer', description: 'On 5432.', runbook_url: 'https://wiki.example.org/pg' };
  const more = { annotations, generatorURL: 'https://prometheus.example.org/graph?g0.expr=up' };
  const labels = { alertname: 'PgLost', severity: 'critical', job: 'pg', instance: 'db-x:5432' };
  assert.is((await webhook('firing', labels, more)).status, 200);
  // Its ticket opens after two minutes of firing, at the next of the ticks of each second.
  ahead += 150_000;
  const ticket = async () =>
    (await collector.state.selectFrom('tickets').selectAll().execute()).find(({ instance }) =>
      instance.includes('PgLost'),
    );
  await until(async () => (await ticket()) !== undefined, 10_000, 'a ticket');
  const { id } = (await ticket()) ?? { id: 0 };
  const detail = (await collector.call(`/api/v1/tickets/${id}`, { as: 'viewer' })).body as TicketDetail;
  assert.match(ticketTitle('en', detail.row), /^PgLost db-x:5432 – /);
  assert.match(ticketTitle('ja', detail.row), /^PgLost db-x:5432 – /);
  assert.is(detail.row.priority, 2);
  const { summary, description, runbook_url: runbook } = annotations;
  assert.equal(detail.said, { summary, description, runbook, url: more.generatorURL });
  const alert = (await collector.call(`/api/v1/alerts/${detail.alert?.id}`, { as: 'viewer' })).body as AlertAnswer;
  assert.is(alert.source, more.generatorURL);
  const { rule } = detail.alert as Alert;
  const facts = { ...notification, rule, tags: { alertname: 'PgLost', instance: 'db-x:5432' }, value: null };
  assert.is(headline(facts, 'en'), 'Critical: web-1 – PgLost db-x:5432');
  await webhook('resolved', labels);
});

test('is an alert of the endpoint that a label names, and waits for it as nothing else of it does', async () => {
  await insertEndpoint(collector.state, 'e1', 'server', null);
  await collector.stop();
  collector = await collector.again();
  await webhook('firing', { alertname: 'Probe', instance: 'E1-NAME.example.org:9100' });
  const found = (await rows()).find(({ tags }) => tags.includes('Probe'));
  assert.is(found?.endpoint, 'e1');
});

test('goes on after a restart, and ends then as before', async () => {
  await webhook('firing', { alertname: 'Kept', severity: 'critical' });
  await collector.stop();
  collector = await collector.again();
  const kept = async () => (await rows()).find(({ tags }) => tags.includes('Kept'));
  assert.is((await kept())?.state, 'firing');
  await webhook('resolved', { alertname: 'Kept' });
  assert.is((await kept())?.state, 'resolved');
});

test('what is no alert is refused in words, and nothing of it is taken', async () => {
  const before = (await rows()).length;
  const nameless = await webhook('firing', { severity: 'critical' });
  assert.is(nameless.status, 400);
  assert.match(nameless.text, /alertname/);
  assert.is((await webhook('firing', { ...disk, big: 'x'.repeat(5000) })).status, 400);
  assert.is((await collector.call('/api/v2/alerts', { method: 'POST', as: 'viewer', body: [] })).status, 403);
  assert.is((await rows()).length, before);
});

test('a faulty one does not take the others of its batch with it, and the answer names it', async () => {
  const good = { status: 'firing', labels: { alertname: 'GoodOne', n: '1' } };
  const faulty = [
    { status: 'firing', labels: { severity: 'critical' } },
    { status: 'on fire', labels: { alertname: 'A' } },
    { status: 'firing', labels: { alertname: 'B' }, startsAt: 'soon' },
    'no alert',
  ];
  const body = { version: '4', alerts: [faulty[0], good, ...faulty.slice(1)] };
  const { status, text } = await collector.call('/api/v1/alerts/webhook', { method: 'POST', as: 'operator', body });
  assert.is(status, 400);
  assert.match(text, /4 of 5 alerts not taken, 1 taken: alerts\.0\.labels must have an alertname/);
  for (const place of ['alerts.2.status', 'alerts.3.startsAt', 'alerts.4']) assert.ok(text.includes(place), place);
  const beside = await prometheus({ labels: { alertname: '' } }, { labels: { alertname: 'GoodTwo' } });
  assert.is(beside.status, 400);
  assert.match(beside.text, /1 of 2 alerts not taken, 1 taken: 0\.labels must have/);
  const names = (await rows()).map(({ tags }) => JSON.parse(tags).alertname);
  for (const name of ['GoodOne', 'GoodTwo']) assert.ok(names.includes(name), name);
  for (const name of ['A', 'B']) assert.not(names.includes(name), name);
});

test('it began and ended when its sender says, where that can be', async () => {
  const minute = 60_000;
  const iso = (at: number) => new Date(at).toISOString();
  const named = async (name: string) => {
    const found = collector.state
      .selectFrom('alerts')
      .select(['fired_at', 'resolved_at'])
      .orderBy('updated_at', 'desc');
    return (await found.where('tags', 'like', `%${name}%`).execute())[0];
  };
  const now = clock.now();
  const labels = { alertname: 'Told' };
  await webhook('firing', labels, { startsAt: iso(now - 9 * minute) });
  assert.is((await named('Told'))?.fired_at, now - 9 * minute);
  await webhook('resolved', labels, { startsAt: iso(now - 9 * minute), endsAt: iso(now - 2 * minute) });
  assert.is((await named('Told'))?.resolved_at, now - 2 * minute);
  // Sent again with its first start: what was over in between stays so.
  await webhook('firing', labels, { startsAt: iso(now - 9 * minute) });
  assert.is((await named('Told'))?.fired_at, now - 2 * minute);
  await webhook('resolved', labels, { endsAt: iso(now - 60 * minute) });
  assert.is((await named('Told'))?.resolved_at, now - 2 * minute, 'not before it began');
  for (const [name, startsAt] of [
    ['Ahead', iso(now + 60 * minute)],
    ['Ancient', '1970-01-01T00:00:00Z'],
    ['Unset', '0001-01-01T00:00:00Z'],
  ] as const) {
    await webhook('firing', { alertname: name }, { startsAt });
    const firedAt = (await named(name))?.fired_at ?? 0;
    assert.ok(firedAt >= now && firedAt < now + minute, `${name}: when it came`);
    await webhook('resolved', { alertname: name }, { endsAt: iso(now + 60 * minute) });
    assert.ok(((await named(name))?.resolved_at ?? Infinity) < now + minute, name);
  }
});

test('more than people can look at are refused as a whole', async () => {
  const many = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({ labels: { alertname: 'Flood', n: String(from + n) } }));
  for (let from = 0; from < 1500; from += 500) assert.is((await prometheus(...many(from, 500))).status, 200);
  const beyond = await prometheus(...many(1500, 500));
  assert.is(beyond.status, 503);
  assert.match(beyond.text, /at most 2000/);
  const over = many(0, 500).map((alert) => ({ ...alert, endsAt: new Date(clock.now() - 1000).toISOString() }));
  assert.is((await prometheus(...over)).status, 200);
  assert.is((await prometheus(...many(1500, 400))).status, 200);
});

test('text from outside stays text, on one line and of bounded length', async () => {
  await webhook('firing', { alertname: 'Ba\u202ed\n\u0007', note: `<img src=x onerror=alert(1)>${'y'.repeat(2000)}` });
  const found = (await rows()).map(({ tags }) => JSON.parse(tags) as Record<string, string>);
  const bad = found.find(({ note }) => note?.startsWith('<img'));
  assert.ok((bad?.note?.length ?? 0) <= 200);
  assert.equal(
    [...(bad?.alertname ?? '')].filter((one) => '\n\u0007\u202e'.includes(one)),
    [],
  );
});

test('a token for alerts opens this and nothing else', async () => {
  const made = await collector.call('/api/v1/tokens', {
    method: 'POST',
    as: 'admin',
    body: { name: 'prometheus', role: 'operator', days: 30, onlyFor: 'alerts' },
  });
  assert.is(made.status, 201);
  const headers = { authorization: `Bearer ${(made.body as { secret: string }).secret}` };
  const sent = await collector.call('/api/v2/alerts', { method: 'POST', headers, body: [{ labels: disk }] });
  assert.is(sent.status, 200);
  assert.is((await collector.call('/api/v1/alerts', { headers })).status, 403);
});

test('a silence in Alertmanager’s form is changed, or followed by another where it is about others', async () => {
  const silence = (more: object) => ({
    matchers: [{ name: 'site', value: 'Osaka', isRegex: false, isEqual: true }],
    ...{ startsAt: new Date(clock.now()).toISOString(), endsAt: new Date(clock.now() + 3_600_000).toISOString() },
    ...{ comment: 'Work', createdBy: 'somebody else', ...more },
  });
  const send = async (body: object) => {
    const answer = await collector.call('/api/v2/silences', { method: 'POST', as: 'operator', body });
    assert.is(answer.status, 200, answer.text);
    return (answer.body as { silenceID: string }).silenceID;
  };
  const get = async (id: string) =>
    (await collector.call(`/api/v2/silence/${id}`, { as: 'viewer' })).body as {
      endsAt: string;
      createdBy: string;
      status: { state: string };
      matchers: { isRegex: boolean; isEqual: boolean }[];
    };
  const id = await send(silence({}));
  assert.is((await get(id)).createdBy, 'a operator');
  const later = new Date(clock.now() + 7_200_000).toISOString();
  assert.is(await send(silence({ id, endsAt: later })), id);
  assert.is((await get(id)).endsAt, later);
  const other = await send(
    silence({
      id,
      matchers: [
        { name: 'site', value: 'Os.*', isRegex: true, isEqual: false },
        { name: 'kind', value: 'server', isRegex: false },
      ],
    }),
  );
  assert.is.not(other, id);
  assert.is((await get(id)).status.state, 'expired');
  assert.equal((await get(other)).matchers[0], { name: 'site', value: 'Os.*', isRegex: true, isEqual: false } as never);
  const all = await collector.call('/api/v2/silences', {
    method: 'POST',
    as: 'operator',
    body: silence({ matchers: [{ name: 'site', value: '.*', isRegex: true }] }),
  });
  assert.is(all.status, 400, all.text);
});

test('lists and noise tell alerts apart by the names that other monitoring gives them, whatever their level', async () => {
  const sent = [
    { labels: { alertname: 'SlowLogin', severity: 'warning', shop: 'a' }, annotations: { summary: 'p99 over 2 s.' } },
    { labels: { alertname: 'SlowLogin', severity: 'critical', shop: 'b' }, annotations: {} },
    { labels: { alertname: 'Slow"Login\\%é😀', severity: 'critical' }, annotations: {} },
  ];
  assert.is((await prometheus(...sent)).status, 200);
  const read = async <T>(path: string) => (await collector.call(`/api/v1/${path}`, { as: 'viewer' })).body as T;
  const { groups } = await read<AlertGroups>('alerts/groups');
  const names = (some: readonly Alert[]) => some.map(({ tags }) => tags.alertname);
  const shown = groups.filter(({ alerts }) => names(alerts).join().includes('Login'));
  assert.equal(
    shown.map(({ rule, severity, alerts }) => [rule.id, severity, names(alerts)]).sort(),
    [
      ['outside', 'critical', ['Slow"Login\\%é😀']],
      ['outside', 'critical', ['SlowLogin', 'SlowLogin']],
    ].sort(),
  );
  const told = shown.flatMap(({ alerts }) => alerts).find(({ tags }) => tags.shop === 'a');
  assert.is(told?.summary, 'p99 over 2 s.');
  const noise = await read<AlertNoise>('alerts/noise');
  for (const alertname of ['SlowLogin', 'Slow"Login\\%é😀']) {
    const rows = noise.rules.filter((row) => row.alertname === alertname);
    assert.equal(
      rows.map(({ rule, fired }) => [rule.id, fired]),
      [['outside', alertname === 'SlowLogin' ? 2 : 1]],
    );
    const list = await read<{ items: Alert[] }>(
      `alerts?${new URLSearchParams({ rule: 'outside', alertname, fired: String(noise.from) })}`,
    );
    assert.equal(new Set(names(list.items)), new Set([alertname]));
    assert.is(list.items.length, rows[0]?.fired, alertname);
  }
  // Neither updates nor usual ranges: it is about no machine.
  assert.is((await read<AlertContext>(`alerts/${told?.id}/context`)).isMachine, false);
  await insertEndpoint(collector.state, 'shop-1', 'server', null);
  await collector.state
    .updateTable('alerts')
    .set({ endpoint: 'shop-1' })
    .where('id', '=', told?.id ?? '')
    .execute();
  assert.is((await read<AlertContext>(`alerts/${told?.id}/context`)).isMachine, true);
});

test('one that has not begun is changed as a whole, and stays planned', async () => {
  const at = (hours: number) => new Date(clock.now() + hours * 3_600_000).toISOString();
  const silence = (site: string, from: number, more: object = {}) => ({
    matchers: [{ name: 'site', value: site, isRegex: false, isEqual: true }],
    ...{ startsAt: at(from), endsAt: at(48), comment: 'Work', createdBy: 'x', ...more },
  });
  const send = async (body: object) =>
    ((await collector.call('/api/v2/silences', { method: 'POST', as: 'operator', body })).body as { silenceID: string })
      .silenceID;
  const get = async (id: string) =>
    (await collector.call(`/api/v2/silence/${id}`, { as: 'viewer' })).body as {
      startsAt: string;
      status: { state: string };
      matchers: { value: string }[];
    };
  const id = await send(silence('Osaka', 24));
  const start = at(30);
  assert.is(await send({ ...silence('Berlin', 0, { id }), startsAt: start }), id);
  const after = await get(id);
  assert.equal([after.startsAt, after.status.state, after.matchers[0]?.value], [start, 'pending', 'Berlin']);
});

test('an instant without a zone is refused: it would be read in that of the machine', async () => {
  const labels = { alertname: 'NoZone' };
  const sent = (endsAt: string) =>
    collector.call('/api/v2/alerts', { method: 'POST', as: 'operator', body: [{ labels, endsAt }] });
  for (const endsAt of ['2026-11-28T14:00:00', '2026-11-28', 'soon', '28 Nov 2026 14:00 GMT']) {
    const { status, text } = await sent(endsAt);
    assert.is(status, 400, endsAt);
    assert.match(text, /an instant in ISO 8601 with its zone/);
  }
  for (const endsAt of ['2026-11-28T14:00:00Z', '2026-11-28T14:00:00.123456789+01:00', '0001-01-01T00:00:00Z'])
    assert.is((await sent(endsAt)).status, 200, endsAt);
});

test.run();
