/**
 * `npm run bench -- kpi [--endpoints 100,1000,10000] [--months 13]`: how long the numbers of a month take, and how that
 * grows with the fleet.
 *
 * Facts are written into a state file by SQL: workstations that sleep at night and at the weekend, servers that restart
 * once a month, of which some crash, and tickets with their events. They are read by the code that answers pages. The PDF
 * needs `npm run build` and a Chromium. Other work on the machine lengthens all but the CPU time: see the load.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { createChangeFeed } from '../../collector/change-feed.ts';
import { kpiDetail } from '../../collector/kpi/answer.ts';
import { kpis } from '../../collector/kpi/kpis/index.ts';
import { createMonths, type Months } from '../../collector/kpi/months.ts';
import { presentMonth } from '../../collector/kpi/period.ts';
import type { KpiScope } from '../../collector/kpi/question.ts';
import { stabilityOf } from '../../collector/kpi/stability-answer.ts';
import { createPdfs } from '../../collector/reports/pdf/pdf.ts';
import { createReports } from '../../collector/reports/reports.ts';
import { openState, type State } from '../../collector/state/open.ts';
import { movedPeriod } from '../../shared/period.ts';
import { wordsOf } from '../support/arguments.ts';

const day = 86_400_000;
const zone = 'Europe/Berlin';
/** The last days of a month: the open one is as large as it gets. */
const now = Date.UTC(2026, 9, 30, 15);
const clock = { now: () => now, monotonic: () => performance.now() };
const sites = 40;
/** Goals for 10,000 endpoints and 13 months, ms: of what is waited for, and of the longest hold of the event loop. */
const goals = { page: 1000, report: 30_000, hold: 50 };
const web = join(import.meta.dirname, '../../dashboards/web/dist');

interface Measured {
  ms: number;
  cpu: number;
  hold: number;
}
/** By what was measured, for each number of endpoints. */
const growth = new Map<string, Map<number, Measured>>();

export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({
    args,
    options: { endpoints: { type: 'string', default: '100,1000,10000' }, months: { type: 'string', default: '13' } },
  });
  for (const endpoints of values.endpoints.split(',').map(Number)) {
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-kpi-'));
    try {
      await measure(join(folder, 'state.db'), endpoints, Number(values.months));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  printGrowth();
}

function printGrowth(): void {
  console.log('\nGrowth, CPU ms (time ms, longest hold in CPU ms):');
  for (const [what, bySize] of growth) {
    const cells = [...bySize].map(
      ([n, { ms, cpu, hold }]) => `${n}: ${cpu.toFixed(0)} (${ms.toFixed(0)}, ${hold.toFixed(0)})`,
    );
    console.log(`  ${what.padEnd(50)} ${cells.join('   ')}`);
  }
}

async function measure(file: string, endpoints: number, months: number): Promise<void> {
  await (await openState(file)).destroy();
  const began = performance.now();
  const rows = fill(file, endpoints, months);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const size = (statSync(file).size / 2 ** 20).toFixed(0);
  console.log(
    `\n${endpoints} endpoints, ${sites} sites, ${months} months: ${rows} signals, ${size} MiB, in ${seconds} s`,
  );
  const state = await openState(file);
  try {
    await timeMonths(state, endpoints);
  } finally {
    await state.destroy();
  }
}

async function timeMonths(state: State, endpoints: number): Promise<void> {
  const fresh = () => createMonths({ state, clock, zone, changeFeed: createChangeFeed() });
  const present = presentMonth(now, zone);
  const last = movedPeriod(present, -1);
  const ruleNamed = (id: string) => ({ id, name: null }) as never;
  const page = (months: Months, period: string, scope: KpiScope = {}) =>
    stabilityOf(state, months, { period, zone, now, scope, ruleNamed });
  const timed = timer(endpoints);
  /** As if a month had not been computed within the last hour. */
  const forget = () => state.deleteFrom('kept_months').execute();
  const kept = fresh();
  await timed('page of the open month and the one before, computed', () => page(kept, present));
  await timed('the same within half a minute', () => page(kept, present), goals.page);
  await timed('the same after a restart', () => page(fresh(), present), goals.page);
  await timed('page of one site, open month', () => page(fresh(), present, { site: 'site-7' }), goals.page);
  await timed('page of all servers, open month', () => page(fresh(), present, { kind: 'server' }), goals.page);
  await timed('page of all workstations, open month', () => page(fresh(), present, { kind: 'workstation' }));
  await forget();
  await timed('a month that is not closed yet, computed', () => page(fresh(), last), goals.report);
  const reports = createReports({ state, clock, months: fresh(), zone, ruleNamed });
  const query = { period: last, site: null, language: 'en' };
  await forget();
  await timed('report of a month that is not closed, JSON', () => reports.make(query, 'bench', null), goals.report);
  await timed('all months closed, for all and for each site', async () =>
    console.log(`  ${await fresh().close()} rows`),
  );
  await forget();
  await timed('page of the open month, the one before closed', () => page(fresh(), present));
  await timed('page of a closed month', () => page(fresh(), last), goals.page);
  const [availability] = kpis;
  if (availability)
    await timed(
      'list of a closed number, first 200 lines',
      () =>
        kpiDetail(
          ...([state, fresh(), availability] as const),
          { period: last, zone, now, scope: {}, ruleNamed },
          { start: 0, limit: 200 },
        ),
      goals.page,
    );
  await timed('report of a closed month, JSON', () => reports.make(query, 'bench', 'measured'), goals.report);
  const { row } = await reports.make(query, 'bench', null);
  const report = await reports.get(row.id);
  const pdfs = createPdfs({ browser: null, web, version: 'bench' });
  await timed(
    'PDF of it',
    () =>
      pdfs.of(report, 'en').then(
        ({ length }) => console.log(`  ${(length / 1024).toFixed(0)} KiB`),
        ({ message }) => console.log(`  none: ${message}`),
      ),
    goals.report,
  );
}

/** Processor time of this process, ms. */
function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The longest turn of the event loop while something runs, ms; as processor time, in which other work on the machine has no part. */
async function longestHold(work: () => Promise<unknown>): Promise<{ hold: number; cpuHold: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let [cpu, cpuHold] = [cpuNow(), 0];
  const look = setInterval(() => {
    cpuHold = Math.max(cpuHold, cpuNow() - cpu);
    cpu = cpuNow();
  }, 1);
  delay.enable();
  await work();
  // A hold until the end is only seen once the loop turns.
  await pause(20);
  delay.disable();
  clearInterval(look);
  return { hold: delay.max / 1e6, cpuHold };
}

const timer = (endpoints: number) => async (what: string, work: () => Promise<unknown>, goal?: number) => {
  const [began, cpuBefore] = [performance.now(), cpuNow()];
  let [ms, cpu] = [0, 0];
  const { hold, cpuHold } = await longestHold(async () => {
    await work();
    [ms, cpu] = [performance.now() - began, cpuNow() - cpuBefore];
  });
  growth.set(what, (growth.get(what) ?? new Map<number, Measured>()).set(endpoints, { ms, cpu, hold: cpuHold }));
  const verdict = goal === undefined ? '' : ms <= goal ? ` (goal ${goal} ms)` : ` (goal ${goal} ms MISSED)`;
  const held = `${hold.toFixed(0)} ms (CPU ${cpuHold.toFixed(0)} ms${cpuHold > goals.hold ? `, goal ${goals.hold} MISSED` : ''})`;
  const rss = (process.memoryUsage().rss / 2 ** 20).toFixed(0);
  const load = (loadavg()[0] as number).toFixed(1);
  console.log(
    `${ms.toFixed(0).padStart(7)} ms${verdict}  ${what}; CPU ${cpu.toFixed(0)} ms, longest hold ${held}, ${rss} MiB, load ${load}`,
  );
};

/** @returns how many signals */
function fill(file: string, endpoints: number, months: number): number {
  const db = new DatabaseSync(file);
  const from = now - Math.ceil(months * 30.5) * day;
  const days = Math.ceil((now - from) / day);
  const midnight = Math.floor(from / day) * day;
  db.exec('pragma synchronous = off; pragma cache_size = -200000; begin');
  db.exec(`create temp table days as with recursive n(d) as (select 0 union all select d + 1 from n where d < ${days})
    select d, ${midnight} + d * ${day} as at, (${Math.floor(midnight / day)} + d + 4) % 7 as weekday from n`);
  db.exec(`insert into sites (id, name, name_key, note, created_at, created_by, updated_at, updated_by, people)
    with recursive n(i) as (select 0 union all select i + 1 from n where i < ${sites - 1})
    select 'site-' || i, 'site-' || i, 'site-' || i, '', ${from}, 'bench', ${from}, 'bench', ${Math.ceil(endpoints / sites)} from n`);
  // One of seven is a server.
  db.exec(`insert into endpoints (id, bucket, name, kind, kind_why, site, tags, platform, arch, secret_hash, enrolled_at,
      state, state_since, interval_ms, people)
    with recursive n(i) as (select 0 union all select i + 1 from n where i < ${endpoints - 1})
    select printf('e%06d', i), '0', printf('host-%05d', i), iif(i % 7 = 0, 'server', 'workstation'), 'bench',
      'site-' || (i % ${sites}), '[]', 'linux', 'x64', '', ${from}, 'online', ${from}, 10000, 1 from n`);
  db.exec(`insert into watches (from_at, to_at, clean) values (${from}, ${now}, 1)`);
  db.exec(`insert into signals (endpoint, at, kind, session, boot_id, reason, last_seen, birth)
    select endpoint, at, kind, null, boot_id, reason, last_seen, iif(kind = 'online', json_object('started_at', at - 20000,
      'previous_shutdown', reason, 'shutdown_source', 'journal', 'uptime_s', 45, 'slept_s', 0, 'stood_still_s', 0), null) from (
      select e.id as endpoint, d.at + 6 * 3600000 + (e.rowid * 7919) % 3600000 as at, 'online' as kind, 'b' || d.d as boot_id,
        'clean' as reason, null as last_seen
      from endpoints e, days d where e.kind = 'workstation' and (d.d = 0 or d.weekday between 1 and 5)
      union all
      select e.id, d.at + 15 * 3600000 + (e.rowid * 6007) % 3600000, 'offline', null, 'sleep', null
      from endpoints e, days d where e.kind = 'workstation' and d.weekday between 1 and 5 and d.d > 0
      union all
      select e.id, d.at + 3600000 + 120000, 'online', 'b' || d.d, 'clean', null
      from endpoints e, days d where e.kind = 'server' and (d.d = 0 or d.d % 30 = e.rowid % 30)
      union all
      select e.id, d.at + 3600000, 'offline', null, 'restart', null
      from endpoints e, days d where e.kind = 'server' and d.d > 0 and d.d % 30 = e.rowid % 30
      union all
      select e.id, d.at + 36000000, 'lost', null, null, d.at + 36000000 - 15000
      from endpoints e, days d where e.kind = 'server' and d.d > 0 and (d.d * 31 + e.rowid) % 997 = 0
      union all
      select e.id, d.at + 36000000 + 1800000, 'online', 'c' || d.d, 'unclean', null
      from endpoints e, days d where e.kind = 'server' and d.d > 0 and (d.d * 31 + e.rowid) % 997 = 0
    ) where at <= ${now} order by at`);
  // A ticket for each crash, and others: one for twenty endpoints in a month.
  db.exec(`insert into tickets (key, open_key, kind, title, state, priority, impact, urgency, tier, endpoint, site, rule,
      instance, opened_at, resolved_at, resolved_by, restored_at, touched_at, fires, updated_at, bucket)
    select s.endpoint || '/offline/' || s.id, null, 'alert', null, 'resolved', 2, 2, 1, 1, s.endpoint, e.site, 'offline', '',
      s.at + 120000, s.at + 3600000, 'ada', s.at + 1800000, s.at + 600000, 1, s.at + 3600000, 0
    from signals s join endpoints e on e.id = s.endpoint where s.kind = 'lost'
    union all
    select e.id || '/' || d.d, null, 'person', 'Printer', iif(d.d % 11 = 0 and d.at > ${now} - 20 * ${day}, 'in_progress', 'resolved'),
      3 + d.d % 3, 3, 2, 1, e.id, e.site, null, '', d.at + 32400000, d.at + 50400000, 'ben', null, d.at + 36000000, 1, d.at + 50400000, 0
    from endpoints e, days d where d.weekday between 1 and 5 and (d.d * 17 + e.rowid) % 440 = 0 and d.at < ${now - day}`);
  db.exec(`insert into ticket_events (ticket, at, actor, kind, from_state, to_state, text, data, is_public)
    select id, opened_at, iif(kind = 'person', 'eva', 'monitor'), 'opened', null, 'new', null, json_object('priority', priority), 1 from tickets
    union all select id, touched_at, resolved_by, 'comment', null, null, 'on it', null, 1 from tickets
    union all select id, touched_at, resolved_by, 'state', 'new', 'in_progress', null, null, 0 from tickets
    union all select id, resolved_at, resolved_by, 'state', 'in_progress', 'resolved', null, null, 0 from tickets where state = 'resolved'`);
  db.exec('commit; analyze; pragma wal_checkpoint(truncate)');
  const { n } = db.prepare('select count(*) as n from signals').get() as { n: number };
  db.close();
  return n;
}
