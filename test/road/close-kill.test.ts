/**
 * The collector's process is killed while it closes months, before and after each of them is kept. What is there then is
 * whole and as it would have been, the next start goes on, and in the end each month is there once. The same on PostgreSQL.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { presentMonth } from '../../collector/kpi/period.ts';
import { openState } from '../../collector/state/open.ts';
import { blankTicket } from '../../collector/tickets/events.ts';
import { movedPeriod } from '../../shared/period.ts';
import { putEndpoint, putSignals } from '../support/fleet-history.ts';
import { closePoints } from '../support/kill-at.ts';
import { runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { statePlace } from '../support/state.ts';

const test = suite('kill -9 while months are closed');
const preload = new URL('../support/kill-at.ts', import.meta.url).href;
const zone = 'Europe/Berlin';
const hour = 3_600_000;
const day = 24 * hour;
const sites = ['Berlin', 'Osaka', 'Quito'];
/** The one before may not be settled yet. */
const months = [4, 3, 2].map((ago) => movedPeriod(presentMonth(Date.now(), zone), -ago));
const from = Temporal.PlainDate.from(`${months[0]}-01`).toZonedDateTime(zone).epochMilliseconds;

async function inState<T>(
  data: string,
  work: (state: Awaited<ReturnType<typeof openState>>) => Promise<T>,
): Promise<T> {
  const state = await openState(statePlace(data));
  try {
    return await work(state);
  } finally {
    await state.destroy();
  }
}

/** Facts of some months, in a folder that a collector has made. */
async function fill(data: string): Promise<void> {
  const first = await startCollector(data);
  first.child.kill('SIGTERM');
  await first.ended;
  await inState(data, async (state) => {
    await state.deleteFrom('watches').execute();
    await state
      .insertInto('watches')
      .values({ from_at: from - day, to_at: Date.now(), clean: 1 })
      .execute();
    for (const [n, name] of sites.entries()) {
      const by = { created_at: from, created_by: 'ana', updated_at: from, updated_by: 'ana' };
      await state
        .insertInto('sites')
        .values({ id: `site${n}`, name, name_key: name.toLowerCase(), note: '', people: 20 + n, ...by })
        .execute();
    }
    for (let n = 0; n < 12; n++) {
      const endpoint = await putEndpoint(state, n, {
        kind: n % 3 ? 'server' : 'workstation',
        site: sites[n % 3] as string,
      });
      await putSignals(state, [
        { endpoint, at: from + hour, kind: 'online', bootId: 'a' },
        ...months.flatMap((_, k) => {
          const at = from + k * 31 * day + (n + 5) * day;
          const birth = { previous_shutdown: 'unclean', uptime_s: 30 };
          return [
            { endpoint, at, kind: 'lost' as const, lastSeen: at - 60_000 },
            { endpoint, at: at + hour, kind: 'online' as const, bootId: `b${k}`, birth },
          ];
        }),
      ]);
      const at = from + (n + 5) * day;
      await state
        .insertInto('tickets')
        .values({
          ...blankTicket(`person/${n}`, at),
          kind: 'person',
          title: 'Printer',
          updated_at: at,
          site: sites[n % 3] as string,
        })
        .execute();
    }
    await state.deleteFrom('settings').where('key', '=', 'housekeeping').execute();
  });
}

const rowsOf = (data: string) =>
  inState(data, async (state) => {
    const rows = await state.selectFrom('closed_months').selectAll().orderBy('month').orderBy('site').execute();
    return rows.map(({ content, month, site, revision }) => {
      // When it was computed is the one thing that differs from run to run.
      const { asOf, ...rest } = JSON.parse(content) as { asOf: number };
      assert.ok(asOf > 0);
      return { key: `${month} ${site} ${revision}`, content: JSON.stringify(rest) };
    });
  });

test('each kill leaves whole months, and the next start goes on', async () => {
  const folder = temporaryFolder();
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(config, `zone: ${zone}\n`);
  const killAt = join(folder.path, 'kill-at');
  const words = (data: string) => ['--config', config, '--data', data];
  const atLeast = (sites.length + 1) * months.length;
  const closed = async (data: string) => {
    const collector = await startCollector(data, ['--config', config]);
    const isDone = async () => (await collector.get<{ items: unknown[] }>('/api/v1/kpis')).items.length > 0;
    await until(isDone, 20_000, 'the collector to answer');
    await until(() => inState(data, isNoted), 30_000, 'the chores of the night');
    collector.child.kill('SIGTERM');
    await collector.ended;
    return rowsOf(data);
  };
  try {
    const untouched = join(folder.path, 'untouched');
    await fill(untouched);
    const wanted = await closed(untouched);
    assert.ok(wanted.length >= atLeast, `${wanted.length} closed`);

    const data = join(folder.path, 'data');
    await fill(data);
    const env = { KILL_AT: killAt, NODE_OPTIONS: `--import ${preload}` };
    const counts: number[] = [];
    for (const site of ['site0', 'site2', 'site0', 'site1'])
      for (const point of closePoints) {
        writeFileSync(killAt, `${point}\n${site}`);
        const ended = await runCollector(['start', '--http-port', '0', '--mqtt-port', '0', ...words(data)], env).ended;
        assert.is(ended.signal, 'SIGKILL', `${point} ${site}\n${ended.stdout}\n${ended.stderr}`);
        const rows = await rowsOf(data);
        for (const row of rows)
          assert.equal(
            row,
            wanted.find(({ key }) => key === row.key),
          );
        counts.push(rows.length);
      }
    rmSync(killAt);
    assert.equal(await closed(data), wanted);
    assert.ok(new Set(counts).size > 4, `killed with ${counts.join(', ')} of ${wanted.length} kept`);
    console.log(
      `\nFIGURE close kill: killed with ${counts.join(', ')} of ${wanted.length} kept; in the end all as without a kill`,
    );
  } finally {
    folder.remove();
  }
  assert.not(existsSync(folder.path));
});

const isNoted = async (state: Awaited<ReturnType<typeof openState>>) =>
  (await state.selectFrom('settings').select('key').where('key', '=', 'housekeeping').execute()).length > 0;

test.run();
