/**
 * `npm run bench -- software [--endpoints 5000] [--packages 1500]`: how long it takes to find who has what in a fleet whose lists
 * of software are known, and what one more list costs.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createChangeFeed } from '../../collector/change-feed.ts';
import { createSoftware, type Software } from '../../collector/software/software.ts';
import { openState, type State } from '../../collector/state/open.ts';
import { silentLog } from '../../shared/log.ts';
import { wordsOf } from '../support/arguments.ts';
import { putEndpoint } from '../support/fleet-history.ts';

/** Of all that any endpoint has, so many are on each: as of one distribution. The rest differ. */
const alike = 0.8;
const timesEach = 5;

export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({
    args,
    options: { endpoints: { type: 'string', default: '5000' }, packages: { type: 'string', default: '1500' } },
  });
  const [endpoints, packages] = [Number(values.endpoints), Number(values.packages)];
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-software-'));
  const state = await openState(join(folder, 'state.db'));
  try {
    const began = performance.now();
    await fill(state, endpoints, packages);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const mib = (statSync(join(folder, 'state.db')).size / 2 ** 20).toFixed(0);
    console.log(`${endpoints} endpoints x ${packages} packages filled in ${seconds} s, ${mib} MiB`);
    const changeFeed = createChangeFeed();
    const parts = { state, changeFeed, now: Date.now, zone: 'UTC', log: silentLog };
    const software = createSoftware(parts);
    await searches(software, packages);
    await oneMoreList(state, software, endpoints, packages);
  } finally {
    await state.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

const nameOf = (n: number) => `lib${n}-package`;
const item = (n: number, version: string) => ({
  ...{ name: nameOf(n), version, publisher: 'Debian', installed: null, lastUsed: null },
});

/** As take-over leaves it, but in a few statements. */
async function fill(state: State, endpoints: number, packages: number): Promise<void> {
  const common = Math.floor(packages * alike);
  const rest = packages - common;
  await state.transaction().execute(async (db) => {
    for (let n = 0; n < endpoints; n++) await putEndpoint(db, n, { site: `site-${n % 20}` });
    const numbers = (count: number) =>
      sql`with recursive n(x) as (select 1 union all select x + 1 from n where x < ${count})`;
    await sql`${numbers(common + rest * 16)} insert into software_titles (id, name, name_key, publisher, product)
      select x, 'lib' || x || '-package', 'lib' || x || '-package', 'Debian', null from n`.execute(db);
    await sql`drop index installs_by_title`.execute(db);
    const number = sql`cast(substr(e.id, 2) as integer)`;
    await sql`insert into installs (endpoint, title, version, last_used)
      select e.id, t.id, '1.' || (t.id % 9) || '.' || ((${number} * 7 + t.id) % 5) || '-' || (${number} % 3), null
      from endpoints e join software_titles t on t.id <= ${common} or t.id % 16 = ${number} % 16`.execute(db);
    await sql`create index installs_by_title on installs (title, endpoint)`.execute(db);
    await sql`insert into software_spread select title, count(*) from installs group by title`.execute(db);
    await sql`insert into software_versions select title, version, count(*) from installs group by title, version`.execute(
      db,
    );
    await sql`insert into inventory (endpoint, section, at, received_at, data)
      select e.id, s.value, 1, 1, hex(zeroblob(5000)) from endpoints e,
      json_each('["software","os","patches","backups","disks","network","services","hardware"]') s`.execute(db);
    await sql`insert into software_read select id, 1 from endpoints`.execute(db);
  });
}

async function searches(software: Software, packages: number): Promise<void> {
  const all = { search: '', class: null, sort: '-endpoints', start: 0, limit: 50 } as const;
  const first = (await software.titles(all)).items[0]?.id ?? 1;
  const one = { search: '', class: null, title: first };
  const version = { op: 'lt', version: '1.9.3' } as const;
  const questions: Record<string, () => Promise<unknown>> = {
    'the most widespread titles, without a search': () => software.titles(all),
    'titles by a word that few have': () => software.titles({ ...all, search: nameOf(packages - 1) }),
    'titles by two words that all have': () => software.titles({ ...all, search: 'lib package' }),
    'the versions of a title that all have': () => software.versionsOf(first),
    'who has it in an older version': () => software.installs({ ...one, version }, 100_000),
    'who has it at all': () => software.installs({ ...one, version: null }, 100_000),
    'one version across all titles of a name': () =>
      software.installs(
        { search: nameOf(7), class: null, title: null, version: { op: 'contains', version: '.3-' } },
        100_000,
      ),
  };
  for (const [what, ask] of Object.entries(questions)) {
    const times: number[] = [];
    for (let n = 0; n < timesEach; n++) {
      const began = performance.now();
      await ask();
      times.push(performance.now() - began);
    }
    const worst = Math.max(...times);
    const median = times.sort((a, b) => a - b)[Math.floor(timesEach / 2)] ?? 0;
    console.log(`${what}: ${median.toFixed(0)} ms, at most ${worst.toFixed(0)} ms`);
  }
}

/** A list that is new as a whole, the same again, and one with some updates. */
async function oneMoreList(state: State, software: Software, endpoints: number, packages: number): Promise<void> {
  const some = 10;
  let received = 1;
  const times = async (what: string, versionOf: (title: number) => string) => {
    received++;
    for (let n = 0; n < some; n++) {
      const endpoint = `e${String(endpoints + n).padStart(11, '0')}`;
      const data = JSON.stringify(Array.from({ length: packages }, (_, i) => item(i + 1, versionOf(i + 1))));
      const row = { endpoint, section: 'software', at: 1, received_at: received, data };
      await state
        .insertInto('inventory')
        .values(row)
        .onConflict((clash) => clash.columns(['endpoint', 'section']).doUpdateSet(row))
        .execute();
    }
    const began = performance.now();
    await software.catchUp();
    console.log(`${what}: ${((performance.now() - began) / some).toFixed(0)} ms per endpoint`);
  };
  for (let n = 0; n < some; n++) await putEndpoint(state, endpoints + n);
  await times('a list that is new as a whole', (title) => `1.${title % 9}.0-1`);
  await times('the same list again', (title) => `1.${title % 9}.0-1`);
  await times('a list with an update in 30', (title) => `1.${title % 9}.${title % 30 === 0 ? 1 : 0}-1`);
}
