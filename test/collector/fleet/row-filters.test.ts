/** Filters and orders of the fleet on many made-up rows: what is described, what is counted and what is found agree. */

import { Value } from 'typebox/value';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backupStates } from '../../../collector/fleet/backup-state.ts';
import { describeFilters, type SortName, sorts } from '../../../collector/fleet/row-filters.ts';
import { queryRows, RowQuery } from '../../../collector/fleet/row-query.ts';
import { nextSort, queryOf, wantedOf } from '../../../dashboards/web/fleet/query.ts';
import type { EndpointRow } from '../../../shared/api.ts';
import { type Level, levels } from '../../../shared/level.ts';
import { randomFrom } from '../../support/random.ts';

const test = suite('row filters');
const now = 1_800_000_000_000;
const random = randomFrom(7);
const one = <T>(of: readonly T[]): T => of[random(of.length)] as T;
const some = <T>(of: readonly T[]): T[] => of.filter(() => random(5) < 2);
const orNull = <T>(value: T): T | null => (random(5) === 0 ? null : value);

const because = (severity: Level, metric: string): EndpointRow['attention'][number] => {
  const code = `${metric}-${severity}`;
  const rule = { id: code };
  return {
    code,
    rule,
    metric,
    severity,
    state: one(['firing', 'unknown']),
    detail: '',
    alert: code,
    since: now,
    acknowledged: false,
    count: 1,
  };
};
const metrics = ['disk.used_percent', 'backup.age_percent', 'patches.oldest_security_age_s', 'os.end_of_life_days'];

function row(id: string, changes: Partial<EndpointRow> = {}): EndpointRow {
  const held = some(metrics).map((metric) => because(one(levels), metric));
  const firing = (severity: Level) =>
    held.filter((item) => item.state === 'firing' && item.severity === severity).length;
  return {
    id,
    name: `${one(['web', 'db', 'Büro', '東京'])}-${id}`,
    kind: one(['server', 'workstation']),
    site: orNull(one(['Berlin', 'Osaka', 'São Paulo & Co'])),
    tags: some(['production', 'tier:1', '経理']),
    groups: some([
      { id: 'g1', name: 'Cluster' },
      { id: 'g2', name: 'Web <b>' },
    ]),
    platform: 'linux',
    os: orNull('Debian 12'),
    version: '0.1.0',
    state: one(['online', 'offline', 'lost', 'unknown', 'never']),
    stateReason: null,
    stateSince: now,
    lastSeenAt: orNull(now - random(5) * 1000),
    cpuPercent: orNull(random(100)),
    memoryPercent: orNull(random(4)),
    disk: orNull({ path: '/', usedPercent: random(100) }),
    valuesAt: now,
    alerts: {
      critical: firing('critical'),
      warning: firing('warning'),
      info: firing('info'),
      unacknowledged: firing('critical'),
    },
    attention: held.sort((a, b) => levels.indexOf(b.severity) - levels.indexOf(a.severity)),
    backup: {
      state: one(backupStates),
      ageSeconds: 60,
      lastSuccess: orNull(now - random(1e6)),
      jobs: 1,
      unverified: one([0, 1]),
    },
    patches: {
      pending: orNull(one([0, 3])),
      pendingSecurity: orNull(one([0, 2])),
      oldestSecuritySince: null,
      scan: one(['ok', 'failed', 'unknown']),
      rebootRequired: orNull(one([true, false])),
      endOfLife: orNull(now),
      supportEnded: one([true, false, null]),
    },
    diskHealth: one(['ok', 'info', 'warning', 'critical', 'unknown']),
    ...changes,
  };
}

const rows = Array.from({ length: 400 }, (_, i) => row(`e${i}`));
const description = describeFilters(rows);
const ids = (list: readonly EndpointRow[]) => list.map(({ id }) => id);

/** As a page asks: its address, read by what the API says, becomes parameters, which the API's own schema takes. */
function ask(address: string, of = rows) {
  const query = Object.fromEntries(
    new URLSearchParams(queryOf(wantedOf(address, { ...describeFilters(of), waiting: 0 }))),
  );
  assert.ok(Value.Check(RowQuery, query), `${address} is asked as ${JSON.stringify(query)}`);
  return queryRows(of, { ...query, limit: 5000 } as RowQuery);
}

test('every choice of every filter finds as many as its count says, and as bad', () => {
  assert.is(description.total, rows.length);
  let tried = 0;
  for (const { name, choices } of description.filters) {
    for (const { value, count, level } of choices) {
      const found = ask(`?${new URLSearchParams({ [name]: value })}`);
      assert.equal([found.total, found.items.length], [count, count], `${name}=${value}`);
      const worst = Math.max(
        ...found.items.flatMap(({ attention }) => attention.map((item) => levels.indexOf(item.severity))),
      );
      assert.is(levels[worst] ?? null, level, `${name}=${value}`);
      tried++;
    }
  }
  assert.ok(tried > 50, `${tried} choices`);
});

test('the choices that exclude each other cover the fleet once', () => {
  const sum = (name: string, of: (value: string) => boolean = () => true) =>
    description.filters
      .find((filter) => filter.name === name)
      ?.choices.filter(({ value }) => of(value))
      .reduce((total, { count }) => total + count, 0);
  assert.is(
    sum('state', (value) => value !== 'never'),
    400,
    'never seen is unknown, too',
  );
  assert.is(
    sum('attention', (value) => ['critical', 'warning', 'info', 'none'].includes(value)),
    400,
  );
  assert.is(
    sum('attention', (value) => ['any', 'fine', 'unseen'].includes(value)),
    400,
    'as the first line of the page says it',
  );
  assert.is(
    sum('backup', (value) => value !== 'unverified'),
    400,
  );
  for (const name of ['kind', 'site', 'reboot', 'disks']) assert.is(sum(name), 400, name);
});

test('two filters together find what both find', () => {
  const late = new Set(ids(ask('?backup=late').items));
  const both = ids(ask('?backup=late&site=Berlin').items);
  assert.equal(
    both,
    ids(ask('?site=Berlin').items).filter((id) => late.has(id)),
  );
});

test('every order: the values follow each other, unknown ones are last both ways, equal ones go by name', () => {
  for (const { name, first } of description.sorts) {
    const value = sorts[name as SortName].value;
    for (const sort of [name, `-${name}`]) {
      const { items } = ask(`?sort=${sort}`);
      assert.is(new Set(ids(items)).size, rows.length);
      const known = items.filter((item) => value(item) !== null);
      assert.equal(ids(items.slice(0, known.length)), ids(known), `${sort}: unknown ones last`);
      for (const [i, next] of known.slice(1).entries()) {
        const before = known[i] as EndpointRow;
        const [a, b] = sort.startsWith('-') ? [value(next), value(before)] : [value(before), value(next)];
        if (typeof a === 'number') assert.ok(a <= Number(b), `${sort}: ${a} before ${b}`);
        else assert.ok(String(a).localeCompare(String(b), 'en', { numeric: true }) <= 0, `${sort}: ${a} before ${b}`);
        if (a === b) assert.ok(before.name.localeCompare(next.name, 'en', { numeric: true }) <= 0, `${sort}: by name`);
      }
    }
    assert.is(nextSort(nextSort('', { name, first }), { name, first }).replace('-', ''), name);
  }
});

test('what needs a look comes first: the worst level decides, then how many; pending ones count', () => {
  const held = (...severities: Level[]) => severities.map((severity, n) => because(severity, `m${n}.x`));
  const few = [
    row('well', { attention: [] }),
    row('infos', { attention: held('info', 'info', 'info') }),
    row('warnings', { attention: held(...Array<Level>(30).fill('warning')) }),
    row('critical', { attention: held('critical') }),
    row('twice', { attention: held('critical', 'warning') }),
  ];
  assert.equal(ids(ask('', few).items), ['twice', 'critical', 'warnings', 'infos', 'well']);
});

test('names are in the order in which people count', () => {
  const few = [row('a', { name: 'web-10' }), row('b', { name: 'web-9' }), row('c', { name: 'Web-9' })];
  assert.equal(ids(ask('?sort=name', few).items), ['b', 'c', 'a']);
});

test('search wants every word, in name, site, system, tag, group or id', () => {
  const plain = { name: 'x', site: null, tags: [], groups: [], os: null };
  const few = [
    row('one', { ...plain, name: 'db-1', os: 'Ubuntu 24.04' }),
    row('two', { ...plain, site: 'South' }),
    row('three', { ...plain, groups: [{ id: 'g', name: 'Cluster' }] }),
  ];
  assert.equal(ids(ask('?q=DB%20ubuntu', few).items), ['one']);
  assert.equal(ids(ask('?q=south', few).items), ['two']);
  assert.equal(ids(ask('?q=clus%20x', few).items), ['three']);
});

test('an address with what is no choice shows the list without it; a group that is gone finds nothing', () => {
  for (const address of ['?state=__proto__', '?backup=over7', '?kind=toString', '?sort=constructor', '?nonsense=1'])
    assert.is(ask(address).total, 400, address);
  assert.is(ask('?group=gone').total, 0);
  assert.equal(ids(ask('?group=Cluster').items), ids(ask('?group=g1').items), 'a script may say its name');
  assert.is(Value.Check(RowQuery, { state: '__proto__' }), false);
});

test('pages put together are the whole list, each row once, whatever the order', () => {
  for (const { name } of description.sorts) {
    const whole = ids(queryRows(rows, { sort: name, limit: 1000 }).items);
    const pieces: string[] = [];
    for (let page: string | null | undefined; page !== null; ) {
      const answer = queryRows(rows, { sort: name, limit: 37, ...(page ? { page } : {}) });
      assert.is(answer.total, rows.length);
      pieces.push(...ids(answer.items));
      page = answer.next;
    }
    assert.equal(pieces, whole, name);
  }
});

test.run();
