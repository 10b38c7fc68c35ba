/** A data folder from before sites and groups were rows. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Change, createChangeFeed } from '../../../collector/change-feed.ts';
import { createFleet } from '../../../collector/fleet/endpoints.ts';
import { createGroups } from '../../../collector/fleet/groups.ts';
import { createSites } from '../../../collector/fleet/sites.ts';
import { openState } from '../../../collector/state/open.ts';
import { systemClock } from '../../../shared/clock.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { addEndpoint } from '../../support/station.ts';

const test = suite('places in state');

const schema = readFileSync(new URL('../../fixtures/state/schema-003.sql', import.meta.url), 'utf8');

/** What 0.1.0 left behind: the schema after its migrations 001 to 003, as SQLite tells it. */
function oldFolder(file: string, sites: readonly (string | null)[], codes: readonly string[]): void {
  const database = new DatabaseSync(file);
  database.exec(schema);
  const endpoint =
    database.prepare(`insert into endpoints (id, bucket, name, kind, kind_why, site, tags, platform, arch,
    secret_hash, enrolled_at, state, state_since) values (?, '00', ?, 'server', 'test', ?, '[]', 'linux', 'x64', '', 0, 'never', 0)`);
  for (const [i, site] of sites.entries()) endpoint.run(`e${i}`, `box-${i}`, site);
  const code =
    database.prepare(`insert into enrollments (id, code_hash, label, site, uses, max_uses, created_at, created_by,
    expires_at) values (?, ?, '', ?, 0, 1, 0, 'ada', 1)`);
  for (const [i, site] of codes.entries()) code.run(`j${i}`, `${i}`, site);
  database.close();
}

test('each text that stood at an endpoint or a join code becomes a site; spellings become one', async () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'state.db');
  const long = `${'x'.repeat(127)} ${'y'.repeat(40)}`;
  oldFolder(
    file,
    ['north', 'North', 'North', ' 東京\n', '\u202e', null, long, 'No\u0000rth', 'south'],
    ['NORTH', 'depot', '\t'],
  );
  for (const _ of ['upgraded', 'opened again']) {
    const state = await openState(file);
    const sites = await state
      .selectFrom('sites')
      .select(['name', 'note', 'zone', 'created_by'])
      .orderBy('name')
      .execute();
    assert.equal(
      sites.map(({ name }) => name),
      ['No rth', 'North', 'depot', 'south', 'x'.repeat(127), '東京'],
    );
    assert.equal(new Set(sites.map((one) => JSON.stringify([one.note, one.zone, one.created_by]))).size, 1);
    const at = (await state.selectFrom('endpoints').select('site').orderBy('id').execute()).map(({ site }) => site);
    assert.equal(at, ['North', 'North', 'North', '東京', null, null, 'x'.repeat(127), 'No rth', 'south']);
    const of = (await state.selectFrom('enrollments').select('site').orderBy('id').execute()).map(({ site }) => site);
    assert.equal(of, ['North', 'depot', null]);
    await state.destroy();
  }
  folder.remove();
});

async function openPlaces(endpoints: number) {
  const state = await openState(':memory:');
  for (let i = 0; i < endpoints; i++) await addEndpoint(state, `e${i}`);
  const fleet = await createFleet({ state, clock: systemClock });
  const told: Change[] = [];
  const changeFeed = createChangeFeed();
  changeFeed.subscribe((change) => void told.push(change));
  const parts = { state, fleet, changeFeed, now: systemClock.now, onScopesMoved: async () => {} };
  return {
    ...parts,
    told,
    sites: createSites(parts),
    groups: await createGroups(parts),
    async close() {
      await fleet.close();
      await state.destroy();
    },
  };
}

test('who is in which group is known without a query, also after a restart', async () => {
  const world = await openPlaces(3);
  const { groups, state, fleet } = world;
  const zebra = await groups.create({ name: 'zebra' }, 'ada');
  const ape = await groups.create({ name: 'Ape' }, 'ada');
  assert.equal(groups.groupsOf('e0'), []);
  await groups.change(zebra.id, { add: ['e0', 'e1'], remove: [] }, 'ada');
  await groups.change(ape.id, { add: ['e0'], remove: [] }, 'ada');
  assert.equal(groups.groupsOf('e0'), [ape.id, zebra.id]);
  assert.is(groups.groupsOf('e0'), groups.groupsOf('e0'));
  const again = await createGroups(world);
  assert.equal(
    [again.groupsOf('e0'), again.groupsOf('e1'), again.groupsOf('e2')],
    [[ape.id, zebra.id], [zebra.id], []],
  );
  // In the order of the names, also when these change.
  await groups.edit(zebra.id, { name: 'aardvark' }, 'ada');
  assert.equal(groups.groupsOf('e0'), [zebra.id, ape.id]);
  await groups.remove(zebra.id, ape.id, 'ada');
  assert.equal([groups.groupsOf('e0'), groups.groupsOf('e1')], [[ape.id], [ape.id]]);
  assert.equal(
    (await state.selectFrom('group_members').select(['group_id', 'endpoint']).orderBy('endpoint').execute()).length,
    2,
  );
  assert.ok(fleet.get('e0'));
  await world.close();
});

test('each endpoint concerned is reported once the memory has followed', async () => {
  const world = await openPlaces(2);
  const { groups, sites, told, fleet, changeFeed } = world;
  const group = await groups.create({ name: 'g' }, 'ada');
  const site = await sites.create({ name: 's' }, 'ada');
  assert.equal(told.splice(0), [
    { kind: 'group', group: group.id },
    { kind: 'site', site: site.id },
  ]);
  const seen: unknown[] = [];
  changeFeed.subscribe((change) => {
    if (change.kind === 'endpoint')
      seen.push([fleet.get(change.endpoint)?.site, groups.groupsOf(change.endpoint).length]);
  });
  await groups.change(group.id, { add: ['e0', 'e1'], remove: [] }, 'ada');
  await sites.change(site.id, { add: ['e1'], remove: [] }, 'ada');
  await sites.edit(site.id, { name: 'S 2' }, 'ada');
  await sites.edit(site.id, { note: 'nothing for endpoints' }, 'ada');
  assert.equal(seen, [
    [null, 1],
    [null, 1],
    ['s', 1],
    ['S 2', 1],
  ]);
  await world.close();
});

test('a change of thousands stays in bounds, and lets reports through meanwhile', async () => {
  const world = await openPlaces(3000);
  const { groups, sites } = world;
  const all = Array.from({ length: 3000 }, (_, i) => `e${i}`);
  const group = await groups.create({ name: 'all' }, 'ada');
  const site = await sites.create({ name: 'here' }, 'ada');
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const begun = performance.now();
  await groups.change(group.id, { add: all, remove: [] }, 'ada');
  await sites.change(site.id, { add: all, remove: [] }, 'ada');
  await sites.edit(site.id, { name: 'there' }, 'ada');
  const took = performance.now() - begun;
  clearInterval(timer);
  console.log(`FIGURE places: 3,000 endpoints into a group, a site, and renamed: ${took.toFixed(0)} ms`);
  assert.ok(turns >= 12, `${turns} turns of the event loop`);
  assert.ok([...world.fleet.all()].every((one) => one.site === 'there' && groups.groupsOf(one.id)[0] === group.id));
  await world.close();
});

test.run();
