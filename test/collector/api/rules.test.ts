/** Rules over HTTP: said for a scope, refused with the place of each fault, kept, and followed by alerts at once. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointRow, RuleEntry, RulePreview, RuleVersion } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import type { Metric } from '../../../shared/report.ts';
import { bucketOf, topicOf } from '../../../shared/topics.ts';
import { metricsAt } from '../../simulate/fast.ts';
import { makeMachine } from '../../simulate/machine.ts';
import { createRandom, hex, pick } from '../../simulate/random.ts';
import { openWire } from '../../simulate/wire.ts';
import { type Answer, type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/processes.ts';

const test = suite('rules');
const settings = `rules:
  - { id: cpu, for_s: 120 }
  - { id: load, scope: { group: web }, enabled: false }
  - { id: disk-space, scope: { site: OSAKA }, for_s: 300 }
`;
let collector: InProcess;

test.before(async () => {
  collector = await openCollector({ settings });
});
test.after(() => collector.close());

const call = (path: string, method = 'GET', body?: unknown, as: CallOptions['as'] = 'admin'): Promise<Answer> =>
  collector.call(`/api/v1/${path}`, { method, as, ...(body === undefined ? {} : { body }) });

async function ok<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await call(path, method, body);
  assert.ok(answer.status < 300, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`);
  return answer.body as T;
}

interface Refusal {
  code: string;
  message: string;
  hint: string;
  faults?: { at: string; problem: string }[];
}

async function refused(status: number, code: string, path: string, method: string, body?: unknown): Promise<Refusal> {
  const answer = await call(path, method, body);
  assert.is(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`);
  const refusal = answer.body as Refusal;
  assert.is(refusal.code, code, refusal.message);
  assert.ok(refusal.hint.length > 10);
  return refusal;
}

type Scope = RuleEntry['scope'];
const reason = 'as the test wants it';
const everywhere: Scope = { of: 'all', target: '' };
const list = async () => (await ok<{ items: RuleEntry[] }>('rules')).items;
const entry = async (id: string, scope: Scope = everywhere) =>
  (await list()).find((one) => one.rule.id === id && one.scope.of === scope.of && one.scope.target === scope.target);
const put = (id: string, parts: object, scope: Scope = everywhere) =>
  ok<{ items: RuleEntry[] }>(`rules/${id}`, 'PUT', { scope, parts, reason });
const reset = (id: string, scope: Scope = everywhere) => ok(`rules/${id}`, 'DELETE', { scope, reason });
const history = async (id: string) => (await ok<{ items: RuleVersion[] }>(`rules/${id}/history`)).items;
const held = async (endpoint: string, id: string) => {
  type Held = { entry: RuleEntry; gaveWay: RuleEntry[] };
  return (await ok<{ items: Held[] }>(`endpoints/${endpoint}/rules`)).items.find(
    ({ entry: one }) => one.rule.id === id,
  );
};

/** Two disks conditions with other limits, as the page sends them. */
const diskOver = (percent: number, freeGiB = 20_000, clear = percent - 3) => ({
  when: {
    kind: 'threshold',
    measurement: 'disk',
    all: [
      { field: 'used_percent', op: '>=', value: percent, clear },
      { field: 'free', op: '<', value: freeGiB * 1024 ** 3 },
    ],
  },
});

let machines = 0;
interface Machine {
  id: string;
  send(metrics: Metric[]): Promise<void>;
  /** Reports how full its disk is. */
  say(usedPercent: number): Promise<void>;
  end(): void;
}

/** A machine that speaks the real wire. */
async function enrol(edit: object = {}, kind = 'server', to = collector): Promise<Machine> {
  const post = async <T>(path: string, body: unknown) =>
    (await to.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body })).body as T;
  const { code } = await post<{ code: string }>('enrollments', {});
  const about = { platform: 'linux', arch: 'x64', kind, kind_why: 'test', version: '0.1.0' };
  const body = { code: decodeJoinCode(code).secret, hostname: `box-${++machines}`, ...about };
  const {
    endpoint: id,
    secret,
    mqtt,
  } = await post<{ endpoint: string; secret: string; mqtt: { url: string } }>('enroll', body);
  if (Object.keys(edit).length > 0)
    await to.call(`/api/v1/endpoints/${id}`, { method: 'PATCH', as: 'admin', body: edit });
  const { hostname: host, port } = new URL(mqtt.url);
  const wire = openWire({ host, port: Number(port), clientId: id, password: secret });
  await wire.connected;
  const address = { bucket: bucketOf(id), endpoint: id };
  const epoch = hex(createRandom(machines), 32);
  let seq = 0;
  async function send(metrics: Metric[]): Promise<void> {
    const at = Date.now();
    const now = metrics.map((metric) => ({ ...metric, timestamp: at }));
    const report = { v: 1, epoch, seq: ++seq, at, interval_s: 10, metrics: now };
    await wire.publish(topicOf(address, 'report'), JSON.stringify(report), { qos: 1 });
  }
  return {
    id,
    send,
    say: (usedPercent) =>
      send([
        {
          name: 'disk',
          tags: { path: '/', device: 'sda1' },
          fields: { used_percent: usedPercent, free: 1024 ** 3 },
          timestamp: 0,
        },
      ]),
    end: () => wire.end(),
  };
}

test('a change is in force at once, is kept with author, reason and difference, and can be taken back', async () => {
  const before = await entry('swap');
  assert.equal([before?.owner, before?.changedBy], ['built-in', null]);
  const { items } = await put('swap', { for_s: 600, ticket: 'off' });
  assert.equal(
    items.map(({ rule, owner, changedBy }) => [rule.for_s, rule.ticket, rule.urgency, owner, changedBy]),
    [[600, 'off', before?.rule.urgency, 'people', 'a admin']],
  );
  await put('swap', { for_s: 1200 });
  await reset('swap');
  assert.equal(await entry('swap'), before);
  const told = (await history('swap')).map(({ by, reason: why, before: old, after }) => [by, why, old, after]);
  assert.equal(told, [
    ['a admin', reason, { for_s: 1200 }, { for_s: 900 }],
    ['a admin', reason, { for_s: 600, ticket: 'off' }, { for_s: 1200, ticket: 'open' }],
    ['a admin', reason, { for_s: 900, ticket: 'open' }, { for_s: 600, ticket: 'off' }],
  ]);
  await refused(404, 'NOT_FOUND', 'rules/swap', 'DELETE', { reason });
});

test('only admins change rules; everybody sees them and why', async () => {
  const { id } = await enrol();
  for (const as of ['viewer', 'operator', 'manager'] as const) {
    for (const path of ['rules', 'rules/cpu/history', `endpoints/${id}/rules`])
      assert.is((await call(path, 'GET', undefined, as)).status, 200, `${as} ${path}`);
    const changes = [{ rule: 'swap', parts: { for_s: 1 } }];
    for (const [path, method, body] of [
      ['rules/swap', 'PUT', { parts: { for_s: 1 }, reason }],
      ['rules/swap', 'DELETE', { reason }],
      ['rules/changes', 'POST', { changes, reason }],
      ['rules/preview', 'POST', { changes }],
    ] as const)
      assert.is((await call(path, method, body, as)).status, 403, `${as} ${method} ${path}`);
  }
});

test('each fault is reported at its place, and nothing is applied', async () => {
  const before = JSON.stringify(await list());
  const bad: [string, object, string, RegExp][] = [
    ['swap', { fors: 1 }, 'swap.fors', /unknown key "fors"/],
    ['swap', { for_s: 'long' }, 'swap.for_s', /must be a number/],
    ['swap', { for_s: -1 }, 'swap.for_s', /must be a number from 0/],
    ['swap', { for_s: null }, 'swap.for_s', /must be a number/],
    ['swap', { severity: 'fatal' }, 'swap.severity', /info, warning, critical/],
    ['swap', { urgency: 4 }, 'swap.urgency', /1 to 3/],
    ['swap', { enabled: 'yes' }, 'swap.enabled', /true or false/],
    ['swap', { scope: { of: 'all' } }, 'swap.scope', /unknown key/],
    ['swap', { level_of: 'disk-space' }, 'swap.level_of', /another measurement/],
    ['swap', { level_of: 'disk-space-critical' }, 'swap.level_of', /name the mildest/],
    ['swap', { level_of: 'nothing' }, 'swap.level_of', /no rule/],
    ['disk-space', diskOver(90, 20, 92), 'disk-space.when.all.0.clear', /wrong side of the limit 90/],
    ['disk-space', diskOver(97), 'disk-space.when.all.0.value', /before disk-space at 97/],
    ['disk-space-critical', diskOver(80), 'disk-space-critical.when.all.0.value', /before disk-space at 90/],
    ['disk-space-critical', { severity: 'info' }, 'disk-space-critical.severity', /not worse/],
    ['brand-new', { for_s: 60 }, 'brand-new.id', /no rule that we know/],
  ];
  for (const [id, parts, at, problem] of bad) {
    const { faults, message } = await refused(400, 'BAD_RULE', `rules/${id}`, 'PUT', { parts, reason });
    const fault = faults?.find((one) => one.at === at);
    assert.match(fault?.problem ?? `no fault at ${at} in ${message}`, problem);
  }
  const metric = (measurement: string, field: string) => ({
    name: 'Mine',
    when: { kind: 'threshold', measurement, all: [{ field, op: '>', value: 1 }] },
  });
  const unknown = await refused(400, 'BAD_RULE', 'rules/mine', 'PUT', { parts: metric('dsk', 'used_percent'), reason });
  assert.match(unknown.message, /mine\.when\.measurement "dsk" is not measured; did you mean "disk"\?/);
  const field = await refused(400, 'BAD_RULE', 'rules/mine', 'PUT', { parts: metric('disk', 'used_percnt'), reason });
  assert.match(field.message, /mine\.when\.all\.0\.field .*did you mean "used_percent"\?/);
  // Of two, the good one is not applied either.
  const two = [
    { rule: 'disk-space', parts: diskOver(85) },
    { rule: 'disk-space-critical', parts: diskOver(84) },
  ];
  await refused(400, 'BAD_RULE', 'rules/changes', 'POST', { changes: two, reason });
  assert.is(JSON.stringify(await list()), before);
});

test('a reason is required, and a body of any other shape is refused', async () => {
  const parts = { for_s: 60 };
  for (const body of [
    { parts },
    { parts, reason: '' },
    { parts, reason: '   ' },
    { parts, reason: 'x'.repeat(501) },
    { parts: 7, reason },
    { parts, reason, owner: 'file' },
    { parts, reason, scope: { of: 'planet', target: 'x' } },
    { parts, reason, scope: { of: 'site', target: '' } },
    { parts, reason, scope: { of: 'all', target: 'x' } },
    { parts, reason, scope: { of: 'kind', target: 'printer' } },
  ])
    await refused(400, 'BAD_REQUEST', 'rules/swap', 'PUT', body);
  await refused(400, 'BAD_REQUEST', 'rules/swap', 'DELETE', {});
  await refused(400, 'BAD_REQUEST', 'rules/NOT-AN-ID', 'PUT', { parts, reason });
  const twice = [
    { rule: 'swap', parts },
    { rule: 'swap', parts: null },
  ];
  await refused(400, 'BAD_REQUEST', 'rules/changes', 'POST', { changes: twice, reason });
  await refused(400, 'BAD_REQUEST', 'rules/changes', 'POST', { changes: [], reason });
  assert.is((await entry('swap'))?.owner, 'built-in');
});

test('a scope must reach something that is there', async () => {
  for (const [of, target] of [
    ['site', 'Berln'],
    ['group', 'nobody'],
    ['tag', 'nothing'],
    ['endpoint', 'enobody'],
  ] as const) {
    const body = { scope: { of, target }, parts: { for_s: 1 }, reason };
    const { message } = await refused(404, 'NOT_FOUND', 'rules/swap', 'PUT', body);
    assert.match(message, target);
  }
});

test('what evenkeel.yaml says is read-only, everywhere and within a scope, and is listed as its own', async () => {
  const group = await ok<{ id: string }>('groups', 'POST', { name: 'Web' });
  const { id } = await enrol({ site: 'Osaka', groups: [group.id] });
  assert.equal([(await entry('cpu'))?.owner, (await entry('cpu'))?.rule.for_s], ['file', 120]);
  const here = { of: 'site', target: 'OSAKA' } as const;
  assert.equal(
    [(await entry('disk-space', here))?.owner, (await held(id, 'disk-space'))?.entry.rule.for_s],
    ['file', 300],
  );
  assert.equal((await held(id, 'load'))?.entry.rule.enabled, false);
  const { message } = await refused(409, 'RULE_IN_FILE', 'rules/cpu', 'PUT', { parts: { for_s: 1 }, reason });
  assert.match(message, /evenkeel\.yaml/);
  await refused(409, 'RULE_IN_FILE', 'rules/cpu', 'DELETE', { reason });
  // However the file and the caller spell it.
  for (const [rule, of, target] of [
    ['disk-space', 'site', 'Osaka'],
    ['disk-space', 'site', 'osaka '],
    ['load', 'group', group.id],
    ['load', 'group', 'ＷＥＢ'],
  ])
    await refused(409, 'RULE_IN_FILE', `rules/${rule}`, 'PUT', { scope: { of, target }, parts: { for_s: 1 }, reason });
  // Elsewhere people may differ from it; what the file says of a scope stands over what people say everywhere.
  await put('cpu', { for_s: 5 }, { of: 'endpoint', target: id });
  assert.is((await held(id, 'cpu'))?.entry.rule.for_s, 5);
  await put('disk-space', { clear_for_s: 30 });
  const { for_s, clear_for_s } = (await held(id, 'disk-space'))?.entry.rule ?? {};
  assert.equal([for_s, clear_for_s], [300, 30]);
  await reset('cpu', { of: 'endpoint', target: id });
  await reset('disk-space');
});

test('the most specific scope wins, whatever is said in whatever order, and the others are named', async () => {
  const order = ['endpoint', 'tag', 'group', 'site', 'kind', 'all'] as const;
  const random = createRandom(7);
  const group = await ok<{ id: string }>('groups', 'POST', { name: 'Ranked' });
  const { id } = await enrol({ site: 'Ranked', tags: ['ranked'], groups: [group.id] });
  const other = await enrol({}, 'workstation');
  const targets = { endpoint: id, tag: 'ranked', group: group.id, site: 'Ranked', kind: 'server', all: '' };
  const said = new Map<(typeof order)[number], number>();
  for (let step = 1; step <= 60; step++) {
    const of = pick(random, order);
    const scope = { of, target: targets[of] };
    if (said.has(of) && random() < 0.5) {
      await reset('clock', scope);
      said.delete(of);
    } else {
      await put('clock', { for_s: step }, scope);
      said.set(of, step);
    }
    const expected = order.filter((one) => said.has(one) || one === 'all');
    const found = await held(id, 'clock');
    assert.equal(
      [found?.entry, ...(found?.gaveWay ?? [])].map((one) => one?.scope.of),
      expected,
      `step ${step}`,
    );
    assert.is(found?.entry.rule.for_s, said.get(expected[0] ?? 'all') ?? 600, `step ${step}`);
    assert.is((await held(other.id, 'clock'))?.entry.rule.for_s, said.get('all') ?? 600);
  }
  for (const of of said.keys()) await reset('clock', { of, target: targets[of] });
  assert.is((await history('clock')).length > 60, true);
});

test('the same part said for all moves the scopes that say nothing of it', async () => {
  const { id } = await enrol({ site: 'Parts' });
  await put('swap', { for_s: 60 }, { of: 'site', target: 'parts' });
  assert.equal((await entry('swap', { of: 'site', target: 'Parts' }))?.rule.for_s, 60);
  await put('swap', { clear_for_s: 10 });
  const { for_s, clear_for_s } = (await held(id, 'swap'))?.entry.rule ?? {};
  assert.equal([for_s, clear_for_s], [60, 10]);
  for (const part of [{ level_of: 'cpu' }, { applies: 'server' }, { when: diskOver(90).when }])
    await refused(400, 'BAD_RULE', 'rules/swap', 'PUT', {
      scope: { of: 'site', target: 'Parts' },
      parts: part,
      reason,
    });
  await reset('swap');
  await reset('swap', { of: 'site', target: 'Parts' });
});

test('a site keeps its rules under another name and gives them to its heir; what is gone has none', async () => {
  const site = async (name: string) =>
    (await ok<{ items: { id: string; name: string }[] }>('sites')).items.find((one) => one.name === name)?.id;
  const { id } = await enrol({ site: 'Old' });
  const second = await enrol({ site: 'Heir' });
  await put('swap', { for_s: 11 }, { of: 'site', target: 'Old' });
  await put('clock', { for_s: 12 }, { of: 'site', target: 'Old' });
  await put('clock', { for_s: 13 }, { of: 'site', target: 'Heir' });
  await ok(`sites/${await site('Old')}`, 'PATCH', { name: 'New' });
  assert.is((await held(id, 'swap'))?.entry.scope.target, 'New');
  await ok(`sites/${await site('New')}?moveTo=${await site('Heir')}`, 'DELETE');
  for (const one of [id, second.id]) {
    const found = [(await held(one, 'swap'))?.entry.rule.for_s, (await held(one, 'clock'))?.entry.rule.for_s];
    assert.equal(found, [11, 13]);
  }
  await ok(`sites/${await site('Heir')}?moveTo=none`, 'DELETE');
  assert.is((await held(id, 'swap'))?.entry.scope.of, 'all');
  await put('swap', { for_s: 14 }, { of: 'endpoint', target: id });
  await ok(`endpoints/${id}`, 'DELETE');
  assert.equal(
    (await list()).filter(({ owner }) => owner === 'people'),
    [],
  );
  const reasons = (await history('swap')).slice(0, 6).map(({ reason: why }) => why);
  for (const why of ['endpoint_retired', 'site_removed', 'site_renamed']) assert.ok(reasons.includes(why), why);
  second.end();
});

test('a rule of one’s own, with a worse level, in one change; without its milder level it is refused', async () => {
  const mild = {
    name: { en: 'Much sent', ja: '送信量が多い' },
    when: { kind: 'threshold', measurement: 'mem', all: [{ field: 'used_percent', op: '>=', value: 70, clear: 60 }] },
  };
  const worse = { ...mild, when: { ...mild.when, all: [{ field: 'used_percent', op: '>=', value: 80 }] } };
  const changes = [
    { rule: 'own-mem-critical', parts: { ...worse, level_of: 'own-mem', severity: 'critical' } },
    { rule: 'own-mem', parts: mild },
  ];
  await refused(400, 'BAD_RULE', 'rules/changes', 'POST', { changes: changes.slice(0, 1), reason });
  await ok('rules/changes', 'POST', { changes, reason });
  assert.equal(
    [(await entry('own-mem'))?.rule.for_s, (await entry('own-mem-critical'))?.rule.level_of],
    [0, 'own-mem'],
  );
  await refused(400, 'BAD_RULE', 'rules/own-mem', 'DELETE', { reason });
  const away = changes.map(({ rule }) => ({ rule, parts: null }));
  await ok('rules/changes', 'POST', { changes: away, reason });
  assert.is(await entry('own-mem'), undefined);
  const [last] = await history('own-mem');
  assert.equal([last?.after, last?.before?.severity], [null, 'warning']);
});

const row = async (id: string) => (await ok<{ row: EndpointRow }>(`endpoints/${id}`)).row;
const active = async (endpoint: string) =>
  (await ok<{ items: Alert[] }>(`alerts?state=active&endpoint=${endpoint}&limit=1000`)).items;

test('a lower limit makes the alert and the row at once, a higher one ends both: without a restart', async () => {
  const [machine, other] = [await enrol({ site: 'Kyoto' }), await enrol()];
  await machine.say(60);
  await other.say(60);
  await until(async () => (await row(machine.id)).disk !== null && (await row(other.id)).disk !== null, 5000, 'values');
  const scope = { of: 'site', target: 'Kyoto' } as const;
  const parts = { ...diskOver(50), for_s: 0, clear_for_s: 0 };
  const trial = await ok<RulePreview>('rules/preview', 'POST', { scope, changes: [{ rule: 'disk-space', parts }] });
  assert.equal([trial.reached, trial.now, trial.after], [1, 0, 1]);
  assert.equal((await row(machine.id)).attention, [], 'a preview changes nothing');
  const fresh = [{ rule: 'not-there-yet', parts: { ...parts, name: 'Not there yet' } }];
  assert.is((await ok<RulePreview>('rules/preview', 'POST', { scope, changes: fresh })).after, 1, 'a new rule as well');
  await put('disk-space', parts, scope);
  await until(async () => (await row(machine.id)).attention.length > 0, 5000, 'the row');
  const [seen] = (await row(machine.id)).attention;
  assert.equal([seen?.code, seen?.severity, seen?.state], ['disk-space', 'warning', 'firing']);
  const [alert] = await active(machine.id);
  assert.equal([alert?.rule.id, alert?.severity, alert?.value, alert?.threshold], ['disk-space', 'warning', 60, 50]);
  assert.equal((await row(other.id)).attention, [], 'elsewhere the limit is as before');

  // Of another severity it is the same alert, and whoever reads it sees that, in the list as in the row.
  await put('disk-space', { ...parts, severity: 'info' }, scope);
  await until(async () => (await row(machine.id)).attention[0]?.severity === 'info', 5000, 'the other severity');
  const [same] = await active(machine.id);
  assert.equal([same?.id, same?.severity], [alert?.id, 'info']);

  await put('disk-space', { ...diskOver(70), for_s: 0, clear_for_s: 0 }, scope);
  await until(async () => (await row(machine.id)).attention.length === 0, 5000, 'the end');
  assert.equal(await active(machine.id), []);
  await reset('disk-space', scope);
  machine.end();
  other.end();
});

test('a limit that was passed before it was lowered needs no longer than its time, whenever the report comes', async () => {
  const machine = await enrol();
  await machine.say(60);
  await until(async () => (await row(machine.id)).disk !== null, 5000, 'a value');
  const scope = { of: 'endpoint', target: machine.id } as const;
  await put('disk-space', { ...diskOver(50), for_s: 3 }, scope);
  await until(async () => (await active(machine.id))[0]?.state === 'pending', 5000, 'pending');
  assert.equal((await row(machine.id)).attention, [], 'nobody has to do anything yet');
  // The next sample comes at once: it must not be taken for the pace of the series, beyond which time does not count.
  await machine.say(61);
  await new Promise((resolve) => setTimeout(resolve, 3200));
  await machine.say(62);
  await until(async () => (await row(machine.id)).attention[0]?.state === 'firing', 2000, 'firing');
  await reset('disk-space', scope);
  machine.end();
});

const rank = { info: 1, warning: 2, critical: 3 };
const worst = (severities: readonly (keyof typeof rank)[]) => Math.max(0, ...severities.map((one) => rank[one]));

/** Endpoints whose row is not as bad as their alerts; what is pending is not in it. */
async function differing(seen: Set<number>): Promise<string[]> {
  const rows = (await ok<{ items: EndpointRow[] }>('endpoints?limit=1000')).items;
  const alerts = (await ok<{ items: Alert[] }>('alerts?state=active&limit=1000')).items;
  return rows.flatMap(({ id, attention }) => {
    const inRow = worst(attention.map(({ severity }) => severity));
    const inList = worst(
      alerts.flatMap(({ endpoint, severity, state }) => (endpoint.id === id && state !== 'pending' ? [severity] : [])),
    );
    seen.add(inRow);
    return inRow === inList ? [] : [`${id}: row ${inRow}, alerts ${inList}`];
  });
}

/** Two levels of one thing with limits at random. */
function randomEdit(random: () => number) {
  const isDisk = random() < 0.5;
  const rules = isDisk ? ['disk-space', 'disk-space-critical'] : ['own-mem', 'own-mem-critical'];
  const limit = 5 + Math.floor(random() * 70);
  const when = (value: number) =>
    isDisk
      ? diskOver(value).when
      : { kind: 'threshold', measurement: 'mem', all: [{ field: 'used_percent', op: '>=', value }] };
  const times = { for_s: pick(random, [0, 0, 3600]), clear_for_s: pick(random, [0, 0, 3600]) };
  const names = { name: 'Memory in use', urgency: 2 };
  const mild = { ...names, ...times, when: when(limit), severity: pick(random, ['info', 'warning'] as const) };
  const worse = { ...names, ...times, when: when(limit + 10), severity: 'critical', level_of: rules[0] };
  return [
    { rule: rules[0], parts: { ...mild, enabled: random() < 0.9, ticket: pick(random, ['open', 'off']) } },
    { rule: rules[1], parts: { ...worse, enabled: random() < 0.8 } },
  ];
}

test('row and alerts are equally bad for every endpoint of a fleet, after every change of rules and every report', async () => {
  const random = createRandom(11);
  const places = ['Nara', 'Kobe', 'Lyon'];
  const fleet: [Machine, ReturnType<typeof makeMachine>][] = [];
  for (let n = 0; n < 12; n++) {
    const machine = makeMachine(3, n);
    fleet.push([await enrol({ site: places[n % 3], tags: n % 2 ? ['odd'] : [] }, machine.kind), machine]);
  }
  const scopes: Scope[] = [
    everywhere,
    { of: 'kind', target: 'server' },
    ...places.map((target) => ({ of: 'site' as const, target })),
    { of: 'tag', target: 'odd' },
    ...fleet.slice(0, 3).map(([{ id }]) => ({ of: 'endpoint' as const, target: id })),
  ];
  const said = new Map<string, Set<string>>();
  const seen = new Set<number>();
  for (let step = 0; step < 60; step++) {
    const scope = pick(random, scopes);
    const key = JSON.stringify(scope);
    const rules = said.get(key) ?? new Set<string>();
    const changes = randomEdit(random);
    const back = changes.map(({ rule }) => ({ rule, parts: null }));
    const isBack = rules.has(changes[0]?.rule ?? '') && random() < 0.3;
    await ok('rules/changes', 'POST', { scope, changes: isBack ? back : changes, reason });
    for (const { rule = '' } of changes) isBack ? rules.delete(rule) : rules.add(rule);
    said.set(key, rules);
    // Some moment in the life of the machine, as if it were now.
    for (const [{ send }, machine] of fleet)
      if (random() < 0.5) await send(metricsAt(machine, Math.floor(random() * 1e11) + 1.7e12));
    // What was just said may still be on its way; it must come to rest.
    await until(async () => (await differing(seen)).length === 0, 3000, `step ${step} ${await differing(seen)}`);
  }
  assert.equal([...seen].sort(), [0, 1, 2, 3], 'every severity and none were among them');
  for (const [key, rules] of said) {
    const changes = [...rules].map((rule) => ({ rule, parts: null }));
    if (changes.length > 0) await ok('rules/changes', 'POST', { scope: JSON.parse(key), changes, reason });
  }
  for (const [machine] of fleet) machine.end();
});

test('changes are there after a restart; one that no longer fits is left out and logged, the rest holds', async () => {
  await using first = await openCollector();
  const say = (id: string, parts: object) =>
    first.call(`/api/v1/rules/${id}`, { method: 'PUT', as: 'admin', body: { parts, reason } });
  const own = {
    name: 'Own',
    when: { kind: 'threshold', measurement: 'mem', all: [{ field: 'used', op: '>', value: 1 }] },
  };
  assert.is((await say('own', own)).status, 200);
  assert.is((await say('own-worse', { ...own, level_of: 'own', severity: 'critical' })).status, 200);
  // Said anew, its row comes after the one that needs it.
  assert.is((await say('own', { ...own, for_s: 7 })).status, 200);
  assert.is((await say('swap', { for_s: 77 })).status, 200);
  const [kept] = await first.state.selectFrom('rules').selectAll().where('rule', '=', 'swap').execute();
  const strange = { ...kept, id: undefined, rule: 'clock', change: JSON.stringify({ for_s: 1, colour: 'red' }) };
  await first.state
    .insertInto('rules')
    .values(strange as never)
    .execute();
  (await enrol({}, 'server', first)).end();
  await first.stop();
  const nowhere = '  - { id: load, scope: { site: Berln }, for_s: 5 }\n';
  await using second = await first.again(`rules:\n  - { id: swap, for_s: 5 }\n${nowhere}`);
  const rules = ((await second.call('/api/v1/rules', { as: 'viewer' })).body as { items: RuleEntry[] }).items;
  const shown = (id: string) => {
    const found = rules.find(({ rule }) => rule.id === id);
    return [found?.rule.for_s, found?.owner];
  };
  assert.equal(
    [shown('own'), shown('own-worse'), shown('clock')],
    [
      [7, 'people'],
      [0, 'people'],
      [600, 'built-in'],
    ],
  );
  assert.equal(shown('swap'), [5, 'file'], 'the file holds');
  const lines = second.logged.map(({ msg, rule, reason: why }) => `${rule}: ${msg} ${why ?? ''}`).join('\n');
  assert.match(lines, /clock: A changed rule no longer fits and is left out clock\.colour unknown key/);
  assert.match(lines, /swap: .*evenkeel\.yaml/);
  assert.match(lines, /load: A rule of evenkeel\.yaml has a scope without endpoints/);
  // It can still be taken back.
  const answer = await second.call('/api/v1/rules/clock', { method: 'DELETE', as: 'admin', body: { reason } });
  assert.is(answer.status, 204, answer.text);
});

test.run();
