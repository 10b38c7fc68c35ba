/** Who has what, what was bought of it and whether it is used: from inventories to the API and the figure of a month. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countUnits, unitsOf } from '../../../collector/software/licences.ts';
import { matcherOf } from '../../../collector/software/patterns.ts';
import type { KpiDetail, ProductRow, SoftwareInstall, SoftwareTitles, TableOutcome } from '../../../shared/api.ts';
import type { SoftwareInstalls, SoftwareVersions } from '../../../shared/software.ts';
import { type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';
import { instant, putEndpoint } from '../../support/fleet-history.ts';

const test = suite('software');
const now = instant('2026-11-10T12:00:00Z');
const day = 86_400_000;
let collector: InProcess;
let received = now;

test.before(async () => {
  const clock = { now: () => now, monotonic: () => performance.now() };
  collector = await openCollector({ settings: 'zone: Europe/Berlin\n', clock });
  await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Berlin' } });
  for (let n = 0; n < 5; n++) {
    await putEndpoint(collector.state, n, { kind: 'workstation', site: n < 3 ? 'Berlin' : 'Osaka' });
    await put(n, [
      item('openssl', n < 3 ? '3.0.13' : '1.1.1'),
      // Endpoint 4 has been silent for 40 days; 2 has no telemetry, 3 started it 100 days ago.
      item('Draw Pro 2025', '25.1', [now - day, now - 89 * day, null, now - 100 * day, now - 5 * day][n] ?? null),
    ]);
    await collector.state
      .updateTable('endpoints')
      .set({ last_seen_at: n === 4 ? now - 40 * day : now })
      .where('name', '=', await nameOf(n))
      .execute();
  }
});
test.after(() => collector.close());

const item = (name: string, version: string | null, lastUsed: number | null = null) => ({
  ...{ name, version, publisher: 'Draw Inc.', installed: null, lastUsed },
});

async function rowOf(n: number) {
  const rows = await collector.state.selectFrom('endpoints').select(['id', 'name']).orderBy('name').execute();
  return rows[n] as { id: string; name: string };
}
const nameOf = async (n: number) => (await rowOf(n)).name;

async function put(n: number, items: unknown[]): Promise<void> {
  const { id: endpoint } = await rowOf(n);
  const row = { endpoint, section: 'software', at: now, received_at: ++received, data: JSON.stringify(items) };
  await collector.state
    .insertInto('inventory')
    .values(row)
    .onConflict((clash) => clash.columns(['endpoint', 'section']).doUpdateSet(row))
    .execute();
}

const ask = (path: string, method = 'GET', body?: unknown, as: CallOptions['as'] = 'manager') =>
  collector.call(`/api/v1/${path}`, { method, as, ...(body === undefined ? {} : { body }) });
async function ok<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await ask(path, method, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
  return answer.body as T;
}
async function refused(code: string, path: string, method: string, body: unknown): Promise<string> {
  const answer = await ask(path, method, body);
  const found = answer.body as { code: string; message: string };
  assert.is(found.code, code, answer.text);
  return found.message;
}

const draw = {
  ...{ name: 'Draw Pro', patterns: ['draw pro*'], class: 'approved', reason: 'contract' },
  entitlements: [{ count: 6, unit: 'device', unitCents: 18_900, from: '2026-01-01', to: '2026-12-31' }],
};

test('a pattern is text with stars, in linear time; the longest that fits decides', () => {
  const of = (patterns: string[], key: string) => matcherOf([{ id: 'x', name: 'x', patterns }])(key) === 'x';
  for (const [pattern, key, fits] of [
    ['Draw Pro', 'draw pro', true],
    ['draw pro', 'draw pro 2', false],
    ['draw*', 'draw', true],
    ['*draw', 'x draw', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['ＤＲＡＷ*', 'draw x', true],
    ['d.aw', 'draw', false],
    ['(draw|x)*', 'draw', false],
  ] as const)
    assert.is(of([pattern], key), fits, `${pattern} ${key}`);
  const both = [
    { id: 'any', name: 'a', patterns: ['draw*'] },
    { id: 'pro', name: 'b', patterns: ['draw pro*'] },
  ];
  assert.equal(
    [matcherOf(both)('draw pro 1'), matcherOf(both)('draw lite'), matcherOf(both)('else')],
    ['pro', 'any', null],
  );
  const start = performance.now();
  of(['a*'.repeat(120)], `${'a'.repeat(250)}b`);
  assert.ok(performance.now() - start < 100);
});

test('installed is not used: without telemetry, or of a silent endpoint, it is unknown', () => {
  const install = (endpoint: string, lastUsed: number | null, isSilent = false) => ({ endpoint, lastUsed, isSilent });
  const installs = [install('a', now), install('b', now - 91 * day), install('c', null), install('d', now, true)];
  assert.equal(countUnits(unitsOf('device', installs, []), now), { installed: 4, used: 1, usageUnknown: 2 });
  const stated = [
    { unit: 'C', lastUsed: now - day },
    { unit: 'c2', lastUsed: now - day },
  ];
  assert.equal(countUnits(unitsOf('device', installs, stated), now), { installed: 5, used: 3, usageUnknown: 1 });
  // Who sits at a device is not known; stated users count once each.
  assert.equal(countUnits(unitsOf('user', installs, []), now), { installed: 4, used: 0, usageUnknown: 4 });
  assert.equal(countUnits(unitsOf('user', installs, stated), now), { installed: 2, used: 2, usageUnknown: 0 });
});

test('who has what: titles, versions and their endpoints, from the inventories', async () => {
  const { items, endpoints } = await ok<SoftwareTitles>('software?search=OPENssl');
  assert.equal([endpoints, items.length], [5, 1]);
  const [openssl] = items as [SoftwareTitles['items'][number]];
  assert.equal([openssl.name, openssl.endpoints, openssl.versions, openssl.class], ['openssl', 5, 2, 'unknown']);
  const found = await ok<{ items: SoftwareInstall[] }>(`software/installs?title=${openssl.id}`);
  assert.equal(Map.groupBy(found.items, ({ version }) => version).get('1.1.1')?.length, 2);
  // What is like a pattern of the database is text.
  for (const search of ['%', '_', 'open%ssl', "' or 1=1 --"])
    assert.equal((await ok<SoftwareTitles>(`software?search=${encodeURIComponent(search)}`)).items, [], search);
});

test('titles are put in order by what is asked, and pages of two hold each of them once', async () => {
  const { items: all } = await ok<SoftwareTitles>('software?limit=500');
  for (const [sort, key] of [
    ['name', ({ name }: SoftwareTitles['items'][number]) => name.toLowerCase()],
    ['publisher', ({ publisher }) => (publisher ?? '').toLowerCase()],
    ['endpoints', ({ endpoints }) => endpoints],
    ['versions', ({ versions }) => versions],
    ['class', ({ class: own }) => own],
  ] as const satisfies readonly [string, (title: SoftwareTitles['items'][number]) => string | number][])
    for (const sign of ['', '-'] as const) {
      const found: SoftwareTitles['items'] = [];
      for (let next: string | null = '0'; next !== null; ) {
        const page: SoftwareTitles = await ok<SoftwareTitles>(`software?sort=${sign}${sort}&limit=2&page=${next}`);
        found.push(...page.items);
        next = page.next;
      }
      assert.is(new Set(found.map(({ id }) => id)).size, all.length, sign + sort);
      const keys = found.map<string | number>(key);
      const upwards = keys.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      assert.equal(keys, sign ? upwards.reverse() : upwards, sign + sort);
    }
});

test('an inventory that changes is taken over, and hostile names stay text', async () => {
  const nasty = '=cmd|"/c x"!A1\u0000\u202e <b>';
  await put(4, [item('openssl', '3.5.0'), item(nasty, '1'), item('OpenSSL', '3.5.0'), item('  ', '1')]);
  const { items } = await ok<SoftwareTitles>('software?search=openssl');
  assert.equal([items[0]?.endpoints, items[0]?.versions], [5, 3]);
  const csv = await ask('software/table?search=cmd');
  assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/);
  assert.match(csv.text, /"'=cmd\|""\/c x""!A1/);
  await put(4, [item('openssl', '1.1.1'), item('Draw Pro 2025', '25.1', now - 5 * day)]);
  assert.equal((await ok<SoftwareTitles>('software?search=cmd')).items, []);
});

/** What is counted as lists come is what is there. */
async function countsAgree(): Promise<void> {
  await ok('software');
  const rows = await collector.state.selectFrom('installs').selectAll().execute();
  const by = (keyOf: (row: (typeof rows)[0]) => string) =>
    Object.fromEntries(
      [...Map.groupBy(rows, keyOf)].map(([key, own]) => [key, new Set(own.map(({ endpoint }) => endpoint)).size]),
    );
  const spread = await collector.state.selectFrom('software_spread').selectAll().execute();
  assert.equal(
    Object.fromEntries(spread.map((row) => [`${row.title}`, Number(row.endpoints)])),
    by(({ title }) => `${title}`),
  );
  const versions = await collector.state.selectFrom('software_versions').selectAll().execute();
  assert.equal(
    Object.fromEntries(versions.map((row) => [`${row.title} ${row.version}`, Number(row.endpoints)])),
    by(({ title, version }) => `${title} ${version}`),
  );
}

test('who has a title in which version: the same, older, not newer, with this in it', async () => {
  const { items } = await ok<SoftwareTitles>('software?search=openssl');
  const id = items[0]?.id;
  await put(4, [item('openssl', '3.0.2'), item('openssl', '3.0.13'), item('Draw Pro 2025', '25.1', now - 5 * day)]);
  const { title, versions } = await ok<SoftwareVersions>(`software/titles/${id}`);
  assert.equal([title.endpoints, title.versions], [5, 3]);
  assert.equal(
    versions.map(({ version, endpoints }) => [version, endpoints]),
    [
      ['3.0.13', 4],
      ['3.0.2', 1],
      ['1.1.1', 1],
    ],
  );
  const who = async (query: string) => {
    const found = await ok<SoftwareInstalls>(`software/installs?title=${id}&${query}`);
    return [found.endpoints, found.total, ...found.items.map(({ version }) => version)];
  };
  assert.equal(await who('version=3.0.2'), [1, 1, '3.0.2']);
  assert.equal(await who('op=lt&version=3.0.13'), [2, 2, '1.1.1', '3.0.2']);
  assert.equal((await who('op=le&version=3.0.13')).slice(0, 2), [5, 6]);
  assert.equal(await who('op=contains&version=0.2'), [1, 1, '3.0.2']);
  assert.equal(await who('op=lt&version=1'), [0, 0]);
  const page = await ok<SoftwareInstalls>(`software/installs?title=${id}&limit=4&page=4`);
  assert.equal([page.items.length, page.total, page.next], [2, 6, null]);
  const csv = await ask(`software/table?search=openssl&op=lt&version=3.0.13`);
  assert.is(csv.text.trim().split('\r\n').length, 3);
  await refused('NOT_FOUND', 'software/titles/999999', 'GET', undefined);
  await countsAgree();
});

test('what is retired is counted no more, and what comes back or changes is counted once', async () => {
  const { id } = await rowOf(4);
  const retire = (at: number | null) =>
    collector.state.updateTable('endpoints').set({ retired_at: at }).where('id', '=', id).execute();
  await retire(now);
  assert.is((await ok<SoftwareTitles>('software?search=openssl')).items[0]?.endpoints, 4);
  await countsAgree();
  await retire(null);
  const back = await ok<SoftwareTitles>('software?search=openssl');
  assert.equal([back.items[0]?.endpoints, back.endpoints], [5, 5]);
  await countsAgree();
  await put(4, [item('openssl', '1.1.1'), item('Draw Pro 2025', '25.1', now - 5 * day)]);
  await countsAgree();
  await put(4, [item('openssl', '1.1.1'), item('Draw Pro 2025', '25.1', now - 5 * day)]);
  await countsAgree();
});

test('what is no product is refused, with the reason', async () => {
  const [licence] = draw.entitlements as [(typeof draw.entitlements)[0]];
  const bad: [object, RegExp][] = [
    [{ patterns: [] }, /1 to 20 patterns/],
    [{ patterns: ['**'] }, /patterns "\*\*".*two characters/],
    [{ name: '' }, /name is one line/],
    [{ entitlements: [{ ...licence, count: -1 }] }, /count "-1".*count from 0/],
    [{ entitlements: [{ ...licence, unitCents: -1 }] }, /unitCents "-1".*count from 0/],
    [{ entitlements: [{ ...licence, from: '2026-02-30' }] }, /from "2026-02-30".*no date/],
    [{ entitlements: [{ ...licence, to: '2025-12-31' }] }, /ends before it begins/],
    [{ entitlements: [licence, { ...licence, unit: 'user' }] }, /same unit/],
  ];
  for (const [change, message] of bad)
    assert.match(await refused('BAD_ENTRY', 'software/products', 'POST', { ...draw, ...change }), message);
  await refused('BAD_REQUEST', 'software/products', 'POST', { ...draw, class: 'malware' });
  assert.is((await ask('software/products', 'POST', draw, 'operator')).status, 403);
});

test('owned, installed and used stand side by side; unknown use makes a range', async () => {
  const made = await ok<ProductRow>('software/products', 'POST', draw);
  await refused('CONFLICT', 'software/products', 'POST', { ...draw, name: 'DRAW PRO' });
  const { use } = made;
  assert.equal([use.entitled, use.installed, use.used, use.usageUnknown], [6, 5, 2, 2]);
  assert.equal([use.percent, use.unallocated, use.installedUnused, use.overDeployed], [50, 1, 1, 0]);
  assert.ok(Math.abs((use.low ?? 0) - 100 / 3) < 1e-9 && Math.abs((use.high ?? 0) - 200 / 3) < 1e-9);
  const { items } = await ok<SoftwareTitles>('software?class=approved');
  assert.equal(
    items.map(({ name, product }) => [name, product?.name]),
    [['Draw Pro 2025', 'Draw Pro']],
  );
  const changed = await ok<ProductRow>(`software/products/${made.id}`, 'PATCH', {
    class: 'high_risk',
    reason: 'no updates',
  });
  assert.equal([changed.version, changed.class, changed.use.entitled], [2, 'high_risk', 6]);
  const ended = await ok<ProductRow>(`software/products/${made.id}`, 'PATCH', {
    entitlements: [{ ...draw.entitlements[0], to: '2026-10-31' }],
    reason: 'ended',
  });
  assert.equal([ended.use.isBought, ended.use.percent], [false, null]);
  await ok(`software/products/${made.id}`, 'PATCH', { entitlements: draw.entitlements, reason: 'a slip' });
});

test('the figure of a month is that of its list of products, with its range', async () => {
  const { kpi, evidence } = await ok<KpiDetail>('kpis/software_utilisation?period=2026-11');
  assert.equal(
    evidence.map(({ named, part, whole }) => [named?.name, part, whole]),
    [['Draw Pro', 2, 4]],
  );
  assert.is(kpi.value, 50);
  assert.ok(Math.abs((kpi.low ?? 0) - 100 / 3) < 1e-9);
  const beside = Object.fromEntries(kpi.beside.map(({ code, value }) => [code, value]));
  assert.equal([beside.high_risk, beside.unclassified, beside.unallocated], [50, 50, 1]);
  for (const query of ['period=2026-11&site=Berlin', 'period=2026-08'])
    assert.is((await ok<KpiDetail>(`kpis/software_utilisation?${query}`)).kpi.value, null, query);
});

test('licences and use come and go as tables', async () => {
  const read = (path: string, csv: string, reason?: string) =>
    ok<TableOutcome>(`software/${path}/table`, 'POST', { csv, ...(reason ? { reason } : {}) });
  const head = 'name,patterns,class,count,unit,unit_cost,from,to\n';
  const bad = await read(
    'products',
    `${head}A,aa*,approved,-1,device,1,2026-01-01,\nB,bb*,nice,1,device,1,2026-01-01,\nC,cc*,free,1,box,1,2026-01-01,\n` +
      'D,dd*,free,1,device,=1,2026-01-01,\nE,ee*,free,x,device,1,2026-01-01,\nF,ff*,free,1,device,1,2026-01-01,\nF,fg*,free,1,device,1,2026-01-01,\n',
  );
  assert.equal(
    bad.faults.map(({ line, column, value, why }) => [line, column, value, why.code]),
    [
      [2, 'count', '-1', 'entry_negative'],
      [3, 'class', 'nice', 'entry_choice'],
      [4, 'unit', 'box', 'entry_choice'],
      [5, 'unit_cost', '=1', 'entry_amount_text'],
      [6, 'count', 'x', 'entry_count'],
      [8, 'patterns', 'fg*', 'entry_differs'],
    ],
  );
  const csv =
    `${head}Draw Pro,draw pro*,approved,4,device,189,2026-01-01,\nDraw Pro,draw pro*,approved,2,device,150.50,2026-06-01,\n` +
    'OpenSSL,openssl*|libssl*,free,,,,,\nMail,mail client*,approved,unlimited,user,0,2026-01-01,\n';
  assert.equal(
    (await read('products', csv, 'from purchasing')).lines.map(({ does }) => does),
    ['change', 'add', 'add'],
  );
  const answer = await ask('software/products/table');
  const again = await read('products', answer.text);
  assert.equal([again.faults, again.lines.map(({ does }) => does)], [[], ['same', 'same', 'same']]);
  const usage = 'product,unit,last_used\nDraw Pro,fresh device,2026-11-03\n';
  const faults = await read('usage', `${usage}Paint,a,2026-11-03\nDraw Pro,b,2027-01-01\nDraw Pro,c,yesterday\n`);
  assert.equal(
    faults.faults.map(({ line, column, why }) => [line, column, why.code]),
    [
      [3, 'product', 'entry_product'],
      [4, 'last_used', 'entry_future'],
      [5, 'last_used', 'entry_date'],
    ],
  );
  assert.is((await read('usage', usage, 'console of the vendor')).applied, true);
  const { items } = await ok<{ items: ProductRow[] }>('software/products');
  const product = items.find(({ name }) => name === 'Draw Pro');
  assert.equal([product?.use.entitled, product?.use.used, product?.use.installed], [6, 3, 6]);
  const out = await ask('software/usage/table');
  assert.ok((await read('usage', out.text)).lines.every(({ does }) => does === 'same'));
});

test.run();
